//! The contracts in force: read from disk, compiled, found by name. A registry never changes; a reload makes another one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sidelane_core::Contract;
use sidelane_wire::{FINGERPRINT_BYTES, REQUEST_SLACK_BYTES, answer_cap, fingerprint};

use crate::config::settings::Settings;
use crate::contract_input::GivenContract;
use crate::engine::{Compile, Engine};
use crate::file_kinds;
use crate::regular_file;
use crate::spare_threads::SpareThreads;
use crate::telemetry::{Label, Observer};
use crate::texts::config as texts;
use crate::texts::file as file_texts;

pub struct LoadedContract {
    pub name: Box<str>,
    pub id: Box<str>,
    pub id_bytes: [u8; 32],
    /// The fingerprint of its digest key; zeros without one.
    pub fingerprint: [u8; FINGERPRINT_BYTES],
    pub codec: &'static str,
    pub digest: &'static str,
    pub max_bytes: usize,
    /// The number that [`Observer::label`] gave its name.
    pub label: usize,
    pub engine: Box<dyn Engine>,
    /// For its payloads that take long.
    pub spares: Arc<SpareThreads>,
}

impl LoadedContract {
    /// Identifies it in metrics and log lines.
    pub fn label(&self) -> Label<'_> {
        Label { number: self.label, name: &self.name }
    }
}

/// All contracts in force, in the order in which they were loaded.
pub struct ContractRegistry {
    all: Vec<Arc<LoadedContract>>,
    /// The number of registries before this one.
    pub generation: u64,
}

/// Collects the contracts of a registry.
struct Loader<'a> {
    settings: &'a Settings,
    compile: Compile,
    observer: &'a dyn Observer,
    /// Names in the settings' digest keys of which no contract is loaded yet.
    unused_keys: BTreeSet<&'a str>,
    loaded: Vec<Arc<LoadedContract>>,
}

impl Loader<'_> {
    /// Adds the contract of a lock file. `beside`: its key file, unless the settings name one.
    fn add_file(&mut self, lock: &Path, beside: Option<&Path>) -> Result<(), String> {
        let contract = Contract::load(&regular_file::read(lock, file_kinds::LOCK)?)
            .map_err(|error| format!("{}: {error}", lock.display()))?;
        let key_file = self.settings.digest_key_files.get(contract.name()).map(PathBuf::as_path).or(beside);
        let key = match key_file.filter(|_| contract.needs_digest_key()) {
            Some(file) => regular_file::read(file, file_kinds::KEY)?,
            None => Vec::new(),
        };
        self.unused_keys.remove(contract.name());
        let dictionary = match contract.dictionary_path() {
            Some(path) => regular_file::read(&lock.with_file_name(path), file_kinds::DICTIONARY)?,
            None => Vec::new(),
        };
        self.add(lock.display(), contract, &key, &dictionary)
    }

    /// `origin`: where the contract is from, for errors.
    fn add(
        &mut self,
        origin: impl std::fmt::Display,
        contract: Contract,
        key: &[u8],
        dictionary: &[u8],
    ) -> Result<(), String> {
        let (name, is_keyed) = (contract.name().to_owned(), contract.needs_digest_key());
        if is_keyed && key.is_empty() {
            return Err(texts::expected_digest_key(name, origin));
        }
        // A contract that is loaded twice takes the later key and the later place.
        self.loaded.retain(|one| *one.id != *contract.id());
        let loaded = LoadedContract {
            id_bytes: *contract.id_bytes(),
            id: contract.id().into(),
            fingerprint: if is_keyed { fingerprint(key) } else { [0; FINGERPRINT_BYTES] },
            codec: contract.compress().codec.name(),
            digest: contract.digest().name(),
            max_bytes: contract.limits().max_bytes,
            label: self.observer.label(&name),
            name: name.into(),
            engine: (self.compile)(contract, key, dictionary).map_err(|error| format!("{origin}: {error}"))?,
            spares: SpareThreads::new(self.settings.threads),
        };
        self.loaded.push(Arc::new(loaded));
        Ok(())
    }
}

impl ContractRegistry {
    /// Reads and compiles all contracts of the settings, and those that are given beside them.
    pub fn load(
        settings: &Settings,
        given: &[Arc<GivenContract>],
        compile: Compile,
        observer: &dyn Observer,
    ) -> Result<Self, String> {
        let unused_keys = settings.digest_key_files.keys().map(String::as_str).collect();
        let mut loader = Loader { settings, compile, observer, unused_keys, loaded: Vec::new() };
        for path in &settings.contracts {
            if path.is_dir() {
                for lock in lock_files_in(path)? {
                    let beside = key_beside(&lock);
                    loader.add_file(&lock, beside.as_deref())?;
                }
            } else {
                loader.add_file(path, None)?;
            }
        }
        for one in given {
            let contract = Contract::load(&one.lock).map_err(|error| format!("stdin: {error}"))?;
            loader.add("stdin", contract, &one.key, &one.dictionary)?;
        }
        match loader.unused_keys.first() {
            Some(name) => Err(texts::unknown_digest_key(name)),
            None => Ok(Self { all: loader.loaded, generation: 0 }),
        }
    }

    /// The contract by this name: that of the id, or the one loaded last.
    pub fn find(&self, name: &str, id: Option<&str>) -> Option<&Arc<LoadedContract>> {
        self.all.iter().rev().find(|one| *one.name == *name && id.is_none_or(|id| *one.id == *id))
    }

    /// All of them, as loaded.
    pub fn all(&self) -> &[Arc<LoadedContract>] {
        &self.all
    }

    /// All of them, by name and then id.
    pub fn sorted(&self) -> Vec<&Arc<LoadedContract>> {
        let mut sorted: Vec<_> = self.all.iter().collect();
        sorted.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        sorted
    }

    /// Most bytes of a REQUEST's payload.
    pub fn request_cap(&self) -> usize {
        self.max_bytes() + REQUEST_SLACK_BYTES
    }

    /// Most bytes of an answer's payload.
    pub fn answer_cap(&self) -> usize {
        answer_cap(self.max_bytes())
    }

    fn max_bytes(&self) -> usize {
        self.all.iter().map(|one| one.max_bytes).max().unwrap_or(0)
    }
}

/// The lock files of a directory, by name.
fn lock_files_in(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let list = || -> std::io::Result<Vec<PathBuf>> {
        let paths = std::fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
        paths.collect()
    };
    let reason =
        |error| file_texts::cannot_read(file_kinds::LOCK.title, directory.display(), regular_file::reason_of(&error));
    let mut paths = list().map_err(reason)?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".lock.json") && !name.starts_with('.')
    });
    paths.sort();
    Ok(paths)
}

/// `x.key` beside `x.lock.json`, where it is.
fn key_beside(lock: &Path) -> Option<PathBuf> {
    let name = lock.file_name()?.to_str()?.strip_suffix(".lock.json")?;
    Some(lock.with_file_name(format!("{name}.key"))).filter(|path| path.exists())
}
