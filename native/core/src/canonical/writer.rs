//! Writes the canonical form (RFC 8785) of a document from its tape. Bytes that are adjacent in the document and in the
//! canonical form are copied together as one run, so a canonical document is copied at once.

use super::shapes::Shapes;
use crate::json_text::push_string;
use crate::read::{Entry, Kind, Prefix, ReadLimits, Tape, compare_bytes, flag};
use crate::validate::Validator;

/// Why a document has no canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// An object has a key twice.
    DuplicateKey,
    /// The canonical form is larger than the limit of the document.
    TooLarge,
    /// An allocation failed.
    OutOfMemory,
    /// The budget is over.
    Interrupted,
}

/// The memory of the writer, and the canonical form of the last document.
#[derive(Debug, Default)]
pub struct Canonical {
    /// Bytes from `len` on are left over.
    out: Vec<u8>,
    len: usize,
    /// The sorted keys of the open objects, innermost last.
    pub(super) keys: Vec<u32>,
    /// The keys of the innermost object in document order.
    unordered: Vec<(Prefix, u32)>,
    /// The same in canonical order, if they are sorted.
    ordered: Vec<(Prefix, u32)>,
    shapes: Shapes,
    text: String,
    /// With its defaults, an object has more keys than the limit.
    pub(super) exceeds_keys: bool,
}

/// Larger buffers are freed after the payload.
const KEPT_BYTES: usize = 4 << 20;

impl Canonical {
    /// Writes the document. `validator` is the one that edited it.
    ///
    /// # Errors
    ///
    /// Duplicate keys, a canonical form of more than `max_bytes`, an allocation failed, or the budget is over.
    pub fn write(&mut self, tape: &Tape<'_>, validator: &Validator, limits: &ReadLimits) -> Result<(), WriteError> {
        self.len = 0;
        self.keys.clear();
        self.exceeds_keys = false;
        let document = tape.document().as_bytes();
        let mut writer = Writer { tape, validator, limits, document, to: self, run: (NOWHERE, NOWHERE) };
        writer.reserve(tape.document().len())?;
        writer.value(0)?;
        writer.flush()?;
        if self.len > limits.max_bytes { Err(WriteError::TooLarge) } else { Ok(()) }
    }

    /// True when an object has more keys than the limit, with its defaults.
    pub fn exceeds_keys(&self) -> bool {
        self.exceeds_keys
    }

    /// The canonical form.
    pub fn bytes(&self) -> &[u8] {
        &self.out[..self.len]
    }

    /// Frees what an unusually large document took; the canonical form may be lost.
    pub fn shrink(&mut self) {
        if self.out.len() > KEPT_BYTES {
            self.out = Vec::new();
            self.len = 0;
        }
        if self.text.capacity() > KEPT_BYTES {
            self.text = String::new();
        }
        shrink(&mut self.keys);
        shrink(&mut self.unordered);
        shrink(&mut self.ordered);
    }
}

fn shrink<T>(list: &mut Vec<T>) {
    if list.capacity() > KEPT_BYTES / size_of::<T>() {
        *list = Vec::new();
    }
}

pub(super) struct Writer<'a> {
    pub(super) tape: &'a Tape<'a>,
    pub(super) validator: &'a Validator,
    pub(super) limits: &'a ReadLimits,
    document: &'a [u8],
    pub(super) to: &'a mut Canonical,
    /// Start and end of the document's bytes that are copied next.
    run: (usize, usize),
}

/// A position outside every document.
const NOWHERE: usize = usize::MAX;

/// Runs of up to this many bytes are copied with one fixed-size copy.
const CHUNK: usize = 32;

impl Writer<'_> {
    /// Recurses once for each open bracket.
    #[inline(always)]
    fn value(&mut self, at: usize) -> Result<(), WriteError> {
        let entry = self.tape.entry(at);
        if let Some((start, end)) = canonical_span(entry) {
            return self.raw(start, end);
        }
        match entry.kind {
            Kind::Object => self.object(at),
            Kind::Array => self.array(at),
            Kind::Number => self.number(at),
            Kind::Boolean => self.boolean(at),
            _ => self.string(at),
        }
    }

    /// A string or key that may differ from its document text.
    #[cold]
    fn string(&mut self, at: usize) -> Result<(), WriteError> {
        let entry = self.tape.entry(at);
        if self.is_quoted(entry) {
            return self.raw(entry.at as usize - 1, entry.at as usize + entry.byte_len() + 1);
        }
        self.flush()?;
        let tape = self.tape;
        if !entry.has(flag::ESCAPE) {
            let bytes = tape.bytes(at);
            self.append(b"\"")?;
            self.append(bytes)?;
            return self.append(b"\"");
        }
        let mut text = std::mem::take(&mut self.to.text);
        text.clear();
        // An escape takes at most six bytes for one.
        text.try_reserve(6 * entry.byte_len() + 2).map_err(|_| WriteError::OutOfMemory)?;
        push_string(&mut text, tape.text(at));
        let written = self.append(text.as_bytes());
        self.to.text = text;
        written
    }

    /// True when quotes surround the span in the document. Trimming may have separated them, and a plain span contains
    /// no quote.
    fn is_quoted(&self, entry: Entry) -> bool {
        let start = entry.at as usize;
        !entry.has(flag::ARENA)
            && self.document.get(start - 1) == Some(&b'"')
            && self.document.get(start + entry.byte_len()) == Some(&b'"')
    }

    /// A number whose text differs from ECMAScript's; −0 becomes 0.
    #[cold]
    fn number(&mut self, at: usize) -> Result<(), WriteError> {
        self.flush()?;
        self.append(ryu_js::Buffer::new().format_finite(self.tape.number(at)).as_bytes())
    }

    /// A boolean that is not in the document.
    #[cold]
    fn boolean(&mut self, at: usize) -> Result<(), WriteError> {
        self.flush()?;
        self.append(if self.tape.boolean(at) { b"true" } else { b"false" })
    }

    fn array(&mut self, at: usize) -> Result<(), WriteError> {
        let end = self.open(at)?;
        let mut item = at + 1;
        while item < end {
            self.step()?;
            if item > at + 1 {
                self.byte(b',')?;
            }
            self.value(item)?;
            item = self.tape.index_after(item);
        }
        if self.tape.entry(at).has(flag::FILLED) {
            self.missing_items(at)?;
        }
        self.byte(b']')
    }

    fn object(&mut self, at: usize) -> Result<(), WriteError> {
        let end = self.open(at)?;
        let entry = self.tape.entry(at);
        if entry.has(flag::EDITED) {
            return self.edited_object(at, end);
        }
        let mut is_first = true;
        self.each_member(at, end, |writer, key| writer.member(key, std::mem::replace(&mut is_first, false)))?;
        self.byte(b'}')
    }

    #[inline(always)]
    pub(super) fn step(&self) -> Result<(), WriteError> {
        if self.tape.budget.spend(1) { Ok(()) } else { Err(WriteError::Interrupted) }
    }

    /// Calls `visit` with the index of each key of the object, in canonical order.
    #[inline(always)]
    pub(super) fn each_member(
        &mut self,
        at: usize,
        end: usize,
        mut visit: impl FnMut(&mut Self, usize) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        if self.tape.entry(at).has(flag::SORTED) {
            let mut key = at + 1;
            while key < end {
                self.step()?;
                visit(self, key)?;
                key = self.tape.index_after(key + 1);
            }
            return Ok(());
        }
        let from = self.to.keys.len();
        self.sort(at, end)?;
        for index in from..self.to.keys.len() {
            self.step()?;
            let key = self.to.keys[index] as usize;
            visit(self, key)?;
        }
        self.to.keys.truncate(from);
        Ok(())
    }

    /// Writes the bracket from its position in the document, so that it may join a run. Returns the index behind the
    /// last child.
    #[inline(always)]
    fn open(&mut self, at: usize) -> Result<usize, WriteError> {
        let entry = self.tape.entry(at);
        let bracket = self.tape.bracket(entry);
        self.raw(bracket, bracket + 1)?;
        Ok(entry.index_after())
    }

    #[inline(always)]
    pub(super) fn member(&mut self, key: usize, is_first: bool) -> Result<(), WriteError> {
        let entry = self.tape.entry(key);
        let Some((mut start, end)) = canonical_span(entry) else {
            if !is_first {
                self.byte(b',')?;
            }
            self.string(key)?;
            self.byte(b':')?;
            return self.value(key + 1);
        };
        // Usually a comma precedes the key and a colon follows it, so all three join one run.
        if !is_first {
            if start > 0 && self.document[start - 1] == b',' {
                start -= 1;
            } else {
                self.byte(b',')?;
            }
        }
        if self.document.get(end) != Some(&b':') {
            self.raw(start, end)?;
            self.byte(b':')?;
            return self.value(key + 1);
        }
        // Usually the value follows immediately.
        match canonical_span(self.tape.entry(key + 1)) {
            Some((value_start, value_end)) if value_start == end + 1 => self.raw(start, value_end),
            _ => {
                self.raw(start, end + 1)?;
                self.value(key + 1)
            }
        }
    }

    /// Appends the object's keys in canonical order.
    pub(super) fn sort(&mut self, at: usize, end: usize) -> Result<(), WriteError> {
        let (tape, to) = (self.tape, &mut *self.to);
        to.unordered.clear();
        let count = tape.count(at);
        to.unordered.try_reserve(count).map_err(|_| WriteError::OutOfMemory)?;
        to.keys.try_reserve(count).map_err(|_| WriteError::OutOfMemory)?;
        let mut hash = count as u64;
        let mut key = at + 1;
        while key < end {
            let prefix = tape.prefix(key);
            hash = prefix.mix(hash);
            to.unordered.push((prefix, key as u32));
            key = tape.index_after(key + 1);
        }
        match to.shapes.get(hash, &to.unordered) {
            Some(order) => {
                to.keys.extend(order.iter().map(|position| to.unordered[usize::from(*position)].1));
                Ok(())
            }
            None => self.sort_unknown(hash),
        }
    }

    /// Sorts the keys of an object whose shape is not known.
    #[cold]
    fn sort_unknown(&mut self, hash: u64) -> Result<(), WriteError> {
        let (tape, to) = (self.tape, &mut *self.to);
        to.ordered.clear();
        to.ordered.try_reserve(to.unordered.len()).map_err(|_| WriteError::OutOfMemory)?;
        to.ordered.extend_from_slice(&to.unordered);
        // First by numbers alone, which takes no branch; few keys have the prefix of another.
        to.ordered.sort_unstable_by_key(|key| key.0);
        for same in to.ordered.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let bytes = |key: &(Prefix, u32)| tape.bytes(key.1 as usize);
            same.sort_unstable_by(|a, b| compare_bytes(bytes(a), bytes(b)));
            if !same.windows(2).all(|pair| compare_bytes(bytes(&pair[0]), bytes(&pair[1])).is_lt()) {
                return Err(WriteError::DuplicateKey);
            }
        }
        to.keys.extend(to.ordered.iter().map(|key| key.1));
        to.shapes.put(hash, &to.ordered, &to.unordered);
        Ok(())
    }

    /// Writes the document's bytes from `start` to `end`.
    #[inline(always)]
    fn raw(&mut self, start: usize, end: usize) -> Result<(), WriteError> {
        if start != self.run.1 {
            self.flush()?;
            self.run.0 = start;
        }
        self.run.1 = end;
        Ok(())
    }

    /// Writes one byte, as part of the run if it is the document's next byte.
    #[inline(always)]
    pub(super) fn byte(&mut self, byte: u8) -> Result<(), WriteError> {
        if self.document.get(self.run.1) == Some(&byte) {
            self.run.1 += 1;
            return Ok(());
        }
        self.flush()?;
        self.append(&[byte])
    }

    /// Copies the run and ends it.
    #[inline]
    pub(super) fn flush(&mut self) -> Result<(), WriteError> {
        let (start, end) = std::mem::replace(&mut self.run, (NOWHERE, NOWHERE));
        let (document, len) = (self.document, end - start);
        if len > CHUNK {
            return self.append(&document[start..end]);
        }
        let to = &mut *self.to;
        let from = document.get(start..).and_then(<[u8]>::first_chunk::<CHUNK>);
        let free = to.out.get_mut(to.len..).and_then(<[u8]>::first_chunk_mut::<CHUNK>);
        match (from, free) {
            (Some(from), Some(free)) => {
                *free = *from;
                to.len += len;
                Ok(())
            }
            _ if len == 0 => Ok(()),
            _ => self.append(&document[start..end]),
        }
    }

    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if self.to.out.len() - self.to.len < bytes.len() {
            self.reserve(bytes.len())?;
        }
        let end = self.to.len + bytes.len();
        self.to.out[self.to.len..end].copy_from_slice(bytes);
        self.to.len = end;
        Ok(())
    }

    /// Grows the output for `more` bytes and a chunk, at most to the limit.
    fn reserve(&mut self, more: usize) -> Result<(), WriteError> {
        let out = &mut self.to.out;
        let needed = self.to.len + more + CHUNK;
        if needed > out.len() {
            let largest = self.limits.max_bytes + CHUNK;
            if needed > largest {
                return Err(WriteError::TooLarge);
            }
            let size = needed.max(2 * out.len()).max(4096).min(largest);
            out.try_reserve_exact(size - out.len()).map_err(|_| WriteError::OutOfMemory)?;
            out.resize(size, 0);
        }
        Ok(())
    }
}

/// The document's span of a value or key that is known to be canonical, of an array or object with all that it contains.
#[inline(always)]
fn canonical_span(entry: Entry) -> Option<(usize, usize)> {
    let start = entry.at as usize;
    match entry.kind {
        Kind::String | Kind::Key if entry.flags & (flag::ARENA | flag::ESCAPE | flag::EDITED) == 0 => {
            Some((start - 1, start + entry.byte_len() + 1))
        }
        Kind::Number if entry.has(flag::CANONICAL) => Some((start, start + usize::from(entry.short))),
        Kind::Object | Kind::Array if entry.short != 0 => {
            // It has no missing values, so the word has the bracket.
            let bracket = (entry.word >> 32) as usize;
            Some((bracket, bracket + usize::from(entry.short)))
        }
        Kind::Null => Some((start, start + 4)),
        Kind::Boolean if !entry.has(flag::EDITED) => Some((start, start + 5 - entry.word as usize)),
        _ => None,
    }
}
