//! Codes that are fixed ahead of the payloads, for one kind of them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::bits::{self, BitWriter, Pending};
use crate::codes::{Codes, DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::header::Header;
use crate::input::MAX_SCAN;
use crate::lengths::CodeLengths;
use crate::symbols::{DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS, distance};

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
/// A table need not have a code for every byte and distance: a payload that may need a missing one gets a header of its own.
pub struct Table {
    codes: Box<Codes>,
    /// How many bytes from [`FIRST_LITERAL`] on have codes.
    literals: u8,
    /// The largest distance that has one.
    max_distance: usize,
    /// The bits of the header in words of 32, but for the first one, which says whether the block is the last.
    header: Vec<u32>,
    /// Bits of the last word.
    rest: u32,
}

/// Lengths that are no complete code, or have a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTable;

impl Table {
    /// Makes a table of code lengths: literals at most 14 bits, distances at most 15, both codes complete. The literals are
    /// those from 0x20 on, the distances those from 1 on, up to any of them; no match length is left out.
    pub fn new(Lengths { literals, distances }: &Lengths) -> Result<Self, InvalidTable> {
        let (bytes, matches) = literals.split_at(END_OF_BLOCK);
        let (below, bytes) = bytes.split_at(FIRST_LITERAL);
        let literal_codes = without_gap(bytes).ok_or(InvalidTable)?;
        let distance_codes = without_gap(distances).ok_or(InvalidTable)?;
        if !is_complete(literals, LITERAL_LIMIT)
            || !is_complete(distances, DISTANCE_LIMIT)
            || below.iter().any(|&length| length != 0)
            || matches.contains(&0)
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
        Ok(Self {
            codes,
            literals: literal_codes as u8,
            max_distance: max_distance(distance_codes),
            header,
            rest: (size as u32 - 1) % 32 + 1,
        })
    }

    /// True when each symbol that the input may need has a code.
    pub(crate) fn suits(&self, input: &[u8]) -> bool {
        let most = input.iter().fold(0, |most, &byte| byte.wrapping_sub(FIRST_LITERAL as u8).max(most));
        most < self.literals && input.len() <= self.max_distance + 1
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

/// How many lengths ahead of the first zero; `None` when others follow behind it.
fn without_gap(lengths: &[u8]) -> Option<usize> {
    let number = lengths.iter().position(|&length| length == 0).unwrap_or(lengths.len());
    lengths[number..].iter().all(|&length| length == 0).then_some(number)
}

/// The largest distance of the first symbols, at least one.
fn max_distance(symbols: usize) -> usize {
    (1..=MAX_SCAN).rev().find(|&back| distance(back).0 < symbols).unwrap_or_default()
}

fn is_complete(lengths: &[u8], limit: u32) -> bool {
    let share = |&length: &u8| if length == 0 { 0 } else { (1u32 << limit) >> length };
    lengths.iter().all(|&length| u32::from(length) <= limit) && lengths.iter().map(share).sum::<u32>() == 1 << limit
}
