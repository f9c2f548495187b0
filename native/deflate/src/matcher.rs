//! Finds repetitions in one pass: one earlier position for each hash of four bytes, with one step of lookahead.
//!
//! Matches are short and come after every few literals, so a processor predicts few of their branches. Lengths up to
//! [`STEP`] are therefore compared at once, and the lookahead selects without a branch.

use crate::input::{Input, STEP};
use crate::symbols::MAX_MATCH;

/// Takes what the matcher finds, in the order of the input.
pub(crate) trait Sink {
    /// Takes the byte when `taken`, else nothing.
    fn literal(&mut self, byte: u8, taken: bool);

    fn literals(&mut self, bytes: [u8; 2]);

    /// Repeats `length` bytes (4 to 258) from `distance` bytes (1 to 32,767) back.
    fn repeat(&mut self, length: usize, distance: usize);
}

/// A shorter match costs as much as its literals.
pub(crate) const LEAST: usize = 4;

/// Bits of a hash: as many as the input has positions, within bounds that keep short inputs cheap to begin with and the
/// positions in the first-level cache beside the input.
const fn hash_bits(length: usize) -> u32 {
    match length {
        0..=6_144 => 12,
        6_145..=12_288 => 13,
        _ => MAX_BITS,
    }
}

const MAX_BITS: u32 = 14;

/// The last position of each hash.
pub(crate) struct Matcher {
    positions: [u16; 1 << MAX_BITS],
}

impl Matcher {
    pub(crate) const fn new() -> Self {
        Self { positions: [0; 1 << MAX_BITS] }
    }

    /// Scans the input. Knows nothing of earlier scans: equal input gives equal output.
    #[inline(always)]
    pub(crate) fn scan(&mut self, input: &Input, sink: &mut impl Sink) {
        let length = input.length();
        let bits = hash_bits(length);
        self.positions[..1 << bits].fill(0);
        let shift = 32 - bits;
        if length == 0 {
            return;
        }
        // An empty slot holds position 0, which is a position like any other behind it.
        sink.literal(input.byte(0), true);
        let mut at = 1;
        let end = length.saturating_sub(LEAST + 1);
        while at < end {
            // Two positions at once: most of them have no match, and a branch for both is predicted better than two.
            let [first, second] = [self.exchange(input, at, shift), self.exchange(input, at + 1, shift)];
            if (input.four(first) != input.four(at)) & (input.four(second) != input.four(at + 1)) {
                sink.literals([input.byte(at), input.byte(at + 1)]);
                at += 2;
                continue;
            }
            let [here, next] = [common(input, first, at), common(input, second, at + 1)];
            let is_later = next > here;
            sink.literal(input.byte(at), is_later);
            at += usize::from(is_later);
            let mut found = if is_later { next } else { here };
            let distance = at - if is_later { second } else { first };
            if found == STEP {
                found = extend(input, at - distance, at);
            }
            found = found.min(length - at);
            sink.repeat(found, distance);
            at += found;
            // The last position of a match is remembered; more of them gain less than they cost.
            self.exchange(input, at - 1, shift);
        }
        while at < length {
            sink.literal(input.byte(at), true);
            at += 1;
        }
    }

    /// The last position of the same hash; `at` takes its place.
    #[inline(always)]
    fn exchange(&mut self, input: &Input, at: usize, shift: u32) -> usize {
        let slot = &mut self.positions[hash(input.four(at), shift)];
        usize::from(core::mem::replace(slot, at as u16))
    }
}

#[inline(always)]
fn hash(word: u32, shift: u32) -> usize {
    // The golden ratio times 2^32: Knuth, The Art of Computer Programming 3, 6.4.
    (word.wrapping_mul(0x9E37_79B1) >> (shift & 31)) as usize % (1 << MAX_BITS)
}

/// Bytes in common, at most [`STEP`]; may pass the end of the input.
#[inline(always)]
fn common(input: &Input, earlier: usize, at: usize) -> usize {
    let difference = input.sixteen(earlier) ^ input.sixteen(at);
    (difference.trailing_zeros() >> 3) as usize
}

/// The length of a match whose first [`STEP`] bytes are equal; may pass the end of the input.
#[inline(always)]
fn extend(input: &Input, earlier: usize, at: usize) -> usize {
    let mut length = STEP;
    while length < MAX_MATCH && at + length < input.length() {
        let more = common(input, earlier + length, at + length);
        length += more;
        if more < STEP {
            break;
        }
    }
    length.min(MAX_MATCH)
}
