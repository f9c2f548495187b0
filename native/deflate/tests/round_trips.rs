//! Every output is read back by two independent decoders.

#![allow(clippy::expect_used)]

use libdeflater::Decompressor;
use sidelane_deflate::{Container, Encoder, Lengths, Table, Trainer, bound};

/// Reads the output with libdeflate and miniz_oxide.
fn assert_reads_back(container: Container, output: &[u8], input: &[u8], what: &str) {
    let mut back = vec![0; input.len()];
    let mut decoder = Decompressor::new();
    let size = match container {
        Container::Raw => decoder.deflate_decompress(output, &mut back),
        Container::Zlib => decoder.zlib_decompress(output, &mut back),
        Container::Gzip => decoder.gzip_decompress(output, &mut back),
    };
    assert_eq!(size.ok(), Some(input.len()), "{what}");
    assert!(back == input, "{what}");
    let raw = match container {
        Container::Raw => output,
        Container::Zlib => &output[2..output.len() - 4],
        Container::Gzip => &output[10..output.len() - 8],
    };
    let other = miniz_oxide::inflate::decompress_to_vec(raw).expect(what);
    assert!(other == input, "{what}");
}

fn check(encoder: &mut Encoder, table: Option<&Table>, container: Container, input: &[u8], what: &str) -> usize {
    let mut target = vec![0; bound(input.len())];
    let size = encoder.compress(container, table, input, &mut target).expect(what);
    assert_reads_back(container, &target[..size], input, what);
    assert!(size <= input.len() + input.len() / 100 + 32, "{what}: {size}");
    size
}

/// A small generator with a fixed seed (PCG's multiplier).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Text of all kinds: from noise to one repeated byte.
fn sample(random: &mut Random, length: usize, kind: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::with_capacity(length);
    while bytes.len() < length {
        match kind % 6 {
            0 => bytes.push(random.below(256) as u8),
            1 => bytes.push(b'a'),
            2 => bytes.push(b'a' + random.below(3) as u8),
            3 => bytes.extend_from_slice(
                format!("{{\"id\":{},\"name\":\"n{}\"}},", random.below(100_000), random.below(99)).as_bytes(),
            ),
            // Repeats from far and near, of any length.
            4 if bytes.len() > 8 && random.below(3) > 0 => {
                let start = random.below(bytes.len());
                let end = (start + random.below(300)).min(bytes.len());
                bytes.extend_from_within(start..end);
            }
            4 => bytes.push(random.below(256) as u8),
            // Counts that grow like Fibonacci's numbers make the longest codes.
            _ => {
                let value = random.below(1 << 20) as u32;
                bytes.push((value.leading_zeros() as u8).wrapping_mul(9) + (bytes.len() % 2) as u8);
            }
        }
    }
    bytes.truncate(length);
    bytes
}

fn trained(samples: &[&[u8]], ascii: bool) -> Table {
    let mut trainer = Trainer::new();
    samples.iter().for_each(|sample| trainer.add(sample));
    Table::new(&trainer.lengths(ascii)).expect("a complete code")
}

#[test]
fn every_length_up_to_70_000_comes_back() {
    let mut encoder = Encoder::new();
    let mut random = Random(1);
    let bytes = sample(&mut random, 70_000, 3);
    let noise = sample(&mut random, 70_000, 0);
    let table = trained(&[&bytes[..4_000]], true);
    for length in
        (0..=2_100).chain((2_100..70_000).step_by(997)).chain([8_192, 32_767, 32_768, 32_769, 65_535, 65_536, 70_000])
    {
        check(&mut encoder, None, Container::Raw, &bytes[..length], &format!("text of {length} bytes"));
        check(
            &mut encoder,
            Some(&table),
            Container::Gzip,
            &bytes[..length],
            &format!("text of {length} bytes by table"),
        );
        check(&mut encoder, None, Container::Zlib, &noise[..length], &format!("noise of {length} bytes"));
    }
}

#[test]
fn all_kinds_of_bytes_come_back() {
    let mut encoder = Encoder::new();
    let mut random = Random(7);
    let text = sample(&mut random, 4_000, 3);
    let tables = [trained(&[&text], true), trained(&[&text], false), trained(&[], false)];
    for round in 0..1_500 {
        let length = [40, 400, 4_000, 40_000][round % 4];
        let length = random.below(length);
        let bytes = sample(&mut random, length, round);
        let container = [Container::Raw, Container::Zlib, Container::Gzip][round % 3];
        check(&mut encoder, None, container, &bytes, &format!("round {round}"));
        check(&mut encoder, Some(&tables[round % 3]), container, &bytes, &format!("round {round} by table"));
    }
}

#[test]
fn noise_grows_by_a_stored_block_only() {
    let mut encoder = Encoder::new();
    for length in [1, 100, 4_000, 32_768, 65_000] {
        let bytes = sample(&mut Random(3), length, 0);
        let size = check(&mut encoder, None, Container::Raw, &bytes, "noise");
        assert!(size <= length + 5 * (length / 32_768 + 1), "{length}: {size}");
    }
}

#[test]
fn output_does_not_depend_on_what_was_encoded_before() {
    let mut random = Random(11);
    let mut used = Encoder::new();
    let table = trained(&[&sample(&mut random, 4_000, 3)], true);
    for round in 0..60 {
        let length = random.below(6_000);
        let bytes = sample(&mut random, length, round);
        let table = (round % 2 == 0).then_some(&table);
        let mut targets = [vec![0; bound(length)], vec![0; bound(length)]];
        let sizes = [
            used.compress(Container::Gzip, table, &bytes, &mut targets[0]),
            Encoder::new().compress(Container::Gzip, table, &bytes, &mut targets[1]),
        ];
        assert_eq!(sizes[0], sizes[1]);
        assert!(targets[0] == targets[1], "round {round}");
    }
}

#[test]
fn a_byte_without_a_code_gets_a_header_of_its_own() {
    let text = sample(&mut Random(5), 4_000, 3);
    let table = trained(&[&text], true);
    let mut other = text.clone();
    other[3_000] = 0xe9;
    let mut encoder = Encoder::new();
    check(&mut encoder, Some(&table), Container::Gzip, &other, "a byte that is not ASCII");
    let mut targets = [vec![0; bound(4_000)], vec![0; bound(4_000)]];
    let with = encoder.compress(Container::Gzip, Some(&table), &other, &mut targets[0]);
    let without = encoder.compress(Container::Gzip, None, &other, &mut targets[1]);
    assert_eq!(with, without);
}

#[test]
fn a_target_that_is_too_small_is_none() {
    let text = sample(&mut Random(5), 4_000, 3);
    let mut encoder = Encoder::new();
    let mut target = vec![0; bound(text.len())];
    let size = encoder.compress(Container::Gzip, None, &text, &mut target).expect("room");
    for room in 0..size {
        assert_eq!(encoder.compress(Container::Gzip, None, &text, &mut target[..room]), None);
    }
    assert_eq!(encoder.compress(Container::Gzip, None, &text, &mut target[..size]), Some(size));
}

#[test]
fn a_table_needs_complete_codes() {
    let mut trainer = Trainer::new();
    trainer.add(b"{\"a\":1}");
    let lengths = trainer.lengths(false);
    assert!(Table::new(&lengths).is_ok());
    let broken = |change: fn(&mut Lengths)| {
        let mut lengths = lengths.clone();
        change(&mut lengths);
        Table::new(&lengths).is_err()
    };
    assert!(broken(|lengths| lengths.literals[usize::from(b'a')] = 0));
    assert!(broken(|lengths| lengths.literals[usize::from(b'a')] += 1));
    assert!(broken(|lengths| lengths.literals[256] = 15));
    assert!(broken(|lengths| lengths.distances = [0; 30]));
    assert!(broken(|lengths| lengths.distances[0] = 200));
}
