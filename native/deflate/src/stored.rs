//! Blocks without compression (RFC 1951, 3.2.4).

use crate::bits::BitWriter;

/// Bytes that a stored block adds at most: three bits and what fills their byte, and the length twice.
pub(crate) const OVERHEAD: usize = 5;

/// Writes one stored block.
pub(crate) fn write(bits: &mut BitWriter<'_>, input: &[u8], last: bool) {
    let length = input.len() as u16;
    bits.put(u64::from(last), 3);
    bits.align();
    bits.copy(&length.to_le_bytes());
    bits.copy(&(!length).to_le_bytes());
    bits.copy(input);
}
