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
use crate::read::{self, Fault, LOCK_LIMITS, Tape};

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
    let refused = |fault: Fault| {
        let (what, pointer) = match fault {
            Fault::Refused(code) => (code.name(), String::new()),
            Fault::Data(code, pointer) => (code.name(), pointer),
            Fault::Memory => ("no memory", String::new()),
        };
        invalid(pointer, format!("The lock cannot be read: {what}."))
    };
    let text = read::check_text(bytes, &LOCK_LIMITS).map_err(refused)?;
    let mut tape = Tape::default().bind(text);
    read::read(&mut tape, &LOCK_LIMITS).map_err(refused)?;
    // Equal keys are not found by reading.
    if let Some(fault) = read::data_fault(&tape, &LOCK_LIMITS) {
        return Err(refused(fault));
    }
    // Members take a second entry for their key.
    let keys = (0..tape.len()).filter(|at| tape.kind(*at) == read::Kind::Key).count();
    if tape.len() - keys > MAX_VALUES {
        return Err(invalid(String::new(), format!("A lock may hold {MAX_VALUES} values at most.")));
    }
    Ok(Value::of(&tape, 0))
}
