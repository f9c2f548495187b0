//! What a scan found and how often, for codes that are made of the counts.

use crate::input::{Input, MAX_SCAN};
use crate::matcher::{LEAST, Matcher, Sink};
use crate::symbols::{DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS, distance_symbol, length_symbol};

/// A match, and the number of literals ahead of it.
#[derive(Clone, Copy)]
pub(crate) struct Sequence {
    pub(crate) literals: u16,
    pub(crate) length: u16,
    pub(crate) distance: u16,
}

/// A scan gives fewer: each takes four bytes of the input, and the first byte is none of them.
const CAPACITY: usize = MAX_SCAN / LEAST;

pub(crate) struct Sequences {
    sequences: [Sequence; CAPACITY],
    number: usize,
    counts: Counts,
}

/// How often a block needs each literal or length, and each distance. Longer than their alphabets, so that nine and five
/// bits are always an index.
struct Counts {
    literals: [u16; 512],
    distances: [u16; 32],
}

impl Sequences {
    pub(crate) const fn new() -> Self {
        Self {
            sequences: [Sequence { literals: 0, length: 0, distance: 0 }; CAPACITY],
            number: 0,
            counts: Counts { literals: [0; 512], distances: [0; 32] },
        }
    }

    /// Replaces what is noted.
    pub(crate) fn scan(&mut self, matcher: &mut Matcher, input: &Input) {
        self.counts.literals.fill(0);
        self.counts.distances.fill(0);
        self.counts.literals[END_OF_BLOCK] = 1;
        let mut notes = Notes { sequences: &mut self.sequences, counts: &mut self.counts, number: 0, literals: 0 };
        matcher.scan(input, &mut notes);
        self.number = notes.number;
    }

    pub(crate) fn all(&self) -> &[Sequence] {
        &self.sequences[..self.number]
    }

    pub(crate) fn literal_counts(&self) -> &[u16] {
        &self.counts.literals[..LITERALS_AND_LENGTHS]
    }

    pub(crate) fn distance_counts(&self) -> &[u16] {
        &self.counts.distances[..DISTANCES]
    }
}

/// Owns the numbers that every symbol changes, so that they stay in registers.
struct Notes<'a> {
    sequences: &'a mut [Sequence; CAPACITY],
    counts: &'a mut Counts,
    number: usize,
    /// Literals since the last match.
    literals: u16,
}

impl Sink for Notes<'_> {
    #[inline(always)]
    fn literal(&mut self, byte: u8, taken: bool) {
        self.literals += u16::from(taken);
        self.counts.literals[usize::from(byte)] += u16::from(taken);
    }

    #[inline(always)]
    fn literals(&mut self, bytes: [u8; 2]) {
        self.literals += 2;
        for byte in bytes {
            self.counts.literals[usize::from(byte)] += 1;
        }
    }

    #[inline(always)]
    fn repeat(&mut self, length: usize, distance: usize) {
        self.sequences[self.number % CAPACITY] =
            Sequence { literals: self.literals, length: length as u16, distance: distance as u16 };
        self.number += 1;
        self.literals = 0;
        self.counts.literals[length_symbol(length) & 511] += 1;
        self.counts.distances[distance_symbol(distance) & 31] += 1;
    }
}
