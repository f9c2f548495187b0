//! Every output is read back by three independent decoders: libdeflate, miniz_oxide and zlib-rs.

#![allow(clippy::expect_used)]

use std::io::Read;

use flate2::read::DeflateDecoder;
use libdeflater::Decompressor;
use serde_json::Value;
use sidelane_deflate::{Container, Encoder, Lengths, Table, bound};

/// Texts, tables and sizes that the trainer of the lock's tables made (`src/train`).
fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/vectors/deflate/tables.json");
    serde_json::from_slice(&std::fs::read(path).expect("the vectors")).expect("JSON")
}

fn lengths_of(table: &Value) -> Lengths {
    let digits = |key: &str| table[key].as_str().expect("digits");
    Lengths::from_digits(digits("literals"), digits("lengths"), digits("distances")).expect("digits")
}

/// All tables of the vectors, and one in which each symbol is as likely as the others.
fn tables() -> Vec<Table> {
    let vectors = vectors();
    let trained = vectors["tables"].as_array().expect("tables").iter().map(lengths_of);
    let even = Lengths::from_digits(
        &("7".repeat(13) + &"8".repeat(200)),
        &"8".repeat(30),
        &("44".to_owned() + &"5".repeat(28)),
    );
    trained.chain(even).map(|lengths| Table::new(&lengths).expect("a complete code")).collect()
}

/// Reads the output with all decoders.
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
    back.clear();
    DeflateDecoder::new(raw).read_to_end(&mut back).expect(what);
    assert!(back == input, "{what}");
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

/// A text without repeats, in which each byte that has a code is used.
fn all_bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 256 * 13) as u8).collect()
}

/// Texts of 70,000 bytes from one kind to the other: events, noise, one byte, repeats that are as long and as far as can be,
/// bytes that no table has.
fn long_texts() -> Vec<Vec<u8>> {
    let mut random = Random(1);
    let mut texts: Vec<Vec<u8>> = [3, 0, 1, 2, 4, 5].map(|kind| sample(&mut random, 70_000, kind)).into();
    texts.push(all_bytes(70_000));
    texts.push([sample(&mut random, 300, 0).as_slice(), &[0; 32_400]].concat().repeat(3));
    texts
}

fn check_lengths(lengths: impl Iterator<Item = usize>) {
    let (mut encoder, tables, texts) = (Encoder::new(), tables(), long_texts());
    let containers = [Container::Raw, Container::Zlib, Container::Gzip];
    for length in lengths {
        for (kind, text) in texts.iter().enumerate() {
            let what = format!("{length} bytes of kind {kind}");
            let container = containers[(length + kind) % 3];
            check(&mut encoder, None, container, &text[..length], &what);
            check(&mut encoder, Some(&tables[length % tables.len()]), container, &text[..length], &what);
        }
    }
}

#[test]
fn texts_of_any_length_come_back() {
    let edges = [4_096, 6_144, 6_145, 8_192, 12_288, 12_289, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 70_000];
    check_lengths((0..300).chain((300..70_000).step_by(1_999)).chain(edges));
}

#[test]
#[ignore = "takes minutes: cargo test --release -p sidelane-deflate -- --ignored"]
fn texts_of_every_length_come_back() {
    check_lengths(0..=70_000);
}

#[test]
fn bodies_have_the_sizes_that_the_trainer_expects() {
    let vectors = vectors();
    let tables: Vec<Lengths> = vectors["tables"].as_array().expect("tables").iter().map(lengths_of).collect();
    let mut encoder = Encoder::new();
    let texts = vectors["texts"].as_array().expect("texts").iter().map(|text| text.as_str().expect("text").as_bytes());
    for (text, sizes) in texts.zip(vectors["sizes"].as_array().expect("sizes")) {
        let what = format!("{sizes} {:.40}", String::from_utf8_lossy(text));
        let size = check(&mut encoder, None, Container::Raw, text, &what) as u64;
        assert_eq!(sizes["dynamicBytes"].as_u64(), Some(size), "{what}");
        if let Some(index) = sizes["table"].as_u64() {
            let table = Table::new(&tables[index as usize]).expect("a complete code");
            let size = check(&mut encoder, Some(&table), Container::Raw, text, &what) as u64;
            assert_eq!(sizes["tableBytes"].as_u64(), Some(size), "{what}");
        }
    }
}

#[test]
fn all_kinds_of_bytes_come_back() {
    let mut encoder = Encoder::new();
    let mut random = Random(7);
    let tables = tables();
    for round in 0..1_500 {
        let length = [40, 400, 4_000, 40_000][round % 4];
        let length = random.below(length);
        let bytes = sample(&mut random, length, round);
        let container = [Container::Raw, Container::Zlib, Container::Gzip][round % 3];
        check(&mut encoder, None, container, &bytes, &format!("round {round}"));
        check(&mut encoder, Some(&tables[round % tables.len()]), container, &bytes, &format!("round {round} by table"));
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
    let tables = tables();
    for round in 0..60 {
        let length = random.below(6_000);
        let bytes = sample(&mut random, length, round);
        let table = tables.get(round % (tables.len() + 1));
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
    let tables = tables();
    let mut other = text.clone();
    other[3_000] = 0xe9;
    let mut encoder = Encoder::new();
    check(&mut encoder, Some(&tables[0]), Container::Gzip, &other, "a byte that is not ASCII");
    let mut targets = [vec![0; bound(4_000)], vec![0; bound(4_000)]];
    let with = encoder.compress(Container::Gzip, Some(&tables[0]), &other, &mut targets[0]);
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
    let lengths = lengths_of(&vectors()["tables"][0]);
    assert!(Table::new(&lengths).is_ok());
    let broken = |change: fn(&mut Lengths)| {
        let mut lengths = lengths.clone();
        change(&mut lengths);
        Table::new(&lengths).is_err()
    };
    assert!(broken(|lengths| lengths.literals[usize::from(b'a')] = 0));
    assert!(broken(|lengths| lengths.literals[usize::from(b'a')] += 1));
    assert!(broken(|lengths| lengths.literals[256] = 15));
    assert!(broken(|lengths| lengths.literals[256] = 0));
    assert!(broken(|lengths| lengths.distances = [0; 30]));
    assert!(broken(|lengths| lengths.distances[0] = 200));
}
