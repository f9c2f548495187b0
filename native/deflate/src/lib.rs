//! DEFLATE (RFC 1951) for payloads of a few kilobytes.
//!
//! One pass over the input finds the matches. Their codes come from a [`Table`] that was made ahead for payloads of this kind,
//! or from the payload's own counts; what does not shrink is stored. The README explains the parts.

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
mod input;
mod lengths;
mod matcher;
mod scanner;
mod stored;
mod symbols;
mod table;
mod tokens;

use alloc::boxed::Box;

use bits::{BitWriter, Buffer, Pending};
use codes::SymbolCodes;
pub use container::Container;
use emit::Emitter;
use input::MAX_SCAN;
use scanner::Scanner;
pub use symbols::{DISTANCES, LITERALS_AND_LENGTHS};
pub use table::{InvalidTable, Lengths, Table};

/// The memory of one thread, about 250 KiB, of which a payload touches a few times its own size: reused by every call,
/// without influence on the output.
pub struct Encoder {
    scanner: Scanner,
    codes: Box<SymbolCodes>,
    output: Box<Buffer>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Most bytes that a payload of `len` bytes gives: stored, in its container. A stored block begins with the bits that the block
/// ahead of it left, which may take one more byte.
pub const fn bound(len: usize) -> usize {
    len + (stored::OVERHEAD + 1) * (len / MAX_SCAN + 1) + 18
}

impl Encoder {
    pub fn new() -> Self {
        Self { scanner: Scanner::new(), codes: Box::new(SymbolCodes::new()), output: bits::buffer() }
    }

    /// Compresses into `target` and returns the size of the output, at most [`bound`]; `None` when the target is too small.
    ///
    /// Equal arguments give equal bytes.
    pub fn compress(
        &mut self,
        container: Container,
        table: Option<&Table>,
        input: &[u8],
        target: &mut [u8],
    ) -> Option<usize> {
        let mut size = 0;
        append(target, &mut size, container.head())?;
        let mut rest = input;
        let mut pending = Pending::default();
        loop {
            let (chunk, behind) = rest.split_at(rest.len().min(MAX_SCAN));
            let (written, left) = self.block(table, chunk, pending, behind.is_empty());
            append(target, &mut size, self.output.get(..written)?)?;
            if behind.is_empty() {
                break;
            }
            (rest, pending) = (behind, left);
        }
        append(target, &mut size, container.tail(input).get(..container.tail_size())?)?;
        Some(size)
    }

    /// Writes one block in the way that suits it: bytes of `output`, and bits behind them.
    fn block(&mut self, table: Option<&Table>, chunk: &[u8], start: Pending, last: bool) -> (usize, Pending) {
        let most = chunk.len() + stored::OVERHEAD;
        if !chunk.is_empty() {
            self.scanner.set(chunk);
            let written = table.and_then(|table| self.with_table(table, start, last));
            let (size, left) = written.unwrap_or_else(|| self.dynamic(start, last));
            if size <= most {
                return (size, left);
            }
        }
        let mut bits = BitWriter::new(&mut self.output, start);
        stored::write(&mut bits, chunk, last);
        bits.finish()
    }

    /// One pass. `None` when the table has no code for a symbol that the input may need.
    fn with_table(&mut self, table: &Table, start: Pending, last: bool) -> Option<(usize, Pending)> {
        if !table.suits(self.scanner.input()) {
            return None;
        }
        let mut bits = BitWriter::new(&mut self.output, start);
        table.write_header(&mut bits, last);
        let mut emitter = Emitter::new(bits, table.codes());
        self.scanner.scan(&mut emitter);
        Some(close(emitter.finish(), last))
    }

    /// Two passes: codes need all counts.
    fn dynamic(&mut self, start: Pending, last: bool) -> (usize, Pending) {
        self.scanner.note();
        let header = dynamic::codes(&self.scanner.tokens, &mut self.codes);
        let mut bits = BitWriter::new(&mut self.output, start);
        header.write(&mut bits, last);
        self.scanner.tokens.write(&self.codes, &mut bits);
        close(bits, last)
    }
}

/// The last block ends at a byte boundary.
fn close(mut bits: BitWriter<'_>, last: bool) -> (usize, Pending) {
    if last {
        bits.align();
    }
    bits.finish()
}

fn append(target: &mut [u8], size: &mut usize, bytes: &[u8]) -> Option<()> {
    target.get_mut(*size..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
    *size += bytes.len();
    Some(())
}
