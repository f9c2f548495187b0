//! Validation: a fast check of good documents and, for the others, the list of issues. Both walk the same compiled
//! nodes, and both normalize the strings for which the contract says so.
//!
//! Twin of `src/engine/js/validate.ts`.

mod compile;
mod fast;
mod findings;
mod issues;
mod node;
mod number;
mod params;

pub use findings::{Issue, MAX_ISSUES, Validation};

use compile::Graph;
use fast::Fast;

use crate::profile::Profile;
use crate::read::Tape;

/// The compiled schema of one contract. Threads may share it.
#[derive(Debug)]
pub struct Validator {
    graph: Graph,
}

impl Validator {
    /// Compiles the schema.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        Self { graph: compile::compile(profile) }
    }

    /// Normalizes the document and says whether it passes. A document with two equal keys in one object gets an answer
    /// too, of no meaning: check the data model besides.
    pub fn passes(&self, tape: &mut Tape<'_>) -> bool {
        Fast { graph: &self.graph, tape }.passes(self.graph.root, 0)
    }

    /// All issues of the document, in the contract's order. Its data model has been checked.
    pub fn issues(&self, tape: &mut Tape<'_>) -> Validation {
        issues::collect(&self.graph, tape)
    }
}
