//! The names that a contract may have: safe in an HTTP path, a metrics label, a flag `NAME=FILE` and a file name.
//!
//! Twin of `src/model/contract-name.ts`.

/// Completes "Expected …".
pub const CONTRACT_NAME_RULE: &str =
    "a name of 1 to 64 characters out of A-Z, a-z, 0-9, \".\", \"_\" and \"-\", the first one a letter or a digit";

/// True for a name that a contract may have: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
#[must_use]
pub fn is_contract_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_part)
}
