//! Finds repetitions in one pass: one earlier position for each hash of five bytes, with one step of lookahead.
//!
//! What costs is the way from one match to the next: its length tells where to look, and that position what to load. So the
//! loop has as few steps as possible on this way: the first [`STEP`] bytes are compared at once, the lookahead selects
//! without a branch, and near the end of the input, where lengths need more care, a second copy of the loop goes on.

use core::hint::select_unpredictable as select;

use crate::input::{Input, MAX_SCAN, STEP};
use crate::symbols::MAX_MATCH;

/// Takes what the matcher finds, in the order of the input.
pub(crate) trait Sink {
    fn literal(&mut self, byte: u8);

    fn literals(&mut self, bytes: [u8; 2]);

    /// The literal when `taken`, and then `length` bytes (5 to 258) again from `distance` bytes (1 to 32,767) back.
    fn repeat(&mut self, literal: u8, taken: bool, length: usize, distance: usize);
}

/// A match of four bytes takes about as many bits as its literals, and more time.
pub(crate) const LEAST: usize = 5;

/// Most bits of a hash.
const MAX_BITS: u32 = 14;

/// The input, and the last position of each hash: in one struct, so that one register addresses both.
pub(crate) struct Matcher {
    positions: [u16; 1 << MAX_BITS],
    pub(crate) input: Input,
}

impl Matcher {
    pub(crate) const fn new() -> Self {
        Self { positions: [0; 1 << MAX_BITS], input: Input::new() }
    }

    /// Scans the input. Knows nothing of earlier scans: equal input gives equal output.
    ///
    /// There are as many hashes as positions, within bounds that keep short inputs cheap to begin with and the positions in
    /// the first-level cache beside the input.
    #[inline(always)]
    pub(crate) fn scan(&mut self, sink: &mut impl Sink) {
        match self.input.length() {
            0 => {}
            1..=6_144 => self.scan_by::<12>(sink),
            6_145..=12_288 => self.scan_by::<13>(sink),
            _ => self.scan_by::<MAX_BITS>(sink),
        }
    }

    /// `BITS` is a constant, because the loop has no register left for it.
    #[inline(always)]
    fn scan_by<const BITS: u32>(&mut self, sink: &mut impl Sink) {
        // With this bound the compiler sees that every position is within the input's array.
        let length = self.input.length().min(MAX_SCAN);
        // An empty slot holds position 0, which is a position like any other behind it.
        self.positions[..1 << BITS].fill(0);
        sink.literal(self.input.byte(0));
        let at = self.walk::<BITS, false>(sink, 1, length, length.saturating_sub(STEP + 1));
        let at = self.walk::<BITS, true>(sink, at, length, length.saturating_sub(LEAST + 1));
        (at..length).for_each(|at| sink.literal(self.input.byte(at)));
    }

    /// Goes on from `at` until `end` or behind it, and returns where it stopped. `TAIL`: a comparison of [`STEP`] bytes may
    /// pass the end of the input.
    #[inline(always)]
    fn walk<const BITS: u32, const TAIL: bool>(
        &mut self,
        sink: &mut impl Sink,
        mut at: usize,
        length: usize,
        end: usize,
    ) -> usize {
        while at < end {
            // Two positions at once: most of them have no match.
            let [here, there] = [self.input.eight(at), self.input.eight(at + 1)];
            let first = self.exchange::<BITS>(here, at);
            let second = self.exchange::<BITS>(there, at + 1);
            let one = here ^ self.input.eight(first);
            let other = there ^ self.input.eight(second);
            if hashed(one) != 0 && hashed(other) != 0 {
                sink.literals([here as u8, there as u8]);
                at += 2;
                continue;
            }
            let literal = here as u8;
            let [here, next] = [self.common(one, first, at), self.common(other, second, at + 1)];
            let is_later = next > here;
            let earlier = select(is_later, second, first);
            let mut found = select(is_later, next, here);
            at += usize::from(is_later);
            if TAIL {
                found = self.extend(0, earlier, at, length - at);
            } else if found == STEP {
                found = self.extend(STEP, earlier, at, length - at);
            }
            sink.repeat(literal, is_later, found, at - earlier);
            at += found;
            // The last position of a match is remembered; more of them gain less than they cost.
            self.exchange::<BITS>(self.input.eight(at - 1), at - 1);
        }
        at
    }

    /// The last position of the same hash; `at` takes its place.
    #[inline(always)]
    fn exchange<const BITS: u32>(&mut self, word: u64, at: usize) -> usize {
        let hash = hashed(word).wrapping_mul(MULTIPLIER) >> (64 - BITS);
        usize::from(core::mem::replace(&mut self.positions[hash as usize % (1 << BITS)], at as u16))
    }

    /// Bytes in common, at most [`STEP`]; may pass the end of the input. `difference` is that of the first eight.
    #[inline(always)]
    fn common(&self, difference: u64, earlier: usize, at: usize) -> usize {
        let behind = self.input.eight(earlier + 8) ^ self.input.eight(at + 8);
        (select(difference == 0, 64 + behind.trailing_zeros(), difference.trailing_zeros()) >> 3) as usize
    }

    /// The length of a match whose first `length` bytes are equal, at most `left`.
    #[inline(always)]
    fn extend(&self, mut length: usize, earlier: usize, at: usize, left: usize) -> usize {
        let most = MAX_MATCH.min(left);
        while length < most {
            let difference = self.input.eight(earlier + length) ^ self.input.eight(at + length);
            length += (difference.trailing_zeros() >> 3) as usize;
            if difference != 0 {
                break;
            }
        }
        length.min(most)
    }
}

/// The five bytes that a hash is made of, as the high bits.
#[inline(always)]
const fn hashed(word: u64) -> u64 {
    word << 24
}

/// The golden ratio times 2^40: Knuth, The Art of Computer Programming 3, 6.4.
const MULTIPLIER: u64 = 0x9E_3779_B97F;
