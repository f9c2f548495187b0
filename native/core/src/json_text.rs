//! Canonical text (RFC 8785) of single values, for the lock's normal form, issues and outcomes. Whole payloads are
//! written from the tape (`canonical`).
//!
//! Twin of `src/json/value.ts`.

use std::fmt;

use crate::numeric::Numeric;
use crate::profile::Primitive;

/// Canonical text of a value without children.
pub fn push_primitive(out: &mut String, value: &Primitive) {
    match value {
        Primitive::Null => out.push_str("null"),
        Primitive::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Primitive::Number(number) => push_numeric(out, *number),
        Primitive::String(text) => push_string(out, text),
    }
}

/// Canonical text of a number: the digits of an integer that no double holds.
pub fn push_numeric(out: &mut String, number: Numeric) {
    match number {
        Numeric::Double(number) => push_number(out, number),
        Numeric::Integer(number) => out.push_str(&number.to_string()),
    }
}

/// The ECMAScript text of a finite double; −0 is 0.
pub fn push_number(out: &mut String, number: f64) {
    out.push_str(ryu_js::Buffer::new().format_finite(number));
}

/// A JSON string with the fewest escapes.
pub fn push_string(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = write_string(out, text);
}

/// A JSON string with the fewest escapes, to name something in a message.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    push_string(&mut out, text);
    out
}

/// Writes a JSON string with the fewest escapes.
///
/// # Errors
///
/// Those of `out`.
pub fn write_string(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x09 => "\\t",
            0x0a => "\\n",
            0x0c => "\\f",
            0x0d => "\\r",
            0..0x20 => "",
            _ => continue,
        };
        out.write_str(&text[written..at])?;
        out.write_str(escape)?;
        if escape.is_empty() {
            write!(out, "\\u{byte:04x}")?;
        }
        written = at + 1;
    }
    out.write_str(&text[written..])?;
    out.write_char('"')
}
