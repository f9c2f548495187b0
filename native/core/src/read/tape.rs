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
//! Strings are spans of the document, or of the tape's arena after decoding escapes or normalizing.

use super::error::ScanError;
use super::keys::Prefix;
use super::verdicts::{OutOfMemory, Verdicts};
use crate::numeric::{Numeric, parse_int64};

/// The kind of an entry.
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

/// Flags of an entry.
pub mod flag {
    /// String, key: all ASCII.
    pub const ASCII: u8 = 1;
    /// String, key: the span is in the arena, not in the document.
    pub const ARENA: u8 = 1 << 1;
    /// String, key: contains `"`, `\` or a control character, which the canonical form escapes.
    /// Without it the canonical form is the span between quotes.
    pub const ESCAPE: u8 = 1 << 2;
    /// String, key: has a lone surrogate; the span has U+FFFD instead. The payload is refused.
    pub const LONE: u8 = 1 << 3;
    /// String: normalized.
    pub const NORMALIZED: u8 = 1 << 4;
    /// Number: the text in the document is the canonical form (ECMAScript).
    pub const CANONICAL: u8 = 1 << 5;
    /// Number: an integer beyond ±(2^53 − 1) that keeps its digits; the entry holds the nearest double.
    pub const INT64: u8 = 1 << 7;
    /// Object: the keys ascend strictly in canonical order, so no two are equal.
    pub const SORTED: u8 = 1 << 6;
}

/// One entry, 16 bytes. The kind decides what the fields mean; [`Tape`] has the readers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    /// Number: length of its text if canonical.
    pub(crate) short: u16,
    /// Number: start of its text. String, key: start of the span. Array, object: index behind the last child.
    pub(crate) at: u32,
    /// Number: the double's bits. Boolean: 0 or 1. String, key: length of the span in bytes. Array, object: count in
    /// the low half, position of the bracket in the document in the high half.
    pub(crate) word: u64,
}

impl Entry {
    /// True when every bit of `mask` (see [`flag`]) is set.
    #[inline(always)]
    pub const fn has(self, mask: u8) -> bool {
        self.flags & mask == mask
    }

    /// Array, object: index behind the last child.
    #[inline(always)]
    pub(crate) const fn index_after(self) -> usize {
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

/// One document. [`Tape::bind`] ties the memory to a document, [`Tape::release`] frees it for the next one.
#[derive(Debug, Default)]
pub struct Tape<'a> {
    document: &'a str,
    /// Entries; those from `len` on are left over from earlier documents.
    slots: Vec<Entry>,
    len: usize,
    pub(crate) arena: String,
    verdicts: Verdicts,
    /// The scanner found a fault of the data model; `diagnose` locates it.
    pub(crate) has_fault: bool,
    /// An allocation failed while a string was normalized: the tape is unusable.
    pub(crate) exhausted: bool,
}

/// A larger tape or arena frees its memory after the payload.
const KEPT_BYTES: usize = 4 << 20;

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

    /// The first bytes of a key, for sorting.
    #[inline(always)]
    pub(crate) fn prefix(&self, at: usize) -> Prefix {
        let entry = self.slots[at];
        let source = if entry.has(flag::ARENA) { self.arena.as_bytes() } else { self.document.as_bytes() };
        Prefix::of(source, entry.at as usize, entry.byte_len())
    }

    /// The index of the value of the first member `name` of the object at `at`.
    pub fn member(&self, at: usize, name: &str) -> Option<usize> {
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

    /// True when an allocation failed while a string was normalized: the tape is unusable.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
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
        let Tape { slots, arena, verdicts, .. } = self;
        Tape { document, slots, len: 0, arena, verdicts, has_fault: false, exhausted: false }
    }

    /// The memory without the document; frees what an unusually large document took.
    pub fn release(self) -> Tape<'static> {
        let Tape { mut slots, mut arena, mut verdicts, .. } = self;
        verdicts.shrink();
        if slots.len() > KEPT_BYTES / size_of::<Entry>() {
            slots = Vec::new();
        }
        if arena.capacity() > KEPT_BYTES {
            arena = String::new();
        }
        Tape { slots, arena, verdicts, ..Tape::default() }
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

    /// Replaces the string value at `at` with its normalized text.
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

    /// Shortens the string value at `at` in place to `len` bytes from `from` on.
    pub(crate) fn narrow(&mut self, at: usize, from: usize, len: usize) {
        let entry = &mut self.slots[at];
        entry.at += from as u32;
        entry.word = len as u64;
        entry.flags |= flag::NORMALIZED;
    }
}
