//! The contracts that are served: read from disk, compiled, found by name. A [`Table`] never changes; a reload makes a
//! new one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sidelane_core::contract::Contract;
use sidelane_core::profile::DigestName;
use sidelane_core::wire::{FINGERPRINT_BYTES, REQUEST_SLACK_BYTES, fingerprint};

use crate::config::settings::Settings;
use crate::engine::{Compile, Engine};
use crate::telemetry::Observer;

/// One contract that is served.
pub struct LoadedContract {
    /// Its name.
    pub name: Box<str>,
    /// Its id, in lower-case hex.
    pub id: Box<str>,
    /// Its id.
    pub id_bytes: [u8; 32],
    /// The fingerprint of its digest key; zeros without one.
    pub fingerprint: [u8; FINGERPRINT_BYTES],
    /// The name of its codec.
    pub codec: &'static str,
    /// The name of its digest.
    pub digest: &'static str,
    /// Most bytes of a payload.
    pub max_bytes: usize,
    /// What [`Observer::label`] gave its name.
    pub label: usize,
    /// Runs its payloads.
    pub engine: Box<dyn Engine>,
}

/// All contracts that are served, in the order in which they were loaded.
#[derive(Default)]
pub struct ContractRegistry {
    all: Vec<Arc<LoadedContract>>,
    /// Counts the tables that came before: tells an old one from the one in force.
    pub generation: u64,
}

impl ContractRegistry {
    /// Reads and compiles all contracts of the settings.
    ///
    /// # Errors
    ///
    /// Which file is broken, and where.
    pub fn load(settings: &Settings, compile: Compile, observer: &dyn Observer) -> Result<Self, String> {
        let mut registry = Self::default();
        let mut keys = settings.digest_key_files.clone();
        for path in &settings.contracts {
            if path.is_dir() {
                for lock in locks_in(path)? {
                    let beside = key_beside(&lock);
                    registry.add(&lock, beside.as_deref(), &mut keys, settings, compile, observer)?;
                }
            } else {
                registry.add(path, None, &mut keys, settings, compile, observer)?;
            }
        }
        match keys.into_keys().next() {
            Some(name) => {
                Err(format!("Expected the names of `--digest-key-file` to be those of contracts, got `{name}`"))
            }
            None => Ok(registry),
        }
    }

    fn add(
        &mut self,
        lock: &Path,
        beside: Option<&Path>,
        unused: &mut BTreeMap<String, PathBuf>,
        settings: &Settings,
        compile: Compile,
        observer: &dyn Observer,
    ) -> Result<(), String> {
        let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", lock.display());
        let bytes = read(lock)?;
        let contract = Contract::load(&bytes).map_err(|error| broken(&error))?;
        let profile = &contract.profile;
        let key = match settings.digest_key_files.get(&*profile.name).map(PathBuf::as_path).or(beside) {
            Some(file) => read(file)?,
            None => Vec::new(),
        };
        unused.remove(&*profile.name);
        let dictionary = match dictionary_path(&bytes) {
            Some(path) => read(&lock.with_file_name(path))?,
            None => Vec::new(),
        };
        let keyed = profile.digest == DigestName::HmacSha256;
        if keyed && key.is_empty() {
            let (name, lock) = (&profile.name, lock.display());
            return Err(format!(
                "Expected `--digest-key-file {name}=FILE` for the contract of {lock}, which has the digest hmac-sha-256"
            ));
        }
        let engine = compile(&bytes, &key, &dictionary).map_err(|error| broken(&error))?;
        // The same one again: with its key of now, and in its place of now.
        self.all.retain(|one| *one.id != *contract.id);
        self.all.push(Arc::new(LoadedContract {
            name: profile.name.clone(),
            id_bytes: bytes_of(&contract.id),
            id: contract.id.clone().into(),
            fingerprint: if keyed { fingerprint(&key) } else { [0; FINGERPRINT_BYTES] },
            codec: profile.compress.codec.name(),
            digest: profile.digest.name(),
            max_bytes: profile.limits.max_bytes,
            label: observer.label(&profile.name),
            engine,
        }));
        Ok(())
    }

    /// The contract by this name: that of the id, or the one loaded last.
    #[must_use]
    pub fn find(&self, name: &str, id: Option<&str>) -> Option<&Arc<LoadedContract>> {
        self.all.iter().rev().find(|one| *one.name == *name && id.is_none_or(|id| *one.id == *id))
    }

    /// All of them, as loaded.
    #[must_use]
    pub fn all(&self) -> &[Arc<LoadedContract>] {
        &self.all
    }

    /// All of them, by name and then id.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Arc<LoadedContract>> {
        let mut sorted: Vec<_> = self.all.iter().collect();
        sorted.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        sorted
    }

    /// Most bytes of a REQUEST's payload.
    #[must_use]
    pub fn request_cap(&self) -> usize {
        self.all.iter().map(|one| one.max_bytes).max().unwrap_or(0) + REQUEST_SLACK_BYTES
    }
}

/// The lock files of a directory, by name.
fn locks_in(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let list = || -> std::io::Result<Vec<PathBuf>> {
        let paths = std::fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
        paths.collect()
    };
    let mut paths = list().map_err(|error| format!("{}: {error}", directory.display()))?;
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

/// Where the lock says its dictionary is.
fn dictionary_path(lock: &[u8]) -> Option<String> {
    let lock: serde_json::Value = serde_json::from_slice(lock).ok()?;
    Some(lock.get("dictionary")?.get("path")?.as_str()?.to_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn bytes_of(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    }
    bytes
}
