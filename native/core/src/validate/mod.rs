//! Validation: a fast path for valid documents, and a slow path that lists the issues of the others. Both walk the same
//! compiled nodes and normalize strings where the schema has `x-norm`.
//!
//! Twin of `src/engine/js/validate.ts`.

mod choices;
mod compile;
mod fast_path;
mod issue_collector;
mod multiple_of;
mod node;
mod number;
mod params;
mod slow_path;

pub use multiple_of::is_multiple;

use compile::Graph;
use fast_path::Fast;

use crate::issue::Issue;
use crate::normalize::NormBuffers;
use crate::profile::Profile;
use crate::read::Tape;

/// The compiled schema of one contract. Threads may share it.
#[derive(Debug)]
pub struct Validator {
    graph: Graph,
}

impl Validator {
    /// Compiles the schema.
    pub fn new(profile: &Profile) -> Self {
        Self { graph: compile::compile(profile) }
    }

    /// Normalizes the document and checks it. The result for a document with duplicate keys has no meaning: check the
    /// data model besides.
    pub fn passes(&self, tape: &mut Tape<'_>, buffers: &mut NormBuffers) -> bool {
        Fast { graph: &self.graph, tape, buffers, tries: false }.passes(self.graph.root, 0)
    }

    /// Appends the issues of the document in the contract's order, at most [`MAX_ISSUES`](crate::MAX_ISSUES); true when
    /// there are more. The data model of the document has been checked.
    pub fn collect_issues(&self, tape: &mut Tape<'_>, buffers: &mut NormBuffers, issues: &mut Vec<Issue>) -> bool {
        slow_path::collect(&self.graph, tape, buffers, issues)
    }
}
