//! The error codes and the error of a contract. `error_codes` holds the table.

use crate::error_codes::ENTRIES;

pub use crate::error_codes::Code;

impl Code {
    /// The text in outcomes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ENTRIES[self as usize].0
    }

    /// The number on the wire.
    #[must_use]
    pub const fn wire(self) -> u16 {
        ENTRIES[self as usize].1
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        ENTRIES[self as usize].2
    }

    /// The message for people.
    #[must_use]
    pub const fn message(self) -> &'static str {
        ENTRIES[self as usize].3
    }

    /// The code by its text.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// Why a contract cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractError {
    /// `contract.*`, `codec.unavailable` or `options.invalid`.
    pub code: Code,
    /// JSON pointer (RFC 6901) into the lock.
    pub pointer: String,
    /// For people; not part of parity.
    pub message: String,
}

impl std::fmt::Display for ContractError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.pointer.is_empty() { "the lock itself" } else { &self.pointer };
        if self.code.name().starts_with("contract.") {
            write!(formatter, "{} (at {place})", self.message)
        } else {
            formatter.write_str(&self.message)
        }
    }
}

impl std::error::Error for ContractError {}
