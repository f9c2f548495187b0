//! Writes the symbols of a block.
//!
//! A flush leaves seven bits at most, so up to 57 bits can follow: four literals (14 bits each), or one match
//! (14 + 5 bits of length, 15 + 13 of distance).

use crate::bits::BitWriter;
use crate::codes::{Code, Codes};
use crate::matcher::Sequence;
use crate::symbols::MIN_MATCH;

/// Writes the literals and matches of a block and its end. `None` when a code is missing or the target is full.
#[inline(never)]
pub(crate) fn symbols(
    bits: &mut BitWriter<'_>,
    codes: &Codes,
    input: &[u8],
    sequences: &[Sequence],
) -> Option<()> {
    let mut emitter = Emitter { bits: bits.take(), codes, missing: false };
    let written = emitter.block(input, sequences);
    *bits = emitter.bits;
    written.filter(|()| !emitter.missing)
}

struct Emitter<'a, 'b> {
    /// Owned, so that its state stays in registers.
    bits: BitWriter<'b>,
    codes: &'a Codes,
    missing: bool,
}

impl Emitter<'_, '_> {
    #[inline(always)]
    fn block(&mut self, input: &[u8], sequences: &[Sequence]) -> Option<()> {
        let mut at = 0;
        for sequence in sequences {
            self.literals(input, at, usize::from(sequence.literals))?;
            at += usize::from(sequence.literals);
            self.repeat(*sequence)?;
            at += usize::from(sequence.length);
        }
        self.literals(input, at, input.len().checked_sub(at)?)?;
        self.put(self.codes.end);
        self.bits.flush().then_some(())
    }

    /// Always four at a time: codes of no bits cost less than a branch that is predicted wrong.
    #[inline(always)]
    fn literals(&mut self, input: &[u8], mut at: usize, mut count: usize) -> Option<()> {
        loop {
            let four = input.get(at..).and_then(|rest| rest.first_chunk()).copied();
            let four: [u8; 4] = four.unwrap_or_else(|| padded(input, at));
            for (index, &byte) in four.iter().enumerate() {
                let code = self.codes.literals[usize::from(byte)];
                let taken = index < count;
                self.missing |= taken && code.count == 0;
                let code = if taken { code } else { Code::default() };
                self.bits.put(u64::from(code.bits), code.count);
            }
            self.bits.flush().then_some(())?;
            if count <= 4 {
                return Some(());
            }
            count -= 4;
            at += 4;
        }
    }

    #[inline(always)]
    fn repeat(&mut self, sequence: Sequence) -> Option<()> {
        self.put(*self.codes.lengths.get(usize::from(sequence.length) - MIN_MATCH)?);
        self.put(self.codes.distance(usize::from(sequence.distance)));
        self.bits.flush().then_some(())
    }

    #[inline(always)]
    fn put(&mut self, code: Code) {
        self.missing |= code.count == 0;
        self.bits.put(u64::from(code.bits), code.count);
    }
}

#[cold]
fn padded(input: &[u8], at: usize) -> [u8; 4] {
    let rest = input.get(at..).unwrap_or_default();
    core::array::from_fn(|index| rest.get(index).copied().unwrap_or_default())
}
