//! The errors of reading.

use crate::error::Code;

/// Why a document is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The text: `limit.bytes` to `parse.syntax`.
    Text(Code),
    /// The data model.
    Data {
        /// What is wrong.
        code: Code,
        /// Of the member.
        pointer: String,
        /// The index on the tape.
        token: usize,
    },
    /// An allocation failed.
    OutOfMemory,
    /// The budget is over.
    Interrupted,
}

/// Why the scanner stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanError {
    /// Not JSON, or too deep.
    Syntax,
    /// The budget is over.
    Interrupted,
    /// An allocation failed.
    OutOfMemory,
}
