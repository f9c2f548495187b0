//! The rules of numbers, which both engines follow bit for bit.
//!
//! Twin of `src/engine/js/scalars.ts`.

/// 2^53 − 1, the largest safe integer.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// True for a number without a fraction.
#[inline]
pub fn is_integral(value: f64) -> bool {
    // The cast is exact below 2^63, and a double beyond 2^53 has no fraction.
    value.abs() >= MAX_SAFE || (value as i64) as f64 == value
}
