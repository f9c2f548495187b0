//! Each stage on fixed payloads, for callgrind to count: `npm run bench:instructions` runs it.
//!
//! `instructions SET=LOCK,TRAINED_LOCK,PAYLOADS...`: payloads are a sequence, each behind its length (u32, little-endian). A
//! line of JSON tells what callgrind's next part counts: only what runs within [`counted`], and up to [`end_of_part`].

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;

use serde_json::json;
use sidelane_core::stages::{
    Budget, Canonical, Compressors, Digest, NormBuffers, Presets, ReadLimits, Tables, Tape, Validator, check_text,
    parse_lock, read,
};
use sidelane_core::{Contract, Processor, Scratch};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    println!("{}", json!({ "features": features() }));
    for argument in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let (name, files) = argument.split_once('=').ok_or("Give SET=LOCK,TRAINED_LOCK,PAYLOADS.")?;
        let [lock, trained, payloads] = files.split(',').collect::<Vec<_>>()[..] else {
            return Err("Give three files.".into());
        };
        set(name, &std::fs::read(lock)?, &std::fs::read(trained)?, &list(&std::fs::read(payloads)?)?)?;
    }
    Ok(())
}

/// Collection is on within this function only.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
    // The call is not the last instruction, so that it is not turned into a jump.
    black_box(());
}

/// Callgrind writes a part when this is entered.
#[inline(never)]
fn end_of_part(stage: &str, set: &str, payloads: &[Vec<u8>]) {
    let bytes: usize = payloads.iter().map(Vec::len).sum();
    println!("{}", json!({ "stage": stage, "payloads": set, "count": payloads.len(), "bytes": bytes }));
}

fn set(name: &str, lock: &[u8], trained: &[u8], payloads: &[Vec<u8>]) -> Result<(), Failure> {
    let profile = parse_lock(lock)?;
    let validator = Validator::new(&profile);
    let limits = ReadLimits::of(&profile);
    let (mut memory, mut buffers, mut canonical) = (Tape::default(), NormBuffers::default(), Canonical::default());
    let mut forms = Vec::new();
    for stage in ["", "parse", "validate", "canonical"] {
        for payload in payloads {
            let mut good = true;
            let mut tape_memory = Some(std::mem::take(&mut memory));
            let mut tape = None;
            run(stage == "parse", &mut || {
                let Ok(text) = check_text(payload, &limits) else { return };
                let mut bound = tape_memory.take().unwrap_or_default().bind(text);
                good = read(&mut bound, &limits).is_ok();
                tape = Some(bound);
            });
            let Some(mut tape) = tape else { return Err("A payload is not UTF-8.".into()) };
            run(stage == "validate", &mut || good = good && validator.passes(&mut tape, &mut buffers));
            run(stage == "canonical", &mut || good = good && canonical.write(&tape, &validator, &limits).is_ok());
            if !good {
                return Err("A payload is refused.".into());
            }
            memory = tape.release();
            if stage.is_empty() {
                forms.push(canonical.bytes().to_vec());
            }
        }
        // The first pass warms the memory up.
        if !stage.is_empty() {
            end_of_part(stage, name, payloads);
        }
    }
    each("digest", name, payloads, &forms, |form| {
        black_box(Digest::Sha256.of(form, &Budget::default()));
    });
    let mut target = vec![0; 4 << 20];
    for (stage, tables) in
        [("compress", Tables::default()), ("compress-table", Tables::new(&parse_lock(trained)?.tables))]
    {
        let mut compressors = Compressors::default();
        each(stage, name, payloads, &forms, |form| {
            let presets = Presets { tables: &tables, dictionary: None };
            black_box(compressors.compress(profile.compress, presets, form, &mut target, &Budget::default()));
        });
    }
    let processor = Processor::builder(Contract::load(lock)?).build()?;
    let mut scratch = Scratch::default();
    each("whole", name, payloads, payloads, |payload| {
        let size = processor.process(&mut scratch, payload).map(|mut accepted| accepted.finish_into(&mut target));
        assert!(matches!(black_box(size), Ok(Ok(_))), "a payload is rejected");
    });
    Ok(())
}

fn run(counts: bool, work: &mut dyn FnMut()) {
    if counts { counted(work) } else { work() }
}

fn each(stage: &str, name: &str, payloads: &[Vec<u8>], inputs: &[Vec<u8>], mut work: impl FnMut(&[u8])) {
    // The first pass warms the memory up.
    for counts in [false, true] {
        for input in inputs {
            run(counts, &mut || work(input));
        }
    }
    end_of_part(stage, name, payloads);
}

fn list(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut items = Vec::new();
    while let Some((size, rest)) = bytes.split_first_chunk() {
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*size) as usize).ok_or("A list ends early.")?;
        items.push(item.to_vec());
        bytes = rest;
    }
    Ok(items)
}

/// As the program sees them, which under callgrind are fewer than those of the machine.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("sha_ni", is_x86_feature_detected!("sha")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("bmi2", is_x86_feature_detected!("bmi2")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("pclmulqdq", is_x86_feature_detected!("pclmulqdq")),
    ];
    all.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}
