//! The rules of numbers, which both engines follow bit for bit.
//!
//! Twin of `src/engine/js/scalars.ts`.

use std::cmp::Ordering;

use super::multiple_of::is_multiple;
use crate::numeric::Numeric;
use crate::profile::NumberLimits;

/// [`is_multiple`] of any numbers.
#[inline]
pub fn divides(divisor: Numeric, value: Numeric) -> bool {
    match (value, divisor) {
        (Numeric::Double(value), Numeric::Double(divisor)) => is_multiple(value, divisor),
        _ => is_exact_multiple(value, divisor),
    }
}

/// One of both is a 64-bit integer: exact division of their shortest decimal forms.
#[cold]
fn is_exact_multiple(value: Numeric, divisor: Numeric) -> bool {
    match (as_integer(value), as_integer(divisor)) {
        (Some(value), Some(divisor)) => value % divisor == 0,
        (Some(value), None) => is_multiple_of_decimal(value.unsigned_abs(), divisor.to_double()),
        // An integer divides no fraction.
        (None, _) => false,
    }
}

/// The integer, if the number is one. A double that saturates is larger than every value.
fn as_integer(number: Numeric) -> Option<i128> {
    match number {
        Numeric::Integer(integer) => Some(integer),
        Numeric::Double(double) => (double.fract() == 0.0).then_some(double as i128),
    }
}

/// `divisor` has a fraction: its shortest decimal form is `digits` / 10^`places`.
fn is_multiple_of_decimal(value: u128, divisor: f64) -> bool {
    let mut buffer = ryu_js::Buffer::new();
    let text = buffer.format_finite(divisor);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(fraction.bytes()).fold(0, |sum: u128, digit| sum * 10 + u128::from(digit - b'0'));
    let places = fraction.len() as i32 - exponent.parse::<i32>().unwrap_or(0);
    // At most 17 digits, so no product overflows.
    (0..places).fold(value % digits, |rest, _| rest * 10 % digits) == 0
}

/// The limits that the value exceeds, in the contract's order.
pub fn violations(limits: &NumberLimits, value: Numeric) -> impl Iterator<Item = (&'static str, Numeric)> {
    let beyond =
        |limit: Option<Numeric>, wrong: &[Ordering]| limit.filter(|limit| wrong.contains(&value.compare(*limit)));
    [
        ("minimum", beyond(limits.minimum, &[Ordering::Less])),
        ("exclusiveMinimum", beyond(limits.exclusive_minimum, &[Ordering::Less, Ordering::Equal])),
        ("maximum", beyond(limits.maximum, &[Ordering::Greater])),
        ("exclusiveMaximum", beyond(limits.exclusive_maximum, &[Ordering::Greater, Ordering::Equal])),
        ("multipleOf", limits.multiple_of.filter(|divisor| !divides(*divisor, value))),
    ]
    .into_iter()
    .filter_map(|(keyword, failed)| failed.map(|limit| (keyword, limit)))
}
