//! The limits of a document.

use crate::profile::{Limits, Numbers, Profile};

/// The size limits of a document, and how its integers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Largest document, in bytes; at most 2^32 − 1.
    pub max_bytes: usize,
    /// Most open brackets at one place, at most 128.
    pub max_depth: usize,
    /// Most members of one object.
    pub max_keys: usize,
    /// Refuse integers beyond 2^53 − 1.
    pub safe_numbers: bool,
}

impl ReadLimits {
    /// Those of a contract.
    pub fn of(profile: &Profile) -> Self {
        let Limits { max_bytes, max_depth, max_keys } = profile.limits;
        Self { max_bytes, max_depth, max_keys, safe_numbers: profile.numbers == Numbers::Safe }
    }
}

/// For lock files: 256 KiB, depth 128, numbers as doubles.
pub const LOCK_LIMITS: ReadLimits =
    ReadLimits { max_bytes: 256 << 10, max_depth: 128, max_keys: usize::MAX, safe_numbers: false };
