//! What `edits` remembers about a document.

use super::entry::Entry;

/// The edits of one document; the memory is reused.
#[derive(Debug, Default)]
pub struct Edits {
    /// Changes of the canonical form so far, also undone ones.
    pub(super) changes: u64,
    /// Entries as they were before each change, in order; only kept below a union.
    pub(super) journal: Vec<(u32, Entry)>,
    /// The open unions whose branches edit.
    pub(super) unions: u32,
    pub(super) filled: Vec<Filled>,
}

/// An array or object with missing values that the canonical form has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    /// Number of the schema node, which has the values.
    pub(crate) node: u32,
    /// Position of the bracket in the document.
    pub(super) bracket: u32,
}

/// A state of the tape, to which `Tape::undo` returns.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub(super) journal: usize,
    pub(super) filled: usize,
    pub(super) arena: usize,
}

/// Larger lists are freed after the document.
const KEPT_ENTRIES: usize = 1 << 17;

impl Edits {
    pub(super) fn clear(&mut self) {
        self.journal.clear();
        self.filled.clear();
        self.unions = 0;
        self.changes = 0;
    }

    pub(super) fn shrink(&mut self) {
        if self.journal.capacity() > KEPT_ENTRIES || self.filled.capacity() > KEPT_ENTRIES {
            *self = Self::default();
        }
    }
}
