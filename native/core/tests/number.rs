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
