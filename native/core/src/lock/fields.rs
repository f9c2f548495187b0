//! The fields of a lock except its schema: names, ranges, defaults.

use super::compression_tables::read_tables;
use super::errors::{invalid, unsupported};
use super::keywords::read_one_of;
use super::members::{members_of, read_integer};
use super::value::Value;
use crate::contract_name::{CONTRACT_NAME_RULE, is_contract_name};
use crate::error::ContractError;
use crate::pointer::Path;
use crate::profile::{Codec, Compress, DictionaryRef, DigestName, Limits, Numbers, Profile, SchemaNode};
use crate::read::compare_keys;

const REQUIRED: [&str; 4] = ["name", "profile", "schema", "unicode"];

/// Highest values of the limits; the lowest is 1. Both engines can hold such payloads and recurse into them.
const MAX_BYTES: u64 = 67_108_864;
const MAX_DEPTH: u64 = 120;
const MAX_KEYS: u64 = 1_000_000;

/// Reads the fields in canonical order of their keys, missing ones in their place, into a profile without schema.
/// `on_schema` is called in the schema's place, so the first error is that of the whole document.
pub fn read_fields<'v>(
    lock: &'v Value,
    mut on_schema: impl FnMut(&'v Value, &Path<'_>) -> Result<(), ContractError>,
) -> Result<Profile, ContractError> {
    let Value::Object(lock) = lock else { return Err(invalid(String::new(), "Expected an object.")) };
    let mut profile = Profile {
        name: Box::default(),
        numbers: Numbers::Safe,
        limits: Limits::default(),
        compress: Compress { codec: Codec::Gzip, level: Some(1) },
        dictionary: None,
        digest: DigestName::Sha256,
        tables: Vec::new(),
        remembers: false,
        root: SchemaNode::Any,
        defs: Vec::new(),
    };
    let missing = REQUIRED.into_iter().filter(|key| !lock.has(key));
    let mut keys: Vec<&str> = lock.iter().map(|(key, _)| key).chain(missing).collect();
    keys.sort_by(|a, b| compare_keys(a, b));
    for key in keys {
        let at = Path::ROOT.key(key);
        let Some(value) = lock.get(key) else { return Err(invalid(at.pointer(), "The field is missing.")) };
        read_field(&mut profile, key, value, &at)?;
        if key == "schema" {
            on_schema(value, &at)?;
        }
    }
    Ok(profile)
}

fn read_field(profile: &mut Profile, key: &str, value: &Value, at: &Path<'_>) -> Result<(), ContractError> {
    match key {
        "appOnly" => read_names(value, at)?,
        "compress" => profile.compress = read_compress(value, at)?,
        "dictionary" => {
            // `compress` comes before it, also when left out.
            if profile.compress.codec != Codec::Zstd {
                return Err(invalid(at.pointer(), "Only zstd takes a dictionary."));
            }
            profile.dictionary = Some(read_dictionary(value, at)?);
        }
        "tables" => profile.tables = read_tables(value, at, profile.compress)?,
        "digest" => profile.digest = read_one_of(DigestName::ALL, DigestName::name, value, at)?,
        "limits" => profile.limits = read_limits(value, at)?,
        "name" => match value.text() {
            Some(name) if is_contract_name(name) => profile.name = name.into(),
            _ => {
                let message = format!("Expected {CONTRACT_NAME_RULE}.");
                return Err(invalid(at.pointer(), &message));
            }
        },
        "numbers" => profile.numbers = read_one_of(Numbers::ALL, Numbers::name, value, at)?,
        "profile" if value.text() != Some("p1") => {
            return Err(unsupported(at.pointer(), "This version reads profile \"p1\"."));
        }
        "unicode" if value.text() != Some("15.0") => {
            return Err(unsupported(at.pointer(), "This version reads Unicode \"15.0\"."));
        }
        "profile" | "schema" | "unicode" => {}
        _ => return Err(invalid(at.pointer(), "The field is not known.")),
    }
    Ok(())
}

fn read_limits(value: &Value, at: &Path<'_>) -> Result<Limits, ContractError> {
    let mut limits = Limits::default();
    for (key, value) in members_of(value, at)?.iter() {
        let at = at.key(key);
        let (limit, max) = match key {
            "maxBytes" => (&mut limits.max_bytes, MAX_BYTES),
            "maxDepth" => (&mut limits.max_depth, MAX_DEPTH),
            "maxKeys" => (&mut limits.max_keys, MAX_KEYS),
            _ => return Err(invalid(at.pointer(), "The limit is not known.")),
        };
        *limit = read_integer(1, max, value, &at)? as usize;
    }
    Ok(limits)
}

fn read_compress(value: &Value, at: &Path<'_>) -> Result<Compress, ContractError> {
    let mut codec = Codec::Gzip;
    let mut level = None;
    for (key, value) in members_of(value, at)?.iter() {
        let at = at.key(key);
        match key {
            "codec" => codec = read_one_of(Codec::ALL, Codec::name, value, &at)?,
            "level" => {
                let Some((min, _, max)) = codec.levels() else {
                    return Err(invalid(at.pointer(), "The codec \"none\" takes no level."));
                };
                level = Some(read_integer(min.into(), max.into(), value, &at)? as u8);
            }
            _ => return Err(invalid(at.pointer(), "The setting is not known.")),
        }
    }
    Ok(Compress { codec, level: level.or(codec.levels().map(|(_, default, _)| default)) })
}

fn read_dictionary(value: &Value, at: &Path<'_>) -> Result<DictionaryRef, ContractError> {
    let members = members_of(value, at)?;
    let mut reference = DictionaryRef { path: Box::default(), id: 0, sha256: Box::default() };
    let missing = ["id", "path", "sha256"].into_iter().filter(|key| !members.has(key));
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| key).chain(missing).collect();
    keys.sort_by(|a, b| compare_keys(a, b));
    for key in keys {
        let at = at.key(key);
        let Some(value) = members.get(key) else { return Err(invalid(at.pointer(), "The setting is missing.")) };
        match key {
            "id" => reference.id = read_integer(0, u32::MAX.into(), value, &at)? as u32,
            "path" => match value.text() {
                Some(path) if is_path(path) => reference.path = path.into(),
                _ => return Err(invalid(at.pointer(), "Expected a path below the lock's folder, with \"/\".")),
            },
            "sha256" => match value.text() {
                Some(hash) if is_sha256(hash) => reference.sha256 = hash.into(),
                _ => return Err(invalid(at.pointer(), "Expected 64 lower-case hex digits.")),
            },
            _ => return Err(invalid(at.pointer(), "The setting is not known.")),
        }
    }
    Ok(reference)
}

/// Names joined by "/": the same file on every platform, and none outside the folder.
fn is_path(path: &str) -> bool {
    let is_name = |name: &str| {
        let plain = |byte: u8| byte > b' ' && byte < 0x7f && !matches!(byte, b'\\' | b':');
        !matches!(name, "" | "." | "..") && name.bytes().all(plain)
    };
    path.len() <= 255 && path.split('/').all(is_name)
}

fn is_sha256(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn read_names(value: &Value, at: &Path<'_>) -> Result<(), ContractError> {
    let Value::Array(items) = value else { return Err(invalid(at.pointer(), "Expected a list of strings.")) };
    match items.iter().position(|item| item.text().is_none()) {
        Some(index) => Err(invalid(at.index(index).pointer(), "Expected a string.")),
        None => Ok(()),
    }
}
