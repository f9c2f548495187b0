//! Finds repetitions in one pass: one earlier position for each hash of four bytes, with one step of lookahead.
//!
//! Matches are short and come after every few literals, so a processor predicts few of their branches. Lengths up to
//! [`SHORT`] are therefore compared in one step, and the lookahead selects without a branch.

use alloc::vec::Vec;

use crate::symbols::MAX_MATCH;

/// A match, and the literals of the input ahead of it.
#[derive(Clone, Copy)]
pub(crate) struct Sequence {
    pub(crate) literals: u16,
    /// 4 to 258 bytes.
    pub(crate) length: u16,
    /// From 1 to 32,767 bytes back.
    pub(crate) distance: u16,
}

/// Counts what the matcher finds, where codes are made of the counts.
pub(crate) trait Counter {
    /// Adds 1 for a byte when `taken`, else nothing.
    fn literal(&mut self, byte: u8, taken: bool);

    fn sequence(&mut self, sequence: Sequence);
}

/// Most bytes of one scan: every distance is within the window, and a position has 16 bits.
pub(crate) const MAX_SCAN: usize = 32_768;

/// Bytes that are compared at once; a match that long is taken without a look at the next position.
const SHORT: usize = 16;
/// A shorter match costs as much as its literals.
const LEAST: usize = 4;

const BITS: u32 = 12;

/// The last position of each hash. 8 KiB, so that it stays in the first-level cache beside the payload.
pub(crate) struct Matcher {
    positions: [u16; 1 << BITS],
}

impl Matcher {
    pub(crate) const fn new() -> Self {
        Self { positions: [0; 1 << BITS] }
    }

    /// Replaces `sequences` by those of at most [`MAX_SCAN`] bytes; what follows the last one are literals. Knows nothing of
    /// earlier scans: equal input gives equal output. False without memory.
    #[inline(never)]
    #[must_use]
    pub(crate) fn scan(&mut self, input: &[u8], sequences: &mut Vec<Sequence>, counter: &mut impl Counter) -> bool {
        debug_assert!(input.len() <= MAX_SCAN);
        self.positions.fill(0);
        sequences.clear();
        // A sequence takes four bytes at least, so no push allocates.
        if sequences.try_reserve(input.len() / LEAST + 1).is_err() {
            return false;
        }
        let Some(&first) = input.first() else { return true };
        // An empty slot holds position 0, which is a position like any other behind it.
        counter.literal(first, true);
        let mut start = 0;
        let mut at = 1;
        let end = input.len().saturating_sub(LEAST);
        while at < end {
            let earlier = self.exchange(input, at);
            if four(input, earlier) != four(input, at) {
                counter.literal(byte(input, at), true);
                at += 1;
                continue;
            }
            let mut length = common(input, earlier, at);
            let mut distance = at - earlier;
            if length < SHORT {
                let next = self.exchange(input, at + 1);
                let next_length = common(input, next, at + 1);
                let better = next_length > length;
                counter.literal(byte(input, at), better);
                at += usize::from(better);
                length = if better { next_length } else { length };
                distance = if better { at - next } else { distance };
            }
            if length == SHORT {
                length = extend(input, at, distance);
            }
            let sequence =
                Sequence { literals: (at - start) as u16, length: length as u16, distance: distance as u16 };
            counter.sequence(sequence);
            sequences.push(sequence);
            at += length;
            start = at;
        }
        for &byte in input.get(at..).unwrap_or_default() {
            counter.literal(byte, true);
        }
        true
    }

    /// The last position of the same hash; `at` takes its place.
    #[inline(always)]
    fn exchange(&mut self, input: &[u8], at: usize) -> usize {
        let slot = &mut self.positions[hash(four(input, at))];
        usize::from(core::mem::replace(slot, at as u16))
    }
}

#[inline(always)]
fn hash(word: u32) -> usize {
    // The golden ratio times 2^32: Knuth, The Art of Computer Programming 3, 6.4.
    (word.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// Bytes in common, at most [`SHORT`].
#[inline(always)]
fn common(input: &[u8], earlier: usize, at: usize) -> usize {
    let difference = sixteen(input, earlier) ^ sixteen(input, at);
    ((difference.trailing_zeros() >> 3) as usize).min(input.len() - at)
}

/// The length of a match whose first [`SHORT`] bytes are equal, at most [`MAX_MATCH`].
#[inline(always)]
fn extend(input: &[u8], at: usize, distance: usize) -> usize {
    let most = (input.len() - at).min(MAX_MATCH);
    let mut length = SHORT;
    while length < most {
        let difference = sixteen(input, at + length) ^ sixteen(input, at + length - distance);
        if difference != 0 {
            length += (difference.trailing_zeros() >> 3) as usize;
            break;
        }
        length += SHORT;
    }
    length.min(most)
}

#[inline(always)]
fn byte(input: &[u8], at: usize) -> u8 {
    input.get(at).copied().unwrap_or_default()
}

/// The bytes from a position on as a number, the first one lowest.
#[inline(always)]
fn four(input: &[u8], at: usize) -> u32 {
    input.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// As [`four`]; zeros behind the end.
#[inline(always)]
fn sixteen(input: &[u8], at: usize) -> u128 {
    match input.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(bytes) => u128::from_le_bytes(*bytes),
        None => padded(input, at),
    }
}

#[cold]
fn padded(input: &[u8], at: usize) -> u128 {
    let rest = input.get(at..).unwrap_or_default();
    let mut bytes = [0; 16];
    bytes[..rest.len()].copy_from_slice(rest);
    u128::from_le_bytes(bytes)
}
