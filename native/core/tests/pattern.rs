//! The language-neutral vectors of the pattern grammar, and the time that parsing and matching take.
//! `test/pattern/vectors.test.ts` reads the same vectors.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::time::{Duration, Instant};

use serde_json::Value;
use sidelane_core::stages::{Budget, Matcher, Pattern, Units, pattern_cost};

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/../../test/vectors/pattern/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).expect("the vectors are in the repository"))
        .expect("the vectors are JSON")
}

fn texts<'a>(vector: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    vector[key].as_array().expect("a list").iter().map(|text| text.as_str().expect("a text"))
}

fn parse(source: &str) -> Pattern {
    Pattern::parse(source, Units::CodePoints).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn matcher(source: &str) -> Matcher {
    Matcher::new(&parse(source))
}

fn units(vector: &Value) -> Units {
    if vector.get("x-pattern-units").is_some() { Units::Utf16 } else { Units::CodePoints }
}

#[test]
fn accepted_patterns_match_the_texts_of_the_vectors() {
    for name in ["matching", "generated"] {
        let vectors = vectors(name);
        assert!(!vectors.is_empty());
        for vector in vectors {
            let source = vector["pattern"].as_str().unwrap();
            let pattern = Pattern::parse(source, units(&vector));
            let matcher = Matcher::new(&pattern.unwrap_or_else(|error| panic!("{source}: {error}")));
            for text in texts(&vector, "matches") {
                assert!(matcher.is_match(text, &Budget::default()), "{source:?} should match {text:?}");
            }
            for text in texts(&vector, "differs") {
                assert!(!matcher.is_match(text, &Budget::default()), "{source:?} should not match {text:?}");
            }
        }
    }
}

#[test]
fn refused_patterns_have_the_position_of_the_vectors() {
    for vector in vectors("refused") {
        let source = vector["pattern"].as_str().unwrap();
        let error = Pattern::parse(source, units(&vector)).err().unwrap_or_else(|| panic!("{source:?} was accepted"));
        assert_eq!(error.position as u64, vector["position"].as_u64().unwrap(), "{source:?}: {error}");
    }
}

#[test]
fn the_static_cost_is_that_of_the_vectors() {
    for vector in vectors("cost") {
        let source = vector["pattern"].as_str().unwrap();
        let pattern = Pattern::parse(source, units(&vector)).unwrap();
        assert_eq!(pattern_cost(&pattern), vector["cost"].as_u64().unwrap(), "{source}");
    }
}

#[test]
fn a_pattern_keeps_the_author_s_text() {
    assert_eq!(parse("^a|b$").source(), "^a|b$");
}

#[test]
fn a_long_pattern_is_read_in_time_linear_in_its_text() {
    let matcher = matcher(&format!("^[{}]$", "a-zA-Z0-9".repeat(20_000)));
    assert!(matcher.is_match("Q", &Budget::default()));
    assert!(Pattern::parse(&"(".repeat(100_000), Units::CodePoints).is_err());
}

/// Pseudo-random characters.
fn scrambled(length: usize, characters: &[char]) -> String {
    let mut state: u32 = 12_345;
    let mut next = || {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
        characters[(state >> 16) as usize % characters.len()]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn hostile_patterns_match_large_texts_in_time() {
    for (source, characters) in [
        ("^(?:a{0,20}){20}[b-c]$", vec!['a']),
        ("^(a|a)*$", vec!['a']),
        ("^(?:(?:a*)*)*$", vec!['a']),
        (".*[x-y]$", vec!['a']),
        ("^(?:a?){500}a{500}$", vec!['a']),
        ("(?:[^x]{0,10}a){90}[c-d]", vec!['a', 'b']),
    ] {
        let matcher = matcher(source);
        let text = scrambled(1 << 18, &characters) + "!";
        let start = Instant::now();
        assert!(!matcher.is_match(&text, &Budget::default()), "{source}");
        assert!(start.elapsed() < Duration::from_secs(20), "{source} took {:?}", start.elapsed());
    }
}

#[test]
fn a_pattern_with_more_states_than_are_kept_takes_linear_time() {
    // An automaton must remember the last 990 characters here: 2^990 states.
    let matcher = matcher("a.{988}[b-c]");
    let texts = [1 << 9, 1 << 12].map(|length| scrambled(length, &['a', 'd', 'é', '😀']));
    let elapsed = |text: &str| {
        let start = Instant::now();
        assert!(!matcher.is_match(text, &Budget::default()));
        start.elapsed()
    };
    elapsed(&texts[1]);
    let [short, long] = texts.map(|text| (0..10).map(|_| elapsed(&text)).min().unwrap());
    // Eight times the text; a quadratic matcher would take 64 times as long.
    assert!(long < short * 24, "{short:?} and {long:?}");
}
