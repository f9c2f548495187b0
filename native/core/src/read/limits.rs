//! The limits of a document.

use crate::profile::{Limits, Numbers, Profile};

/// What becomes of an integer beyond ±(2^53 − 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LargeIntegers {
    /// It is a fault of the data model.
    Refuse,
    /// It is read as the nearest double.
    Double,
    /// It keeps its value from −2^63 to 2^64 − 1, when written without fraction and exponent; else it is refused.
    Int64,
    /// As `Int64`, but what would be refused is read as the nearest double.
    Int64OrDouble,
}

impl LargeIntegers {
    pub(super) const fn keeps_int64(self) -> bool {
        matches!(self, Self::Int64 | Self::Int64OrDouble)
    }

    pub(super) const fn allows_doubles(self) -> bool {
        matches!(self, Self::Double | Self::Int64OrDouble)
    }
}

/// The size limits of a document, and how its integers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Largest document, in bytes; at most 2^32 − 1.
    pub max_bytes: usize,
    /// Most open brackets at one place, at most 128.
    pub max_depth: usize,
    /// Most members of one object.
    pub max_keys: usize,
    /// What becomes of integers beyond ±(2^53 − 1).
    pub large_integers: LargeIntegers,
}

impl ReadLimits {
    /// Those of a contract.
    pub fn of(profile: &Profile) -> Self {
        let Limits { max_bytes, max_depth, max_keys } = profile.limits;
        let large_integers = match profile.numbers {
            Numbers::Safe => LargeIntegers::Refuse,
            Numbers::Double => LargeIntegers::Double,
            Numbers::Int64 => LargeIntegers::Int64,
        };
        Self { max_bytes, max_depth, max_keys, large_integers }
    }
}

/// For lock files: 16 MiB, depth 128, numbers as doubles or 64-bit integers.
pub const LOCK_LIMITS: ReadLimits = ReadLimits {
    max_bytes: 16 << 20,
    max_depth: 128,
    max_keys: usize::MAX,
    large_integers: LargeIntegers::Int64OrDouble,
};
