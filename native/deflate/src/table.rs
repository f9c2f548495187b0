//! Codes that are fixed ahead of the payloads, for one kind of them.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::bits::{BitWriter, SLACK};
use crate::codes::{Codes, DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::header::Header;
use crate::symbols::END_OF_BLOCK;
use crate::train::Lengths;

/// The codes of a block, with its header written.
///
/// A table need not have a code for every symbol: a payload that needs a missing one gets a header of its own.
pub struct Table {
    codes: Box<Codes>,
    /// The header behind the bit that says whether the block is the last one.
    header: Vec<u8>,
    header_bits: usize,
}

/// Lengths that are no complete code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTable;

impl Table {
    /// Makes a table of code lengths: literals at most 14 bits, distances at most 15, both codes complete.
    pub fn new(Lengths { literals, distances }: &Lengths) -> Result<Self, InvalidTable> {
        let complete = |lengths: &[u8], limit: u32| {
            lengths.iter().all(|&length| u32::from(length) <= limit)
                && lengths.iter().filter(|length| **length != 0).map(|&length| (1u32 << limit) >> length).sum::<u32>()
                    == 1 << limit
        };
        if !complete(literals, LITERAL_LIMIT) || !complete(distances, DISTANCE_LIMIT) || literals[END_OF_BLOCK] == 0 {
            return Err(InvalidTable);
        }
        let mut codes = Box::new(Codes::new());
        codes.set(literals, distances);
        let header = Header::new(literals, distances);
        let header_bits = header.size();
        let mut bytes = vec![0; header_bits / 8 + 1 + SLACK];
        let mut bits = BitWriter::new(&mut bytes, 0);
        if !header.write(&mut bits, false) || bits.align().is_none() {
            return Err(InvalidTable);
        }
        bytes.truncate(header_bits.div_ceil(8));
        Ok(Self { codes, header: bytes, header_bits })
    }

    pub(crate) fn codes(&self) -> &Codes {
        &self.codes
    }

    /// Writes the header of a block, starting at any bit. `None` when the target is full.
    pub(crate) fn write_header(&self, bits: &mut BitWriter<'_>, last: bool) -> Option<()> {
        let mut left = self.header_bits as u32;
        for (index, chunk) in self.header.chunks(4).enumerate() {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            let count = left.min(32);
            // The first bit of a block says whether it is the last one.
            let first = u64::from(index == 0 && last);
            bits.put(u64::from(u32::from_le_bytes(word)) | first, count);
            bits.flush().then_some(())?;
            left -= count;
        }
        Some(())
    }
}
