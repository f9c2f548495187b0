//! Codes that are fixed ahead of the payloads, for one kind of them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::bits::{self, BitWriter, Pending};
use crate::codes::{Codes, DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::header::Header;
use crate::lengths::CodeLengths;
use crate::symbols::{DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS};

/// Code lengths of a table by symbol; 0 for no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths {
    pub literals: [u8; LITERALS_AND_LENGTHS],
    pub distances: [u8; DISTANCES],
}

/// The first byte that canonical JSON has.
const FIRST_LITERAL: usize = 0x20;

impl Lengths {
    /// Reads the digits of a lock, `1` to `f` for each symbol: literals from 0x20 on, end of block and match lengths,
    /// distances. `None` for other text, and for too many digits.
    pub fn from_digits(literals: &str, lengths: &str, distances: &str) -> Option<Self> {
        let mut all = Self { literals: [0; LITERALS_AND_LENGTHS], distances: [0; DISTANCES] };
        read_digits(literals, all.literals.get_mut(FIRST_LITERAL..END_OF_BLOCK)?)?;
        read_digits(lengths, all.literals.get_mut(END_OF_BLOCK..)?)?;
        read_digits(distances, &mut all.distances)?;
        Some(all)
    }
}

fn read_digits(text: &str, lengths: &mut [u8]) -> Option<()> {
    let lengths = lengths.get_mut(..text.len())?;
    for (length, digit) in lengths.iter_mut().zip(text.chars()) {
        *length = digit.to_digit(16)? as u8;
    }
    Some(())
}

/// The codes of a block, with its header written.
///
/// A table need not have a code for every symbol: a payload that needs a missing one gets a header of its own.
pub struct Table {
    codes: Box<Codes>,
    /// The bits of the header in words of 32, but for the first one, which says whether the block is the last.
    header: Vec<u32>,
    /// Bits of the last word.
    rest: u32,
}

/// Lengths that are no complete code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTable;

impl Table {
    /// Makes a table of code lengths: literals at most 14 bits, distances at most 15, both codes complete.
    pub fn new(Lengths { literals, distances }: &Lengths) -> Result<Self, InvalidTable> {
        if !is_complete(literals, LITERAL_LIMIT)
            || !is_complete(distances, DISTANCE_LIMIT)
            || literals[END_OF_BLOCK] == 0
        {
            return Err(InvalidTable);
        }
        let (literals, distances) = (CodeLengths::from_lengths(literals), CodeLengths::from_lengths(distances));
        let mut codes = Box::new(Codes::new());
        codes.set(&literals, &distances);
        let mut buffer = bits::buffer();
        let mut bits = BitWriter::new(&mut buffer, Pending::default());
        Header::new(&literals, &distances).write(&mut bits, false);
        // The last flush has stored the pending bits too, and zeros behind them.
        let (bytes, pending) = bits.finish();
        let size = 8 * bytes + pending.count as usize;
        let header = buffer
            .chunks_exact(4)
            .take(size.div_ceil(32))
            .map(|word| word.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte)))
            .collect();
        Ok(Self { codes, header, rest: (size as u32 - 1) % 32 + 1 })
    }

    pub(crate) fn codes(&self) -> &Codes {
        &self.codes
    }

    /// Writes the header of a block, starting at any bit.
    pub(crate) fn write_header(&self, bits: &mut BitWriter<'_>, last: bool) {
        let Some((&end, words)) = self.header.split_last() else { return };
        let mut first = u64::from(last);
        for &word in words {
            bits.put(u64::from(word) | first, 32);
            bits.flush();
            first = 0;
        }
        bits.put(u64::from(end) | first, self.rest);
        bits.flush();
    }
}

fn is_complete(lengths: &[u8], limit: u32) -> bool {
    let share = |&length: &u8| if length == 0 { 0 } else { (1u32 << limit) >> length };
    lengths.iter().all(|&length| u32::from(length) <= limit) && lengths.iter().map(share).sum::<u32>() == 1 << limit
}
