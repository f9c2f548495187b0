//! Numbers as contracts and payloads hold them: doubles, and integers of at most 64 bits that no double holds.
//!
//! Twin of the mixed comparisons of `number` and `bigint` in `src/engine/js`.

use std::cmp::Ordering;

/// 2^53 − 1, the largest safe integer.
pub const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// A number of a payload or of a lock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numeric {
    /// A finite double.
    Double(f64),
    /// An integer beyond ±(2^53 − 1), from −2^63 to 2^64 − 1. Only with `numbers: "int64"`.
    Integer(i128),
}

impl Numeric {
    /// The nearest double.
    #[must_use]
    pub fn to_double(self) -> f64 {
        match self {
            Self::Double(value) => value,
            Self::Integer(value) => value as f64,
        }
    }

    /// True for a number without a fraction.
    #[must_use]
    pub fn is_integral(self) -> bool {
        match self {
            Self::Double(value) => is_integral(value),
            Self::Integer(_) => true,
        }
    }

    /// The exact order of the values. No number is NaN.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Self::Integer(a), Self::Integer(b)) => a.cmp(&b),
            (Self::Integer(a), Self::Double(b)) => compare_mixed(a, b),
            (Self::Double(a), Self::Integer(b)) => compare_mixed(b, a).reverse(),
        }
    }
}

/// `integer` is beyond ±(2^53 − 1), so a double with a fraction never rounds to it; the cast saturates.
fn compare_mixed(integer: i128, double: f64) -> Ordering {
    integer.cmp(&(double as i128))
}

/// The integer that `digits` spell, with an optional sign, when it is from −2^63 to 2^64 − 1.
#[must_use]
pub fn parse_int64(digits: &str) -> Option<i128> {
    match digits.strip_prefix('-') {
        Some(_) => digits.parse::<i64>().ok().map(i128::from),
        None => digits.parse::<u64>().ok().map(i128::from),
    }
}

/// True for a number without a fraction.
#[inline]
pub fn is_integral(value: f64) -> bool {
    // The cast is exact below 2^63, and a double beyond 2^53 has no fraction.
    value.abs() >= MAX_SAFE || (value as i64) as f64 == value
}
