//! Normalizing of string values: lower → nfc → collapse → trim, in this order whatever the contract's author wrote
//! (lower-casing can break NFC). Unicode is pinned to 15.0. Which strings are normalized is the validator's business.
//!
//! Twin of `src/engine/js/normalize.ts`.

use std::cmp::Ordering;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::profile::{NormOp, NormOps};
use crate::read::{Tape, flag};
use crate::unicode_tables::UNASSIGNED;

/// Where texts are rewritten, one step after the other; memory that is kept.
#[derive(Debug, Default)]
pub struct NormBuffers {
    current: String,
    next: String,
}

/// A buffer larger than this is freed after the payload.
const KEPT_BYTES: usize = 4 << 20;

/// An allocation failed.
struct OutOfMemory;

/// Normalizes the string value at `at` on the tape, once. A text that is right already stays where it is.
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
    match buffers.rewrite(tape.text(at), ops) {
        Ok(true) => {
            let (from, len) = kept(&buffers.current, ops);
            tape.replace(at, &buffers.current[from..from + len]);
        }
        Ok(false) => {
            let (from, len) = kept(tape.text(at), ops);
            tape.narrow(at, from, len);
        }
        Err(OutOfMemory) => tape.exhausted = true,
    }
}

/// What trim leaves of a text: start and length.
fn kept(text: &str, ops: NormOps) -> (usize, usize) {
    if ops.has(NormOp::Trim) { trimmed(text) } else { (0, text.len()) }
}

/// True when lower or collapse changes the ASCII text. (NFC changes none.)
fn rewrites_ascii(text: &[u8], ops: NormOps) -> bool {
    let is_white = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ');
    (ops.has(NormOp::Lower) && text.iter().any(u8::is_ascii_uppercase))
        || (ops.has(NormOp::Collapse)
            && (text.iter().any(|byte| matches!(byte, b'\t'..=b'\r'))
                || text.windows(2).any(|pair| is_white(pair[0]) && is_white(pair[1]))))
}

impl NormBuffers {
    /// All but trim. True when the text changed; then the result is in `current`.
    fn rewrite(&mut self, text: &str, ops: NormOps) -> Result<bool, OutOfMemory> {
        let mut changed = false;
        for op in ops.iter() {
            let from = if changed { &self.current } else { text };
            let rewritten = match op {
                NormOp::Lower if !is_lower(from) => write(&mut self.next, from, from.chars().flat_map(lower))?,
                NormOp::Nfc if !is_nfc(from) => write(&mut self.next, from, from.nfc())?,
                NormOp::Collapse if !is_collapsed(from) => write(&mut self.next, from, collapse(from))?,
                _ => continue,
            };
            changed |= rewritten;
            std::mem::swap(&mut self.current, &mut self.next);
        }
        Ok(changed)
    }

    /// Gives back what an unusually large text took.
    pub fn shrink(&mut self) {
        for text in [&mut self.current, &mut self.next] {
            if text.capacity() > KEPT_BYTES {
                *text = String::new();
            }
        }
    }
}

fn write(to: &mut String, from: &str, characters: impl Iterator<Item = char>) -> Result<bool, OutOfMemory> {
    to.clear();
    to.try_reserve(from.len()).map_err(|_| OutOfMemory)?;
    for character in characters {
        if to.capacity() - to.len() < 4 {
            to.try_reserve(4).map_err(|_| OutOfMemory)?;
        }
        to.push(character);
    }
    Ok(true)
}

/// The full mapping of one code point by itself: İ becomes two, Σ is σ wherever it stands. What Unicode 15.0 leaves
/// unassigned, and what would become such, stays.
fn lower(character: char) -> impl Iterator<Item = char> {
    let mapped = character.to_lowercase();
    let kept = character >= '\u{80}' && (is_unassigned(character) || mapped.clone().any(is_unassigned));
    std::iter::once(character).filter(move |_| kept).chain(mapped.filter(move |_| !kept))
}

fn is_lower(text: &str) -> bool {
    text.chars().all(|character| {
        if character.is_ascii() { !character.is_ascii_uppercase() } else { lower(character).eq([character]) }
    })
}

/// The tables of `unicode-normalization` are those of 15.0, where an unassigned code point has no mapping and class 0:
/// it passes through.
fn is_nfc(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => text.chars().eq(text.nfc()),
    }
}

/// Each run of white space as one U+0020.
fn collapse(text: &str) -> impl Iterator<Item = char> {
    let mut in_run = false;
    text.chars().filter_map(move |character| {
        let white = is_white(character);
        let repeated = white && in_run;
        in_run = white;
        (!repeated).then_some(if white { ' ' } else { character })
    })
}

fn is_collapsed(text: &str) -> bool {
    text.chars().eq(collapse(text))
}

/// Start and length of the text without white space at its ends.
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
    UNASSIGNED
        .binary_search_by(|(first, last)| {
            if *last < point {
                Ordering::Less
            } else if *first > point {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        })
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::NormBuffers;
    use crate::profile::{NormOp, NormOps};
    use crate::read::{LOCK_LIMITS, Tape, read};

    fn normalized(text: &str, ops: &[NormOp]) -> String {
        let document = format!("[\"{text}\"]");
        let mut tape = Tape::default().bind(&document);
        assert_eq!(read(&mut tape, &LOCK_LIMITS), Ok(()));
        super::apply(
            &mut tape,
            &mut NormBuffers::default(),
            1,
            ops.iter().fold(NormOps::NONE, |set, op| set.with(*op)),
        );
        tape.text(1).to_owned()
    }

    #[test]
    fn the_order_is_fixed_and_the_result_is_stable() {
        let once = normalized("  J\u{30c}  \u{a0}A\u{30a} ", &NormOp::ALL);
        assert_eq!(once, "\u{1f0} å");
        assert_eq!(normalized(&once, &NormOp::ALL), once);
    }

    #[test]
    fn lower_maps_each_code_point_by_itself() {
        assert_eq!(normalized("ΑΣ İ Ab", &[NormOp::Lower]), "ασ i\u{307} ab");
        // Assigned after 15.0: U+A7CB, whose lower case U+0264 is older; and U+16EA0.
        assert_eq!(normalized("\u{a7cb}\u{16ea0}\u{10d50}", &[NormOp::Lower]), "\u{a7cb}\u{16ea0}\u{10d50}");
    }

    #[test]
    fn nfc_is_that_of_unicode_15_0() {
        assert_eq!(normalized("e\u{301}\u{212b}", &[NormOp::Nfc]), "éå".replace('å', "Å"));
        for text in ["\u{105d2}\u{307}", "\u{11382}\u{113c9}", "a\u{302}\u{113c9}"] {
            let expected = text.replace("a\u{302}", "â");
            assert_eq!(normalized(text, &[NormOp::Nfc]), expected);
        }
    }

    #[test]
    fn white_space_is_the_list_of_25() {
        let all = "\\t\u{b}\\r\\n\u{c} \u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";
        let all = all.replace('\u{b}', "\\u000b").replace('\u{c}', "\\f");
        assert_eq!(normalized(&format!("{all}a{all}b{all}"), &[NormOp::Collapse]), " a b ");
        assert_eq!(normalized(&format!("{all}a  b{all}"), &[NormOp::Trim]), "a  b");
        assert_eq!(normalized("\u{85}\u{180e}", &[NormOp::Trim, NormOp::Collapse]), "\u{85}\u{180e}");
        assert_eq!(normalized("  ", &[NormOp::Trim]), "");
        assert_eq!(normalized("  ", &[NormOp::Collapse]), " ");
    }

    #[test]
    fn a_text_that_is_right_is_not_rewritten() {
        let mut buffers = NormBuffers::default();
        let ops = NormOp::ALL.into_iter().fold(NormOps::NONE, NormOps::with);
        for text in ["plain text", "größe é 漢字", "ᾳ", ""] {
            assert!(!buffers.rewrite(text, ops).is_ok_and(|changed| changed), "{text}");
        }
    }
}
