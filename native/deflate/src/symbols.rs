//! The alphabets of RFC 1951, 3.2.5: literals and lengths, distances, and the extra bits behind both.

/// Literals 0-255, end of block 256, lengths 257-285.
pub const LITERALS_AND_LENGTHS: usize = 286;
/// Distance symbols.
pub const DISTANCES: usize = 30;

pub(crate) const END_OF_BLOCK: usize = 256;
pub(crate) const MIN_MATCH: usize = 3;
pub(crate) const MAX_MATCH: usize = 258;
/// Farthest distance.
pub(crate) const WINDOW: usize = 32_768;

/// A symbol with the extra bits behind its code.
#[derive(Clone, Copy)]
pub(crate) struct Extra {
    pub(crate) symbol: u16,
    pub(crate) bits: u8,
    pub(crate) value: u16,
}

/// By length - 3.
pub(crate) static LENGTHS: [Extra; MAX_MATCH - MIN_MATCH + 1] = lengths();

const fn lengths() -> [Extra; MAX_MATCH - MIN_MATCH + 1] {
    let mut table = [Extra { symbol: 0, bits: 0, value: 0 }; MAX_MATCH - MIN_MATCH + 1];
    let mut index = 0;
    while index < table.len() {
        // Eight symbols without extra bits, then four for each number of them.
        let bits = if index < 8 { 0 } else { (index as u32).ilog2() - 2 };
        let group = if index < 8 { index } else { 4 * bits as usize + (index >> bits) };
        table[index] =
            Extra { symbol: 257 + group as u16, bits: bits as u8, value: (index & ((1 << bits) - 1)) as u16 };
        index += 1;
    }
    // 258 has a symbol of its own.
    table[MAX_MATCH - MIN_MATCH] = Extra { symbol: 285, bits: 0, value: 0 };
    table
}

/// The symbol of a distance from 1 to 32,768.
#[inline(always)]
pub(crate) fn distance_symbol(distance: usize) -> usize {
    let below = (distance as u32).wrapping_sub(1);
    // Two symbols for each bit length; the second bit tells them apart.
    if below < 2 {
        return below as usize;
    }
    let bits = below.ilog2();
    (2 * bits + ((below >> (bits - 1)) & 1)) as usize
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
        for (length, symbol, bits) in
            [(3, 257, 0), (10, 264, 0), (11, 265, 1), (18, 268, 1), (19, 269, 2), (114, 279, 4), (257, 284, 5), (258, 285, 0)]
        {
            let extra = LENGTHS[length - MIN_MATCH];
            assert_eq!((extra.symbol, extra.bits), (symbol, bits), "length {length}");
        }
    }

    #[test]
    fn distances_follow_the_table_of_the_rfc() {
        for (distance, symbol, bits) in
            [(1, 0, 0), (4, 3, 0), (5, 4, 1), (6, 4, 1), (7, 5, 1), (193, 15, 6), (24_576, 28, 13), (24_577, 29, 13), (32_768, 29, 13)]
        {
            assert_eq!(distance_symbol(distance), symbol, "distance {distance}");
            assert_eq!(distance_extra_bits(symbol), bits, "distance {distance}");
        }
    }
}
