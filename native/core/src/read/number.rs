//! Reads numbers: the grammar, the double that ECMAScript reads, and whether the text is what ECMAScript writes.

use super::cursor::at;
use super::entry::{Entry, Kind, flag};
use super::error::ScanError;
use super::limits::LargeIntegers;
use super::tape::Tape;
use crate::numeric::parse_int64;

/// 2^53 − 1.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// Mantissas below this and powers of ten in `POWERS` are exact doubles. Different decimals of at most 15 digits are
/// different doubles, so the text is the shortest one.
const MAX_EXACT: u64 = 1_000_000_000_000_000;

const POWERS: [f64; 20] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19];

/// ECMAScript writes smaller numbers with an exponent.
const SMALLEST_PLAIN: f64 = 1e-6;

/// Reads the number at `start`; returns the index behind it.
#[inline(always)]
pub(super) fn number(tape: &mut Tape<'_>, start: usize, large: LargeIntegers) -> Result<usize, ScanError> {
    let bytes = tape.document().as_bytes();
    let negative = at(bytes, start) == b'-';
    let first = start + usize::from(negative);
    let mut i = first;
    let mut mantissa = 0_u64;
    let mut digit = at(bytes, i).wrapping_sub(b'0');
    if digit > 9 {
        return Err(ScanError::Syntax);
    }
    if digit == 0 {
        i += 1;
        if at(bytes, i).is_ascii_digit() {
            return Err(ScanError::Syntax);
        }
    } else {
        while digit <= 9 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            i += 1;
            digit = at(bytes, i).wrapping_sub(b'0');
        }
    }
    let mut fraction = 0;
    let mut digits = i - first;
    if at(bytes, i) == b'.' {
        i += 1;
        let from = i;
        loop {
            digit = at(bytes, i).wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            i += 1;
        }
        fraction = i - from;
        digits += fraction;
        if fraction == 0 {
            return Err(ScanError::Syntax);
        }
    }
    if at(bytes, i) | 0x20 == b'e' {
        return with_exponent(tape, start, i + 1, large);
    }
    // At most 19 digits do not overflow the mantissa.
    if digits > 19 || mantissa > MAX_SAFE || (fraction > 0 && mantissa >= MAX_EXACT) {
        return parse_exact(tape, start, i, large);
    }
    let mut value = mantissa as f64;
    let mut canonical = !negative || mantissa != 0;
    if fraction > 0 {
        value /= POWERS[fraction];
        canonical = at(bytes, i - 1) != b'0' && value >= SMALLEST_PLAIN;
    }
    if !canonical {
        tape.canonical_from = i;
    }
    let flags = if canonical { flag::CANONICAL } else { 0 };
    let word = if negative { -value } else { value }.to_bits();
    tape.push(Entry { kind: Kind::Number, flags, short: (i - start) as u16, at: start as u32, word })?;
    Ok(i)
}

/// `i` is the index behind the `e`.
#[cold]
fn with_exponent(tape: &mut Tape<'_>, start: usize, mut i: usize, large: LargeIntegers) -> Result<usize, ScanError> {
    let bytes = tape.document().as_bytes();
    if matches!(at(bytes, i), b'+' | b'-') {
        i += 1;
    }
    let from = i;
    while at(bytes, i).is_ascii_digit() {
        i += 1;
    }
    if i == from { Err(ScanError::Syntax) } else { parse_exact(tape, start, i, large) }
}

/// The standard library rounds correctly, in linear time and without allocation.
#[cold]
fn parse_exact(tape: &mut Tape<'_>, start: usize, end: usize, large: LargeIntegers) -> Result<usize, ScanError> {
    let text = &tape.document()[start..end];
    let value = text.parse::<f64>().unwrap_or(f64::INFINITY);
    let mut entry = Entry { kind: Kind::Number, flags: 0, short: 0, at: start as u32, word: value.to_bits() };
    // Digits that are out of range, a fraction and an exponent make no integer.
    if large.keeps_int64() && is_unsafe(entry) && parse_int64(text).is_some() {
        // The grammar has no leading zeros, so the text is the canonical one.
        entry.flags = flag::INT64 | flag::CANONICAL;
        entry.short = (end - start) as u16;
    } else {
        tape.canonical_from = end;
    }
    if is_infinite(entry) || is_refused(entry, large) {
        tape.has_fault = true;
    }
    tape.push(entry)?;
    Ok(end)
}

/// True for a number beyond the range of a double.
pub(super) fn is_infinite(entry: Entry) -> bool {
    f64::from_bits(entry.word).is_infinite()
}

/// True for an integer beyond ±(2^53 − 1) that the contract refuses.
pub(super) fn is_refused(entry: Entry, large: LargeIntegers) -> bool {
    !large.allows_doubles() && is_unsafe(entry) && !entry.has(flag::INT64)
}

/// True for a double that several integers round to. Every double beyond 2^53 is integral.
fn is_unsafe(entry: Entry) -> bool {
    f64::from_bits(entry.word).abs() > MAX_SAFE as f64
}
