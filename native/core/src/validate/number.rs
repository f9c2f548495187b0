//! The rules of numbers, which both engines follow bit for bit.
//!
//! Twin of `src/engine/js/multiple-of.ts`.

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

/// `multipleOf`: exact for integers, for 1/n divisors of integers, and otherwise within a tolerance of a whole quotient.
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

#[cfg(test)]
mod tests {
    use super::{is_integral, is_multiple};

    #[test]
    fn a_price_is_a_multiple_of_a_cent() {
        assert!(is_multiple(19.99, 0.01));
        assert!(is_multiple(0.29, 0.01));
        assert!(!is_multiple(19.995, 0.01));
        assert!(!is_multiple(0.001, 0.01));
    }

    #[test]
    fn integers_have_an_exact_remainder() {
        assert!(is_multiple(9_007_199_254_740_990.0, 2.0));
        assert!(!is_multiple(9_007_199_254_740_991.0, 2.0));
        assert!(is_multiple(-9.0, 3.0));
        assert!(is_multiple(-0.0, 3.0));
    }

    #[test]
    fn an_integer_is_a_multiple_of_one_nth() {
        assert!(is_multiple(9_007_199_254_740_991.0, 0.5));
        assert!(is_multiple(123_456_789_012_345.0, 0.01));
    }

    #[test]
    fn a_quotient_beyond_two_to_the_48_is_no_multiple() {
        assert!(!is_multiple(1e300, 0.3));
        assert!(!is_multiple(1e300, 5e-324));
        assert!(is_multiple(0.0, 0.3));
        assert!(is_multiple(1e-9, 1e-9));
    }

    #[test]
    fn integral_numbers_have_no_fraction() {
        for value in [0.0, -0.0, 1.0, -5.0, 1e15, 9_007_199_254_740_991.0, 1e22, f64::MAX] {
            assert!(is_integral(value), "{value}");
        }
        for value in [0.5, -1.5, 1e-9, 4_503_599_627_370_495.5, f64::MIN_POSITIVE] {
            assert!(!is_integral(value), "{value}");
        }
    }
}
