//! A payload ends early when its interrupt is due, in every stage that can take long, and at no other time.
// The codecs that can be interrupted, and one that cannot.
#![cfg(all(feature = "brotli", feature = "libdeflate"))]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use sidelane_core::{Contract, FinishError, Interrupt, ProcessError, Processor, Scratch};

/// Is due from the question of this number on.
struct After {
    questions: u32,
    asked: AtomicU32,
}

impl After {
    fn new(questions: u32) -> Self {
        Self { questions, asked: AtomicU32::new(0) }
    }
}

impl Interrupt for After {
    fn is_due(&self, _: Duration) -> bool {
        self.asked.fetch_add(1, Relaxed) >= self.questions
    }
}

fn processor(schema: &str, compress: &str) -> Processor {
    let lock = format!(
        r#"{{"name":"t","profile":"p1","unicode":"15.0","schema":{schema},"compress":{compress},"limits":{{"maxBytes":4194304}}}}"#
    );
    Processor::builder(Contract::load(lock.as_bytes()).unwrap()).build().unwrap()
}

const NONE: &str = r#"{"codec":"none"}"#;

/// Of two letters, so that no cache of states helps.
fn without_period(len: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        if state & 65_536 == 0 { 'b' } else { 'a' }
    };
    (0..len).map(|_| next()).collect()
}

/// The number of questions that a payload takes.
fn questions(processor: &Processor, scratch: &mut Scratch, payload: &[u8]) -> u32 {
    let never = After::new(u32::MAX);
    if let Ok(mut accepted) = processor.process_within(scratch, payload, Some(&never)) {
        let mut body = vec![0; accepted.max_body_len()];
        accepted.finish_into(&mut body).unwrap();
    }
    never.asked.into_inner()
}

fn is_interrupted(processor: &Processor, scratch: &mut Scratch, payload: &[u8], after: u32) -> bool {
    let interrupt = After::new(after);
    match processor.process_within(scratch, payload, Some(&interrupt)) {
        Err(error) => error == ProcessError::Interrupted,
        Ok(mut accepted) => {
            let mut body = vec![0; accepted.max_body_len()];
            accepted.finish_into(&mut body) == Err(FinishError::Interrupted)
        }
    }
}

#[test]
fn every_question_can_end_a_payload_and_the_memory_stays_usable() {
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(",")).into_bytes();
    let cases = [
        ("many small values", "{}", NONE, list("1", 100_000)),
        ("numbers that are rewritten", "{}", NONE, list("1.50", 100_000)),
        (
            "a hard pattern",
            r#"{"maxLength":250000,"pattern":"[ab]*a[ab]{900}c","type":"string"}"#,
            NONE,
            format!("\"{}\"", without_period(20_000)).into(),
        ),
        (
            "normalized text",
            r#"{"type":"string","x-norm":["lower","nfc"]}"#,
            NONE,
            format!("\"{}\"", "Äe\u{301}".repeat(20_000)).into(),
        ),
        (
            "unions",
            r#"{"items":{"anyOf":[{"type":"string","minLength":9},{"type":"string"}]},"type":"array"}"#,
            NONE,
            list("\"x\"", 50_000),
        ),
        (
            "issues",
            r#"{"items":{"type":"string"},"type":"array"}"#,
            NONE,
            format!("[{}1]", "\"x\",".repeat(100_000)).into(),
        ),
        ("slow compression", "{}", r#"{"codec":"brotli","level":5}"#, list("\"abc\"", 100_000)),
    ];
    for (name, schema, compress, payload) in cases {
        let processor = processor(schema, compress);
        let mut scratch = Scratch::default();
        // The first payload also grows the memory.
        questions(&processor, &mut scratch, &payload);
        let total = questions(&processor, &mut scratch, &payload);
        assert!(total > 2, "{name}: {total} questions");
        // The states of patterns that a run leaves behind save the next one some questions.
        let samples = (0..=total / 2).step_by((total / 20).max(1) as usize);
        for after in samples {
            assert!(is_interrupted(&processor, &mut scratch, &payload, after), "{name}: not after {after} of {total}");
        }
        assert!(!is_interrupted(&processor, &mut scratch, &payload, 2 * total), "{name}");
    }
}

#[test]
fn an_interrupt_changes_no_outcome_and_no_byte() {
    let payload = format!("[{}]", vec![r#"{"b":"x","a":[1,2.0,"é"]}"#; 30_000].join(","));
    for compress in
        [NONE, r#"{"codec":"brotli","level":2}"#, r#"{"codec":"brotli","level":5}"#, r#"{"codec":"brotli","level":0}"#]
    {
        let processor = processor("{}", compress);
        let (mut scratch, mut other) = (Scratch::default(), Scratch::default());
        let never = After::new(u32::MAX);
        let with = processor.process_within(&mut scratch, payload.as_bytes(), Some(&never)).unwrap();
        let without = processor.process(&mut other, payload.as_bytes()).unwrap();
        assert_eq!(with.digest(), without.digest());
        assert_eq!(with.into_body().unwrap(), without.into_body().unwrap());
    }
}

#[test]
fn a_small_payload_asks_nothing() {
    let processor = processor(r#"{"type":"object"}"#, r#"{"codec":"gzip","level":1}"#);
    assert_eq!(questions(&processor, &mut Scratch::default(), br#"{"a":"some text","b":[1,2,3]}"#), 0);
}
