//! The lock: the contract as a file. Parsing it refuses everything outside profile p1.
//!
//! The files in order, each of which uses only those before it: `errors`, `value`, `keyword_table`, `keywords`,
//! `node_kinds`, `tree`, `parsed_keywords`, `walk`, `cycles`, `choice`, `visits`, `checks`, `defaults`,
//! `cost`, `number_definitions`, `members`, `compression_tables`, `fields`, `normal_form`.
//!
//! Twin of `src/contract/lock/`.

mod checks;
pub mod choice;
mod compression_tables;
mod cost;
mod cycles;
mod defaults;
mod errors;
mod fields;
mod keyword_table;
mod keywords;
mod members;
mod node_kinds;
mod normal_form;
mod number_definitions;
mod parsed_keywords;
mod tree;
mod value;
mod visits;
mod walk;

pub use normal_form::normal_form;

use checks::check_tree;
use cost::check_cost;
use defaults::check_defaults;
use errors::invalid;
use fields::read_fields;
use number_definitions::number_definitions;
use tree::Tree;
use value::Value;
use walk::walk_schema;

use crate::error::ContractError;
use crate::profile::{Numbers, Profile};
use crate::read::{LOCK_LIMITS, ReadError, ReadLimits, Tape, check_text, diagnose, read};

/// Without white space and needless escapes: as canonical JSON.
const MAX_COMPACT_BYTES: usize = 2_097_152;
const MAX_NODES: usize = 50_000;

/// Parses the bytes of a lock file.
///
/// # Errors
///
/// `contract.unsupported` for what is outside profile p1, `contract.invalid` for what is malformed, with a JSON pointer
/// into the lock.
pub fn parse_lock(bytes: &[u8]) -> Result<Profile, ContractError> {
    let mut value = read_value(bytes)?;
    // The numbers are what the normal form says, so that contracts with one id have one meaning.
    if keeps_integers(&value) {
        value.keep_integers();
    } else {
        value.round_integers();
    }
    let mut tree = Tree::default();
    let mut profile = read_fields(&value, |schema, at| {
        tree = walk_schema(schema, at)?;
        // The first location stands for a missing schema.
        if tree.locations.len() - 1 > MAX_NODES {
            return Err(invalid(at.pointer(), format!("A schema may have {MAX_NODES} nodes at most.")));
        }
        Ok(())
    })?;
    check_tree(&mut tree)?;
    check_defaults(&tree, &ReadLimits::of(&profile))?;
    profile.remembers = check_cost(&tree, profile.limits.max_bytes)?;
    (profile.root, profile.defs) = number_definitions(&tree);
    Ok(profile)
}

/// True for `numbers: "int64"`; else the numbers of a lock are doubles.
fn keeps_integers(lock: &Value) -> bool {
    let numbers = if let Value::Object(lock) = lock { lock.get("numbers") } else { None };
    numbers.and_then(Value::text) == Some(Numbers::Int64.name())
}

fn read_value(bytes: &[u8]) -> Result<Value, ContractError> {
    let refused = |error: ReadError| {
        let (what, pointer) = match error {
            ReadError::Text(code) => (code.name(), String::new()),
            ReadError::Data { code, pointer, .. } => (code.name(), pointer),
            // Locks have no budget.
            ReadError::OutOfMemory | ReadError::Interrupted => ("not enough memory", String::new()),
        };
        invalid(pointer, format!("The lock cannot be read: {what}."))
    };
    let text = check_text(bytes, &LOCK_LIMITS).map_err(refused)?;
    let mut tape = Tape::default().bind(text);
    read(&mut tape, &LOCK_LIMITS).map_err(refused)?;
    // `read` does not find duplicate keys.
    if let Some(error) = diagnose(&tape, &LOCK_LIMITS) {
        return Err(refused(error));
    }
    let value = Value::of(&tape, 0);
    if value.canonical_text().len() > MAX_COMPACT_BYTES {
        let message = format!("A lock may have {MAX_COMPACT_BYTES} bytes at most, without white space.");
        return Err(invalid(String::new(), message));
    }
    Ok(value)
}
