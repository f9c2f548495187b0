//! Access to the bytes of a document without a bounds panic.

/// The byte at `i`, or 0 behind the end: no rule of the grammar accepts 0.
#[inline(always)]
pub(super) fn at(bytes: &[u8], i: usize) -> u8 {
    bytes.get(i).copied().unwrap_or(0)
}
