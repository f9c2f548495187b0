//! The memory of a scan: the input, the positions of its hashes, and what was noted.

use alloc::boxed::Box;

use crate::input::Input;
use crate::matcher::{Matcher, Sink};
use crate::sequences::Sequences;

pub(crate) struct Scanner {
    pub(crate) input: Box<Input>,
    matcher: Box<Matcher>,
    pub(crate) sequences: Box<Sequences>,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { input: Box::new(Input::new()), matcher: Box::new(Matcher::new()), sequences: Box::new(Sequences::new()) }
    }

    /// Scans the input into `sequences`.
    pub(crate) fn note(&mut self) {
        self.sequences.scan(&mut self.matcher, &self.input);
    }

    /// Scans the input into the sink.
    #[inline(always)]
    pub(crate) fn scan(&mut self, sink: &mut impl Sink) {
        self.matcher.scan(&self.input, sink);
    }
}
