//! The alphabets of RFC 1951, 3.2.5: literals and lengths, distances, and the extra bits behind both.

use core::ops::Range;

/// Literals 0-255, end of block 256, lengths 257-285.
pub const LITERALS_AND_LENGTHS: usize = 286;
/// Distance symbols.
pub const DISTANCES: usize = 30;

pub(crate) const END_OF_BLOCK: usize = 256;
pub(crate) const MIN_MATCH: usize = 3;
pub(crate) const MAX_MATCH: usize = 258;

/// The symbol of each length - 3.
const LENGTH_SYMBOLS: [u16; MAX_MATCH - MIN_MATCH + 1] = length_symbols();

const fn length_symbols() -> [u16; MAX_MATCH - MIN_MATCH + 1] {
    let mut table = [0; MAX_MATCH - MIN_MATCH + 1];
    let mut symbol = END_OF_BLOCK + 1;
    let mut next = 0;
    while symbol < LITERALS_AND_LENGTHS {
        let end = next + (1 << length_extra_bits(symbol));
        while next < end && next < table.len() {
            table[next] = symbol as u16;
            next += 1;
        }
        symbol += 1;
        // 258 has a symbol of its own.
        if symbol == LITERALS_AND_LENGTHS - 1 {
            next = table.len() - 1;
        }
    }
    table
}

/// The symbol of a length from 3 to 258.
pub(crate) const fn length_symbol(length: usize) -> usize {
    LENGTH_SYMBOLS[length - MIN_MATCH] as usize
}

/// Extra bits behind a length symbol: eight symbols have none, then four each have one more.
pub(crate) const fn length_extra_bits(symbol: usize) -> u32 {
    match symbol - (END_OF_BLOCK + 1) {
        28 => 0,
        index => (index as u32 / 4).saturating_sub(1),
    }
}

/// The lowest length - 3 of a length symbol.
pub(crate) const fn first_length(symbol: usize) -> usize {
    let index = symbol - (END_OF_BLOCK + 1);
    match index {
        0..8 => index,
        28 => MAX_MATCH - MIN_MATCH,
        _ => (4 + index % 4) << length_extra_bits(symbol),
    }
}

/// The lengths - 3 of a length symbol.
pub(crate) fn lengths_of(symbol: usize) -> Range<usize> {
    let first = first_length(symbol);
    // The last of 284's 32 values is 258, which has a symbol of its own.
    let end = if symbol == LITERALS_AND_LENGTHS - 1 { first + 1 } else { MAX_MATCH - MIN_MATCH };
    first..(first + (1 << length_extra_bits(symbol))).min(end)
}

/// The symbol of a distance from 1 to 32,768, and the value and number of its extra bits.
///
/// The two highest bits of `distance - 1` stay in the symbol, the others become extra bits.
#[inline(always)]
pub(crate) fn distance(distance: usize) -> (usize, u32, u32) {
    let below = (distance as u32).wrapping_sub(1);
    let extra = (below | 2).ilog2() - 1;
    ((2 * extra + (below >> extra)) as usize, below & ((1 << extra) - 1), extra)
}

/// Extra bits behind a distance symbol.
#[inline(always)]
pub(crate) const fn distance_extra_bits(symbol: usize) -> u32 {
    (symbol as u32 >> 1).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_table_of_the_rfc() {
        for (length, symbol, bits) in [
            (3, 257, 0),
            (10, 264, 0),
            (11, 265, 1),
            (18, 268, 1),
            (19, 269, 2),
            (114, 279, 4),
            (257, 284, 5),
            (258, 285, 0),
        ] {
            assert_eq!((length_symbol(length), length_extra_bits(symbol)), (symbol, bits), "length {length}");
        }
        for length in MIN_MATCH..=MAX_MATCH {
            assert!(lengths_of(length_symbol(length)).contains(&(length - MIN_MATCH)), "length {length}");
        }
    }

    #[test]
    fn distances_follow_the_table_of_the_rfc() {
        for (back, symbol, bits) in [
            (1, 0, 0),
            (4, 3, 0),
            (5, 4, 1),
            (6, 4, 1),
            (7, 5, 1),
            (193, 15, 6),
            (24_576, 28, 13),
            (24_577, 29, 13),
            (32_768, 29, 13),
        ] {
            let (found, value, extra) = distance(back);
            assert_eq!((found, extra, distance_extra_bits(symbol)), (symbol, bits, bits), "distance {back}");
            assert!(value < 1 << bits, "distance {back}");
        }
    }
}
