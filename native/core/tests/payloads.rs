//! Whole payloads: the vectors of reading, normalizing and writing that the TypeScript twins read too, the bytes of
//! outcomes, and hard numbers.

use std::fs;
use std::path::PathBuf;

use libdeflater::Decompressor;
use serde_json::{Value, json};
use sidelane_core::outcome::Written;
use sidelane_core::process::{Processor, Scratch};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn vectors(name: &str) -> Result<Vec<Value>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/vectors").join(name);
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// A lock around `schema`, with other fields.
fn processor(schema: Value, fields: Value) -> Result<Processor> {
    let mut lock = json!({ "profile": "p1", "unicode": "15.0", "name": "test", "schema": schema });
    for (key, value) in fields.as_object().into_iter().flatten() {
        lock[key] = value.clone();
    }
    Ok(Processor::new(lock.to_string().as_bytes(), &[7; 16], b"")?)
}

fn outcome(processor: &Processor, payload: &[u8], canonical: bool) -> Vec<u8> {
    let mut target = vec![0xaa; 256];
    loop {
        match processor.process(&mut Scratch::default(), payload, canonical, &mut target) {
            Written::Bytes(count) => {
                target.truncate(count);
                return target;
            }
            Written::Needs(count) => {
                assert!(count > target.len(), "asks for no more than there is");
                target = vec![0xaa; count];
            }
        }
    }
}

/// Uncompressed outcomes as JSON: `{ok, canonical}` or `{code, pointer?}`.
fn answer(outcome: &[u8]) -> Result<Value> {
    if outcome[0] == 1 {
        return Ok(json!({ "ok": true, "canonical": str::from_utf8(&outcome[48..])? }));
    }
    let rejected: Value = serde_json::from_slice(&outcome[8..])?;
    let mut answer = json!({ "code": rejected["code"] });
    if let Some(issue) = rejected["issues"].get(0) {
        assert_eq!(issue["code"], rejected["code"]);
        answer["pointer"] = issue["pointer"].clone();
    }
    Ok(answer)
}

fn uncompressed(schema: Value, mut fields: Value) -> Result<Processor> {
    fields["compress"] = json!({ "codec": "none" });
    processor(schema, fields)
}

fn bytes_of(vector: &Value) -> Result<Vec<u8>> {
    let Some(hex) = vector["hex"].as_str() else {
        return Ok(vector["text"].as_str().unwrap_or_default().into());
    };
    (0..hex.len()).step_by(2).map(|at| Ok(u8::from_str_radix(&hex[at..at + 2], 16)?)).collect()
}

#[test]
fn payloads_are_read_and_written_as_the_vectors_say() -> Result<()> {
    let names = ["read/text", "read/depth", "read/members", "read/surrogates", "read/numbers", "canonical/canonical"];
    for name in names {
        for vector in vectors(&format!("{name}.json"))? {
            let mut limits = json!({});
            for key in ["maxBytes", "maxDepth", "maxKeys"] {
                if !vector[key].is_null() {
                    limits[key] = vector[key].clone();
                }
            }
            let numbers = vector["numbers"].as_str().unwrap_or("safe");
            let processor = uncompressed(json!({}), json!({ "numbers": numbers, "limits": limits }))?;
            let got = answer(&outcome(&processor, &bytes_of(&vector)?, false))?;
            assert_eq!(got, vector["expect"], "{name}: {}", vector["description"]);
        }
    }
    Ok(())
}

#[test]
fn strings_are_normalized_as_the_vectors_say() -> Result<()> {
    for vector in vectors("normalize/strings.json")? {
        let processor = uncompressed(json!({ "type": "string", "x-norm": vector["ops"] }), json!({}))?;
        // Between others, and after an escape that puts the text into the arena.
        let payload = vector["text"].to_string();
        let got = outcome(&processor, payload.as_bytes(), false);
        let written: Value = serde_json::from_slice(&got[48..])?;
        assert_eq!(written, vector["expected"], "{}", vector["description"]);
    }
    Ok(())
}

#[test]
fn an_accepted_outcome_has_its_fixed_layout() -> Result<()> {
    let processor = processor(json!({}), json!({}))?;
    let payload = br#" {"b":[1.0,"x\u0041"], "a":null}"#;
    let canonical = br#"{"a":null,"b":[1,"xA"]}"#;
    let got = outcome(&processor, payload, true);
    let body_bytes = u32::from_le_bytes([got[12], got[13], got[14], got[15]]) as usize;
    assert_eq!(got[..4], [1, 3, 0, 0]);
    assert_eq!(got[4..8], (payload.len() as u32).to_le_bytes());
    assert_eq!(got[8..12], (canonical.len() as u32).to_le_bytes());
    let digest: Vec<u8> = ring::digest::digest(&ring::digest::SHA256, canonical).as_ref().into();
    assert_eq!(got[16..48], digest);
    assert_eq!(got[48..58], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
    let mut plain = vec![0; canonical.len()];
    let size = Decompressor::new().gzip_decompress(&got[48..48 + body_bytes], &mut plain)?;
    assert_eq!((size, plain.as_slice()), (canonical.len(), canonical.as_slice()));
    assert_eq!(got[48 + body_bytes..], *canonical);
    Ok(())
}

#[test]
fn a_rejected_outcome_is_the_twins_json_text() -> Result<()> {
    let processor = processor(json!({ "type": "integer", "maximum": 3 }), json!({}))?;
    let invalid = r#"{"code":"validate.failed","issues":[{"code":"validate.failed","pointer":"","keyword":"maximum","params":{"limit":3}}],"truncated":false}"#;
    let cases = [
        ("4", invalid),
        ("{", r#"{"code":"parse.syntax","issues":[],"truncated":false}"#),
        (
            r#"{"a":1,"a":2}"#,
            r#"{"code":"parse.duplicate_key","issues":[{"code":"parse.duplicate_key","pointer":"/a"}],"truncated":false}"#,
        ),
    ];
    for (payload, text) in cases {
        let got = outcome(&processor, payload.as_bytes(), true);
        assert_eq!(got[..4], [2, 0, 0, 0]);
        assert_eq!(got[4..8], (text.len() as u32).to_le_bytes());
        assert_eq!(str::from_utf8(&got[8..])?, text);
    }
    Ok(())
}

#[test]
fn every_codec_and_level_gives_the_canonical_bytes_back() -> Result<()> {
    let payload = json!(vec!["a text of some length"; 50]).to_string();
    let mut plain = vec![0; payload.len()];
    for level in 0..=9 {
        for codec in ["gzip", "deflate", "deflate-raw"] {
            let processor = processor(json!({}), json!({ "compress": { "codec": codec, "level": level } }))?;
            let got = outcome(&processor, payload.as_bytes(), false);
            let body = &got[48..];
            let mut decompressor = Decompressor::new();
            let size = match codec {
                "gzip" => decompressor.gzip_decompress(body, &mut plain)?,
                "deflate" => decompressor.zlib_decompress(body, &mut plain)?,
                _ => decompressor.deflate_decompress(body, &mut plain)?,
            };
            assert_eq!(&plain[..size], payload.as_bytes(), "{codec} {level}");
        }
    }
    Ok(())
}

#[test]
fn a_contract_without_a_digest_and_one_with_a_key_say_so() -> Result<()> {
    let none = outcome(&processor(json!({}), json!({ "digest": "none" }))?, b"1", false);
    assert_eq!((none[1], &none[16..48]), (0, &[0; 32][..]));
    let keyed = outcome(&processor(json!({}), json!({ "digest": "hmac-sha-256" }))?, b"1", false);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[7; 16]);
    assert_eq!((keyed[1], &keyed[16..48]), (1, ring::hmac::sign(&key, b"1").as_ref()));
    Ok(())
}

#[test]
fn what_this_engine_lacks_is_told_when_the_contract_is_added() {
    let lock = |fields: &str| format!(r#"{{"profile":"p1","unicode":"15.0","name":"a","schema":{{}},{fields}}}"#);
    let code = |fields: &str, key: &[u8]| {
        Processor::new(lock(fields).as_bytes(), key, b"").err().map(|error| error.code.name())
    };
    let dictionary = format!(r#""dictionary":{{"id":0,"path":"a","sha256":"{}"}}"#, "0".repeat(64));
    let zstd = format!(r#""compress":{{"codec":"zstd"}},{dictionary}"#);
    assert_eq!(code(&zstd, b""), Some("contract.invalid"));
    assert_eq!(code(r#""digest":"hmac-sha-256""#, &[0; 15]), Some("options.invalid"));
    assert_eq!(code(r#""digest":"hmac-sha-256""#, &[0; 16]), None);
}

#[test]
fn numbers_are_read_to_the_nearest_double_and_written_as_ecmascript_does() -> Result<()> {
    let processor = uncompressed(json!({}), json!({ "numbers": "double" }))?;
    let cases = [
        ("0.1", "0.1"),
        ("0.30", "0.3"),
        ("1.00", "1"),
        ("100", "100"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("-0.5", "-0.5"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("0.00000123", "0.00000123"),
        ("0.000000123", "1.23e-7"),
        ("123456789012345", "123456789012345"),
        ("999999999999999.9", "999999999999999.9"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740993", "9007199254740992"),
        ("123456789012345678901", "123456789012345680000"),
        ("1000000000000000000000", "1e+21"),
        ("1e-400", "0"),
        ("-1e-400", "0"),
        ("5e-324", "5e-324"),
        ("2.4703282292062328e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("2.2250738585072011e-308", "2.225073858507201e-308"),
        ("9007199254740992.5", "9007199254740992"),
        ("0.1234567890123456789", "0.12345678901234568"),
        ("1.0000000000000000000000000000000000000000000000000000000000001", "1"),
        ("4.35", "4.35"),
        ("1E+2", "100"),
        ("18446744073709551616", "18446744073709552000"),
        ("0.00000000000000000000000000000000000000000000000000001", "1e-53"),
    ];
    for (text, expected) in cases {
        let got = outcome(&processor, text.as_bytes(), false);
        assert_eq!(str::from_utf8(&got[48..])?, expected, "{text}");
    }
    Ok(())
}

/// A small generator of numbers; the seed is fixed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn short_decimals_agree_with_the_slow_way() -> Result<()> {
    let processor = uncompressed(json!({}), json!({ "numbers": "double" }))?;
    let mut random = Random(0x5eed);
    for _ in 0..20_000 {
        let digits = (random.next() % 10_u64.pow((random.next() % 19) as u32 + 1)).to_string();
        let zeros = "0".repeat((random.next() % 8) as usize);
        let point = (random.next() as usize) % digits.len();
        let text = match random.next() % 3 {
            0 => digits,
            1 => format!(
                "-{}.{}{}",
                if point == 0 { "0" } else { digits[..point].trim_start_matches('0') },
                zeros,
                &digits[point..]
            ),
            _ => format!("0.{zeros}{digits}"),
        };
        if text.starts_with("-.") {
            continue;
        }
        let expected = ryu_js::Buffer::new().format_finite(text.parse::<f64>()?).to_owned();
        let got = outcome(&processor, text.as_bytes(), false);
        assert_eq!(str::from_utf8(&got[48..])?, expected, "{text}");
    }
    Ok(())
}

#[test]
fn members_come_in_utf_16_order_whatever_order_they_had() -> Result<()> {
    let processor = uncompressed(json!({}), json!({}))?;
    let mut random = Random(0xfeed);
    let alphabet =
        ["a", "b", "\u{0}", "é", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}", "zzzzzzzz", "\""];
    let mut scratch = Scratch::default();
    let mut target = vec![0; 1 << 16];
    for _ in 0..3000 {
        let mut keys: Vec<String> = (0..random.next() % 60)
            .map(|_| (0..random.next() % 4).map(|_| alphabet[random.next() as usize % alphabet.len()]).collect())
            .collect();
        keys.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
        keys.dedup();
        let text = |keys: &[String]| {
            let members: Vec<String> = keys.iter().map(|key| format!("{}:{{}}", Value::from(key.as_str()))).collect();
            format!("{{{}}}", members.join(","))
        };
        let expected = text(&keys);
        for at in (1..keys.len()).rev() {
            keys.swap(at, random.next() as usize % (at + 1));
        }
        // One scratch for all: orders that were seen before must not show.
        let written = processor.process(&mut scratch, text(&keys).as_bytes(), false, &mut target);
        let Written::Bytes(count) = written else { panic!("the target is large") };
        assert_eq!(str::from_utf8(&target[48..count])?, expected);
    }
    Ok(())
}
