//! DEFLATE (RFC 1951) for payloads of a few kilobytes.
//!
//! One pass over the input finds the matches ([`matcher`]). Their codes come from a [`Table`] that was made ahead for payloads
//! of this kind, or from the payload's own counts ([`dynamic`]); what does not shrink is stored. The README explains the
//! parts.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod bits;
mod codes;
mod container;
mod dynamic;
mod emit;
mod header;
mod lengths;
mod matcher;
mod stored;
mod symbols;
mod table;
mod train;

use alloc::boxed::Box;
use alloc::vec::Vec;

use bits::{BitWriter, SLACK};
pub use container::Container;
use codes::Codes;
use dynamic::Counts;
use matcher::{Counter, MAX_SCAN, Matcher, Sequence};
pub use symbols::{DISTANCES, LITERALS_AND_LENGTHS};
pub use table::{InvalidTable, Table};
pub use train::{Lengths, Trainer};

/// The memory of one thread: reused by every call, without influence on the output.
pub struct Encoder {
    matcher: Box<Matcher>,
    sequences: Vec<Sequence>,
    codes: Box<Codes>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Most bytes that a payload of `len` bytes needs in the target: five for each stored block, the container, and room to
/// store whole words.
pub const fn bound(len: usize) -> usize {
    len + 5 * (len / MAX_SCAN + 1) + 18 + SLACK + 1
}

impl Encoder {
    pub fn new() -> Self {
        Self { matcher: Box::new(Matcher::new()), sequences: Vec::new(), codes: Box::new(Codes::new()) }
    }

    /// Compresses into `target`, which has [`bound`] bytes, and returns the size of the output: at most the input's and
    /// 5 bytes for each 65,535 of it, and the container's.
    ///
    /// `None` without memory, or when the target is too small. Equal arguments give equal bytes.
    pub fn compress(
        &mut self,
        container: Container,
        table: Option<&Table>,
        input: &[u8],
        target: &mut [u8],
    ) -> Option<usize> {
        let head = container.head();
        target.get_mut(..head.len())?.copy_from_slice(head);
        let mut bits = BitWriter::new(target, head.len());
        let mut rest = input;
        loop {
            let (chunk, behind) = rest.split_at(rest.len().min(MAX_SCAN));
            self.block(table, chunk, &mut bits, behind.is_empty())?;
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        bits.align()?;
        bits.copy(container.tail(input).get(..container.tail_size())?)?;
        Some(bits.position())
    }

    /// Writes one block in the way that suits it.
    fn block(&mut self, table: Option<&Table>, input: &[u8], bits: &mut BitWriter<'_>, last: bool) -> Option<()> {
        let start = bits.mark();
        // A stored block: three bits, up to seven to the byte boundary, four bytes of length.
        let most = start.position() + input.len() + 5;
        let written = match table {
            Some(table) => self.with_table(table, input, bits, last),
            None => None,
        };
        if written.is_some() && bits.position() <= most {
            return Some(());
        }
        bits.rewind(start);
        if !input.is_empty() {
            let written = self.dynamic(input, bits, last);
            if written.is_some() && bits.position() <= most {
                return Some(());
            }
            bits.rewind(start);
        }
        stored::write(bits, input, last)
    }

    fn with_table(&mut self, table: &Table, input: &[u8], bits: &mut BitWriter<'_>, last: bool) -> Option<()> {
        self.matcher.scan(input, &mut self.sequences, &mut NoCounter).then_some(())?;
        table.write_header(bits, last)?;
        emit::symbols(bits, table.codes(), input, &self.sequences)
    }

    fn dynamic(&mut self, input: &[u8], bits: &mut BitWriter<'_>, last: bool) -> Option<()> {
        let mut counts = Counts::new();
        self.matcher.scan(input, &mut self.sequences, &mut counts).then_some(())?;
        counts.codes(&mut self.codes).write(bits, last).then_some(())?;
        emit::symbols(bits, &self.codes, input, &self.sequences)
    }
}

/// Codes of a table need no counts.
struct NoCounter;

impl Counter for NoCounter {
    #[inline(always)]
    fn literal(&mut self, _: u8, _: bool) {}

    #[inline(always)]
    fn sequence(&mut self, _: Sequence) {}
}
