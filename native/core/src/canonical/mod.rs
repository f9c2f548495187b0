//! Writes the canonical form (RFC 8785) of a document.
//!
//! Twin of `src/json/value.ts`.

mod edited;
mod shapes;
mod writer;

pub use writer::{Canonical, WriteError};
