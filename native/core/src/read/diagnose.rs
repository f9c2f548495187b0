//! The cold path: what exactly is wrong, in the contract's order. Speed matters here only in that it stays linear (but
//! for sorting), whatever the document is.

use super::error::ReadError;
use super::keys;
use super::limits::ReadLimits;
use super::number::{is_infinite, is_unsafe};
use super::tape::{Kind, Tape, flag};
use crate::error::Code;
use crate::path::{Step, push_step};

/// The lexical rule of depth, a property of the bytes: open brackets outside strings, never below 0; a backslash
/// escapes only inside a string.
pub(super) fn is_too_deep(bytes: &[u8], max_depth: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                rest.next();
            }
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > max_depth {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The first fault of the data model in document order, with the pointer of its member; of a scanned document.
///
/// Ask it before any later stage complains: a document that is not as the contract wants it may have equal keys too.
#[must_use]
pub fn diagnose(tape: &Tape<'_>, limits: &ReadLimits) -> Option<ReadError> {
    let mut first: Option<(usize, Code)> = None;
    let mut order = Vec::new();
    for at in 0..tape.len() {
        // Faults of containers are found ahead of their place; the walk may overtake none.
        if let Some((place, code)) = first
            && place < at
        {
            return Some(ReadError::Data(code, pointer(tape, place, code)));
        }
        let entry = tape.entry(at);
        let found = match entry.kind {
            Kind::Key | Kind::String if entry.has(flag::LONE) => Some((at, Code::ParseLoneSurrogate)),
            Kind::Key if tape.bytes(at) == b"__proto__" => Some((at, Code::ParseForbiddenKey)),
            Kind::Number if is_infinite(entry) => Some((at, Code::NumberRange)),
            Kind::Number if limits.safe_numbers && is_unsafe(entry) => Some((at, Code::NumberUnsafeInteger)),
            Kind::Object => {
                let duplicate = duplicate_key(tape, at, &mut order).map(|place| (place, Code::ParseDuplicateKey));
                let excess = excess_key(tape, at, limits.max_keys).map(|place| (place, Code::LimitKeys));
                earlier(duplicate, excess)
            }
            _ => None,
        };
        first = earlier(first, found);
    }
    first.map(|(place, code)| ReadError::Data(code, pointer(tape, place, code)))
}

/// The one that comes first in the document; at one key: surrogate, forbidden, duplicate, keys.
fn earlier(a: Option<(usize, Code)>, b: Option<(usize, Code)>) -> Option<(usize, Code)> {
    let rank = |code| match code {
        Code::ParseLoneSurrogate => 0,
        Code::ParseForbiddenKey => 1,
        Code::ParseDuplicateKey => 2,
        _ => 3,
    };
    match (a, b) {
        (Some(x), Some(y)) => Some(if (y.0, rank(y.1)) < (x.0, rank(x.1)) { y } else { x }),
        _ => a.or(b),
    }
}

/// The first key that stood before in the same object. Sorting keeps a flood of crafted keys from costing more than
/// any other keys.
fn duplicate_key(tape: &Tape<'_>, object: usize, order: &mut Vec<usize>) -> Option<usize> {
    if tape.entry(object).has(flag::SORTED) {
        return None;
    }
    order.clear();
    order.extend(keys_of(tape, object));
    order.sort_unstable_by(|a, b| keys::compare_bytes(tape.bytes(*a), tape.bytes(*b)).then(a.cmp(b)));
    order.windows(2).filter(|pair| tape.bytes(pair[0]) == tape.bytes(pair[1])).map(|pair| pair[1]).min()
}

/// The key of the member that is one too many.
fn excess_key(tape: &Tape<'_>, object: usize, max_keys: usize) -> Option<usize> {
    if tape.count(object) <= max_keys {
        return None;
    }
    keys_of(tape, object).nth(max_keys)
}

/// The keys' indices, in document order.
fn keys_of(tape: &Tape<'_>, object: usize) -> impl Iterator<Item = usize> {
    let end = tape.after(object);
    let first = (object + 1 < end).then_some(object + 1);
    std::iter::successors(first, move |key| Some(tape.after(key + 1)).filter(|next| *next < end))
}

/// The way to `place`: a key stands for its member; a key that cannot be written for its parent.
fn pointer(tape: &Tape<'_>, place: usize, code: Code) -> String {
    let mut pointer = String::new();
    let mut at = 0;
    while at < place {
        let end = tape.after(at);
        if tape.kind(at) == Kind::Object {
            let Some(key) = keys_of(tape, at).take_while(|key| *key <= place).last() else { break };
            if key == place && code == Code::ParseLoneSurrogate {
                break;
            }
            push_step(&mut pointer, Step::Key(tape.text(key)));
            // At a key the way ends; else it goes on into the member's value.
            at = if key == place { place } else { key + 1 };
        } else {
            let (mut index, mut item) = (0, at + 1);
            while item < end && tape.after(item) <= place {
                item = tape.after(item);
                index += 1;
            }
            push_step(&mut pointer, Step::Index(index));
            at = item;
        }
    }
    pointer
}
