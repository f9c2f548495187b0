//! What a scan found and how often, for codes that are made of the counts.

use crate::bits::BitWriter;
use crate::codes::SymbolCodes;
use crate::input::MAX_SCAN;
use crate::matcher::{Matcher, Sink};
use crate::symbols::{
    DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS, MAX_MATCH, MIN_MATCH, distance, first_length, length_symbol,
};

/// A symbol (9 bits) and, above it, the value of its extra bits. Literals, lengths and distances look alike, so that writing
/// them takes no branch.
#[derive(Clone, Copy)]
struct Token(u32);

impl Token {
    const fn new(symbol: usize, value: u32) -> Self {
        Self(symbol as u32 | value << 9)
    }

    #[inline(always)]
    const fn symbol(self) -> usize {
        self.0 as usize & 511
    }

    #[inline(always)]
    const fn value(self) -> u32 {
        self.0 >> 9
    }
}

/// By match length - 3.
static LENGTHS: [Token; MAX_MATCH - MIN_MATCH + 1] = lengths();

const fn lengths() -> [Token; MAX_MATCH - MIN_MATCH + 1] {
    let mut tokens = [Token(0); MAX_MATCH - MIN_MATCH + 1];
    let mut index = 0;
    while index < tokens.len() {
        let symbol = length_symbol(index + MIN_MATCH);
        tokens[index] = Token::new(symbol, (index - first_length(symbol)) as u32);
        index += 1;
    }
    tokens
}

/// Distances stand behind all literals and lengths in one alphabet.
pub(crate) const FIRST_DISTANCE: usize = 288;

/// A byte gives one token at most: a match has two, and at least five bytes.
const CAPACITY: usize = MAX_SCAN;

pub(crate) struct Tokens {
    tokens: [Token; CAPACITY],
    number: usize,
    /// How often a block needs each symbol.
    counts: [u16; 512],
}

impl Tokens {
    pub(crate) const fn new() -> Self {
        Self { tokens: [Token(0); CAPACITY], number: 0, counts: [0; 512] }
    }

    /// Replaces what is noted.
    pub(crate) fn scan(&mut self, matcher: &mut Matcher) {
        self.counts.fill(0);
        self.counts[END_OF_BLOCK] = 1;
        let mut notes = Notes { tokens: &mut self.tokens, counts: &mut self.counts, number: 0 };
        matcher.scan(&mut notes);
        self.number = notes.number;
    }

    pub(crate) fn literal_counts(&self) -> &[u16] {
        &self.counts[..LITERALS_AND_LENGTHS]
    }

    pub(crate) fn distance_counts(&self) -> &[u16] {
        &self.counts[FIRST_DISTANCE..FIRST_DISTANCE + DISTANCES]
    }

    /// Writes all of them and the end of the block. At most 56 bits fit between two flushes: two tokens of 15 + 13 bits.
    #[inline(always)]
    pub(crate) fn write(&self, codes: &SymbolCodes, bits: &mut BitWriter<'_>) {
        let put = |bits: &mut BitWriter<'_>, token: Token| {
            let code = codes.of(token.symbol());
            bits.put(u64::from(code.bits()) | u64::from(token.value()) << code.count(), code.count_with_extra());
        };
        let tokens = self.tokens[..self.number.min(CAPACITY)].chunks_exact(2);
        let rest = tokens.remainder();
        for pair in tokens {
            put(bits, pair[0]);
            put(bits, pair[1]);
            bits.flush();
        }
        rest.iter().for_each(|&token| put(bits, token));
        put(bits, Token::new(END_OF_BLOCK, 0));
        bits.flush();
    }
}

/// Owns the number that every symbol changes, so that it stays in a register.
struct Notes<'a> {
    tokens: &'a mut [Token; CAPACITY],
    counts: &'a mut [u16; 512],
    number: usize,
}

impl Notes<'_> {
    /// Adds the token when `taken`.
    #[inline(always)]
    fn add(&mut self, token: Token, taken: bool) {
        self.tokens[self.number % CAPACITY] = token;
        self.number += usize::from(taken);
        self.counts[token.symbol()] += u16::from(taken);
    }
}

impl Sink for Notes<'_> {
    #[inline(always)]
    fn literal(&mut self, byte: u8) {
        self.add(Token::new(usize::from(byte), 0), true);
    }

    #[inline(always)]
    fn literals(&mut self, bytes: [u8; 2]) {
        bytes.into_iter().for_each(|byte| self.literal(byte));
    }

    #[inline(always)]
    fn repeat(&mut self, literal: u8, taken: bool, length: usize, back: usize) {
        self.add(Token::new(usize::from(literal), 0), taken);
        self.add(LENGTHS[(length - MIN_MATCH) & 255], true);
        let (symbol, value, _) = distance(back);
        self.add(Token::new(FIRST_DISTANCE + symbol, value), true);
    }
}
