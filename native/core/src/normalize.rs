//! Normalizes string values: lower or upper → nfc → collapse → trim. The order is fixed, because changing the case can
//! break NFC.
//! Unicode is pinned to 15.0. The validator decides which strings are normalized.
//!
//! Twin of `src/engine/js/normalize-string.ts`.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::budget::Budget;
use crate::profile::{NormOp, NormOps};
use crate::read::{Tape, flag};
use crate::unicode_tables::UNASSIGNED;

/// Two buffers that the operations write to alternately; reused for the next text.
#[derive(Debug, Default)]
pub struct NormBuffers {
    current: String,
    next: String,
}

/// A buffer larger than this is freed after the payload.
const KEPT_BYTES: usize = 4 << 20;

/// An allocation failed.
struct OutOfMemory;

/// Normalizes the string value at `at` on the tape, once. A text that does not change stays in place.
pub fn apply(tape: &mut Tape<'_>, buffers: &mut NormBuffers, at: usize, ops: NormOps) {
    let entry = tape.entry(at);
    if ops.is_empty() || entry.has(flag::NORMALIZED) {
        return;
    }
    let text = tape.text(at);
    if entry.has(flag::ASCII) && !rewrites_ascii(text.as_bytes(), ops) {
        let (from, len) = kept(text, ops);
        tape.narrow(at, from, len);
        return;
    }
    match buffers.rewrite(tape.text(at), ops, &tape.budget) {
        Ok(true) => {
            let (from, len) = kept(&buffers.current, ops);
            tape.replace(at, &buffers.current[from..from + len], true);
        }
        Ok(false) => {
            let (from, len) = kept(tape.text(at), ops);
            tape.narrow(at, from, len);
        }
        Err(OutOfMemory) => tape.exhausted = true,
    }
}

/// The part of a text that trim keeps: start and length.
fn kept(text: &str, ops: NormOps) -> (usize, usize) {
    if ops.has(NormOp::Trim) { trimmed(text) } else { (0, text.len()) }
}

/// True when lower, upper or collapse changes the ASCII text; NFC changes none.
fn rewrites_ascii(text: &[u8], ops: NormOps) -> bool {
    let is_white = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ');
    (ops.has(NormOp::Lower) && text.iter().any(u8::is_ascii_uppercase))
        || (ops.has(NormOp::Upper) && text.iter().any(u8::is_ascii_lowercase))
        || (ops.has(NormOp::Collapse)
            && (text.iter().any(|byte| matches!(byte, b'\t'..=b'\r'))
                || text.windows(2).any(|pair| is_white(pair[0]) && is_white(pair[1]))))
}

impl NormBuffers {
    /// All operations except trim. True when the text changed; then the result is in `current`.
    fn rewrite(&mut self, text: &str, ops: NormOps, budget: &Budget<'_>) -> Result<bool, OutOfMemory> {
        let mut changed = false;
        for op in ops.iter() {
            let from = if changed { &self.current } else { text };
            match op {
                NormOp::Lower | NormOp::Upper if from.is_ascii() => {
                    budget.spend_len(from.len());
                    self.next.clear();
                    self.next.try_reserve(from.len()).map_err(|_| OutOfMemory)?;
                    self.next.push_str(from);
                    if op == NormOp::Lower {
                        self.next.make_ascii_lowercase();
                    } else {
                        self.next.make_ascii_uppercase();
                    }
                }
                NormOp::Nfc if from.is_ascii() => continue,
                NormOp::Lower if !is_lower(from, budget) => {
                    write(&mut self.next, from, budget.chars(from).flat_map(lower))?;
                }
                NormOp::Upper if !is_upper(from, budget) => {
                    write(&mut self.next, from, budget.chars(from).flat_map(upper))?;
                }
                NormOp::Nfc if !is_nfc(from, budget) => write(&mut self.next, from, budget.chars(from).nfc())?,
                NormOp::Collapse if !is_collapsed(from, budget) => {
                    write(&mut self.next, from, collapse(budget.chars(from)))?;
                }
                _ => continue,
            }
            changed = true;
            std::mem::swap(&mut self.current, &mut self.next);
        }
        Ok(changed)
    }

    /// Frees what an unusually large text took.
    pub fn shrink(&mut self) {
        for text in [&mut self.current, &mut self.next] {
            if text.capacity() > KEPT_BYTES {
                *text = String::new();
            }
        }
    }
}

fn write(to: &mut String, from: &str, characters: impl Iterator<Item = char>) -> Result<(), OutOfMemory> {
    to.clear();
    to.try_reserve(from.len()).map_err(|_| OutOfMemory)?;
    for character in characters {
        if to.capacity() - to.len() < 4 {
            to.try_reserve(4).map_err(|_| OutOfMemory)?;
        }
        to.push(character);
    }
    Ok(())
}

/// The full mapping of a single code point: İ becomes two, Σ always becomes σ. Code points that Unicode 15.0 leaves
/// unassigned, and those that map to them, do not change.
fn lower(character: char) -> impl Iterator<Item = char> {
    mapped(character, character.to_lowercase())
}

/// As [`lower`]: ß becomes SS.
fn upper(character: char) -> impl Iterator<Item = char> {
    mapped(character, character.to_uppercase())
}

fn mapped(character: char, mapped: impl Iterator<Item = char> + Clone) -> impl Iterator<Item = char> {
    let kept = character >= '\u{80}' && (is_unassigned(character) || mapped.clone().any(is_unassigned));
    std::iter::once(character).filter(move |_| kept).chain(mapped.filter(move |_| !kept))
}

fn is_lower(text: &str, budget: &Budget<'_>) -> bool {
    budget.chars(text).all(|character| {
        if character.is_ascii() { !character.is_ascii_uppercase() } else { lower(character).eq([character]) }
    })
}

fn is_upper(text: &str, budget: &Budget<'_>) -> bool {
    budget.chars(text).all(|character| {
        if character.is_ascii() { !character.is_ascii_lowercase() } else { upper(character).eq([character]) }
    })
}

/// `unicode-normalization` has the tables of 15.0: an unassigned code point has no mapping and class 0, so it does not
/// change.
fn is_nfc(text: &str, budget: &Budget<'_>) -> bool {
    match is_nfc_quick(budget.chars(text)) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => budget.chars(text).eq(budget.chars(text).nfc()),
    }
}

/// Replaces each run of white space with one U+0020.
fn collapse(characters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut in_run = false;
    characters.filter_map(move |character| {
        let white = is_white(character);
        let repeated = white && in_run;
        in_run = white;
        (!repeated).then_some(if white { ' ' } else { character })
    })
}

fn is_collapsed(text: &str, budget: &Budget<'_>) -> bool {
    budget.chars(text).eq(collapse(budget.chars(text)))
}

/// The text without surrounding white space.
pub fn trim(text: &str) -> &str {
    let (from, len) = trimmed(text);
    &text[from..from + len]
}

/// The text in lower case, then in NFC: a rule of host names, which are short.
pub fn lower_nfc(text: &str) -> String {
    text.chars().flat_map(lower).nfc().collect()
}

/// Start and length of the text without surrounding white space.
fn trimmed(text: &str) -> (usize, usize) {
    let rest = text.trim_start_matches(is_white);
    (text.len() - rest.len(), rest.trim_end_matches(is_white).len())
}

/// The 25 code points that ECMAScript trims. `char::is_whitespace` differs at U+0085 and U+FEFF.
const fn is_white(character: char) -> bool {
    matches!(
        character,
        '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}'
            | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

fn is_unassigned(character: char) -> bool {
    let point = u32::from(character);
    let at = UNASSIGNED.partition_point(|(_, last)| *last < point);
    UNASSIGNED.get(at).is_some_and(|(first, _)| *first <= point)
}
