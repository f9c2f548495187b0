//! The canonical text of single values.

use sidelane_core::json_text::{push_number, push_string};

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
fn strings_have_the_fewest_escapes() {
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
