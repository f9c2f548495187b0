//! The two faults of a lock, with the JSON pointer of where it is wrong. What is wrong is found elsewhere in `lock`.

use crate::error::{Code, ContractError};

/// Outside profile p1: a keyword, a form, a pattern.
pub fn unsupported(pointer: String, what: impl Into<String>) -> ContractError {
    ContractError { code: Code::ContractUnsupported, pointer, message: what.into() }
}

/// Malformed: a bad keyword value, a missing field, a dangling reference.
pub fn invalid(pointer: String, what: impl Into<String>) -> ContractError {
    ContractError { code: Code::ContractInvalid, pointer, message: what.into() }
}
