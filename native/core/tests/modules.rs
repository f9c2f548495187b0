//! The modules of the native crates form no cycles: the order in the docs of each crate and folder is a topological
//! one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn source(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Code without comments and unit tests.
fn code(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path)?;
    let text = text.split("mod tests {").next().unwrap_or_default();
    Ok(text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n"))
}

/// The modules of a folder, each with its files.
fn modules(folder: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut modules = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            modules.insert(name, files(&path)?);
        } else if name != "lib" && name != "mod" && name != "main" {
            modules.insert(name, vec![path]);
        }
    }
    Ok(modules)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { all.extend(files(&path)?) } else { all.push(path) }
    }
    Ok(all)
}

/// The names that follow `root::` in the code, alone or in braces.
fn imports<'c>(code: &'c str, root: &str) -> BTreeSet<&'c str> {
    let is_part = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    let mut names = BTreeSet::new();
    for rest in code.split(&format!("{root}::")).skip(1) {
        let end = if rest.starts_with('{') { rest.find('}') } else { rest.find(|byte| !is_part(byte)) };
        let list = &rest[..end.unwrap_or(rest.len())];
        names.extend(list.split(|byte| !is_part(byte)).filter(|name| !name.is_empty()));
    }
    names
}

/// Drops modules whose imports are all dropped, until nothing changes; the rest is part of a cycle or imports one.
fn cyclic(mut edges: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    loop {
        let free: Vec<String> =
            edges.iter().filter(|(_, targets)| targets.is_empty()).map(|(name, _)| name.clone()).collect();
        if free.is_empty() {
            return edges.into_keys().collect();
        }
        for name in free {
            edges.remove(&name);
            for targets in edges.values_mut() {
                targets.remove(&name);
            }
        }
    }
}

/// The imports among the modules of `folder`, whose paths begin with `root`.
fn edges(folder: &Path, root: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let modules = modules(folder)?;
    let mut edges = BTreeMap::new();
    for (name, files) in &modules {
        let mut targets = BTreeSet::new();
        for file in files {
            for import in imports(&code(file)?, root) {
                assert!(modules.contains_key(import), "{}: {root}::{import} is no module", file.display());
                targets.insert(import.to_owned());
            }
        }
        targets.remove(name);
        edges.insert(name.clone(), targets);
    }
    Ok(edges)
}

#[test]
fn the_modules_of_core_and_wire_form_no_cycle_and_have_the_order_of_the_docs() -> Result<()> {
    for name in ["core", "wire"] {
        let folder = source(name).join("src");
        let edges = edges(&folder, "crate")?;
        assert!(edges.len() > 8);
        assert_eq!(cyclic(edges.clone()), [""; 0], "{name}");
        let docs = fs::read_to_string(folder.join("lib.rs"))?.replace("\n//!", "");
        let list = docs.split("uses only those before it: ").nth(1).and_then(|rest| rest.split(". ").next());
        let order: Vec<&str> = list.unwrap_or_default().split('`').skip(1).step_by(2).collect();
        let mut before = BTreeSet::new();
        for module in &order {
            let targets = edges.get(*module).ok_or_else(|| format!("{name}: {module} is no module"))?;
            assert!(targets.is_subset(&before), "{name}: {module} uses {targets:?}");
            before.insert((*module).to_owned());
        }
        assert_eq!(before.len(), edges.len(), "{name}: the docs list every module once");
    }
    Ok(())
}

#[test]
fn the_files_of_each_folder_form_no_cycle() -> Result<()> {
    for name in ["canonical", "compress", "lock", "pattern", "read", "url", "validate"] {
        let edges = edges(&source("core/src").join(name), "super")?;
        assert_eq!(cyclic(edges), [""; 0], "{name}");
    }
    Ok(())
}
