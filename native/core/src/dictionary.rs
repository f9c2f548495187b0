//! The dictionary of a contract: named and hashed by the lock, its bytes beside it, prepared once for one level.
//!
//! Twin of `src/contract/dictionary.ts`.

use zstd_safe::CDict;

use crate::digest::sha256_hex;
use crate::error::{Code, ContractError};
use crate::profile::Profile;

/// Largest dictionary, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// First bytes of a dictionary with entropy tables (RFC 8878, 5); its id follows. Any other content has the id 0.
const MAGIC: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];

/// A dictionary as zstd wants it.
pub struct Dictionary(CDict<'static>);

impl Dictionary {
    /// Checks `bytes` against what the lock says; `None` when the lock names no dictionary.
    ///
    /// # Errors
    ///
    /// `contract.invalid`: the bytes are missing, too many, not those of the lock, or no dictionary.
    pub fn of(profile: &Profile, bytes: &[u8]) -> Result<Option<Self>, ContractError> {
        let Some(said) = &profile.dictionary else { return Ok(None) };
        if bytes.is_empty() {
            return Err(invalid("/dictionary", "The bytes of the dictionary are missing."));
        }
        if bytes.len() > MAX_BYTES {
            return Err(invalid("/dictionary", "The dictionary is larger than 1,048,576 bytes."));
        }
        if sha256_hex(bytes) != *said.sha256 {
            return Err(invalid("/dictionary/sha256", "The dictionary's bytes have another SHA-256."));
        }
        if id_of(bytes) != said.id {
            return Err(invalid("/dictionary/id", "The dictionary's bytes say another id."));
        }
        let level = profile.compress.level.unwrap_or(1);
        let prepared = CDict::try_create(bytes, level.into());
        prepared
            .map(|prepared| Some(Self(prepared)))
            .ok_or_else(|| invalid("/dictionary", "zstd refuses the dictionary."))
    }

    pub(crate) fn prepared(&self) -> &CDict<'static> {
        &self.0
    }
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Dictionary({} bytes prepared)", self.0.sizeof())
    }
}

fn id_of(bytes: &[u8]) -> u32 {
    match bytes.split_first_chunk::<8>() {
        Some((head, _)) if head[..4] == MAGIC => u32::from_le_bytes([head[4], head[5], head[6], head[7]]),
        _ => 0,
    }
}

fn invalid(pointer: &str, message: &str) -> ContractError {
    ContractError { code: Code::ContractInvalid, pointer: pointer.into(), message: format!("{message} (at {pointer})") }
}
