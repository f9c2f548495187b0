//! The dictionary of a contract: the lock names and hashes it, its bytes are a file beside the lock.
//!
//! Twin of `src/contract/dictionary.ts`.

use std::fmt;

use crate::digest::{sha256, to_hex};
use crate::error::{Code, ContractError};
use crate::profile::Profile;

/// Largest dictionary, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// First bytes of a dictionary with entropy tables (RFC 8878 §5); its id follows. Any other content has the id 0.
const MAGIC: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];

#[cfg(feature = "zstd")]
pub(crate) type Prepared = zstd_safe::CDict<'static>;
#[cfg(not(feature = "zstd"))]
pub(crate) type Prepared = std::convert::Infallible;

/// A dictionary, prepared for the compression level of its contract.
pub struct Dictionary(pub(crate) Prepared);

impl Dictionary {
    /// Checks `bytes` against the lock; `None` when the lock names no dictionary.
    ///
    /// # Errors
    ///
    /// `contract.invalid`: the bytes are missing, too many, different from those of the lock, or no dictionary.
    pub fn load(profile: &Profile, bytes: &[u8]) -> Result<Option<Self>, ContractError> {
        let Some(reference) = &profile.dictionary else { return Ok(None) };
        if bytes.is_empty() {
            return Err(invalid("/dictionary", "The bytes of the dictionary are missing."));
        }
        if bytes.len() > MAX_BYTES {
            return Err(invalid("/dictionary", "The dictionary is larger than 1,048,576 bytes."));
        }
        if to_hex(&sha256(bytes)) != *reference.sha256 {
            return Err(invalid("/dictionary/sha256", "The dictionary's bytes have another SHA-256."));
        }
        if id_of(bytes) != reference.id {
            return Err(invalid("/dictionary/id", "The dictionary's bytes have another id."));
        }
        match prepare(bytes, profile.compress.level.unwrap_or(1)) {
            Some(prepared) => Ok(Some(Self(prepared))),
            None => Err(invalid("/dictionary", "zstd refuses the dictionary.")),
        }
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Dictionary").finish_non_exhaustive()
    }
}

/// Trains a dictionary of at most `max_bytes`; `samples` has all of them, one behind the other. `None` when they are too few
/// or too small. The same samples give the same dictionary.
///
/// # Panics
///
/// When `sizes` do not add up to the samples.
#[cfg(feature = "train")]
#[must_use]
pub fn train_dictionary(samples: &[u8], sizes: &[usize], max_bytes: usize) -> Option<Vec<u8>> {
    let mut dictionary = Vec::with_capacity(max_bytes.min(MAX_BYTES));
    zstd_safe::train_from_buffer(&mut dictionary, samples, sizes).ok()?;
    Some(dictionary)
}

#[cfg(feature = "zstd")]
fn prepare(bytes: &[u8], level: u8) -> Option<Prepared> {
    Prepared::try_create(bytes, level.into())
}

#[cfg(not(feature = "zstd"))]
fn prepare(_: &[u8], _: u8) -> Option<Prepared> {
    None
}

fn id_of(bytes: &[u8]) -> u32 {
    match bytes.split_first_chunk::<8>() {
        Some((head, _)) if head[..4] == MAGIC => u32::from_le_bytes([head[4], head[5], head[6], head[7]]),
        _ => 0,
    }
}

fn invalid(pointer: &str, message: &str) -> ContractError {
    ContractError { code: Code::ContractInvalid, pointer: pointer.into(), message: message.into() }
}
