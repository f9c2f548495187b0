//! Writes the symbols of a block by a table, while the matcher searches.
//!
//! A flush leaves seven bits at most, so up to 56 bits can follow: two literals (14 bits each), or one match
//! (14 + 5 bits of length, 15 + 13 of distance).

use core::hint::select_unpredictable as select;

use crate::bits::BitWriter;
use crate::codes::{Code, Codes};
use crate::matcher::Sink;

pub(crate) struct Emitter<'a> {
    /// Owned, so that its state stays in registers.
    bits: BitWriter<'a>,
    codes: &'a Codes,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(bits: BitWriter<'a>, codes: &'a Codes) -> Self {
        Self { bits, codes }
    }

    /// Writes the end of the block.
    pub(crate) fn finish(mut self) -> BitWriter<'a> {
        self.put(self.codes.end);
        self.bits.flush();
        self.bits
    }

    #[inline(always)]
    fn put(&mut self, code: Code) {
        self.bits.put(u64::from(code.bits()), code.count());
    }
}

impl Sink for Emitter<'_> {
    #[inline(always)]
    fn literal(&mut self, byte: u8) {
        self.put(self.codes.literals[usize::from(byte)]);
        self.bits.flush();
    }

    #[inline(always)]
    fn literals(&mut self, bytes: [u8; 2]) {
        for byte in bytes {
            self.put(self.codes.literals[usize::from(byte)]);
        }
        self.bits.flush();
    }

    #[inline(always)]
    fn repeat(&mut self, literal: u8, taken: bool, length: usize, distance: usize) {
        self.put(select(taken, self.codes.literals[usize::from(literal)], Code::NOTHING));
        self.bits.flush();
        self.put(self.codes.length(length));
        let (code, value, extra) = self.codes.distance(distance);
        self.put(code);
        self.bits.put(u64::from(value), extra);
        self.bits.flush();
    }
}
