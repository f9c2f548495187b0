//! Canonical text (RFC 8785) of single values, for the lock's normal form, issues and outcomes. Whole payloads are
//! written from the tape (`canonical`).
//!
//! Twin of `src/json/write.ts`.

use std::fmt;

use crate::profile::Primitive;

/// Canonical text of a value without children.
pub fn push_primitive(out: &mut String, value: &Primitive) {
    match value {
        Primitive::Null => out.push_str("null"),
        Primitive::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Primitive::Number(number) => push_number(out, *number),
        Primitive::String(text) => push_string(out, text),
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

#[cfg(test)]
mod tests {
    use super::{push_number, push_string};

    fn string(text: &str) -> String {
        let mut out = String::new();
        push_string(&mut out, text);
        out
    }

    fn number(value: f64) -> String {
        let mut out = String::new();
        push_number(&mut out, value);
        out
    }

    #[test]
    fn strings_carry_the_fewest_escapes() {
        assert_eq!(string("a\"b\\c/é\u{7f}\u{2028}"), "\"a\\\"b\\\\c/é\u{7f}\u{2028}\"");
        assert_eq!(string("\u{8}\t\n\u{b}\u{c}\r\u{0}\u{1f}"), r#""\b\t\n\u000b\f\r\u0000\u001f""#);
    }

    #[test]
    fn numbers_are_ecmascript_numbers() {
        let cases = [
            (-0.0, "0"),
            (1.0, "1"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (0.1, "0.1"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (f64::MAX, "1.7976931348623157e+308"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
