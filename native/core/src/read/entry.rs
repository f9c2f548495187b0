//! The entries of the tape (`tape`).

/// The kind of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `null`
    #[default]
    Null,
    /// [`Tape::boolean`](super::Tape::boolean)
    Boolean,
    /// [`Tape::number`](super::Tape::number)
    Number,
    /// A string value: [`Tape::text`](super::Tape::text).
    String,
    /// An array; its items follow.
    Array,
    /// An object; for each member a [`Kind::Key`] and the value follow.
    Object,
    /// A member's key: [`Tape::text`](super::Tape::text). The value is the next entry.
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
    /// String: normalized; trimming has changed the span if it is [`EDITED`] too.
    pub const NORMALIZED: u8 = 1 << 4;
    /// Number: the text in the document is the canonical form (ECMAScript).
    pub const CANONICAL: u8 = 1 << 5;
    /// Number: an integer beyond ±(2^53 − 1) that keeps its digits; the entry holds the nearest double. Shares its bit
    /// with [`EDITED`].
    pub const INT64: u8 = 1 << 7;
    /// Object: the keys ascend strictly in canonical order, so no two are equal.
    pub const SORTED: u8 = 1 << 6;
    /// Key: the member is dropped. Object, array: has dropped members, or is [`FILLED`]. Boolean: not in the document.
    /// String: the span is not what the document has between the quotes.
    pub const EDITED: u8 = 1 << 7;
    /// Object, array: has missing values that the canonical form has; shares its bit with [`CANONICAL`].
    pub const FILLED: u8 = 1 << 5;
}

/// One entry, 16 bytes. The kind decides what the fields mean; [`Tape`](super::Tape) has the readers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    /// Number: length of its text if canonical. Array, object: length of its text if that is canonical with all that it
    /// contains, and short enough; else 0.
    pub(crate) short: u16,
    /// Number: start of its text. String, key: start of the span. Array, object: index behind the last child.
    pub(crate) at: u32,
    /// Number: the double's bits. Boolean: 0 or 1. String, key: length of the span in bytes. Array, object: count in
    /// the low half, position of the bracket in the document in the high half (`Tape::bracket`).
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
