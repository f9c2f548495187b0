//! The patterns of a contract: one grammar, parsed here and in TypeScript (`src/contract/pattern`), and matched in time
//! linear in the text. The author's text never reaches the `regex` crate: what it reads is printed from our tree.

mod atoms;
mod parse;
mod print;
mod ranges;

use regex::{Regex, RegexBuilder};

/// A pattern of a contract: a search, as in JSON Schema, unless it is anchored.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    regex: Regex,
}

/// A pattern outside the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where the trouble starts in the pattern's text, in UTF-16 code units.
    pub position: usize,
    /// What is refused and what to write instead. For people; not part of parity.
    pub message: String,
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

/// Largest cache of states that one matcher fills, in bytes. Beyond it texts are matched slower, but still linearly.
const MAX_CACHE_BYTES: usize = 4 << 20;

/// Our own limits bound the tree; those of the `regex` crate must never decide, or the engines would differ.
const NO_LIMIT_BYTES: usize = 1 << 30;
/// A group of ours is at most a handful of nodes there.
const MAX_NESTING: u32 = 2000;

impl Pattern {
    /// Reads a pattern as it stands in a lock.
    ///
    /// # Errors
    /// The first thing outside the grammar, or the first part that exceeds its limits.
    pub fn parse(source: &str) -> Result<Self, PatternError> {
        let node = parse::parse(source)?;
        let regex = RegexBuilder::new(&print::print(&node))
            .size_limit(NO_LIMIT_BYTES)
            .nest_limit(MAX_NESTING)
            .dfa_size_limit(MAX_CACHE_BYTES)
            .build()
            .map_err(|fault| PatternError {
                position: 0,
                message: format!("The pattern cannot be compiled: {fault}"),
            })?;
        Ok(Self { source: source.into(), regex })
    }

    /// The author's text, as it stands in the lock and in issues.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Matches texts against one pattern. Make one per thread: what it learns about the pattern is kept for the next text,
/// and one thread never waits for another's.
#[derive(Clone, Debug)]
pub struct Matcher(Regex);

impl Matcher {
    /// The matcher of a pattern, with a memory of its own.
    #[must_use]
    pub fn new(pattern: &Pattern) -> Self {
        // A clone shares the program and starts an empty cache.
        Self(pattern.regex.clone())
    }

    /// Whether `text` holds a match.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
