//! From code lengths to the bits that are written: canonical codes (RFC 1951, 3.2.2) and, fused with their extra bits,
//! one entry for each match length.

use crate::symbols::{
    DISTANCES, END_OF_BLOCK, LENGTHS, LITERALS_AND_LENGTHS, MAX_MATCH, MIN_MATCH, distance_extra_bits, distance_symbol,
};

/// Longest code of a literal or length: four literals and what a flush leaves fit into 64 bits.
pub(crate) const LITERAL_LIMIT: u32 = 14;
/// Longest code of a distance.
pub(crate) const DISTANCE_LIMIT: u32 = 15;

/// Bits to write, and how many; 0 for a symbol without a code.
#[derive(Clone, Copy, Default)]
pub(crate) struct Code {
    pub(crate) bits: u32,
    pub(crate) count: u32,
}

impl Code {
    /// A symbol without a code stays without one.
    #[inline(always)]
    fn with_extra(self, value: u32, count: u32) -> Self {
        if self.count == 0 {
            return self;
        }
        Self { bits: self.bits | value << self.count, count: self.count + count }
    }
}

/// The codes of a block.
#[derive(Clone)]
pub(crate) struct Codes {
    pub(crate) literals: [Code; 256],
    pub(crate) end: Code,
    /// By match length - 3, extra bits included.
    pub(crate) lengths: [Code; MAX_MATCH - MIN_MATCH + 1],
    distances: [Code; DISTANCES],
}

impl Codes {
    pub(crate) const fn new() -> Self {
        const NONE: Code = Code { bits: 0, count: 0 };
        Self {
            literals: [NONE; 256],
            end: NONE,
            lengths: [NONE; MAX_MATCH - MIN_MATCH + 1],
            distances: [NONE; DISTANCES],
        }
    }

    /// Takes complete codes, or a single code of one bit.
    pub(crate) fn set(&mut self, literals: &[u8; LITERALS_AND_LENGTHS], distances: &[u8; DISTANCES]) {
        let mut symbols = [Code::default(); LITERALS_AND_LENGTHS];
        canonical(literals, &mut symbols);
        self.literals.copy_from_slice(&symbols[..256]);
        self.end = symbols[END_OF_BLOCK];
        for (code, extra) in self.lengths.iter_mut().zip(&LENGTHS) {
            let symbol = symbols[usize::from(extra.symbol)];
            *code = symbol.with_extra(u32::from(extra.value), u32::from(extra.bits));
        }
        canonical(distances, &mut self.distances);
    }

    /// The code of a distance from 1 to 32,768 with its extra bits.
    #[inline(always)]
    pub(crate) fn distance(&self, distance: usize) -> Code {
        let symbol = distance_symbol(distance);
        let code = self.distances.get(symbol).copied().unwrap_or_default();
        let extra = distance_extra_bits(symbol);
        let value = (distance - 1) as u32 & ((1 << extra) - 1);
        code.with_extra(value, extra)
    }
}

/// Codes of one length are consecutive, in the order of the symbols; the first bit of a code is written first.
pub(crate) fn canonical(lengths: &[u8], codes: &mut [Code]) {
    let mut counts = [0u32; 16];
    for &length in lengths {
        counts[usize::from(length & 15)] += 1;
    }
    counts[0] = 0;
    let mut next = [0u32; 16];
    for length in 1..16 {
        next[length] = (next[length - 1] + counts[length - 1]) << 1;
    }
    for (code, &length) in codes.iter_mut().zip(lengths) {
        let count = u32::from(length & 15);
        *code = if count == 0 {
            Code::default()
        } else {
            let value = next[count as usize];
            next[count as usize] += 1;
            Code { bits: value.reverse_bits() >> (32 - count), count }
        };
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 1951, 3.2.2: ABCDEFGH with lengths (3, 3, 3, 3, 3, 2, 4, 4).
        let mut codes = [Code::default(); 8];
        canonical(&[3, 3, 3, 3, 3, 2, 4, 4], &mut codes);
        let written: Vec<String> = codes
            .iter()
            .map(|code| (0..code.count).map(|bit| if code.bits >> bit & 1 == 1 { '1' } else { '0' }).collect())
            .collect();
        assert_eq!(written, ["010", "011", "100", "101", "110", "00", "1110", "1111"]);
    }
}
