//! The single pass: checks the grammar and fills the tape. A fault of the data model only sets `Tape::has_fault`,
//! because it is reported only when the whole text is JSON.
//!
//! There is no recursion and no separate stack: an open array or object keeps its parent's index on the tape.

use super::cursor::at;
use super::entry::{Entry, Kind, flag};
use super::error::ScanError;
use super::keys::{Prefix, compare_bytes};
use super::limits::ReadLimits;
use super::number::number;
use super::string::string;
use super::tape::Tape;

/// The index of the next byte that is no white space.
#[inline(always)]
fn skip(tape: &mut Tape<'_>, bytes: &[u8], i: usize) -> usize {
    if at(bytes, i) > b' ' { i } else { skip_run(tape, bytes, i) }
}

fn skip_run(tape: &mut Tape<'_>, bytes: &[u8], mut i: usize) -> usize {
    while matches!(at(bytes, i), b' ' | b'\n' | b'\r' | b'\t') {
        i += 1;
    }
    tape.canonical_from = i;
    i
}

/// The innermost open array or object.
struct Open {
    /// Index on the tape.
    index: usize,
    is_object: bool,
    count: u32,
    /// Object: prefix of the last key.
    last: Prefix,
    /// Object: index of the last key; 0 before the first.
    last_key: usize,
    /// The keys so far ascend strictly.
    sorted: bool,
}

/// Fills the tape from the document that it is bound to.
pub(super) fn scan(tape: &mut Tape<'_>, limits: &ReadLimits) -> Result<(), ScanError> {
    let bytes = tape.document().as_bytes();
    if u32::try_from(bytes.len()).is_err() {
        return Err(ScanError::OutOfMemory);
    }
    let mut open = Open { index: 0, is_object: false, count: 0, last: Prefix::default(), last_key: 0, sorted: true };
    let (mut depth, mut deepest) = (0, 0);
    let mut i = skip(tape, bytes, 0);
    'value: loop {
        match at(bytes, i) {
            b'"' => i = string(tape, Kind::String, i + 1)?,
            byte @ (b'{' | b'[') => {
                depth += 1;
                if depth > deepest {
                    if depth > limits.max_depth {
                        return Err(ScanError::Syntax);
                    }
                    deepest = depth;
                }
                descend(tape, &mut open, byte == b'{', i)?;
                i = skip(tape, bytes, i + 1);
                if at(bytes, i) != byte + 2 {
                    if open.is_object {
                        i = key(tape, &mut open, i)?;
                    }
                    open.count = 1;
                    continue 'value;
                }
            }
            b'-' | b'0'..=b'9' => i = number(tape, i, limits.large_integers)?,
            byte => i = literal(tape, bytes, byte, i)?,
        }
        loop {
            if depth == 0 {
                tape.depth = deepest;
                return if skip(tape, bytes, i) == bytes.len() { Ok(()) } else { Err(ScanError::Syntax) };
            }
            i = skip(tape, bytes, i);
            let byte = at(bytes, i);
            i += 1;
            if byte == b',' {
                i = skip(tape, bytes, i);
                if open.is_object {
                    i = key(tape, &mut open, i)?;
                }
                open.count += 1;
                continue 'value;
            }
            if byte != if open.is_object { b'}' } else { b']' } {
                return Err(ScanError::Syntax);
            }
            if open.is_object && open.count as usize > limits.max_keys {
                tape.has_fault = true;
            }
            depth -= 1;
            ascend(tape, &mut open, i);
        }
    }
}

/// Reads a key and its colon; returns the start of the value.
#[inline(always)]
fn key(tape: &mut Tape<'_>, open: &mut Open, i: usize) -> Result<usize, ScanError> {
    let bytes = tape.document().as_bytes();
    if at(bytes, i) != b'"' {
        return Err(ScanError::Syntax);
    }
    let index = tape.len();
    let end = string(tape, Kind::Key, i + 1)?;
    if open.sorted {
        let prefix = tape.prefix(index);
        // The first key is in order.
        open.sorted = open.last < prefix || open.last_key == 0 || (open.last == prefix && ascends(tape, open, index));
        open.last = prefix;
        open.last_key = index;
    }
    if tape.entry(index).byte_len() == 9 && tape.bytes(index) == b"__proto__" {
        tape.has_fault = true;
    }
    let i = skip(tape, bytes, end);
    if at(bytes, i) != b':' {
        return Err(ScanError::Syntax);
    }
    Ok(skip(tape, bytes, i + 1))
}

#[cold]
fn ascends(tape: &Tape<'_>, open: &Open, index: usize) -> bool {
    compare_bytes(tape.bytes(open.last_key), tape.bytes(index)).is_lt()
}

#[inline(always)]
fn literal(tape: &mut Tape<'_>, bytes: &[u8], byte: u8, i: usize) -> Result<usize, ScanError> {
    let (text, kind, word): (&[u8], _, _) = match byte {
        b't' => (b"true", Kind::Boolean, 1),
        b'f' => (b"false", Kind::Boolean, 0),
        b'n' => (b"null", Kind::Null, 0),
        _ => return Err(ScanError::Syntax),
    };
    let end = i + text.len();
    if bytes.get(i..end) != Some(text) {
        return Err(ScanError::Syntax);
    }
    tape.push(Entry { kind, flags: 0, short: 0, at: i as u32, word })?;
    Ok(end)
}

/// Opens an array or object. While it is open, its entry holds the parent's index and count.
#[inline(always)]
fn descend(tape: &mut Tape<'_>, open: &mut Open, is_object: bool, bracket: usize) -> Result<(), ScanError> {
    let index = tape.len();
    let kind = if is_object { Kind::Object } else { Kind::Array };
    let flags = if open.sorted { flag::SORTED } else { 0 };
    let word = (bracket as u64) << 32 | u64::from(open.count);
    tape.push(Entry { kind, flags, short: u16::from(open.is_object), at: open.index as u32, word })?;
    *open = Open { index, is_object, count: 0, last: Prefix::default(), last_key: 0, sorted: true };
    Ok(())
}

/// Closes the innermost array or object, which ends before `end`, and restores its parent.
#[inline(always)]
fn ascend(tape: &mut Tape<'_>, open: &mut Open, end: usize) {
    let after = tape.len() as u32;
    let index = open.index;
    if !open.sorted {
        tape.canonical_from = end;
    }
    let canonical_from = tape.canonical_from;
    let entry = tape.entry_mut(index);
    let parent = Entry { ..*entry };
    entry.at = after;
    entry.flags = if open.sorted { flag::SORTED } else { 0 };
    let bracket = (parent.word >> 32) as usize;
    entry.short = if canonical_from <= bracket { u16::try_from(end - bracket).unwrap_or(0) } else { 0 };
    entry.word = entry.word >> 32 << 32 | u64::from(open.count);
    open.index = parent.at as usize;
    open.is_object = parent.short != 0;
    open.count = parent.count() as u32;
    open.sorted = parent.has(flag::SORTED);
    if open.is_object {
        // The key of the closed value.
        open.last_key = index - 1;
        open.last = tape.prefix(index - 1);
    }
}
