//! Reads strings: finds the end, notes whether the text is ASCII, and decodes escapes.

use wide::u8x16;

use super::cursor::at;
use super::entry::{Entry, Kind, flag};
use super::error::ScanError;
use super::tape::Tape;

/// Reads the string whose opening quote is before `start`; returns the index behind the closing quote.
#[inline(always)]
pub(super) fn string(tape: &mut Tape<'_>, kind: Kind, start: usize) -> Result<usize, ScanError> {
    let bytes = tape.document().as_bytes();
    let mut i = start;
    let mut ascii = true;
    while let Some(chunk) = bytes.get(i..).and_then(<[u8]>::first_chunk::<16>) {
        let (stop, plain) = first_stop(chunk);
        ascii &= plain;
        i += stop;
        if stop < 16 {
            break;
        }
    }
    // Near the end of the document, or at the stop.
    let mut byte = at(bytes, i);
    while !ends_plain_run(byte) {
        ascii &= byte < 0x80;
        i += 1;
        byte = at(bytes, i);
    }
    if byte != b'"' {
        return if byte == b'\\' { escaped(tape, kind, start, i, ascii) } else { Err(ScanError::Syntax) };
    }
    let flags = if ascii { flag::ASCII } else { 0 };
    tape.push(Entry { kind, flags, short: 0, at: start as u32, word: (i - start) as u64 })?;
    Ok(i + 1)
}

/// A quote, a backslash, a control character, or the 0 that `at` returns behind the end.
const fn ends_plain_run(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Index of the first stop, 16 without one, and whether the bytes before it are ASCII.
#[inline(always)]
fn first_stop(chunk: &[u8; 16]) -> (usize, bool) {
    let bytes = u8x16::new(*chunk);
    let control = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    let quote = bytes.simd_eq(u8x16::splat(b'"'));
    let slash = bytes.simd_eq(u8x16::splat(b'\\'));
    let stops = (control | quote | slash).to_bitmask() | 1 << 16;
    let before = (stops & stops.wrapping_neg()) - 1;
    // The bitmask has the highest bit of each byte.
    (stops.trailing_zeros() as usize, bytes.to_bitmask() & before == 0)
}

/// Decodes escapes into the arena. `i` is the index of the first backslash.
#[cold]
fn escaped(tape: &mut Tape<'_>, kind: Kind, start: usize, mut i: usize, mut ascii: bool) -> Result<usize, ScanError> {
    let document = tape.document();
    let bytes = document.as_bytes();
    let arena_start = tape.arena.len();
    let mut flags = flag::ARENA;
    let mut from = start;
    loop {
        let byte = at(bytes, i);
        if !ends_plain_run(byte) {
            ascii &= byte < 0x80;
            i += 1;
            continue;
        }
        tape.arena.try_reserve(i - from + 4).map_err(|_| ScanError::OutOfMemory)?;
        tape.arena.push_str(&document[from..i]);
        if byte == b'"' {
            break;
        }
        if byte != b'\\' {
            return Err(ScanError::Syntax);
        }
        let (character, end) = escape(bytes, i + 1)?;
        if character.is_none() {
            flags |= flag::LONE;
            tape.has_fault = true;
        }
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        ascii &= character.is_ascii();
        if ends_plain_run(u8::try_from(character).unwrap_or(b' ')) {
            flags |= flag::ESCAPE;
        }
        tape.arena.push(character);
        i = end;
        from = end;
    }
    if ascii {
        flags |= flag::ASCII;
    }
    tape.canonical_from = i;
    let at = u32::try_from(arena_start).map_err(|_| ScanError::OutOfMemory)?;
    let word = (tape.arena.len() - arena_start) as u64;
    tape.push(Entry { kind, flags, short: 0, at, word })?;
    Ok(i + 1)
}

/// Decodes one escape; `i` is the index behind the backslash. `None` is a lone surrogate.
fn escape(bytes: &[u8], i: usize) -> Result<(Option<char>, usize), ScanError> {
    let character = match at(bytes, i) {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape(bytes, i + 1),
        _ => return Err(ScanError::Syntax),
    };
    Ok((Some(character), i + 1))
}

fn unicode_escape(bytes: &[u8], i: usize) -> Result<(Option<char>, usize), ScanError> {
    let unit = hex4(bytes, i).ok_or(ScanError::Syntax)?;
    let end = i + 4;
    if !(0xd800..0xe000).contains(&unit) {
        return Ok((char::from_u32(unit), end));
    }
    if unit < 0xdc00 && at(bytes, end) == b'\\' && at(bytes, end + 1) == b'u' {
        // Bad hex digits here are a syntax error of the next escape.
        if let Some(low @ 0xdc00..0xe000) = hex4(bytes, end + 2) {
            return Ok((char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)), end + 6));
        }
    }
    Ok((None, end))
}

fn hex4(bytes: &[u8], i: usize) -> Option<u32> {
    bytes.get(i..i + 4)?.iter().try_fold(0, |unit, byte| Some(unit << 4 | char::from(*byte).to_digit(16)?))
}
