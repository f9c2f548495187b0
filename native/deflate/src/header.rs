//! The header of a dynamic block (RFC 1951, 3.2.7): both alphabets as code lengths, themselves in runs and coded.

use crate::bits::BitWriter;
use crate::codes::{Code, canonical};
use crate::lengths;
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

/// Code lengths as runs.
pub(crate) struct Header {
    runs: [Run; LITERALS_AND_LENGTHS + DISTANCES],
    number: usize,
    codes: [Code; RUN_SYMBOLS],
    /// Lengths of `codes` that are sent.
    sent: usize,
    /// Literals and lengths, and distances that are sent.
    literals: usize,
    distances: usize,
}

impl Header {
    pub(crate) fn new(literals: &[u8; LITERALS_AND_LENGTHS], distances: &[u8; DISTANCES]) -> Self {
        let last = |lengths: &[u8], least: usize| {
            lengths.iter().rposition(|&length| length != 0).map_or(least, |last| (last + 1).max(least))
        };
        let mut header = Self {
            runs: [Run::default(); LITERALS_AND_LENGTHS + DISTANCES],
            number: 0,
            codes: [Code::default(); RUN_SYMBOLS],
            sent: 4,
            literals: last(literals, 257),
            distances: last(distances, 1),
        };
        let mut counts = [0u16; RUN_SYMBOLS];
        header.add(&literals[..header.literals], &mut counts);
        header.add(&distances[..header.distances], &mut counts);
        // A complete code has two symbols.
        if counts.iter().filter(|count| **count != 0).count() < 2 {
            counts[0] += 1;
            counts[usize::from(MANY_ZEROS)] += 1;
        }
        let mut run_lengths = [0; RUN_SYMBOLS];
        lengths::assign(&counts, RUN_LIMIT, &mut run_lengths);
        canonical(&run_lengths, &mut header.codes);
        header.sent = ORDER.iter().rposition(|&symbol| run_lengths[symbol] != 0).map_or(4, |last| (last + 1).max(4));
        header
    }

    /// Splits lengths into runs. No run crosses from literals to distances, which the format would allow.
    fn add(&mut self, lengths: &[u8], counts: &mut [u16; RUN_SYMBOLS]) {
        let mut push = |symbol: u8, value: usize| {
            self.runs[self.number] = Run { symbol, value: value as u8 };
            self.number += 1;
            counts[usize::from(symbol)] += 1;
        };
        let mut rest = lengths;
        while let Some((&length, behind)) = rest.split_first() {
            let same = behind.iter().take_while(|&&next| next == length).count();
            let taken = match (length, same + 1) {
                (0, zeros @ 11..) => {
                    push(MANY_ZEROS, zeros.min(138) - 11);
                    zeros.min(138)
                }
                (0, zeros @ 3..) => {
                    push(ZEROS, zeros - 3);
                    zeros
                }
                (_, repeated @ 4..) if length != 0 => {
                    push(length, 0);
                    let more = (repeated - 1).min(6);
                    push(REPEAT, more - 3);
                    more + 1
                }
                _ => {
                    push(length, 0);
                    1
                }
            };
            rest = &rest[taken..];
        }
    }

    /// Writes the three bits of the block and the header. False when the target is full.
    #[must_use]
    pub(crate) fn write(&self, bits: &mut BitWriter<'_>, last: bool) -> bool {
        bits.put(u64::from(last) | 0b10 << 1, 3);
        bits.put((self.literals - 257) as u64, 5);
        bits.put((self.distances - 1) as u64, 5);
        bits.put((self.sent - 4) as u64, 4);
        let mut room = bits.flush();
        for &symbol in &ORDER[..self.sent] {
            bits.put(u64::from(self.codes[symbol].count), 3);
            room &= bits.flush();
        }
        for run in &self.runs[..self.number] {
            let code = self.codes[usize::from(run.symbol)];
            bits.put(u64::from(code.bits), code.count);
            bits.put(u64::from(run.value), extra_bits(run.symbol));
            room &= bits.flush();
        }
        room
    }

    /// Bits of the header, the three of the block included.
    pub(crate) fn size(&self) -> usize {
        let runs = self.runs[..self.number].iter();
        17 + 3 * self.sent
            + runs.map(|run| self.codes[usize::from(run.symbol)].count + extra_bits(run.symbol)).sum::<u32>() as usize
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
