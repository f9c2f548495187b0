//! What a document may cost, and how its integers are read.

/// What a document may cost, and how its integers are read.
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

/// For lock files: 256 KiB, depth 128, numbers as doubles.
pub const LOCK_LIMITS: ReadLimits =
    ReadLimits { max_bytes: 256 << 10, max_depth: 128, max_keys: usize::MAX, safe_numbers: false };
