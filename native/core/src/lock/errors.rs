//! The two errors of a lock, with the JSON pointer of the place.

use crate::error::{Code, ContractError};

/// Outside profile p1: a keyword, a kind of node, a pattern.
pub fn unsupported(pointer: String, message: impl Into<String>) -> ContractError {
    ContractError { code: Code::ContractUnsupported, pointer, message: message.into() }
}

/// Malformed: a bad keyword value, a missing field, a dangling reference.
pub fn invalid(pointer: String, message: impl Into<String>) -> ContractError {
    ContractError { code: Code::ContractInvalid, pointer, message: message.into() }
}
