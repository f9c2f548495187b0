//! Times the encoder beside libdeflate, interleaved: `cargo bench -p sidelane-deflate --bench encode -- FILE LOCK ...`. A file
//! has one payload a line; the tables of the lock were trained on others (`sidelane contract train`).

#![allow(clippy::expect_used, clippy::print_stdout)]

use std::hint::black_box;
use std::ops::RangeInclusive;
use std::time::Instant;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use serde_json::Value;
use sidelane_deflate::{Container, Encoder, Lengths, Table, bound};

const ROUNDS: usize = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for files in arguments.chunks(2) {
        let text = std::fs::read(&files[0]).expect("a readable file");
        let payloads: Vec<&[u8]> = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
        let classes = files.get(1).map(|lock| classes(lock)).unwrap_or_default();
        report(&files[0], &payloads, &classes);
    }
}

struct Class {
    ascii: bool,
    sizes: RangeInclusive<u64>,
    table: Table,
}

/// The tables of a lock.
fn classes(lock: &str) -> Vec<Class> {
    let lock: Value = serde_json::from_slice(&std::fs::read(lock).expect("a readable lock")).expect("a lock");
    let class = |one: &Value| {
        let digits = |key: &str| one[key].as_str().expect("digits");
        let lengths = Lengths::from_digits(digits("literals"), digits("lengths"), digits("distances")).expect("digits");
        let size = |key: &str| one[key].as_u64().expect("a size");
        Class {
            ascii: one["ascii"] == true,
            sizes: size("minBytes")..=size("maxBytes"),
            table: Table::new(&lengths).expect("a complete code"),
        }
    };
    lock["tables"]["classes"].as_array().expect("a lock with tables").iter().map(class).collect()
}

fn table_for<'a>(classes: &'a [Class], payload: &[u8]) -> Option<&'a Table> {
    let ascii = payload.is_ascii();
    let fits = |one: &&Class| one.ascii == ascii && one.sizes.contains(&(payload.len() as u64));
    classes.iter().find(fits).map(|one| &one.table)
}

fn report(path: &str, payloads: &[&[u8]], classes: &[Class]) {
    let longest = payloads.iter().map(|payload| payload.len()).max().unwrap_or_default();
    let mut target = vec![0; 2 * longest + 1_000];
    let mut encoder = Encoder::new();
    let mut libdeflate = Compressor::new(CompressionLvl::new(1).expect("a level"));
    type Contender<'a> = (&'a str, Box<dyn FnMut(&[u8], &mut [u8]) -> usize + 'a>);
    let mut other = Encoder::new();
    let mut contenders: Vec<Contender<'_>> = vec![
        ("libdeflate 1", Box::new(|input, target| libdeflate.gzip_compress(input, target).expect("room"))),
        ("dynamic", Box::new(|input, target| encoder.compress(Container::Gzip, None, input, target).expect("room"))),
        (
            "table",
            Box::new(|input, target| {
                other.compress(Container::Gzip, table_for(classes, input), input, target).expect("room")
            }),
        ),
    ];
    assert!(target.len() >= bound(longest));
    let bytes: usize = payloads.iter().map(|payload| payload.len()).sum();
    let with_table = payloads.iter().filter(|payload| table_for(classes, payload).is_some()).count();
    println!("{path}: {} payloads, {} bytes mean, {with_table} with a table", payloads.len(), bytes / payloads.len());
    let mut times = vec![Vec::new(); contenders.len()];
    let mut sizes = vec![0; contenders.len()];
    let repeats = (500_000 / bytes).max(1);
    for round in 0..=ROUNDS {
        for (index, (name, contender)) in contenders.iter_mut().enumerate() {
            let start = Instant::now();
            for _ in 0..repeats {
                sizes[index] = payloads.iter().map(|payload| black_box(contender(payload, &mut target))).sum();
            }
            let elapsed = start.elapsed().as_secs_f64() * 1e6 / (repeats * payloads.len()) as f64;
            if round == 0 {
                for payload in payloads {
                    let size = contender(payload, &mut target);
                    let mut back = vec![0; payload.len()];
                    Decompressor::new().gzip_decompress(&target[..size], &mut back).expect(name);
                    assert!(back == *payload, "{name}");
                }
            } else {
                times[index].push(elapsed);
            }
        }
    }
    // The least time: what other processes take is no part of it.
    let least: Vec<f64> = times.iter().map(|times| times.iter().copied().fold(f64::INFINITY, f64::min)).collect();
    for (index, (name, _)) in contenders.iter().enumerate() {
        println!(
            "  {name:<13} {:>8.2} us  {:>5.2}x  ratio {:.3}  size {:+.1} %",
            least[index],
            least[0] / least[index],
            bytes as f64 / sizes[index] as f64,
            100.0 * (sizes[index] as f64 / sizes[0] as f64 - 1.0)
        );
    }
}
