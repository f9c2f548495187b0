//! `multipleOf`.
//!
//! Twin of `src/engine/js/multiple-of.ts`, bit for bit.

use crate::numeric::is_integral;

/// 2^48: from here on a quotient has too few digits behind the point to tell.
const MAX_QUOTIENT: f64 = 281_474_976_710_656.0;

/// Whether `value` is a multiple of `divisor`: of two integers exactly; else if their shortest decimal forms divide
/// exactly (20999999.9769 by 1e-8), or if the quotient is whole within its rounding (0.1 + 0.2 by 0.01).
///
/// `divisor` is greater than 0; both are finite.
pub fn is_multiple(value: f64, divisor: f64) -> bool {
    if is_integral(value) && is_integral(divisor) {
        return value % divisor == 0.0;
    }
    let quotient = value / divisor;
    let size = quotient.abs();
    if size < MAX_QUOTIENT && (quotient - quotient.round()).abs() < 4.0 * f64::EPSILON * size.max(1.0) {
        return true;
    }
    size.is_finite() && divides_decimally(value.abs(), divisor)
}

/// The decimal forms are `v · 10^a` and `d · 10^b`, where neither v nor d ends in 0.
fn divides_decimally(value: f64, divisor: f64) -> bool {
    let (dividend, dividend_exponent) = decimal_of(value);
    let (digits, exponent) = decimal_of(divisor);
    let power = dividend_exponent - exponent;
    // 10 divides no v, so a smaller unit than the divisor's leaves a rest. d divides v · 10^power if what 10^power does
    // not hold of it divides v.
    power >= 0 && dividend % without(without(digits, 2, power), 5, power) == 0
}

/// Digits, at most 17, and the exponent of ten.
fn decimal_of(value: f64) -> (u64, i32) {
    let mut buffer = ryu_js::Buffer::new();
    let text = buffer.format_finite(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let mut exponent: i32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (mut digits, mut zeros) = (0_u64, 0_u32);
    for digit in whole.bytes().chain(fraction.bytes()).map(|byte| u64::from(byte - b'0')) {
        // Zeros count only before another digit: a whole number may end in more of them than fit.
        if digit == 0 {
            zeros += 1;
        } else {
            digits = digits * 10_u64.pow(if digits == 0 { 0 } else { zeros + 1 }) + digit;
            zeros = 0;
        }
    }
    exponent += zeros as i32 - fraction.len() as i32;
    (digits, exponent)
}

/// `digits` without up to `most` factors of `prime`.
fn without(mut digits: u64, prime: u64, most: i32) -> u64 {
    for _ in 0..most {
        if !digits.is_multiple_of(prime) {
            break;
        }
        digits /= prime;
    }
    digits
}
