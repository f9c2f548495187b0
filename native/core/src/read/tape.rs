//! The tape: a document as a flat list of entries in document order, whose memory is reused from payload to payload.
//! How it is filled is in `scan`; nothing here looks at JSON text.
//!
//! ```text
//! {"a":[1,"x"],"b":null}
//! index  0        1     2       3         4         5     6      (7)
//!        Object   Key   Array   Number    String    Key   Null
//!        count 2  "a"   count 2 1         "x"       "b"
//!        after 7        after 5
//! ```
//!
//! Strings are spans of the text or, where they held escapes or were normalized, of the tape's own arena.

use super::error::ScanError;
use super::keys::Prefix;

/// What an entry is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `null`
    #[default]
    Null,
    /// [`Tape::boolean`]
    Boolean,
    /// [`Tape::number`]
    Number,
    /// A string value: [`Tape::text`].
    String,
    /// An array; its items follow.
    Array,
    /// An object; for each member a [`Kind::Key`] and the value follow.
    Object,
    /// A member's key: [`Tape::text`]. The value is the next entry.
    Key,
}

/// Facts that the scanner noted about an entry.
pub mod flag {
    /// String, key: all ASCII.
    pub const ASCII: u8 = 1;
    /// String, key: the span is in the arena, not in the document.
    pub const ARENA: u8 = 1 << 1;
    /// String, key: holds `"`, `\` or a control character, so the canonical form escapes something.
    /// Without it the canonical form is the span itself between quotes.
    pub const ESCAPE: u8 = 1 << 2;
    /// String, key: a lone surrogate stood here; the span has U+FFFD in its place. The payload is refused.
    pub const LONE: u8 = 1 << 3;
    /// String: normalized already; a second time changes nothing.
    pub const NORMALIZED: u8 = 1 << 4;
    /// Number: the text in the document is the canonical form (ECMAScript).
    pub const CANONICAL: u8 = 1 << 5;
    /// Object: the keys came in strictly ascending canonical order; so no two are equal.
    pub const SORTED: u8 = 1 << 6;
}

/// One entry, 16 bytes. What the fields mean depends on the kind; [`Tape`] has the readers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    /// Number: length of its text when that is canonical.
    pub(crate) short: u16,
    /// Number: where its text starts. String, key: where the span starts. Array, object: index behind the last child.
    pub(crate) at: u32,
    /// Number: the double's bits. Boolean: 0 or 1. String, key: length of the span in bytes. Array, object: count in
    /// the low half, place of the bracket in the document in the high half.
    pub(crate) word: u64,
}

impl Entry {
    /// True when every bit of `mask` (see [`flag`]) is set.
    #[inline(always)]
    #[must_use]
    pub const fn has(self, mask: u8) -> bool {
        self.flags & mask == mask
    }

    /// Array, object: index behind the last child.
    #[inline(always)]
    pub(crate) const fn after(self) -> usize {
        self.at as usize
    }

    /// Array, object: number of items or members.
    #[inline(always)]
    pub(crate) const fn count(self) -> usize {
        self.word as u32 as usize
    }

    /// String, key: length of the span in bytes.
    #[inline(always)]
    pub(crate) const fn byte_len(self) -> usize {
        self.word as usize
    }
}

/// One document. [`Tape::bind`] ties the memory to a document, [`Tape::release`] gets it back for the next one.
#[derive(Debug, Default)]
pub struct Tape<'a> {
    document: &'a str,
    /// Slots; those from `len` on are left over from earlier documents.
    slots: Vec<Entry>,
    len: usize,
    pub(crate) arena: String,
    /// The scanner met something that breaks the data model: [`super::diagnose`] finds what.
    pub(crate) has_fault: bool,
    /// Memory ran out while a string was rewritten: nothing of the tape may be used.
    pub(crate) exhausted: bool,
}

/// A tape or an arena larger than this gives its memory back after the payload.
const KEPT_BYTES: usize = 4 << 20;

impl<'a> Tape<'a> {
    /// What the entry at `at` is.
    #[inline(always)]
    #[must_use]
    pub fn kind(&self, at: usize) -> Kind {
        self.slots[at].kind
    }

    /// The entry at `at`.
    #[inline(always)]
    #[must_use]
    pub fn entry(&self, at: usize) -> Entry {
        self.slots[at]
    }

    /// The value of a boolean.
    #[inline(always)]
    #[must_use]
    pub fn boolean(&self, at: usize) -> bool {
        self.slots[at].word != 0
    }

    /// The value of a number. −0 is kept.
    #[inline(always)]
    #[must_use]
    pub fn number(&self, at: usize) -> f64 {
        f64::from_bits(self.slots[at].word)
    }

    /// How many items an array has, how many members an object.
    #[inline(always)]
    #[must_use]
    pub fn count(&self, at: usize) -> usize {
        self.slots[at].count()
    }

    /// The index behind the value at `at`: of its next sibling (an item, a key), or where its parent ends.
    #[inline(always)]
    #[must_use]
    pub fn after(&self, at: usize) -> usize {
        let entry = self.slots[at];
        if matches!(entry.kind, Kind::Array | Kind::Object) { entry.after() } else { at + 1 }
    }

    /// The unescaped text of a string or key.
    #[inline(always)]
    #[must_use]
    pub fn text(&self, at: usize) -> &str {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { &self.arena } else { self.document };
        let start = entry.at as usize;
        &source[start..start + entry.byte_len()]
    }

    /// The same as UTF-8 bytes: cheaper where no `str` is needed.
    #[inline(always)]
    #[must_use]
    pub fn bytes(&self, at: usize) -> &[u8] {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { self.arena.as_bytes() } else { self.document.as_bytes() };
        let start = entry.at as usize;
        &source[start..start + entry.byte_len()]
    }

    /// The first bytes of a key, for sorting.
    #[inline(always)]
    pub(crate) fn prefix(&self, at: usize) -> Prefix {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { self.arena.as_bytes() } else { self.document.as_bytes() };
        Prefix::of(source, entry.at as usize, entry.byte_len())
    }

    /// The value's index of the first member named `name` of the object at `at`.
    #[must_use]
    pub fn member(&self, at: usize, name: &str) -> Option<usize> {
        let end = self.slots[at].after();
        let mut key = at + 1;
        while key < end {
            if self.bytes(key) == name.as_bytes() {
                return Some(key + 1);
            }
            key = self.after(key + 1);
        }
        None
    }

    /// The document that the tape was read from.
    #[must_use]
    pub fn document(&self) -> &'a str {
        self.document
    }

    /// True when memory ran out while a string was rewritten: nothing of the tape may be used.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// How many entries there are; the root value is the first.
    #[inline(always)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True before a document was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The same memory, empty, for another document.
    #[must_use]
    pub fn bind(mut self, document: &str) -> Tape<'_> {
        self.arena.clear();
        let Tape { slots, arena, .. } = self;
        Tape { document, slots, len: 0, arena, has_fault: false, exhausted: false }
    }

    /// The memory alone; what an unusually large document took is given back.
    #[must_use]
    pub fn release(self) -> Tape<'static> {
        let Tape { mut slots, mut arena, .. } = self;
        if slots.len() > KEPT_BYTES / size_of::<Entry>() {
            slots = Vec::new();
        }
        if arena.capacity() > KEPT_BYTES {
            arena = String::new();
        }
        Tape { slots, arena, ..Tape::default() }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), ScanError> {
        if self.len == self.slots.len() {
            self.grow()?;
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
    fn grow(&mut self) -> Result<(), ScanError> {
        let more = self.slots.len().max(512);
        self.slots.try_reserve_exact(more).map_err(|_| ScanError::OutOfMemory)?;
        self.slots.resize(self.slots.len() + more, Entry::default());
        Ok(())
    }

    /// Replaces the string value at `at` by a normalized text.
    pub(crate) fn replace(&mut self, at: usize, text: &str) {
        let start = self.arena.len();
        let (Ok(place), Ok(())) = (u32::try_from(start), self.arena.try_reserve(text.len())) else {
            self.exhausted = true;
            return;
        };
        self.arena.push_str(text);
        let mut flags = flag::ARENA | flag::NORMALIZED;
        if text.is_ascii() {
            flags |= flag::ASCII;
        }
        if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            flags |= flag::ESCAPE;
        }
        self.slots[at] = Entry { kind: Kind::String, flags, short: 0, at: place, word: text.len() as u64 };
    }

    /// Shortens the string value at `at` to a part of itself, in place.
    pub(crate) fn narrow(&mut self, at: usize, from: usize, len: usize) {
        let entry = &mut self.slots[at];
        entry.at += from as u32;
        entry.word = len as u64;
        entry.flags |= flag::NORMALIZED;
    }
}
