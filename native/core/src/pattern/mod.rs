//! The patterns of a contract: parsed by the same grammar as in TypeScript, and matched in time linear in the text.
//!
//! Twin of `src/pattern/` and of the automaton in `src/engine/js/`.

mod alphabet;
mod atoms;
mod automaton;
mod bits;
mod cost;
mod general_category;
mod general_category_table;
mod parse;
mod positions;
mod ranges;
mod units;

pub use atoms::PatternError;
pub use units::Units;

use std::sync::{Arc, Mutex, OnceLock, PoisonError, TryLockError};

use crate::budget::Budget;
use automaton::{Cache, Program};
use parse::Node;

/// A pattern of a contract: a search, as in JSON Schema, unless it is anchored.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    units: Units,
    node: Arc<Node>,
    cost: Arc<OnceLock<u64>>,
}

impl Pattern {
    /// Parses a pattern of a lock.
    ///
    /// # Errors
    ///
    /// The first thing outside the grammar, or the first part that exceeds its limits.
    pub fn parse(source: &str, units: Units) -> Result<Self, PatternError> {
        let node = parse::parse(source, units)?;
        Ok(Self { source: source.into(), units, node: Arc::new(node), cost: Arc::default() })
    }

    /// The author's text, for issues and the normal form.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What a character is.
    pub fn units(&self) -> Units {
        self.units
    }
}

/// The most positions of the pattern that can be alive behind one character of any text, at least 1. The worst case of
/// a match is this number times the characters of the text.
pub fn cost(pattern: &Pattern) -> u64 {
    *pattern.cost.get_or_init(|| cost::cost_of(&pattern.node))
}

/// Matches texts against one pattern, on any thread, and keeps the states that it has computed for the next text.
#[derive(Debug)]
pub struct Matcher {
    program: Program,
    cache: Mutex<Cache>,
    /// For threads that find `cache` in use.
    more: Mutex<Vec<Cache>>,
}

impl Matcher {
    /// The matcher of a pattern, with its own cache.
    pub fn new(pattern: &Pattern) -> Self {
        let program = Program::new(&pattern.node, pattern.units == Units::CodePoints);
        Self { program, cache: Mutex::default(), more: Mutex::default() }
    }

    /// True when `text` contains a match. Without meaning when the budget is over.
    pub fn is_match(&self, text: &str, budget: &Budget<'_>) -> bool {
        match self.cache.try_lock() {
            Ok(mut cache) => cache.is_match(&self.program, text, budget),
            // A thread panicked in it: it starts empty again.
            Err(TryLockError::Poisoned(poisoned)) => {
                let mut cache = poisoned.into_inner();
                *cache = Cache::default();
                cache.is_match(&self.program, text, budget)
            }
            Err(TryLockError::WouldBlock) => {
                let more = || self.more.lock().unwrap_or_else(PoisonError::into_inner);
                let mut cache = more().pop().unwrap_or_default();
                let is_match = cache.is_match(&self.program, text, budget);
                more().push(cache);
                is_match
            }
        }
    }
}
