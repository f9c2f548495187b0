//! The memory of a scan: the input, the positions of its hashes, and what was noted.

use alloc::boxed::Box;

use crate::input::Input;
use crate::matcher::{Matcher, Sink};
use crate::tokens::Tokens;

pub(crate) struct Scanner {
    pub(crate) input: Box<Input>,
    matcher: Box<Matcher>,
    pub(crate) tokens: Box<Tokens>,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { input: Box::new(Input::new()), matcher: Box::new(Matcher::new()), tokens: Box::new(Tokens::new()) }
    }

    /// Scans the input into `tokens`.
    pub(crate) fn note(&mut self) {
        self.tokens.scan(&mut self.matcher, &self.input);
    }

    /// Scans the input into the sink.
    #[inline(always)]
    pub(crate) fn scan(&mut self, sink: &mut impl Sink) {
        self.matcher.scan(&self.input, sink);
    }
}
