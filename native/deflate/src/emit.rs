//! Writes the symbols of a block by a table, while the matcher searches.
//!
//! A flush leaves seven bits at most, so up to 57 bits can follow: four literals (14 bits each), or one match
//! (14 + 5 bits of length, 15 + 13 of distance).

use crate::bits::BitWriter;
use crate::codes::{Code, Codes, Used};
use crate::matcher::Sink;

pub(crate) struct Emitter<'a> {
    /// Owned, so that its state stays in registers.
    bits: BitWriter<'a>,
    codes: &'a Codes,
    used: Used,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(bits: BitWriter<'a>, codes: &'a Codes) -> Self {
        Self { bits, codes, used: Used::default() }
    }

    /// Writes the end of the block. `None` when a symbol had no code.
    pub(crate) fn finish(mut self) -> Option<BitWriter<'a>> {
        self.put(self.codes.end);
        self.bits.flush();
        self.used.all_have_codes().then_some(self.bits)
    }

    #[inline(always)]
    fn put_match(&mut self, length: usize, distance: usize) {
        self.put(self.codes.length(length));
        let (code, value, extra) = self.codes.distance(distance);
        self.put(code);
        self.bits.put(u64::from(value), extra);
        self.bits.flush();
    }

    #[inline(always)]
    fn put(&mut self, code: Code) {
        self.used.add(code);
        self.bits.put(u64::from(code.bits()), code.count());
    }
}

impl Sink for Emitter<'_> {
    #[inline(always)]
    fn literal(&mut self, byte: u8, taken: bool) {
        let code = self.codes.literals[usize::from(byte)];
        self.put(if taken { code } else { Code::NOTHING });
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
    fn repeat(&mut self, length: usize, distance: usize) {
        self.put_match(length, distance);
    }
}
