//! Conversion of scalars as ECMAScript's `Number(x)`, `String(x)` and `Boolean(x)` do.
//!
//! Twin of `src/engine/js/coerce.ts`.

use super::node::Coercion;
use crate::normalize::trim;
use crate::numeric::MAX_SAFE;
use crate::read::{Kind, Tape};

/// Converts the scalar at `at`. False when it is no number, or one that the contract does not admit.
pub fn coerce(tape: &mut Tape<'_>, to: Coercion, at: usize) -> bool {
    match (to, tape.kind(at)) {
        (Coercion::Boolean, Kind::Boolean)
        | (Coercion::Number { .. }, Kind::Number)
        | (Coercion::String, Kind::String) => {}
        (Coercion::Boolean, kind) => {
            let value = match kind {
                Kind::Number => tape.number(at) != 0.0,
                Kind::String => !tape.bytes(at).is_empty(),
                _ => false,
            };
            tape.replace_with_boolean(at, value);
        }
        (Coercion::Number { safe }, kind) => {
            let value = match kind {
                Kind::Boolean => f64::from(u8::from(tape.boolean(at))),
                Kind::String => string_to_number(tape.text(at)),
                _ => 0.0,
            };
            if !value.is_finite() || (safe && value.abs() > MAX_SAFE) {
                return false;
            }
            tape.replace_with_number(at, value);
        }
        (Coercion::String, Kind::Number) => {
            let mut buffer = ryu_js::Buffer::new();
            let text = tape.canonical_number(at).unwrap_or_else(|| buffer.format_finite(tape.number(at)));
            tape.replace(at, text, false);
        }
        (Coercion::String, Kind::Boolean) if tape.boolean(at) => tape.replace(at, "true", false),
        (Coercion::String, Kind::Boolean) => tape.replace(at, "false", false),
        (Coercion::String, _) => tape.replace(at, "null", false),
    }
    true
}

/// StringToNumber (ECMA-262, 7.1.4.1.1), with NaN for infinite values too.
fn string_to_number(text: &str) -> f64 {
    let text = trim(text);
    if text.is_empty() {
        return 0.0;
    }
    for (lower, upper, bits) in [("0x", "0X", 4), ("0o", "0O", 3), ("0b", "0B", 1)] {
        if let Some(digits) = text.strip_prefix(lower).or_else(|| text.strip_prefix(upper)) {
            return power_of_two_radix(digits, bits);
        }
    }
    if is_decimal_literal(text) { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// StrDecimalLiteral without Infinity. What the standard library reads besides (`inf`, `nan`) is not one.
fn is_decimal_literal(text: &str) -> bool {
    let digits = |text: &mut &str| {
        let rest = text.trim_start_matches(|char: char| char.is_ascii_digit());
        let count = text.len() - rest.len();
        *text = rest;
        count
    };
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut count = digits(&mut rest);
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction;
        count += digits(&mut rest);
    }
    if count == 0 {
        return false;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        rest = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits(&mut rest) == 0 {
            return false;
        }
    }
    rest.is_empty()
}

/// Digits of `bits` bits each, rounded to the nearest double, ties to even.
fn power_of_two_radix(digits: &str, bits: u32) -> f64 {
    let (mut mantissa, mut exponent) = (0_u64, 0_u32);
    for digit in digits.chars() {
        let Some(digit) = digit.to_digit(1 << bits) else { return f64::NAN };
        if mantissa >> 60 == 0 {
            mantissa = mantissa << bits | u64::from(digit);
        } else {
            // Far below the last bit of the result: it only matters whether there is anything.
            mantissa |= u64::from(digit != 0);
            exponent += bits;
        }
    }
    if digits.is_empty() {
        return f64::NAN;
    }
    // Beyond 2^1024 it is infinite.
    mantissa as f64 * 2_f64.powi(exponent.min(2000) as i32)
}

#[cfg(test)]
mod tests {
    use super::string_to_number;

    #[test]
    fn strings_become_the_numbers_of_ecmascript() {
        let cases = [
            ("", 0.0),
            (" \u{feff}\n", 0.0),
            (" 12 ", 12.0),
            ("+1.5", 1.5),
            ("-.5e1", -5.0),
            ("5.", 5.0),
            ("00012", 12.0),
            ("1e3", 1000.0),
            ("0x10", 16.0),
            ("0XfF", 255.0),
            ("0b101", 5.0),
            ("0O17", 15.0),
            ("0x20000000000001", 9_007_199_254_740_992.0),
            ("0x20000000000003", 9_007_199_254_740_996.0),
            ("0x200000000000010000000000000000001", 9_007_199_254_740_994.0 * 2_f64.powi(76)),
            ("1e-400", 0.0),
        ];
        for (text, expected) in cases {
            assert_eq!(string_to_number(text), expected, "{text:?}");
        }
        assert!(string_to_number("-0").is_sign_negative());
        for text in
            ["a", "1a", "0x", "-0x1", "0x1.8", "0b2", "0o8", "1_0", ".", "e1", "1e", "1e+", "nan", "inf", "\u{85}1"]
        {
            assert!(string_to_number(text).is_nan(), "{text:?}");
        }
        for text in ["Infinity", "-Infinity", "1e400"] {
            assert!(!string_to_number(text).is_finite(), "{text:?}");
        }
    }
}
