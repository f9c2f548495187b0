//! The native engine of sidelane: bytes in, outcome out, synchronous and pure. No Node, no threads, no sockets in here.
//!
//! The modules are the stages of a payload and carry the names of their TypeScript twins.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod canonical;
pub mod compress;
pub mod contract;
pub mod decompress;
pub mod dictionary;
pub mod digest;
pub mod error;
pub mod json_text;
pub mod lock;
pub mod normal_form;
pub mod normalize;
pub mod outcome;
pub mod path;
pub mod pattern;
pub mod process;
pub mod profile;
pub mod read;
mod unicode_tables;
pub mod validate;
pub mod wire;
