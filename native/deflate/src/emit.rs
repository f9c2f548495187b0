//! Writes literals and matches with the codes of a block. All return `None` when the target is full.
//!
//! A flush leaves seven bits at most, so up to 57 bits can follow: four literals (14 bits each), or one match
//! (14 + 5 bits of length, 15 + 13 of distance).

use crate::bits::BitWriter;
use crate::codes::Codes;
use crate::symbols::MIN_MATCH;

#[inline(always)]
pub(crate) fn literals(bits: &mut BitWriter<'_>, codes: &Codes, literals: &[u8]) -> Option<()> {
    let mut chunks = literals.chunks_exact(4);
    for chunk in &mut chunks {
        for &byte in chunk {
            let code = codes.literals[usize::from(byte)];
            bits.put(u64::from(code.bits), code.count);
        }
        bits.flush().then_some(())?;
    }
    for &byte in chunks.remainder() {
        let code = codes.literals[usize::from(byte)];
        bits.put(u64::from(code.bits), code.count);
    }
    bits.flush().then_some(())
}

#[inline(always)]
pub(crate) fn repeat(bits: &mut BitWriter<'_>, codes: &Codes, length: usize, distance: usize) -> Option<()> {
    let code = *codes.lengths.get(length - MIN_MATCH)?;
    bits.put(u64::from(code.bits), code.count);
    let code = codes.distance(distance);
    bits.put(u64::from(code.bits), code.count);
    bits.flush().then_some(())
}

pub(crate) fn end(bits: &mut BitWriter<'_>, codes: &Codes) -> Option<()> {
    bits.put(u64::from(codes.end.bits), codes.end.count);
    bits.flush().then_some(())
}
