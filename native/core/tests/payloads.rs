//! Whole payloads: the vectors of reading, normalizing and writing that the TypeScript twins read too, what an accepted
//! payload has, what a processor needs, and hard numbers.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sidelane_core::{Contract, FinishError, ProcessError, Processor, Scratch, hmac_sha256};

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
    Ok(Processor::builder(Contract::load(lock.to_string().as_bytes())?).digest_key(&[7; 16]).build()?)
}

/// The canonical form of a payload that must be accepted.
fn canonical(processor: &Processor, payload: &str) -> Result<String> {
    let mut scratch = Scratch::default();
    let accepted = processor.process(&mut scratch, payload.as_bytes()).map_err(|error| error.to_string())?;
    Ok(str::from_utf8(accepted.canonical())?.to_owned())
}

/// A verdict as JSON: `{ok, canonical}` or `{code, pointer, params}`.
fn verdict(processor: &Processor, payload: &[u8]) -> Result<Value> {
    let mut scratch = Scratch::default();
    let rejected = match processor.process(&mut scratch, payload) {
        Ok(accepted) => return Ok(json!({ "ok": true, "canonical": str::from_utf8(accepted.canonical())? })),
        Err(ProcessError::Rejected(rejected)) => rejected,
        Err(error) => return Err(error.to_string().into()),
    };
    let [issue] = rejected.issues else { return Err("there is one issue".into()) };
    assert_eq!((issue.code, issue.keyword), (rejected.code, None));
    let params: Value = serde_json::from_str(issue.params.as_deref().unwrap_or_default())?;
    Ok(json!({ "code": issue.code.name(), "pointer": issue.pointer, "params": params }))
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
fn canonical_forms_and_read_errors_match_the_vectors() -> Result<()> {
    let names = [
        "read/text",
        "read/depth",
        "read/members",
        "read/surrogates",
        "read/numbers",
        "read/int64",
        "read/positions",
        "canonical/canonical",
    ];
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
            let got = verdict(&processor, &bytes_of(&vector)?)?;
            assert_eq!(got, vector["expect"], "{name}: {}", vector["description"]);
        }
    }
    Ok(())
}

#[test]
fn normalized_strings_match_the_vectors() -> Result<()> {
    for vector in vectors("normalize/strings.json")? {
        let processor = uncompressed(json!({ "type": "string", "x-norm": vector["ops"] }), json!({}))?;
        let written: Value = serde_json::from_str(&canonical(&processor, &vector["text"].to_string())?)?;
        assert_eq!(written, vector["expected"], "{}", vector["description"]);
    }
    Ok(())
}

#[test]
fn an_accepted_payload_has_sizes_digest_and_body() -> Result<()> {
    let processor = uncompressed(json!({}), json!({}))?;
    let payload = br#" {"b":[1.0,"x\u0041"], "a":null}"#;
    let expected = br#"{"a":null,"b":[1,"xA"]}"#;
    let mut scratch = Scratch::default();
    let mut accepted = processor.process(&mut scratch, payload).map_err(|error| error.to_string())?;
    assert_eq!((accepted.in_bytes(), accepted.canonical()), (payload.len(), &expected[..]));
    assert_eq!(accepted.digest(), Some(&Sha256::digest(expected).into()));
    let needed = accepted.max_body_len();
    let mut out = vec![0; needed];
    assert_eq!(accepted.finish_into(&mut out[1..]), Err(FinishError::TooSmall { needed }));
    assert_eq!(accepted.finish_into(&mut out), Ok(expected.len()));
    assert_eq!(accepted.into_body()?, expected);
    Ok(())
}

#[test]
fn scratch_memory_is_shared_by_contracts_and_can_be_reset() -> Result<()> {
    let (any, number) = (uncompressed(json!({}), json!({}))?, uncompressed(json!({ "type": "number" }), json!({}))?);
    let mut scratch = Scratch::default();
    for _ in 0..2 {
        assert_eq!(
            any.process(&mut scratch, b"[1]").map(|accepted| accepted.canonical().to_vec()),
            Ok(b"[1]".to_vec())
        );
        let Err(ProcessError::Rejected(rejected)) = number.process(&mut scratch, b"[1]") else {
            return Err("an array is accepted as a number".into());
        };
        assert_eq!((rejected.issues.len(), rejected.issues[0].keyword), (1, Some("type")));
        assert!(number.process(&mut scratch, b"1").is_ok());
        scratch.reset();
    }
    Ok(())
}

#[cfg(feature = "libdeflate")]
#[test]
fn every_deflate_codec_and_level_gives_the_canonical_bytes_back() -> Result<()> {
    let payload = json!(vec!["a text of some length"; 50]).to_string();
    let mut plain = vec![0; payload.len()];
    for level in 0..=9 {
        for codec in ["gzip", "deflate", "deflate-raw"] {
            let processor = processor(json!({}), json!({ "compress": { "codec": codec, "level": level } }))?;
            let mut scratch = Scratch::default();
            let accepted = processor.process(&mut scratch, payload.as_bytes()).map_err(|error| error.to_string())?;
            let body = accepted.into_body()?;
            let mut decompressor = libdeflater::Decompressor::new();
            let size = match codec {
                "gzip" => {
                    assert_eq!((&body[..8], body[9]), (&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0][..], 255));
                    decompressor.gzip_decompress(&body, &mut plain)?
                }
                "deflate" => decompressor.zlib_decompress(&body, &mut plain)?,
                _ => decompressor.deflate_decompress(&body, &mut plain)?,
            };
            assert_eq!(&plain[..size], payload.as_bytes(), "{codec} {level}");
        }
    }
    Ok(())
}

#[test]
fn the_contract_selects_the_digest() -> Result<()> {
    let digest = |name: &str| -> Result<Option<[u8; 32]>> {
        let processor = uncompressed(json!({}), json!({ "digest": name }))?;
        let mut scratch = Scratch::default();
        Ok(processor.process(&mut scratch, b"1").map_err(|error| error.to_string())?.digest().copied())
    };
    assert_eq!(digest("none")?, None);
    assert_eq!(digest("sha-256")?, Some(Sha256::digest(b"1").into()));
    assert_eq!(digest("hmac-sha-256")?, Some(hmac_sha256(&[7; 16], b"1")));
    Ok(())
}

#[test]
fn a_builder_reports_missing_keys_dictionaries_and_codecs() -> Result<()> {
    let contract = |fields: &str| {
        Contract::load(format!(r#"{{"profile":"p1","unicode":"15.0","name":"a","schema":{{}},{fields}}}"#).as_bytes())
    };
    let code = |fields: &str, key: &[u8]| -> Result<Option<&str>> {
        Ok(Processor::builder(contract(fields)?).digest_key(key).build().err().map(|error| error.code.name()))
    };
    let dictionary = format!(r#""dictionary":{{"id":0,"path":"a/b","sha256":"{}"}}"#, "0".repeat(64));
    let zstd = format!(r#""compress":{{"codec":"zstd"}},{dictionary}"#);
    let without = "codec.unavailable";
    assert_eq!(contract(&zstd)?.dictionary_path(), Some("a/b"));
    assert_eq!(code(&zstd, b"")?, Some(if cfg!(feature = "zstd") { "contract.invalid" } else { without }));
    let hmac = r#""digest":"hmac-sha-256","compress":{"codec":"none"}"#;
    assert!(contract(hmac)?.needs_digest_key());
    assert_eq!(code(hmac, &[0; 15])?, Some("options.invalid"));
    assert_eq!(code(hmac, &[0; 16])?, None);
    for (codec, is_available) in [
        ("none", true),
        ("gzip", cfg!(feature = "libdeflate")),
        ("deflate", cfg!(feature = "libdeflate")),
        ("deflate-raw", cfg!(feature = "libdeflate")),
        ("brotli", cfg!(feature = "brotli")),
        ("zstd", cfg!(feature = "zstd")),
    ] {
        let fields = format!(r#""compress":{{"codec":"{codec}"}}"#);
        assert_eq!(code(&fields, b"")?, (!is_available).then_some(without), "{codec}");
    }
    Ok(())
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
        assert_eq!(canonical(&processor, text)?, expected, "{text}");
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
fn short_decimals_match_the_standard_library() -> Result<()> {
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
        assert_eq!(canonical(&processor, &text)?, expected, "{text}");
    }
    Ok(())
}

#[test]
fn members_are_sorted_by_utf_16_units() -> Result<()> {
    let processor = uncompressed(json!({}), json!({}))?;
    let mut random = Random(0xfeed);
    let alphabet =
        ["a", "b", "\u{0}", "é", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}", "zzzzzzzz", "\""];
    let mut scratch = Scratch::default();
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
        // One scratch for all: orders of earlier payloads must not matter.
        let payload = text(&keys);
        let accepted = processor.process(&mut scratch, payload.as_bytes()).map_err(|error| error.to_string())?;
        assert_eq!(str::from_utf8(accepted.canonical())?, expected);
    }
    Ok(())
}
