//! Normalizes strings like the peers in TypeScript.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Lower-cases and trims.
pub fn lower(text: &str) -> String {
    trim(&text.to_lowercase()).to_owned()
}

/// Composes (NFC), collapses white space and trims.
pub fn name(text: &str) -> String {
    if is_nfc(text) { collapse(text) } else { collapse(&text.nfc().collect::<String>()) }
}

fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// White space as in JavaScript: Rust's, with the byte order mark and without U+0085.
fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c != '\u{85}' && c.is_whitespace())
}
