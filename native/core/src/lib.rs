//! The native engine of sidelane: bytes in, outcome out, synchronous and pure. No Node, no threads, no sockets in here.
//!
//! The modules are the stages of a payload and carry the names of their TypeScript twins.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod error;
pub mod normalize;
pub mod path;
pub mod profile;
pub mod read;
mod unicode_tables;

/// Stands in until the module is there.
pub mod pattern {
    /// A pattern.
    #[derive(Clone, Debug)]
    pub struct Pattern;
}
