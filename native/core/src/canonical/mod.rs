//! The canonical form (RFC 8785) of a document, straight from its tape. The bytes that follow each other in the document
//! as they do in the canonical form are copied together, as one run; so a document that is canonical already is one copy.
//!
//! Twin of `src/engine/js/canonical.ts`.

mod shapes;

use self::shapes::Shapes;
use crate::json_text::push_string;
use crate::read::{Entry, Kind, Prefix, Tape, compare_bytes, flag};

/// Why there is no canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// Two equal keys in one object.
    DuplicateKey,
    /// An allocation failed.
    OutOfMemory,
}

/// Memory of the writer, and the result of the last document.
#[derive(Debug, Default)]
pub struct Canonical {
    /// Bytes behind `len` are left over.
    out: Vec<u8>,
    len: usize,
    /// The keys of the objects that are being written, innermost last.
    keys: Vec<(Prefix, u32)>,
    /// The same keys before they are put in order.
    unordered: Vec<(Prefix, u32)>,
    shapes: Shapes,
    text: String,
}

/// More than this is given back after the payload.
const KEPT_BYTES: usize = 4 << 20;

impl Canonical {
    /// Writes the document.
    ///
    /// # Errors
    ///
    /// Equal keys, or no memory.
    pub fn write(&mut self, tape: &Tape<'_>) -> Result<(), WriteError> {
        self.len = 0;
        self.keys.clear();
        let mut writer = Writer { tape, document: tape.document().as_bytes(), to: self, run: (NOWHERE, NOWHERE) };
        writer.reserve(tape.document().len())?;
        writer.value(0)?;
        writer.flush()
    }

    /// What was written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.out[..self.len]
    }

    /// Gives back what an unusually large document took.
    pub fn shrink(&mut self) {
        if self.out.len() > KEPT_BYTES {
            self.out = Vec::new();
            self.len = 0;
        }
        if self.text.capacity() > KEPT_BYTES {
            self.text = String::new();
        }
        for keys in [&mut self.keys, &mut self.unordered] {
            if keys.capacity() > KEPT_BYTES / size_of::<(Prefix, u32)>() {
                *keys = Vec::new();
            }
        }
    }
}

struct Writer<'a> {
    tape: &'a Tape<'a>,
    document: &'a [u8],
    to: &'a mut Canonical,
    /// Start and end of the bytes of the document that are to be copied next.
    run: (usize, usize),
}

/// No place of any document.
const NOWHERE: usize = usize::MAX;

/// Copies of up to this many bytes have one fixed size.
const CHUNK: usize = 32;

impl Writer<'_> {
    /// Recurses once for each open bracket.
    #[inline(always)]
    fn value(&mut self, at: usize) -> Result<(), WriteError> {
        let entry = self.tape.entry(at);
        if let Some((start, end)) = scalar_span(entry) {
            return self.raw(start, end);
        }
        match entry.kind {
            Kind::Object => self.object(at),
            Kind::Array => self.array(at),
            Kind::Number => self.number(at),
            _ => self.string(at),
        }
    }

    /// A string or key that cannot be copied as it stands, or of which that is not known.
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
        // An escape is at most six bytes for one.
        text.try_reserve(6 * entry.byte_len() + 2).map_err(|_| WriteError::OutOfMemory)?;
        push_string(&mut text, tape.text(at));
        let written = self.append(text.as_bytes());
        self.to.text = text;
        written
    }

    /// True when the span stands between its quotes in the document. (Trimming may have left them behind; and no plain
    /// span has a quote inside.)
    fn is_quoted(&self, entry: Entry) -> bool {
        let start = entry.at as usize;
        !entry.has(flag::ARENA)
            && self.document.get(start - 1) == Some(&b'"')
            && self.document.get(start + entry.byte_len()) == Some(&b'"')
    }

    /// A number whose text is not what ECMAScript writes; −0 becomes 0.
    #[cold]
    fn number(&mut self, at: usize) -> Result<(), WriteError> {
        self.flush()?;
        self.append(ryu_js::Buffer::new().format_finite(self.tape.number(at)).as_bytes())
    }

    fn array(&mut self, at: usize) -> Result<(), WriteError> {
        let end = self.open(at)?;
        let mut item = at + 1;
        while item < end {
            if item > at + 1 {
                self.byte(b',')?;
            }
            self.value(item)?;
            item = self.tape.after(item);
        }
        self.byte(b']')
    }

    fn object(&mut self, at: usize) -> Result<(), WriteError> {
        let end = self.open(at)?;
        if self.tape.entry(at).has(flag::SORTED) {
            let mut key = at + 1;
            while key < end {
                self.member(key, key == at + 1)?;
                key = self.tape.after(key + 1);
            }
        } else {
            let from = self.to.keys.len();
            self.sort(at, end)?;
            for index in from..self.to.keys.len() {
                let (_, key) = self.to.keys[index];
                self.member(key as usize, index == from)?;
            }
            self.to.keys.truncate(from);
        }
        self.byte(b'}')
    }

    /// The bracket, from its own place in the document, so that what follows may be of the same run. Gives the index
    /// behind the last child.
    #[inline(always)]
    fn open(&mut self, at: usize) -> Result<usize, WriteError> {
        let entry = self.tape.entry(at);
        let place = (entry.word >> 32) as usize;
        self.raw(place, place + 1)?;
        Ok(entry.after())
    }

    #[inline(always)]
    fn member(&mut self, key: usize, is_first: bool) -> Result<(), WriteError> {
        let entry = self.tape.entry(key);
        let Some((mut start, end)) = scalar_span(entry) else {
            if !is_first {
                self.byte(b',')?;
            }
            self.string(key)?;
            self.byte(b':')?;
            return self.value(key + 1);
        };
        // Most often a comma stands before the key and a colon behind it, so that all three are of one run.
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
        // And most often the value follows at once.
        match scalar_span(self.tape.entry(key + 1)) {
            Some((value_start, value_end)) if value_start == end + 1 => self.raw(start, value_end),
            _ => {
                self.raw(start, end + 1)?;
                self.value(key + 1)
            }
        }
    }

    /// Puts the object's keys, in canonical order, behind those that are there.
    fn sort(&mut self, at: usize, end: usize) -> Result<(), WriteError> {
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
            key = tape.after(key + 1);
        }
        let from = to.keys.len();
        let ascends = |a: &(Prefix, u32), b: &(Prefix, u32)| {
            a.0 < b.0 || (a.0 == b.0 && compare_bytes(tape.bytes(a.1 as usize), tape.bytes(b.1 as usize)).is_lt())
        };
        if let Some(order) = to.shapes.get(hash, count) {
            to.keys.extend(order.iter().map(|index| to.unordered[usize::from(*index)]));
            // Another shape may have had the same hash, so the order is looked at; that also shows there is no equal pair.
            if to.keys[from..].windows(2).all(|pair| ascends(&pair[0], &pair[1])) {
                return Ok(());
            }
            to.keys.truncate(from);
        }
        to.keys.extend_from_slice(&to.unordered);
        to.keys[from..].sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| compare_bytes(tape.bytes(a.1 as usize), tape.bytes(b.1 as usize)))
        });
        if !to.keys[from..].windows(2).all(|pair| ascends(&pair[0], &pair[1])) {
            return Err(WriteError::DuplicateKey);
        }
        to.shapes.put(hash, &to.keys[from..], &to.unordered);
        Ok(())
    }

    /// The document's bytes from `start` to `end`.
    #[inline(always)]
    fn raw(&mut self, start: usize, end: usize) -> Result<(), WriteError> {
        if start != self.run.1 {
            self.flush()?;
            self.run.0 = start;
        }
        self.run.1 = end;
        Ok(())
    }

    /// One byte, from the document if it stands there next.
    #[inline(always)]
    fn byte(&mut self, byte: u8) -> Result<(), WriteError> {
        if self.document.get(self.run.1) == Some(&byte) {
            self.run.1 += 1;
            return Ok(());
        }
        self.flush()?;
        self.append(&[byte])
    }

    /// Copies the run; the next one may start anywhere.
    #[inline]
    fn flush(&mut self) -> Result<(), WriteError> {
        let (start, end) = std::mem::replace(&mut self.run, (NOWHERE, NOWHERE));
        let (document, len) = (self.document, end - start);
        if len > CHUNK {
            return self.append(&document[start..end]);
        }
        let to = &mut *self.to;
        let from = document.get(start..).and_then(<[u8]>::first_chunk::<CHUNK>);
        let room = to.out.get_mut(to.len..).and_then(<[u8]>::first_chunk_mut::<CHUNK>);
        match (from, room) {
            (Some(from), Some(room)) => {
                *room = *from;
                to.len += len;
                Ok(())
            }
            _ if len == 0 => Ok(()),
            _ => self.append(&document[start..end]),
        }
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if self.to.out.len() - self.to.len < bytes.len() {
            self.reserve(bytes.len())?;
        }
        let end = self.to.len + bytes.len();
        self.to.out[self.to.len..end].copy_from_slice(bytes);
        self.to.len = end;
        Ok(())
    }

    /// Makes room for `more` bytes and a chunk.
    fn reserve(&mut self, more: usize) -> Result<(), WriteError> {
        let out = &mut self.to.out;
        let needed = self.to.len + more + CHUNK;
        if needed > out.len() {
            let size = needed.max(2 * out.len()).max(4096);
            out.try_reserve_exact(size - out.len()).map_err(|_| WriteError::OutOfMemory)?;
            out.resize(size, 0);
        }
        Ok(())
    }
}

/// Where a value (a key) stands in the document as it stands in the canonical form; `None` where that is not known.
#[inline(always)]
fn scalar_span(entry: Entry) -> Option<(usize, usize)> {
    let start = entry.at as usize;
    match entry.kind {
        Kind::String | Kind::Key if entry.flags & (flag::ARENA | flag::ESCAPE | flag::NORMALIZED) == 0 => {
            Some((start - 1, start + entry.byte_len() + 1))
        }
        Kind::Number if entry.has(flag::CANONICAL) => Some((start, start + usize::from(entry.short))),
        Kind::Null => Some((start, start + 4)),
        Kind::Boolean => Some((start, start + 5 - entry.word as usize)),
        _ => None,
    }
}
