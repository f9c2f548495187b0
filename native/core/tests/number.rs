//! The rules of numbers that both engines follow.

use sidelane_core::stages::{is_integral, is_multiple};

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
fn beyond_two_to_the_48_only_decimal_forms_that_divide_exactly_are_multiples() {
    assert!(is_multiple(20_999_999.976_9, 1e-8));
    assert!(is_multiple(99_999_999_999_999.98, 0.01));
    assert!(is_multiple(9_007_199_254_740_990.0, 0.3));
    assert!(!is_multiple(9_007_199_254_740_991.0, 0.3));
    assert!(!is_multiple(1e300, 0.3));
    assert!(is_multiple(1.5e300, 0.25));
    assert!(is_multiple(0.0, 0.3));
    assert!(is_multiple(1e-9, 1e-9));
    // The quotient overflows: in zod no multiple of anything.
    assert!(!is_multiple(1e300, 5e-324));
}

#[test]
fn a_sum_is_a_multiple_within_its_rounding() {
    assert!(is_multiple(0.1 + 0.2, 0.01));
    assert!(is_multiple(2.03, 0.07));
    assert!(!is_multiple(0.1 + 0.2 + 1e-12, 0.01));
}

#[test]
fn large_integers_have_an_exact_remainder_too() {
    assert!(is_multiple(1e300, 2.0));
    assert!(!is_multiple(1e22, 3.0));
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
