//! Makes tables from samples.

use alloc::vec::Vec;

use crate::codes::{DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::dynamic::Counts;
use crate::lengths;
use crate::matcher::{MAX_SCAN, Matcher, Sequence};
use crate::symbols::{DISTANCES, LITERALS_AND_LENGTHS};

/// Code lengths of a table: what a lock keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths {
    pub literals: [u8; LITERALS_AND_LENGTHS],
    pub distances: [u8; DISTANCES],
}

/// Counts the symbols of samples.
pub struct Trainer {
    matcher: Matcher,
    sequences: Vec<Sequence>,
    literals: [u64; LITERALS_AND_LENGTHS],
    distances: [u64; DISTANCES],
}

impl Default for Trainer {
    fn default() -> Self {
        Self::new()
    }
}

impl Trainer {
    pub fn new() -> Self {
        Self {
            matcher: Matcher::new(),
            sequences: Vec::new(),
            literals: [0; LITERALS_AND_LENGTHS],
            distances: [0; DISTANCES],
        }
    }

    /// Adds a sample: the first 32 KiB of it. False without memory.
    pub fn add(&mut self, sample: &[u8]) -> bool {
        let sample = &sample[..sample.len().min(MAX_SCAN)];
        let mut counts = Counts::new();
        if !self.matcher.scan(sample, &mut self.sequences, &mut counts) {
            return false;
        }
        for (sum, &count) in self.literals.iter_mut().zip(&counts.literals) {
            *sum += u64::from(count);
        }
        for (sum, &count) in self.distances.iter_mut().zip(&counts.distances) {
            *sum += u64::from(count);
        }
        true
    }

    /// The code lengths that suit the samples.
    ///
    /// Every symbol that a payload can need gets a code, also where no sample had it: all lengths, all distances and, with
    /// `ascii`, the bytes from 0x20 to 0x7e, else all bytes. A payload with another byte gets a header of its own.
    pub fn lengths(&self, ascii: bool) -> Lengths {
        let mut lengths = Lengths { literals: [0; LITERALS_AND_LENGTHS], distances: [0; DISTANCES] };
        let needed = |symbol: usize| !ascii || symbol > 0xff || (0x20..0x7f).contains(&symbol);
        lengths::assign(&scale(&self.literals, needed), LITERAL_LIMIT, &mut lengths.literals);
        lengths::assign(&scale(&self.distances, |_| true), DISTANCE_LIMIT, &mut lengths.distances);
        lengths
    }
}

/// Counts that fit into 16 bits, in proportion; a needed symbol has at least 1.
fn scale<const N: usize>(counts: &[u64; N], needed: impl Fn(usize) -> bool) -> [u16; N] {
    let most = counts.iter().copied().max().unwrap_or_default().max(1);
    core::array::from_fn(|symbol| {
        let scaled = (u128::from(counts[symbol]) * 32_767 / u128::from(most)) as u16;
        if needed(symbol) { scaled.max(1) } else { 0 }
    })
}
