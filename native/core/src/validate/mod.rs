//! Validation: a fast path for valid documents, and a slow path that lists the issues of the others. Both walk the same
//! compiled nodes and edit the document where the schema says so.
//!
//! Twin of `src/engine/js/validate.ts`.

mod choices;
mod coerce;
mod compile;
mod edits;
mod fast_path;
mod issue_collector;
mod multiple_of;
mod node;
mod number;
mod params;
mod slow_path;

pub use multiple_of::is_multiple;
pub use node::DefaultMember;

use compile::Graph;
use fast_path::Fast;
use node::Check;

use crate::issue::Issue;
use crate::normalize::NormBuffers;
use crate::profile::{JsonText, Profile};
use crate::read::Tape;

/// The values that an array or object with missing ones may get, as canonical text.
pub enum Missing<'v> {
    /// For each item from the first on; the array ends before one without.
    Items(&'v [Option<JsonText>]),
    /// In canonical key order.
    Members(&'v [DefaultMember]),
}

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

    /// The most brackets that are open at one place of a default.
    pub const fn deepest_default(&self) -> usize {
        self.graph.deepest_default
    }

    /// What the schema node `node` adds to an array or object with missing values.
    pub fn missing(&self, node: u32) -> Missing<'_> {
        match &self.graph.nodes[node as usize].check {
            Check::Array(array) => Missing::Items(&array.defaults),
            Check::Object(object) => Missing::Members(&object.defaults),
            _ => Missing::Items(&[]),
        }
    }

    /// Edits the document and checks it. The result for a document with duplicate keys has no meaning: check the
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
