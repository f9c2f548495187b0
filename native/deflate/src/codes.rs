//! From code lengths to the bits that are written: canonical codes (RFC 1951, 3.2.2) and, fused with their extra bits,
//! one entry for each match length.

use crate::lengths::CodeLengths;
use crate::symbols::{
    END_OF_BLOCK, MAX_MATCH, MIN_MATCH, distance_extra_bits, distance_symbol, length_extra_bits, lengths_of,
};
use crate::tokens::FIRST_DISTANCE;

/// Longest code of a literal or length: four literals and what a flush leaves fit into 64 bits.
pub(crate) const LITERAL_LIMIT: u32 = 14;
/// Longest code of a distance.
pub(crate) const DISTANCE_LIMIT: u32 = 15;

/// Bits to write (24 bits), how many (5 bits), and on top a mark for a symbol that has no code.
#[derive(Clone, Copy)]
pub(crate) struct Code(u32);

impl Code {
    /// Writes nothing.
    pub(crate) const NOTHING: Self = Self(0);
    const MISSING: Self = Self(1 << 31);

    pub(crate) const fn new(bits: u32, count: u32) -> Self {
        Self(bits | count << 24)
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u32 {
        self.0 & 0xff_ffff
    }

    #[inline(always)]
    pub(crate) const fn count(self) -> u32 {
        self.0 >> 24 & 31
    }

    const fn with_extra(self, value: u32, count: u32) -> Self {
        Self::new(self.bits() | value << self.count(), self.count() + count)
    }
}

/// Remembers whether a code was missing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used(u32);

impl Used {
    #[inline(always)]
    pub(crate) fn add(&mut self, code: Code) {
        self.0 |= code.0;
    }

    pub(crate) const fn all_have_codes(self) -> bool {
        self.0 & Code::MISSING.0 == 0
    }
}

/// The codes of a block by symbol: literals, lengths and, from 288 on, distances.
pub(crate) struct SymbolCodes([Code; 512]);

impl SymbolCodes {
    pub(crate) const fn new() -> Self {
        Self([Code::NOTHING; 512])
    }

    /// Sets the codes of all symbols that have one; those of others stay as they are.
    pub(crate) fn set(&mut self, literals: &CodeLengths, distances: &CodeLengths) {
        for (lengths, start) in [(literals, 0), (distances, FIRST_DISTANCE)] {
            let next = &mut NextCodes::new(lengths);
            for (symbol, length) in lengths.iter() {
                self.0[start + symbol] = next.take(length);
            }
        }
    }

    #[inline(always)]
    pub(crate) fn of(&self, symbol: usize) -> Code {
        self.0[symbol & 511]
    }
}

/// The codes of a table.
#[derive(Clone)]
pub(crate) struct Codes {
    pub(crate) literals: [Code; 256],
    pub(crate) end: Code,
    /// By match length - 3, extra bits included.
    lengths: [Code; MAX_MATCH - MIN_MATCH + 1],
    /// By symbol; 32 of them, so that five bits are always an index.
    distances: [Code; 32],
}

impl Codes {
    pub(crate) const fn new() -> Self {
        Self {
            literals: [Code::MISSING; 256],
            end: Code::MISSING,
            lengths: [Code::MISSING; MAX_MATCH - MIN_MATCH + 1],
            distances: [Code::MISSING; 32],
        }
    }

    /// Sets the codes of all symbols that have one; those of others stay as they are.
    pub(crate) fn set(&mut self, literals: &CodeLengths, distances: &CodeLengths) {
        let next = &mut NextCodes::new(literals);
        for (symbol, length) in literals.iter() {
            let code = next.take(length);
            match symbol {
                0..END_OF_BLOCK => self.literals[symbol] = code,
                END_OF_BLOCK => self.end = code,
                _ => {
                    let lengths = lengths_of(symbol);
                    let bits = length_extra_bits(symbol);
                    for (value, entry) in self.lengths[lengths].iter_mut().enumerate() {
                        *entry = code.with_extra(value as u32, bits);
                    }
                }
            }
        }
        let next = &mut NextCodes::new(distances);
        for (symbol, length) in distances.iter() {
            self.distances[symbol] = next.take(length);
        }
    }

    /// The code of a length from 3 to 258, with its extra bits.
    #[inline(always)]
    pub(crate) fn length(&self, length: usize) -> Code {
        self.lengths[(length - MIN_MATCH) & 255]
    }

    /// The code of a distance from 1 to 32,768, and the value and number of its extra bits.
    #[inline(always)]
    pub(crate) fn distance(&self, distance: usize) -> (Code, u32, u32) {
        let symbol = distance_symbol(distance);
        let extra = distance_extra_bits(symbol);
        (self.distances[symbol & 31], (distance - 1) as u32 & ((1 << extra) - 1), extra)
    }
}

/// Gives out codes: those of one length are consecutive, in the order of the symbols.
pub(crate) struct NextCodes([u16; 16]);

impl NextCodes {
    pub(crate) fn new(lengths: &CodeLengths) -> Self {
        let mut counts = [0; 16];
        for (_, length) in lengths.iter() {
            counts[usize::from(length & 15)] += 1;
        }
        let mut next = [0; 16];
        for length in 1..16 {
            next[length] = (next[length - 1] + counts[length - 1]) << 1;
        }
        Self(next)
    }

    /// The first bit of a code is written first.
    #[inline(always)]
    pub(crate) fn take(&mut self, length: u8) -> Code {
        let next = &mut self.0[usize::from(length & 15)];
        let code = next.reverse_bits() >> (16 - length);
        *next += 1;
        Code::new(u32::from(code), u32::from(length))
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
        let lengths = CodeLengths::from_lengths(&[3, 3, 3, 3, 3, 2, 4, 4]);
        let mut next = NextCodes::new(&lengths);
        let written: Vec<String> = lengths
            .iter()
            .map(|(_, length)| next.take(length))
            .map(|code| (0..code.count()).map(|bit| if code.bits() >> bit & 1 == 1 { '1' } else { '0' }).collect())
            .collect();
        assert_eq!(written, ["010", "011", "100", "101", "110", "00", "1110", "1111"]);
    }
}
