//! Times the encoder beside libdeflate, interleaved: `cargo bench -p sidelane-deflate -- FILE...`, one payload a line.
//!
//! Tables are trained on the lines with an even number; the others are measured.

#![allow(clippy::expect_used, clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use sidelane_deflate::{Container, Encoder, Table, Trainer, bound};

const ROUNDS: usize = 40;

fn main() {
    for path in std::env::args().skip(1).filter(|path| !path.starts_with("--")) {
        let text = std::fs::read(&path).expect("a readable file");
        let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
        let (train, measured): (Vec<_>, Vec<_>) = lines.iter().enumerate().partition(|(index, _)| index % 2 == 0);
        let measured: Vec<&[u8]> = measured.into_iter().map(|(_, line)| *line).collect();
        if measured.is_empty() {
            continue;
        }
        let mut trainer = Trainer::new();
        train.iter().for_each(|(_, line)| trainer.add(line));
        let tables = [false, true].map(|ascii| Table::new(&trainer.lengths(ascii)).expect("a complete code"));
        report(&path, &measured, &tables);
    }
}

fn report(path: &str, payloads: &[&[u8]], tables: &[Table; 2]) {
    let longest = payloads.iter().map(|payload| payload.len()).max().unwrap_or_default();
    let mut target = vec![0; 2 * longest + 1_000];
    let mut encoder = Encoder::new();
    let mut libdeflate = Compressor::new(CompressionLvl::new(1).expect("a level"));
    type Contender<'a> = (&'a str, Box<dyn FnMut(&[u8], &mut [u8]) -> usize + 'a>);
    let mut other = Encoder::new();
    let mut third = Encoder::new();
    let mut contenders: Vec<Contender<'_>> = vec![
        ("libdeflate 1", Box::new(|input, target| libdeflate.gzip_compress(input, target).expect("room"))),
        ("dynamic", Box::new(|input, target| encoder.compress(Container::Gzip, None, input, target).expect("room"))),
        (
            "table",
            Box::new(|input, target| other.compress(Container::Gzip, Some(&tables[0]), input, target).expect("room")),
        ),
        (
            "table ascii",
            Box::new(|input, target| third.compress(Container::Gzip, Some(&tables[1]), input, target).expect("room")),
        ),
    ];
    assert!(target.len() >= bound(longest));
    let bytes: usize = payloads.iter().map(|payload| payload.len()).sum();
    println!("{path}: {} payloads, {} bytes mean", payloads.len(), bytes / payloads.len());
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
