//! The edits of a document on its tape: dropped members, missing values that are filled in, changed values. What a
//! branch of a union edits is undone when the branch fails.

use super::entry::{Entry, Kind, flag};
use super::journal::{Filled, Mark};
use super::tape::Tape;

impl Tape<'_> {
    /// Begins a union: from here on edits can be undone.
    pub(crate) fn begin_union(&mut self) {
        self.edits.unions += 1;
    }

    /// Ends a union: the edits so far stay, unless an outer union undoes them.
    pub(crate) fn end_union(&mut self) {
        self.edits.unions -= 1;
        if self.edits.unions == 0 {
            self.edits.journal.clear();
        }
    }

    /// The current state.
    pub(crate) fn mark(&self) -> Mark {
        Mark { journal: self.edits.journal.len(), filled: self.edits.filled.len(), arena: self.arena.len() }
    }

    /// Undoes the edits since the mark, which was taken below the same union.
    pub(crate) fn undo(&mut self, mark: Mark) {
        while self.edits.journal.len() > mark.journal {
            if let Some((at, entry)) = self.edits.journal.pop() {
                *self.entry_mut(at as usize) = entry;
            }
        }
        self.edits.filled.truncate(mark.filled);
        self.arena.truncate(mark.arena);
    }

    /// The number of changes of the canonical form so far, also of undone ones.
    #[inline(always)]
    pub(crate) fn changes(&self) -> u64 {
        self.edits.changes
    }

    /// Notes that the canonical form of the array or object at `at` is no longer its text.
    #[cold]
    pub(crate) fn forget_text(&mut self, at: usize) {
        self.entry_mut(at).short = 0;
    }

    /// Changes the entry at `at`, and with it the canonical form.
    #[inline]
    fn change(&mut self, at: usize, entry: Entry) {
        self.edits.changes += 1;
        self.edit(at, entry);
    }

    /// Changes the entry at `at`.
    #[inline]
    pub(super) fn edit(&mut self, at: usize, entry: Entry) {
        if self.edits.unions > 0 && !self.record(at) {
            return;
        }
        *self.entry_mut(at) = entry;
    }

    #[cold]
    fn record(&mut self, at: usize) -> bool {
        let before = self.entry(at);
        if self.edits.journal.try_reserve(1).is_err() {
            self.exhausted = true;
            return false;
        }
        self.edits.journal.push((at as u32, before));
        true
    }

    /// Drops the member whose key is at `key` from the object at `object`.
    #[inline]
    pub(crate) fn drop_member(&mut self, object: usize, key: usize) {
        for at in [key, object] {
            let entry = self.entry(at);
            if !entry.has(flag::EDITED) {
                self.change(at, Entry { flags: entry.flags | flag::EDITED, ..entry });
            }
        }
    }

    /// Notes that the array or object at `at` has missing values that the schema node `node` fills in.
    pub(crate) fn fill(&mut self, at: usize, node: u32) {
        let entry = self.entry(at);
        if entry.has(flag::FILLED) {
            return;
        }
        if self.edits.filled.try_reserve(1).is_err() {
            self.exhausted = true;
            return;
        }
        let number = self.edits.filled.len() as u64;
        self.edits.filled.push(Filled { node, bracket: (entry.word >> 32) as u32 });
        let word = number << 32 | u64::from(entry.word as u32);
        self.change(at, Entry { flags: entry.flags | flag::EDITED | flag::FILLED, word, ..entry });
    }

    /// The note of [`fill`](Self::fill) for an array or object.
    pub(crate) fn filled(&self, entry: Entry) -> Option<Filled> {
        if entry.has(flag::FILLED) { self.edits.filled.get((entry.word >> 32) as usize).copied() } else { None }
    }

    /// Array, object: position of the bracket in the document.
    #[inline(always)]
    pub(crate) fn bracket(&self, entry: Entry) -> usize {
        match self.filled(entry) {
            Some(filled) => filled.bracket as usize,
            None => (entry.word >> 32) as usize,
        }
    }

    /// Replaces the value at `at` with a string, which counts as normalized if `normalized`.
    pub(crate) fn replace(&mut self, at: usize, text: &str, normalized: bool) {
        let start = self.arena.len();
        let (Ok(place), Ok(())) = (u32::try_from(start), self.arena.try_reserve(text.len())) else {
            self.exhausted = true;
            return;
        };
        self.arena.push_str(text);
        let mut flags = flag::ARENA;
        if normalized {
            flags |= flag::NORMALIZED;
        }
        if text.is_ascii() {
            flags |= flag::ASCII;
        }
        if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            flags |= flag::ESCAPE;
        }
        self.change(at, Entry { kind: Kind::String, flags, short: 0, at: place, word: text.len() as u64 });
    }

    /// Shortens the string value at `at` in place to `len` bytes from `from` on.
    pub(crate) fn narrow(&mut self, at: usize, from: usize, len: usize) {
        let entry = self.entry(at);
        let flags = entry.flags | flag::NORMALIZED;
        if len == entry.byte_len() {
            return self.edit(at, Entry { flags, ..entry });
        }
        let flags = flags | flag::EDITED;
        self.change(at, Entry { flags, at: entry.at + from as u32, word: len as u64, ..entry });
    }

    /// Replaces the value at `at` with a number.
    pub(crate) fn replace_with_number(&mut self, at: usize, value: f64) {
        self.change(at, Entry { kind: Kind::Number, flags: 0, short: 0, at: 0, word: value.to_bits() });
    }

    /// Replaces the value at `at` with a boolean.
    pub(crate) fn replace_with_boolean(&mut self, at: usize, value: bool) {
        self.change(at, Entry { kind: Kind::Boolean, flags: flag::EDITED, short: 0, at: 0, word: value.into() });
    }
}
