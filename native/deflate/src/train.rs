//! Makes tables from samples.

use crate::codes::{DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::input::MAX_SCAN;
use crate::lengths::assign;
use crate::scanner::Scanner;
use crate::symbols::{DISTANCES, LITERALS_AND_LENGTHS};

/// Code lengths of a table: what a lock keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths {
    pub literals: [u8; LITERALS_AND_LENGTHS],
    pub distances: [u8; DISTANCES],
}

/// Counts the symbols of samples.
pub struct Trainer {
    scanner: Scanner,
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
        Self { scanner: Scanner::new(), literals: [0; LITERALS_AND_LENGTHS], distances: [0; DISTANCES] }
    }

    /// Adds a sample: the first 32 KiB of it.
    pub fn add(&mut self, sample: &[u8]) {
        self.scanner.input.set(&sample[..sample.len().min(MAX_SCAN)]);
        self.scanner.note();
        for (sum, &count) in self.literals.iter_mut().zip(self.scanner.sequences.literal_counts()) {
            *sum += u64::from(count);
        }
        for (sum, &count) in self.distances.iter_mut().zip(self.scanner.sequences.distance_counts()) {
            *sum += u64::from(count);
        }
    }

    /// The code lengths that suit the samples.
    ///
    /// Every symbol that canonical JSON can need gets a code, also where no sample had it: all lengths, all distances, and the
    /// bytes of ASCII without control characters or, unless `ascii`, of UTF-8. A payload with another byte gets a header
    /// of its own.
    pub fn lengths(&self, ascii: bool) -> Lengths {
        let mut lengths = Lengths { literals: [0; LITERALS_AND_LENGTHS], distances: [0; DISTANCES] };
        let needed = |symbol: usize| match symbol {
            0x00..=0x1f | 0xc0 | 0xc1 | 0xf5..=0xff => false,
            0x7f..=0xff => !ascii,
            _ => true,
        };
        for (symbol, length) in assign(&scale(&self.literals, needed), LITERAL_LIMIT).iter() {
            lengths.literals[symbol] = length;
        }
        for (symbol, length) in assign(&scale(&self.distances, |_| true), DISTANCE_LIMIT).iter() {
            lengths.distances[symbol] = length;
        }
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
