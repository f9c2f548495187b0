//! The tape: a document as a flat list of entries in document order. Its memory is reused for the next payload. `scan`
//! fills it.
//!
//! ```text
//! {"a":[1,"x"],"b":null}
//! index  0        1     2       3         4         5     6      (7)
//!        Object   Key   Array   Number    String    Key   Null
//!        count 2  "a"   count 2 1         "x"       "b"
//!        after 7        after 5
//! ```
//!
//! Strings are spans of the document, or of the tape's arena after decoding escapes or editing (`edits`).

use super::entry::{Entry, Kind, flag};
use super::error::ScanError;
use super::journal::Edits;
use super::keys::{KnownKey, Prefix};
use super::verdicts::{OutOfMemory, Verdicts};
use crate::budget::Budget;
use crate::numeric::{Numeric, parse_int64};

/// One document. [`Tape::bind`] ties the memory to a document, [`Tape::release`] frees it for the next one.
#[derive(Debug, Default)]
pub struct Tape<'a> {
    document: &'a str,
    /// Entries; those from `len` on are left over from earlier documents.
    slots: Vec<Entry>,
    len: usize,
    /// Where `push` checks the memory and the budget: at most the number of slots.
    checked_len: usize,
    pub(crate) arena: String,
    verdicts: Verdicts,
    /// The scanner found a fault of the data model; `diagnose` locates it.
    pub(crate) has_fault: bool,
    /// While the document is read: from here on its text is canonical so far.
    pub(super) canonical_from: usize,
    /// The most brackets that are open at one place.
    pub(super) depth: usize,
    /// An allocation failed while the document was edited: the tape is unusable.
    pub(crate) exhausted: bool,
    pub(super) edits: Edits,
    /// Of all stages that use the tape.
    pub(crate) budget: Budget<'a>,
}

/// A larger tape or arena frees its memory after the payload.
const KEPT_BYTES: usize = 4 << 20;

/// Entries between two checks of the budget.
const CHECKED_ENTRIES: usize = 4096;

impl<'a> Tape<'a> {
    /// The kind of the entry at `at`.
    #[inline(always)]
    pub fn kind(&self, at: usize) -> Kind {
        self.slots[at].kind
    }

    /// The entry at `at`.
    #[inline(always)]
    pub fn entry(&self, at: usize) -> Entry {
        self.slots[at]
    }

    /// The value of a boolean.
    #[inline(always)]
    pub fn boolean(&self, at: usize) -> bool {
        self.slots[at].word != 0
    }

    /// The value of a number, or the nearest double of a 64-bit integer; may be −0.
    #[inline(always)]
    pub fn number(&self, at: usize) -> f64 {
        f64::from_bits(self.slots[at].word)
    }

    /// The exact value of a number.
    #[inline(always)]
    pub fn numeric(&self, at: usize) -> Numeric {
        if self.slots[at].has(flag::INT64) { self.int64(at) } else { Numeric::Double(self.number(at)) }
    }

    /// The number at `at`, which has the flag `INT64`.
    #[cold]
    fn int64(&self, at: usize) -> Numeric {
        let entry = self.slots[at];
        let start = entry.at as usize;
        // The scanner has parsed the same text.
        let digits = &self.document[start..start + usize::from(entry.short)];
        parse_int64(digits).map_or(Numeric::Double(self.number(at)), Numeric::Integer)
    }

    /// The text of a number that is canonical in the document.
    pub(crate) fn canonical_number(&self, at: usize) -> Option<&'a str> {
        let entry = self.slots[at];
        let start = entry.at as usize;
        entry.has(flag::CANONICAL).then(|| &self.document[start..start + usize::from(entry.short)])
    }

    /// The number of items or members.
    #[inline(always)]
    pub fn count(&self, at: usize) -> usize {
        self.slots[at].count()
    }

    /// The index behind the value at `at`: of its next sibling (an item, a key), or the end of its parent.
    #[inline(always)]
    pub fn index_after(&self, at: usize) -> usize {
        let entry = self.slots[at];
        if matches!(entry.kind, Kind::Array | Kind::Object) { entry.index_after() } else { at + 1 }
    }

    /// The decoded text of a string or key.
    #[inline(always)]
    pub fn text(&self, at: usize) -> &str {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { &self.arena } else { self.document };
        let start = entry.at as usize;
        &source[start..start + entry.byte_len()]
    }

    /// [`Tape::text`] as UTF-8 bytes, which is cheaper.
    #[inline(always)]
    pub fn bytes(&self, at: usize) -> &[u8] {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { self.arena.as_bytes() } else { self.document.as_bytes() };
        let start = entry.at as usize;
        &source[start..start + entry.byte_len()]
    }

    /// True when the key at `at` is `key`, of which `known` was made.
    #[inline(always)]
    pub(crate) fn is_key(&self, at: usize, known: &KnownKey, key: &str) -> bool {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { self.arena.as_bytes() } else { self.document.as_bytes() };
        known.is_at(key, source, entry.at as usize, entry.byte_len())
    }

    /// The first bytes of a key, for sorting.
    #[inline(always)]
    pub(crate) fn prefix(&self, at: usize) -> Prefix {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { self.arena.as_bytes() } else { self.document.as_bytes() };
        Prefix::of(source, entry.at as usize, entry.byte_len())
    }

    /// The index of the value of the first member `name` of the object at `at`.
    pub fn member(&self, at: usize, name: &str) -> Option<usize> {
        // Questions of unions look at the same members again.
        self.budget.spend_len(self.count(at));
        let end = self.slots[at].index_after();
        let mut key = at + 1;
        while key < end {
            if self.bytes(key) == name.as_bytes() {
                return Some(key + 1);
            }
            key = self.index_after(key + 1);
        }
        None
    }

    /// The document.
    pub fn document(&self) -> &'a str {
        self.document
    }

    /// True when an allocation failed while the document was edited: the tape is unusable.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Sets the budget of the document: until then it has no end.
    pub fn set_budget(&mut self, budget: Budget<'a>) {
        self.budget = budget;
    }

    /// The most brackets of the document that are open at one place.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The number of entries; the root value is the first.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True before a document is read.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The same memory, emptied, for another document.
    pub fn bind(mut self, document: &str) -> Tape<'_> {
        self.arena.clear();
        self.verdicts.clear();
        self.edits.clear();
        let Tape { slots, arena, verdicts, edits, .. } = self;
        let checked_len = slots.len().min(CHECKED_ENTRIES);
        Tape {
            document,
            slots,
            len: 0,
            checked_len,
            arena,
            verdicts,
            has_fault: false,
            canonical_from: 0,
            depth: 0,
            exhausted: false,
            edits,
            budget: Budget::default(),
        }
    }

    /// The memory without the document; frees what an unusually large document took.
    pub fn release(self) -> Tape<'static> {
        let Tape { mut slots, mut arena, mut verdicts, mut edits, .. } = self;
        verdicts.shrink();
        edits.shrink();
        if slots.len() > KEPT_BYTES / size_of::<Entry>() {
            slots = Vec::new();
        }
        if arena.capacity() > KEPT_BYTES {
            arena = String::new();
        }
        Tape { slots, arena, verdicts, edits, ..Tape::default() }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), ScanError> {
        if self.len == self.checked_len {
            self.check()?;
        }
        if let Some(slot) = self.slots.get_mut(self.len) {
            *slot = entry;
        }
        self.len += 1;
        Ok(())
    }

    #[inline(always)]
    pub(super) fn entry_mut(&mut self, at: usize) -> &mut Entry {
        &mut self.slots[at]
    }

    #[cold]
    fn check(&mut self) -> Result<(), ScanError> {
        if self.len == self.slots.len() {
            self.grow()?;
        }
        self.checked_len = self.slots.len().min(self.len + CHECKED_ENTRIES);
        if self.budget.spend_len(self.len.min(CHECKED_ENTRIES)) { Ok(()) } else { Err(ScanError::Interrupted) }
    }

    fn grow(&mut self) -> Result<(), ScanError> {
        let more = self.slots.len().max(512);
        self.slots.try_reserve_exact(more).map_err(|_| ScanError::OutOfMemory)?;
        self.slots.resize(self.slots.len() + more, Entry::default());
        Ok(())
    }

    /// Whether the value at `at` passes a node of the schema: the number of the node and how many there are. `None`: not
    /// remembered.
    pub(crate) fn recall(&self, at: usize, (node, nodes): (u32, u32)) -> Option<bool> {
        self.verdicts.recall(at, node, nodes)
    }

    /// Remembers it until the next document.
    pub(crate) fn remember(&mut self, at: usize, node: (u32, u32), passes: bool) {
        if let Err(OutOfMemory) = self.verdicts.remember(at, node, passes, self.len) {
            self.exhausted = true;
        }
    }
}
