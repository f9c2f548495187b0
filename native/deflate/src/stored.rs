//! Blocks without compression (RFC 1951, 3.2.4).

use crate::bits::BitWriter;

/// Writes one stored block of at most 65,535 bytes. `None` when the target is full.
pub(crate) fn write(bits: &mut BitWriter<'_>, input: &[u8], last: bool) -> Option<()> {
    let length = u16::try_from(input.len()).ok()?;
    bits.put(u64::from(last), 3);
    bits.align()?;
    bits.copy(&length.to_le_bytes())?;
    bits.copy(&(!length).to_le_bytes())?;
    bits.copy(input)
}
