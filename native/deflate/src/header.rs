//! The header of a dynamic block (RFC 1951, 3.2.7): both alphabets as code lengths, themselves in runs and coded.

use crate::bits::BitWriter;
use crate::codes::{Code, NextCodes};
use crate::lengths::{CodeLengths, assign};
use crate::symbols::{DISTANCES, LITERALS_AND_LENGTHS};

/// Symbols of the code for code lengths.
const RUN_SYMBOLS: usize = 19;
/// Repeats the length before, 3 to 6 times.
const REPEAT: u8 = 16;
/// 3 to 10 zeros.
const ZEROS: u8 = 17;
/// 11 to 138 zeros.
const MANY_ZEROS: u8 = 18;
/// Longest code of a run symbol.
const RUN_LIMIT: u32 = 7;

/// The order in which their code lengths are sent: the rare ones last, so that they can be left out.
static ORDER: [usize; RUN_SYMBOLS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A symbol and the value of its extra bits.
#[derive(Clone, Copy, Default)]
struct Run {
    symbol: u8,
    value: u8,
}

const LONGEST_ZEROS: usize = 138;

/// The run of so many zeros, and how often it is sent.
static GAPS: [(Run, u8); LONGEST_ZEROS + 1] = {
    let mut gaps = [(Run { symbol: 0, value: 0 }, 0); LONGEST_ZEROS + 1];
    let mut zeros = 0;
    while zeros <= LONGEST_ZEROS {
        gaps[zeros] = match zeros {
            0..=2 => (Run { symbol: 0, value: 0 }, zeros as u8),
            3..=10 => (Run { symbol: ZEROS, value: (zeros - 3) as u8 }, 1),
            _ => (Run { symbol: MANY_ZEROS, value: (zeros - 11) as u8 }, 1),
        };
        zeros += 1;
    }
    gaps
};

/// All lengths, and the second of two runs that are stored at once.
const CAPACITY: usize = LITERALS_AND_LENGTHS + DISTANCES + 1;

/// Code lengths as runs.
pub(crate) struct Header {
    runs: [Run; CAPACITY],
    number: usize,
    codes: [Code; RUN_SYMBOLS],
    /// Lengths of `codes` that are sent.
    sent: usize,
    /// Literals and lengths, and distances that are sent.
    literals: usize,
    distances: usize,
}

impl Header {
    pub(crate) fn new(literals: &CodeLengths, distances: &CodeLengths) -> Self {
        let mut header = Self {
            runs: [Run::default(); CAPACITY],
            number: 0,
            codes: [Code::NOTHING; RUN_SYMBOLS],
            sent: 4,
            literals: 0,
            distances: 0,
        };
        let mut counts = [0; RUN_SYMBOLS];
        // The end of a block always has a code, so at least 257 are sent; of distances at least one has. Their lengths take two
        // run symbols at least, so the code for runs is complete.
        header.literals = header.add(literals, &mut counts);
        header.distances = header.add(distances, &mut counts);
        let lengths = assign(&counts, RUN_LIMIT);
        let mut next = NextCodes::new(&lengths);
        for (symbol, length) in lengths.iter() {
            header.codes[symbol] = next.take(length);
        }
        header.sent = ORDER.iter().rposition(|&symbol| lengths.get(symbol) != 0).map_or(4, |last| (last + 1).max(4));
        header
    }

    /// Adds the lengths of an alphabet as runs, up to its last code, and returns their number. No run crosses from literals
    /// to distances, which the format would allow.
    fn add(&mut self, lengths: &CodeLengths, counts: &mut [u16; RUN_SYMBOLS]) -> usize {
        let mut position = 0;
        let mut before = 0;
        // Equal lengths ahead, behind the first of them, without a gap.
        let mut same = 0u8;
        for (symbol, length) in lengths.iter() {
            let mut gap = symbol - position;
            while gap > LONGEST_ZEROS {
                self.push(Run { symbol: MANY_ZEROS, value: (LONGEST_ZEROS - 11) as u8 }, 1, counts);
                gap -= LONGEST_ZEROS;
            }
            // Without a branch: gaps cannot be predicted.
            let (zeros, number) = GAPS[gap % GAPS.len()];
            self.push(zeros, number, counts);
            same = (same + 1) * u8::from((gap == 0) & (length == before));
            position = symbol + 1;
            before = length;
            self.push(Run { symbol: length, value: 0 }, 1, counts);
            if same >= 3 {
                // Three lengths become one run; the fourth to the sixth extend it.
                let lengths = if same == 3 { 3 } else { 1 };
                self.number -= lengths;
                counts[usize::from(length)] -= lengths as u16;
                if same == 3 {
                    self.push(Run { symbol: REPEAT, value: 0 }, 1, counts);
                } else {
                    self.runs[self.number - 1].value += 1;
                }
                same %= 6;
            }
        }
        position
    }

    /// Adds a run `times` times: 0, 1 or 2.
    #[inline(always)]
    fn push(&mut self, run: Run, times: u8, counts: &mut [u16; RUN_SYMBOLS]) {
        self.runs[self.number] = run;
        self.runs[self.number + 1] = run;
        self.number += usize::from(times);
        counts[usize::from(run.symbol)] += u16::from(times);
    }

    /// Writes the three bits of the block and the header.
    pub(crate) fn write(&self, bits: &mut BitWriter<'_>, last: bool) {
        bits.put(u64::from(last) | 0b10 << 1, 3);
        bits.put((self.literals - 257) as u64, 5);
        bits.put((self.distances - 1) as u64, 5);
        bits.put((self.sent - 4) as u64, 4);
        bits.flush();
        for &symbol in &ORDER[..self.sent] {
            bits.put(u64::from(self.codes[symbol].count()), 3);
            bits.flush();
        }
        for run in &self.runs[..self.number] {
            let code = self.codes[usize::from(run.symbol)];
            bits.put(u64::from(code.bits()), code.count());
            bits.put(u64::from(run.value), extra_bits(run.symbol));
            bits.flush();
        }
    }
}

const fn extra_bits(symbol: u8) -> u32 {
    match symbol {
        REPEAT => 2,
        ZEROS => 3,
        MANY_ZEROS => 7,
        _ => 0,
    }
}
