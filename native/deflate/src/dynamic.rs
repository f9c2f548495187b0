//! A block with codes of its own: the matches are noted and counted first, then written.

use alloc::vec::Vec;

use crate::bits::BitWriter;
use crate::codes::{Codes, DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::emit;
use crate::header::Header;
use crate::lengths;
use crate::matcher::{Matcher, Sink};
use crate::symbols::{DISTANCES, END_OF_BLOCK, LENGTHS, LITERALS_AND_LENGTHS, MIN_MATCH, distance_symbol};

/// A match, and how many literals of the input stand ahead of it.
#[derive(Clone, Copy)]
struct Sequence {
    literals: u16,
    length: u16,
    distance: u16,
}

/// What a scan found.
pub(crate) struct Dynamic {
    sequences: Vec<Sequence>,
    literal_counts: [u16; LITERALS_AND_LENGTHS],
    distance_counts: [u16; DISTANCES],
    codes: Codes,
}

/// Notes and counts.
struct Notes<'a> {
    sequences: &'a mut Vec<Sequence>,
    literal_counts: &'a mut [u16; LITERALS_AND_LENGTHS],
    distance_counts: &'a mut [u16; DISTANCES],
    literals: u16,
}

impl Sink for Notes<'_> {
    #[inline(always)]
    fn literal(&mut self, byte: u8) {
        self.literals += 1;
        self.literal_counts[usize::from(byte)] += 1;
    }

    #[inline(always)]
    fn repeat(&mut self, length: usize, distance: usize) {
        self.sequences.push(Sequence {
            literals: self.literals,
            length: length as u16,
            // 32,768 at most.
            distance: distance as u16,
        });
        self.literals = 0;
        let symbol = LENGTHS.get(length - MIN_MATCH).map_or(END_OF_BLOCK, |extra| usize::from(extra.symbol));
        self.literal_counts[symbol] += 1;
        if let Some(count) = self.distance_counts.get_mut(distance_symbol(distance)) {
            *count += 1;
        }
    }
}

impl Dynamic {
    pub(crate) const fn new() -> Self {
        Self {
            sequences: Vec::new(),
            literal_counts: [0; LITERALS_AND_LENGTHS],
            distance_counts: [0; DISTANCES],
            codes: Codes::new(),
        }
    }

    /// Finds the matches of the block. False without memory.
    #[must_use]
    pub(crate) fn scan(&mut self, matcher: &mut Matcher, input: &[u8]) -> bool {
        self.sequences.clear();
        self.literal_counts.fill(0);
        self.distance_counts.fill(0);
        // A match takes four bytes at least, so no push allocates.
        if self.sequences.try_reserve(input.len() / 4 + 1).is_err() {
            return false;
        }
        self.literal_counts[END_OF_BLOCK] = 1;
        matcher.scan(
            input,
            &mut Notes {
                sequences: &mut self.sequences,
                literal_counts: &mut self.literal_counts,
                distance_counts: &mut self.distance_counts,
                literals: 0,
            },
        );
        true
    }

    /// How often the scanned block needs each literal or length, and each distance.
    pub(crate) fn counts(&self) -> (&[u16; LITERALS_AND_LENGTHS], &[u16; DISTANCES]) {
        (&self.literal_counts, &self.distance_counts)
    }

    /// Writes the block of the scanned input. `None` when the target is full.
    pub(crate) fn write(&mut self, input: &[u8], bits: &mut BitWriter<'_>, last: bool) -> Option<()> {
        let mut literal_lengths = [0; LITERALS_AND_LENGTHS];
        let mut distance_lengths = [0; DISTANCES];
        lengths::assign(&self.literal_counts, LITERAL_LIMIT, &mut literal_lengths);
        lengths::assign(&self.distance_counts, DISTANCE_LIMIT, &mut distance_lengths);
        if self.sequences.is_empty() {
            // A block without distances sends one that is not used: some decoders want a code.
            distance_lengths[0] = 1;
        }
        self.codes.set(&literal_lengths, &distance_lengths);
        let header = Header::new(&literal_lengths, &distance_lengths);
        if !header.write(bits, last) {
            return None;
        }
        let mut rest = input;
        for sequence in &self.sequences {
            let (literals, behind) = rest.split_at_checked(usize::from(sequence.literals))?;
            emit::literals(bits, &self.codes, literals)?;
            emit::repeat(bits, &self.codes, usize::from(sequence.length), usize::from(sequence.distance))?;
            rest = behind.get(usize::from(sequence.length)..)?;
        }
        emit::literals(bits, &self.codes, rest)?;
        emit::end(bits, &self.codes)
    }
}
