//! The field `tables` of a lock: the codes that deflate starts from.
//!
//! Twin of `src/contract/lock/compression-tables.ts`.

use super::errors::{invalid, unsupported};
use super::members::{members_of, read_integer};
use super::value::Value;
use crate::error::ContractError;
use crate::pointer::Path;
use crate::profile::{Codec, Compress, CompressionTable};
use crate::read::compare_keys;

const MAX_TABLES: usize = 32;
const SETTINGS: [&str; 6] = ["ascii", "distances", "lengths", "literals", "maxBytes", "minBytes"];

/// Sizes that a table may be for: deflate's window bounds them.
const MIN_TABLE_BYTES: u64 = 64;
const MAX_TABLE_BYTES: u64 = 32_768;

/// The first byte that canonical JSON has, and the end of those of ASCII and of UTF-8.
const FIRST_LITERAL: usize = 0x20;
const ASCII_END: usize = 0x80;
const UTF8_END: usize = 0xf5;
/// The end of the block and the match lengths, behind all literals.
const END_OF_BLOCK: usize = 256;
const LENGTH_CODES: usize = 30;

/// Most bits of a code. RFC 1951 allows 15 for both; with 14, four literals fit into a register of 64 bits.
const LITERAL_LIMIT: u8 = 14;
const DISTANCE_LIMIT: u8 = 15;

type Result<T> = std::result::Result<T, ContractError>;

pub fn read_tables(value: &Value, at: &Path<'_>, compress: Compress) -> Result<Vec<CompressionTable>> {
    if !matches!(compress.codec, Codec::Gzip | Codec::Deflate | Codec::DeflateRaw) || compress.level != Some(1) {
        return Err(invalid(at.pointer(), "Only gzip, deflate and deflate-raw at level 1 take tables."));
    }
    let members = members_of(value, at)?;
    // First: other versions may have other settings.
    if members.get("version").is_some_and(|version| version.double() != Some(1.0)) {
        return Err(unsupported(at.key("version").pointer(), "This version reads tables of version 1."));
    }
    let mut classes = Vec::new();
    for key in keys_with(members.iter().map(|(key, _)| key), &["classes", "version"]) {
        let at = at.key(key);
        let Some(value) = members.get(key) else { return Err(missing(&at)) };
        match key {
            "classes" => classes = read_classes(value, &at)?,
            "version" => {}
            _ => return Err(unknown(&at)),
        }
    }
    Ok(classes)
}

/// Of each kind, ASCII or not: in ascending order, without a size that two have.
fn read_classes(value: &Value, at: &Path<'_>) -> Result<Vec<CompressionTable>> {
    let Value::Array(items) = value else { return Err(expected_tables(at)) };
    if !(1..=MAX_TABLES).contains(&items.len()) {
        return Err(expected_tables(at));
    }
    let mut tables: Vec<CompressionTable> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let table = read_table(item, &at.index(index), tables.last())?;
        tables.push(table);
    }
    Ok(tables)
}

fn read_table(value: &Value, at: &Path<'_>, before: Option<&CompressionTable>) -> Result<CompressionTable> {
    let members = members_of(value, at)?;
    let mut table =
        CompressionTable { ascii: true, min_bytes: 0, max_bytes: 0, literals: [0; 286], distances: [0; 30] };
    let mut least = 0;
    for key in keys_with(members.iter().map(|(key, _)| key), &SETTINGS) {
        let at = at.key(key);
        let Some(value) = members.get(key) else { return Err(missing(&at)) };
        match key {
            "ascii" => {
                table.ascii = value.boolean().ok_or_else(|| invalid(at.pointer(), "Expected true or false."))?;
                if table.ascii && before.is_some_and(|before| !before.ascii) {
                    return Err(invalid(at.pointer(), "The tables for ASCII come first."));
                }
                least = before.filter(|before| before.ascii == table.ascii).map_or(0, |before| before.max_bytes + 1);
            }
            "maxBytes" => {
                let min = MIN_TABLE_BYTES.max(least as u64);
                table.max_bytes = read_integer(min, MAX_TABLE_BYTES, value, &at)? as usize;
            }
            "minBytes" => {
                table.min_bytes = read_integer(least as u64, table.max_bytes as u64, value, &at)? as usize;
            }
            // How many digits there are depends on the other settings.
            "distances" | "lengths" | "literals" => {}
            _ => return Err(unknown(&at)),
        }
    }
    let read = |key: &str, lengths: &mut [u8], limit| read_digits(members.get(key), lengths, limit, &at.key(key));
    let distances = distance_symbol(table.max_bytes - 1) + 1;
    read("distances", &mut table.distances[..distances], DISTANCE_LIMIT)?;
    check_complete(&table.distances, DISTANCE_LIMIT, &at.key("distances"))?;
    read("lengths", &mut table.literals[END_OF_BLOCK..END_OF_BLOCK + LENGTH_CODES], LITERAL_LIMIT)?;
    let end = if table.ascii { ASCII_END } else { UTF8_END };
    read("literals", &mut table.literals[FIRST_LITERAL..end], LITERAL_LIMIT)?;
    check_complete(&table.literals, LITERAL_LIMIT, &at.key("literals"))?;
    Ok(table)
}

/// A code length for each symbol: every symbol that a payload can need has a code.
fn read_digits(value: Option<&Value>, lengths: &mut [u8], limit: u8, at: &Path<'_>) -> Result<()> {
    let text = value.and_then(Value::text).unwrap_or_default();
    let digit = |byte: u8| match byte {
        b'1'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10).filter(|length| *length <= limit),
        _ => None,
    };
    if text.len() != lengths.len() || !text.bytes().all(|byte| digit(byte).is_some()) {
        return Err(invalid(at.pointer(), format!("Expected {} digits from 1 to {limit:x}.", lengths.len())));
    }
    lengths.iter_mut().zip(text.bytes()).for_each(|(length, byte)| *length = digit(byte).unwrap_or_default());
    Ok(())
}

/// Kraft: no bit sequence is without a meaning, none has two.
fn check_complete(lengths: &[u8], limit: u8, at: &Path<'_>) -> Result<()> {
    let share = |length: &u8| if *length == 0 { 0 } else { 1u32 << (limit - length) };
    if lengths.iter().map(share).sum::<u32>() == 1 << limit {
        return Ok(());
    }
    Err(invalid(at.pointer(), "The lengths are not those of a complete code."))
}

/// The symbol of a distance from 1 to 32,768: two for each number of bits, told apart by the second bit.
const fn distance_symbol(distance: usize) -> usize {
    match distance - 1 {
        below @ 0..2 => below,
        below => {
            let bits = below.ilog2() as usize;
            2 * bits + (below >> (bits - 1) & 1)
        }
    }
}

/// The keys in canonical order, missing ones in their place.
fn keys_with<'k>(keys: impl Iterator<Item = &'k str>, required: &[&'static str]) -> Vec<&'k str> {
    let mut keys: Vec<&str> = keys.chain(required.iter().copied()).collect();
    keys.sort_by(|a, b| compare_keys(a, b));
    keys.dedup();
    keys
}

fn expected_tables(at: &Path<'_>) -> ContractError {
    invalid(at.pointer(), format!("Expected a list of 1 to {MAX_TABLES} tables."))
}

fn missing(at: &Path<'_>) -> ContractError {
    invalid(at.pointer(), "The setting is missing.")
}

fn unknown(at: &Path<'_>) -> ContractError {
    invalid(at.pointer(), "The setting is not known.")
}
