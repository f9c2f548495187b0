//! The memory of a scan: the input with the positions of its hashes, and what was noted.

use alloc::boxed::Box;

use crate::matcher::{Matcher, Sink};
use crate::tokens::Tokens;

pub(crate) struct Scanner {
    matcher: Box<Matcher>,
    pub(crate) tokens: Box<Tokens>,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { matcher: Box::new(Matcher::new()), tokens: Box::new(Tokens::new()) }
    }

    /// Sets the input, at most [`MAX_SCAN`](crate::input::MAX_SCAN) bytes.
    pub(crate) fn set(&mut self, bytes: &[u8]) {
        self.matcher.input.set(bytes);
    }

    pub(crate) fn input(&self) -> &[u8] {
        self.matcher.input.bytes()
    }

    /// Scans the input into `tokens`.
    pub(crate) fn note(&mut self) {
        self.tokens.scan(&mut self.matcher);
    }

    /// Scans the input into the sink.
    #[inline(always)]
    pub(crate) fn scan(&mut self, sink: &mut impl Sink) {
        self.matcher.scan(sink);
    }
}
