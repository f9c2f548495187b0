//! Finds repetitions in one pass: one earlier position for each hash of four bytes, with one step of lookahead.

use crate::symbols::{MAX_MATCH, WINDOW};

/// Takes what the matcher finds, in the order of the input.
pub(crate) trait Sink {
    fn literal(&mut self, byte: u8);

    /// Repeats `length` bytes (4 to 258) from `distance` bytes (1 to 32,768) back.
    fn repeat(&mut self, length: usize, distance: usize);
}

/// Most bytes of one scan: a position has 16 bits.
pub(crate) const MAX_SCAN: usize = 65_535;

/// No match starts in the last bytes: reading eight bytes at the next position stays inside of the input.
const TAIL: usize = 12;
/// A match of this length is taken without a look at the next position.
const GOOD_MATCH: usize = 24;

const BITS: u32 = 12;

/// The last position of each hash. 8 KiB, so that it stays in the first-level cache beside the payload.
pub(crate) struct Matcher {
    positions: [u16; 1 << BITS],
}

impl Matcher {
    pub(crate) const fn new() -> Self {
        Self { positions: [0; 1 << BITS] }
    }

    /// Scans at most [`MAX_SCAN`] bytes. Knows nothing of earlier scans: equal input gives equal output.
    #[inline(always)]
    pub(crate) fn scan(&mut self, input: &[u8], sink: &mut impl Sink) {
        debug_assert!(input.len() <= MAX_SCAN);
        self.positions.fill(0);
        let Some(&first) = input.first() else { return };
        // Position 0 is what an empty slot holds, so it can be found, but not matched with itself.
        sink.literal(first);
        let mut at = 1;
        let end = input.len().saturating_sub(TAIL);
        while at < end {
            let Some((mut length, mut distance)) = self.find(input, at) else {
                sink.literal(byte(input, at));
                at += 1;
                continue;
            };
            if length < GOOD_MATCH {
                if let Some((next_length, next_distance)) = self.find(input, at + 1) {
                    if next_length > length {
                        sink.literal(byte(input, at));
                        at += 1;
                        (length, distance) = (next_length, next_distance);
                    }
                }
            }
            sink.repeat(length, distance);
            at += length;
        }
        for &byte in input.get(at..).unwrap_or_default() {
            sink.literal(byte);
        }
    }

    /// The match at a position, at least four bytes; the position becomes the last one of its hash.
    #[inline(always)]
    fn find(&mut self, input: &[u8], at: usize) -> Option<(usize, usize)> {
        let word = four(input, at);
        let slot = &mut self.positions[hash(word)];
        let earlier = usize::from(*slot);
        *slot = at as u16;
        let distance = at.wrapping_sub(earlier);
        if four(input, earlier) != word || distance > WINDOW {
            return None;
        }
        Some((common_length(input, earlier, at), distance))
    }
}

#[inline(always)]
fn hash(word: u32) -> usize {
    // The golden ratio times 2^32: Knuth, The Art of Computer Programming 3, 6.4.
    (word.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// Bytes in common from two positions on, at most [`MAX_MATCH`]; the first four are equal.
#[inline(always)]
fn common_length(input: &[u8], earlier: usize, at: usize) -> usize {
    let most = (input.len() - at).min(MAX_MATCH);
    let mut length = 4;
    while length + 8 <= most {
        let difference = eight(input, earlier + length) ^ eight(input, at + length);
        if difference != 0 {
            return length + (difference.trailing_zeros() >> 3) as usize;
        }
        length += 8;
    }
    while length < most && byte(input, earlier + length) == byte(input, at + length) {
        length += 1;
    }
    length
}

#[inline(always)]
fn byte(input: &[u8], at: usize) -> u8 {
    input.get(at).copied().unwrap_or_default()
}

#[inline(always)]
fn four(input: &[u8], at: usize) -> u32 {
    input.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline(always)]
fn eight(input: &[u8], at: usize) -> u64 {
    input.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
