//! Codes of the payload itself: its symbols are counted while the matches are searched.

use crate::codes::{Codes, DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::header::Header;
use crate::lengths;
use crate::matcher::{Counter, Sequence};
use crate::symbols::{DISTANCES, END_OF_BLOCK, LENGTHS, LITERALS_AND_LENGTHS, MIN_MATCH, distance_symbol};

/// How often a block needs each literal or length, and each distance.
pub(crate) struct Counts {
    pub(crate) literals: [u16; LITERALS_AND_LENGTHS],
    pub(crate) distances: [u16; DISTANCES],
}

impl Counter for Counts {
    #[inline(always)]
    fn literal(&mut self, byte: u8, taken: bool) {
        self.literals[usize::from(byte)] += u16::from(taken);
    }

    #[inline(always)]
    fn sequence(&mut self, sequence: Sequence) {
        let length = LENGTHS.get(usize::from(sequence.length) - MIN_MATCH);
        self.literals[length.map_or(END_OF_BLOCK, |extra| usize::from(extra.symbol))] += 1;
        if let Some(count) = self.distances.get_mut(distance_symbol(usize::from(sequence.distance))) {
            *count += 1;
        }
    }
}

impl Counts {
    pub(crate) const fn new() -> Self {
        let mut literals = [0; LITERALS_AND_LENGTHS];
        literals[END_OF_BLOCK] = 1;
        Self { literals, distances: [0; DISTANCES] }
    }

    /// Sets the codes of the block and returns its header.
    pub(crate) fn codes(&self, codes: &mut Codes) -> Header {
        let mut literals = [0; LITERALS_AND_LENGTHS];
        let mut distances = [0; DISTANCES];
        lengths::assign(&self.literals, LITERAL_LIMIT, &mut literals);
        lengths::assign(&self.distances, DISTANCE_LIMIT, &mut distances);
        if self.distances.iter().all(|&count| count == 0) {
            // A block without distances sends a code that is not used: some decoders want one.
            distances[0] = 1;
        }
        codes.set(&literals, &distances);
        Header::new(&literals, &distances)
    }
}
