//! The cold path: the exact fault of a document, in the contract's order. It is linear except for sorting keys.

use super::entry::{Kind, flag};
use super::error::ReadError;
use super::keys;
use super::limits::ReadLimits;
use super::number::{is_infinite, is_refused};
use super::tape::Tape;
use crate::error::Code;
use crate::pointer::{Step, push_step};

/// The first fault of the data model in document order, with the pointer of its member, of a scanned document.
///
/// Call it before a later stage reports an error: such a document may have duplicate keys too.
pub fn diagnose(tape: &Tape<'_>, limits: &ReadLimits) -> Option<ReadError> {
    let mut first: Option<(usize, Code)> = None;
    let mut order = Vec::new();
    for at in 0..tape.len() {
        let steps = if tape.kind(at) == Kind::Object { tape.count(at) } else { 1 };
        if !tape.budget.spend_len(steps) {
            return Some(ReadError::Interrupted);
        }
        // A container's fault is found before the walk reaches its key.
        if let Some((key, code)) = first
            && key < at
        {
            return Some(data_error(tape, key, code));
        }
        let entry = tape.entry(at);
        let found = match entry.kind {
            Kind::Key | Kind::String if entry.has(flag::LONE) => Some((at, Code::ParseLoneSurrogate)),
            Kind::Key if tape.bytes(at) == b"__proto__" => Some((at, Code::ParseForbiddenKey)),
            Kind::Number if is_infinite(entry) => Some((at, Code::NumberRange)),
            Kind::Number if is_refused(entry, limits.large_integers) => Some((at, Code::NumberUnsafeInteger)),
            Kind::Object => {
                let duplicate = duplicate_key(tape, at, &mut order).map(|key| (key, Code::ParseDuplicateKey));
                let excess = excess_key(tape, at, limits.max_keys).map(|key| (key, Code::LimitKeys));
                earlier(duplicate, excess)
            }
            _ => None,
        };
        first = earlier(first, found);
    }
    first.map(|(target, code)| data_error(tape, target, code))
}

fn data_error(tape: &Tape<'_>, target: usize, code: Code) -> ReadError {
    ReadError::Data { code, pointer: pointer(tape, target, code), token: target }
}

/// The first one in the document; at the same key: surrogate, forbidden, duplicate, keys.
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

/// The first key that repeats an earlier one of the object. Sorting costs the same for crafted keys as for others,
/// unlike hashing.
fn duplicate_key(tape: &Tape<'_>, object: usize, order: &mut Vec<usize>) -> Option<usize> {
    if tape.entry(object).has(flag::SORTED) {
        return None;
    }
    order.clear();
    order.extend(keys_of(tape, object));
    order.sort_unstable_by(|a, b| keys::compare_bytes(tape.bytes(*a), tape.bytes(*b)).then(a.cmp(b)));
    order.windows(2).filter(|pair| tape.bytes(pair[0]) == tape.bytes(pair[1])).map(|pair| pair[1]).min()
}

/// The key of the first member beyond the limit.
fn excess_key(tape: &Tape<'_>, object: usize, max_keys: usize) -> Option<usize> {
    if tape.count(object) <= max_keys {
        return None;
    }
    keys_of(tape, object).nth(max_keys)
}

/// The indices of the keys, in document order.
fn keys_of(tape: &Tape<'_>, object: usize) -> impl Iterator<Item = usize> {
    let end = tape.index_after(object);
    let first = (object + 1 < end).then_some(object + 1);
    std::iter::successors(first, move |key| Some(tape.index_after(key + 1)).filter(|next| *next < end))
}

/// The pointer of the entry `target`: a key stands for its member, a key with a lone surrogate for its parent.
fn pointer(tape: &Tape<'_>, target: usize, code: Code) -> String {
    let mut pointer = String::new();
    let mut at = 0;
    while at < target {
        let end = tape.index_after(at);
        if tape.kind(at) == Kind::Object {
            let Some(key) = keys_of(tape, at).take_while(|key| *key <= target).last() else { break };
            if key == target && code == Code::ParseLoneSurrogate {
                break;
            }
            push_step(&mut pointer, Step::Key(tape.text(key)));
            // The pointer ends at a key, or leads into the member's value.
            at = if key == target { target } else { key + 1 };
        } else {
            let (mut index, mut item) = (0, at + 1);
            while item < end && tape.index_after(item) <= target {
                item = tape.index_after(item);
                index += 1;
            }
            push_step(&mut pointer, Step::Index(index));
            at = item;
        }
    }
    pointer
}
