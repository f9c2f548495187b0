//! The error codes, and why a lock cannot be used. `error_codes` holds the table.

use crate::error_codes::ENTRIES;

pub use crate::error_codes::Code;

impl Code {
    /// The code as it stands in outcomes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ENTRIES[self as usize].0
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn wire(self) -> u16 {
        ENTRIES[self as usize].1
    }

    /// The HTTP status that fits.
    #[must_use]
    pub const fn status(self) -> u16 {
        ENTRIES[self as usize].2
    }

    /// Its message.
    #[must_use]
    pub const fn message(self) -> &'static str {
        ENTRIES[self as usize].3
    }

    /// The code of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// Why a lock cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractError {
    /// `contract.*` or `options.invalid`.
    pub code: Code,
    /// RFC 6901, into the lock document.
    pub pointer: String,
    /// For people; not part of parity.
    pub message: String,
}

impl std::fmt::Display for ContractError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} at \"{}\": {}", self.code.name(), self.pointer, self.message)
    }
}

impl std::error::Error for ContractError {}
