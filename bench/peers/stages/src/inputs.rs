//! The files of a set of payloads. A list is a sequence of items, each behind its length (u32, little-endian).

use std::fs;
use std::path::Path;

use crate::Failure;

pub struct Inputs {
    pub payloads: Vec<Vec<u8>>,
    /// The expected canonical form of each payload, from an independent writer.
    pub canonical: Vec<Vec<u8>>,
    pub lock: Vec<u8>,
    /// The same contract with compression tables, trained on other payloads.
    pub trained_lock: Option<Vec<u8>>,
    /// Canonical forms of payloads that are not measured: for the dictionary of zstd.
    pub training: Vec<Vec<u8>>,
}

impl Inputs {
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let inputs = Self {
            payloads: list(&fs::read(folder.join("payloads"))?)?,
            canonical: list(&fs::read(folder.join("canonical"))?)?,
            lock: fs::read(folder.join("lock.json"))?,
            trained_lock: fs::read(folder.join("trained.lock.json")).ok(),
            training: fs::read(folder.join("training")).ok().map_or(Ok(Vec::new()), |bytes| list(&bytes))?,
        };
        if inputs.payloads.is_empty() || inputs.payloads.len() != inputs.canonical.len() {
            return Err("Expected payloads, and a canonical form for each.".into());
        }
        Ok(inputs)
    }
}

fn list(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut items = Vec::new();
    while let Some((size, rest)) = bytes.split_first_chunk() {
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*size) as usize).ok_or("A list ends early.")?;
        items.push(item.to_vec());
        bytes = rest;
    }
    if bytes.is_empty() { Ok(items) } else { Err("A list ends early.".into()) }
}
