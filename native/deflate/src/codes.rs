//! From code lengths to the bits that are written: canonical codes (RFC 1951, 3.2.2) and, fused with their extra bits,
//! one entry for each match length.

use crate::lengths::CodeLengths;
use crate::symbols::{
    END_OF_BLOCK, LITERALS_AND_LENGTHS, MAX_MATCH, MIN_MATCH, distance, distance_extra_bits, length_extra_bits,
    lengths_of,
};
use crate::tokens::FIRST_DISTANCE;

/// Longest code of a literal or length: 32,768 of them fit into the output's buffer.
pub(crate) const LITERAL_LIMIT: u32 = 14;
/// Longest code of a distance.
pub(crate) const DISTANCE_LIMIT: u32 = 15;

/// How many bits to write (8 bits), and above them these bits.
#[derive(Clone, Copy)]
pub(crate) struct Code(u32);

impl Code {
    /// Writes nothing.
    pub(crate) const NOTHING: Self = Self(0);

    pub(crate) const fn new(bits: u32, count: u32) -> Self {
        Self(count | bits << 8)
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u32 {
        self.0 >> 8
    }

    #[inline(always)]
    pub(crate) const fn count(self) -> u32 {
        self.0 & 0xff
    }

    const fn with_extra(self, value: u32, count: u32) -> Self {
        Self::new(self.bits() | value << self.count(), self.count() + count)
    }
}

/// How many bits to write with the extra bits (8 bits) and without them (8 bits), and above them those without.
#[derive(Clone, Copy)]
pub(crate) struct SymbolCode(u32);

impl SymbolCode {
    const NOTHING: Self = Self(0);

    fn new(code: Code, extra: u32) -> Self {
        Self((code.count() + extra) | code.count() << 8 | code.bits() << 16)
    }

    #[inline(always)]
    pub(crate) const fn bits(self) -> u32 {
        self.0 >> 16
    }

    #[inline(always)]
    pub(crate) const fn count(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    #[inline(always)]
    pub(crate) const fn count_with_extra(self) -> u32 {
        self.0 & 0xff
    }
}

/// The codes of a block by symbol: literals, lengths and, from 288 on, distances.
pub(crate) struct SymbolCodes([SymbolCode; 512]);

impl SymbolCodes {
    pub(crate) const fn new() -> Self {
        Self([SymbolCode::NOTHING; 512])
    }

    /// Sets the codes of all symbols that have one; those of others stay as they are.
    pub(crate) fn set(&mut self, literals: &CodeLengths, distances: &CodeLengths) {
        let next = &mut NextCodes::new(literals);
        for (symbol, length) in literals.iter() {
            self.0[symbol] = SymbolCode::new(next.take(length), u32::from(EXTRA_BITS[symbol]));
        }
        let next = &mut NextCodes::new(distances);
        for (symbol, length) in distances.iter() {
            self.0[FIRST_DISTANCE + symbol] = SymbolCode::new(next.take(length), distance_extra_bits(symbol));
        }
    }

    #[inline(always)]
    pub(crate) fn of(&self, symbol: usize) -> SymbolCode {
        self.0[symbol & 511]
    }
}

/// By literal or length.
static EXTRA_BITS: [u8; LITERALS_AND_LENGTHS] = {
    let mut bits = [0; LITERALS_AND_LENGTHS];
    let mut symbol = END_OF_BLOCK + 1;
    while symbol < LITERALS_AND_LENGTHS {
        bits[symbol] = length_extra_bits(symbol) as u8;
        symbol += 1;
    }
    bits
};

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
            literals: [Code::NOTHING; 256],
            end: Code::NOTHING,
            lengths: [Code::NOTHING; MAX_MATCH - MIN_MATCH + 1],
            distances: [Code::NOTHING; 32],
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
    pub(crate) fn distance(&self, back: usize) -> (Code, u32, u32) {
        let (symbol, value, extra) = distance(back);
        (self.distances[symbol & 31], value, extra)
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
