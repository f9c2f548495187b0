//! The patterns of a contract: parsed by the same grammar as in TypeScript, and matched in time linear in the text. The
//! `regex` crate never sees the author's text: its expression is printed from the parsed tree.
//!
//! Twin of `src/pattern/`.

mod atoms;
mod parse;
mod print;
mod ranges;

pub use atoms::PatternError;

use regex::{Regex, RegexBuilder};

/// A pattern of a contract: a search, as in JSON Schema, unless it is anchored.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    regex: Regex,
}

/// Largest state cache of one matcher, in bytes. Beyond it matching is slower, but still linear.
const MAX_CACHE_BYTES: usize = 4 << 20;

/// The parser bounds the tree. The limits of the `regex` crate must never apply, or the engines would differ.
const NO_LIMIT_BYTES: usize = 1 << 30;
/// One group of the grammar is a few nodes of the crate.
const MAX_NESTING: u32 = 2000;

impl Pattern {
    /// Parses a pattern of a lock.
    ///
    /// # Errors
    ///
    /// The first thing outside the grammar, or the first part that exceeds its limits.
    pub fn parse(source: &str) -> Result<Self, PatternError> {
        let node = parse::parse(source)?;
        let regex = RegexBuilder::new(&print::print(&node))
            .size_limit(NO_LIMIT_BYTES)
            .nest_limit(MAX_NESTING)
            .dfa_size_limit(MAX_CACHE_BYTES)
            .build()
            .map_err(|error| PatternError {
                position: 0,
                message: format!("The pattern cannot be compiled: {error}"),
            })?;
        Ok(Self { source: source.into(), regex })
    }

    /// The most states that can be alive behind one character of any text, at least 1.
    #[allow(clippy::unused_self)]
    pub const fn cost(&self) -> u64 {
        1
    }

    /// The author's text, for issues and the normal form.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Matches texts against one pattern, and keeps the states that it has computed for the next text.
#[derive(Clone, Debug)]
pub struct Matcher(Regex);

impl Matcher {
    /// The matcher of a pattern, with its own cache.
    pub fn new(pattern: &Pattern) -> Self {
        // A clone shares the program and starts an empty cache.
        Self(pattern.regex.clone())
    }

    /// True when `text` contains a match.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
