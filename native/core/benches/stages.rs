//! The time of a payload, stage by stage, in one thread. The benchmark of the product is in `bench/`.
//!
//! `cargo bench -p sidelane-core --bench stages -- contract.lock.json payloads.ndjson`: one payload a line, or one JSON
//! string a line that holds a payload's text.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use sidelane_core::stages::{
    Budget, Canonical, Compressors, Digest, NormBuffers, Presets, ReadLimits, Tables, Tape, Validator, check_text,
    parse_lock, read,
};
use sidelane_core::{Contract, Processor, Scratch};

const ROUNDS: usize = 60;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [lock, payloads] = files.as_slice() else {
        println!("stages: give a lock file and a file of payloads");
        return Ok(());
    };
    let lock = std::fs::read(lock)?;
    let payloads: Vec<Vec<u8>> =
        std::fs::read_to_string(payloads)?.lines().map(payload_of).collect::<Result<_, _>>()?;
    let profile = parse_lock(&lock)?;
    let validator = Validator::new(&profile);
    let processor = Processor::builder(Contract::load(&lock)?).build()?;
    let limits = ReadLimits::of(&profile);
    let bytes: usize = payloads.iter().map(Vec::len).sum();
    println!(
        "{} payloads, {} bytes on average; µs per payload, best of {ROUNDS} rounds",
        payloads.len(),
        bytes / payloads.len()
    );

    let (mut memory, mut buffers) = (Tape::default(), NormBuffers::default());
    let mut tape_through = |payload: &[u8], validates: bool, canonical: Option<&mut Canonical>| {
        let Ok(text) = check_text(payload, &limits) else { return };
        let mut tape = std::mem::take(&mut memory).bind(text);
        let mut good = read(&mut tape, &limits).is_ok();
        good = good && (!validates || validator.passes(&mut tape, &mut buffers));
        if let Some(canonical) = canonical {
            good = good && canonical.write(&tape, &validator, &limits).is_ok();
        }
        assert!(good, "a payload is refused");
        memory = tape.release();
    };
    let mut canonical = Canonical::default();
    let utf8 = time(&payloads, |payload| drop(black_box(check_text(payload, &limits))));
    let reading = time(&payloads, |payload| tape_through(payload, false, None));
    let validated = time(&payloads, |payload| tape_through(payload, true, None));
    let written = time(&payloads, |payload| tape_through(payload, true, Some(&mut canonical)));
    let forms: Vec<Vec<u8>> = payloads
        .iter()
        .map(|payload| {
            tape_through(payload, true, Some(&mut canonical));
            canonical.bytes().to_vec()
        })
        .collect();
    let hashed = time(&forms, |form| {
        black_box(Digest::Sha256.of(form, &Budget::default()));
    });
    let mut compressors = Compressors::default();
    let mut target = vec![0; 16 << 20];
    let compress = profile.compress;
    let tables = Tables::new(&profile.tables);
    let presets = Presets { tables: &tables, dictionary: None };
    let mut packed = 0;
    for form in &forms {
        packed += compressors.compress(compress, presets, form, &mut target, &Budget::default()).unwrap_or_default();
    }
    let compressed = time(&forms, |form| {
        black_box(compressors.compress(compress, presets, form, &mut target, &Budget::default()));
    });
    let mut scratch = Scratch::default();
    let whole = time(&payloads, |payload| {
        let size = processor.process(&mut scratch, payload).map(|mut accepted| accepted.finish_into(&mut target));
        assert!(matches!(black_box(size), Ok(Ok(_))), "a payload is rejected");
    });

    let rows = [
        ("UTF-8", utf8),
        ("tape", reading - utf8),
        ("normalize and validate", validated - reading),
        ("canonical", written - validated),
        ("SHA-256", hashed),
        ("compress", compressed),
        ("whole", whole),
    ];
    for (name, micros) in rows {
        println!("{name:>24} {micros:7.2}  {:3.0} %", 100.0 * micros / whole);
    }
    let form_bytes: usize = forms.iter().map(Vec::len).sum();
    println!("{:>24} {:7.3}", "compressed to 1 in", form_bytes as f64 / packed as f64);
    Ok(())
}

/// µs per input, in the best round.
fn time(inputs: &[Vec<u8>], mut run: impl FnMut(&[u8])) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for input in inputs {
            run(input);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e6 / inputs.len() as f64
}

fn payload_of(line: &str) -> Result<Vec<u8>, serde_json::Error> {
    if line.starts_with('"') { serde_json::from_str::<String>(line).map(String::into_bytes) } else { Ok(line.into()) }
}
