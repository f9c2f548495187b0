//! The rules of numbers, which both engines follow bit for bit.
//!
//! Twin of `src/engine/js/scalars.ts`.

/// 2^53 − 1, the largest safe integer.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// 2^48: quotients beyond it are too coarse for a remainder.
const MAX_QUOTIENT: f64 = 281_474_976_710_656.0;

/// True for a number without a fraction.
#[inline]
pub fn is_integral(value: f64) -> bool {
    // The cast is exact below 2^63, and a double beyond 2^53 has no fraction.
    value.abs() >= MAX_SAFE || (value as i64) as f64 == value
}

#[inline]
fn is_safe_integer(value: f64) -> bool {
    value.abs() <= MAX_SAFE && (value as i64) as f64 == value
}

/// `multipleOf`: exact for integers, for 1/n divisors of integers, and otherwise within a tolerance of a whole
/// quotient.
///
/// `divisor` is finite and above 0.
pub fn is_multiple(value: f64, divisor: f64) -> bool {
    let value_is_safe = is_safe_integer(value);
    if value_is_safe && is_safe_integer(divisor) {
        return value as i64 % divisor as i64 == 0;
    }
    if value_is_safe && is_safe_integer(1.0 / divisor) {
        return true;
    }
    let quotient = value / divisor;
    if quotient.abs() >= MAX_QUOTIENT {
        return false;
    }
    (quotient - quotient.round()).abs() < 4.0 * f64::EPSILON * quotient.abs().max(1.0)
}
