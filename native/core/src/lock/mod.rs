//! The lock: the contract as a file. Parsing it is the one gate by which a contract comes into being, and refuses all
//! that is outside profile p1.
//!
//! Twin of `src/contract/lock.ts` and `src/contract/lock/`.

mod admitted_types;
mod checks;
mod fan_out;
mod fault;
mod fields;
mod forms;
mod graph;
mod keywords;
mod number_definitions;
mod said;
mod tree;
mod value;
mod walk;

use checks::check_tree;
use fault::invalid;
use fields::read_fields;
use number_definitions::number_definitions;
use tree::Tree;
use value::Value;
use walk::walk_schema;

use crate::error::ContractError;
use crate::profile::Profile;
use crate::read::{self, LOCK_LIMITS, ReadError, Tape};

const MAX_VALUES: usize = 10_000;

/// Reads the bytes of a lock file. Fails with a JSON pointer into the lock: `contract.unsupported` for what is outside
/// profile p1, `contract.invalid` for what is malformed.
pub fn parse_lock(bytes: &[u8]) -> Result<Profile, ContractError> {
    let value = read_value(bytes)?;
    let mut tree = Tree::default();
    let fields = read_fields(&value, |schema, at| {
        tree = walk_schema(schema, at)?;
        Ok(())
    })?;
    check_tree(&mut tree)?;
    let (root, defs) = number_definitions(&tree);
    Ok(Profile {
        name: fields.name,
        numbers: fields.numbers,
        limits: fields.limits,
        compress: fields.compress,
        dictionary: fields.dictionary,
        digest: fields.digest,
        root,
        defs,
    })
}

fn read_value(bytes: &[u8]) -> Result<Value, ContractError> {
    let refused = |error: ReadError| {
        let (what, pointer) = match error {
            ReadError::Text(code) => (code.name(), String::new()),
            ReadError::Data(code, pointer) => (code.name(), pointer),
            ReadError::OutOfMemory => ("not enough memory", String::new()),
        };
        invalid(pointer, format!("The lock cannot be read: {what}."))
    };
    let text = read::check_text(bytes, &LOCK_LIMITS).map_err(refused)?;
    let mut tape = Tape::default().bind(text);
    read::read(&mut tape, &LOCK_LIMITS).map_err(refused)?;
    // Equal keys are not found by reading.
    if let Some(error) = read::diagnose(&tape, &LOCK_LIMITS) {
        return Err(refused(error));
    }
    // Members take a second entry for their key.
    let keys = (0..tape.len()).filter(|at| tape.kind(*at) == read::Kind::Key).count();
    if tape.len() - keys > MAX_VALUES {
        return Err(invalid(String::new(), format!("A lock may hold {MAX_VALUES} values at most.")));
    }
    Ok(Value::of(&tape, 0))
}
