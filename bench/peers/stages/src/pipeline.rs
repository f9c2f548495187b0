//! The stages of the core in their order on each payload, with a check of the clock between them, and all of them together.

use std::hint::black_box;
use std::time::Instant;

use sidelane_core::stages::{
    Canonical, NormBuffers, ReadLimits, Tape, Validator, check_text, parse_lock, read, sha256,
};
use sidelane_core::{Contract, Processor, Scratch};

use crate::Failure;
use crate::inputs::Inputs;
use crate::rounds::{Contender, Row, nanos_since};

const ID: &str = "sidelane-native";

pub fn contenders(inputs: &Inputs) -> Result<Vec<Contender<'_>>, Failure> {
    let mut list = vec![stages(inputs)?, whole(inputs, "sidelane-core", &inputs.lock)?];
    if let Some(lock) = &inputs.trained_lock {
        list.push(whole(inputs, "sidelane-core-table", lock)?);
    }
    Ok(list)
}

fn stages(inputs: &Inputs) -> Result<Contender<'_>, Failure> {
    // A lock is read once a process.
    let profile: &'static _ = Box::leak(Box::new(parse_lock(&inputs.lock)?));
    let validator = Validator::new(profile);
    let limits = ReadLimits::of(profile);
    let clock = clock_nanos();
    let (mut memory, mut buffers, mut canonical) = (Tape::default(), NormBuffers::default(), Canonical::default());
    let mut run = move |payload: &[u8], nanos: &mut [u64], expected: Option<&[u8]>| {
        let start = Instant::now();
        let Ok(text) = check_text(payload, &limits) else { return false };
        let mut tape = std::mem::take(&mut memory).bind(text);
        let mut good = read(&mut tape, &limits).is_ok();
        let was_read = nanos_since(start);
        good = good && validator.passes(&mut tape, &mut buffers);
        let was_validated = nanos_since(start);
        good = good && canonical.write(&tape, &validator, &limits).is_ok();
        let was_written = nanos_since(start);
        black_box(canonical.bytes());
        memory = tape.release();
        let parts = [was_read, was_validated - was_read, was_written - was_validated];
        nanos.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part.saturating_sub(clock));
        good && expected.is_none_or(|expected| canonical.bytes() == expected)
    };
    for (payload, expected) in inputs.payloads.iter().zip(&inputs.canonical) {
        if !run(payload, &mut [], Some(expected)) {
            return Err("the core's canonical form is not the expected one".into());
        }
    }
    let rows = ["parse", "validate", "canonical"].map(|stage| Row { stage, id: ID, out_bytes: None });
    let pass = move |nanos: &mut [u64]| {
        for payload in &inputs.payloads {
            black_box(run(payload, nanos, None));
        }
    };
    Ok(Contender::with_parts(rows.into(), pass))
}

fn whole<'a>(inputs: &'a Inputs, id: &'static str, lock: &[u8]) -> Result<Contender<'a>, Failure> {
    let processor = Processor::builder(Contract::load(lock)?).build()?;
    let mut scratch = Scratch::default();
    let mut target = vec![0; 4 << 20];
    let mut run = move |payload: &[u8], expected: Option<&[u8]>| {
        let mut accepted = processor.process(&mut scratch, payload).ok()?;
        if expected.is_some_and(|text| accepted.digest() != Some(&sha256(text))) {
            return None;
        }
        accepted.finish_into(&mut target).ok()
    };
    let mut bytes = 0;
    for (payload, expected) in inputs.payloads.iter().zip(&inputs.canonical) {
        bytes += run(payload, Some(expected)).ok_or_else(|| format!("{id} gives another digest"))?;
    }
    let pass = move || inputs.payloads.iter().for_each(|payload| _ = black_box(run(payload, None)));
    Ok(Contender::new("whole", id, pass).with_size(bytes))
}

/// What one check of the clock costs: the least of many.
fn clock_nanos() -> u64 {
    (0..10_000).map(|_| nanos_since(Instant::now())).min().unwrap_or_default()
}
