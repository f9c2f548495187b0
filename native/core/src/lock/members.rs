//! Members of the lock's own objects, and the integers among them.
//!
//! Twin of `src/contract/lock/members.ts`.

use super::errors::invalid;
use super::value::{Object, Value};
use crate::error::ContractError;
use crate::pointer::Path;

pub fn members_of<'v>(value: &'v Value, at: &Path<'_>) -> Result<&'v Object, ContractError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(invalid(at.pointer(), "Expected an object.")),
    }
}

pub fn read_integer(min: u64, max: u64, value: &Value, at: &Path<'_>) -> Result<u64, ContractError> {
    let in_range = |number: &f64| number.fract() == 0.0 && (min as f64..=max as f64).contains(number);
    match value.double().filter(in_range) {
        Some(number) => Ok(number as u64),
        None => Err(invalid(at.pointer(), format!("Expected an integer from {min} to {max}."))),
    }
}
