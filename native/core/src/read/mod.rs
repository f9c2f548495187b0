//! Reading: from bytes to a [`Tape`], or the first stage that fails. The stages are those of the contract, in its
//! order: size, byte order mark, UTF-8, lexical depth, grammar, data model.
//!
//! A payload that is right takes one pass ([`read`]). The first trouble leads to a cold path that asks stage by stage
//! again, so that the answer does not depend on what the fast pass met first.
//!
//! ```text
//! let text = read::check_text(bytes, &limits)?;          // size, BOM, UTF-8
//! let mut tape = memory.bind(text);
//! read::read(&mut tape, &limits)?;                       // lexical depth, grammar, most of the data model
//! // … walk the tape; equal keys may still be there …
//! read::data_fault(&tape, &limits)                       // the data model in full: call it before any other complaint
//! ```
//!
//! Twin of `src/json/` and `src/engine/js/read.ts`.

mod classify;
mod keys;
mod number;
mod scan;
mod string;
mod tape;

pub use classify::data_fault;
pub use keys::compare_keys;
pub(crate) use keys::{Prefix, compare_bytes};
pub use tape::{Entry, Kind, Tape, flag};

use self::scan::Stop;
use crate::error::Code;

/// What a document may cost, and how its integers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Largest document, in bytes; at most 2^32 − 1.
    pub max_bytes: usize,
    /// Most open brackets at one place, at most 128.
    pub max_depth: usize,
    /// Most members in one object.
    pub max_keys: usize,
    /// Refuse integers beyond 2^53 − 1.
    pub safe_numbers: bool,
}

/// For lock files: 256 KiB, depth 128, numbers as doubles.
pub const LOCK_LIMITS: ReadLimits =
    ReadLimits { max_bytes: 256 << 10, max_depth: 128, max_keys: usize::MAX, safe_numbers: false };

/// Why a document was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `limit.bytes` to `parse.syntax`.
    Refused(Code),
    /// The data model: its code and the pointer of the member.
    Data(Code, String),
    /// No memory for the tape.
    Memory,
}

/// The stages before the grammar that look at the whole document: size, byte order mark, UTF-8.
pub fn check_text<'a>(bytes: &'a [u8], limits: &ReadLimits) -> Result<&'a str, Fault> {
    if bytes.len() > limits.max_bytes {
        return Err(Fault::Refused(Code::LimitBytes));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Fault::Refused(Code::ParseBom));
    }
    simdutf8::basic::from_utf8(bytes).map_err(|_| Fault::Refused(Code::ParseUtf8))
}

/// Reads the document that `tape` is bound to. `Ok` means: the grammar is right, no key is forbidden, no string and no
/// number breaks the data model. Two equal keys in one object are *not* found here: whoever sorts the keys meets them,
/// and [`data_fault`] says where.
pub fn read(tape: &mut Tape<'_>, limits: &ReadLimits) -> Result<(), Fault> {
    match scan::scan(tape, limits) {
        Ok(()) if !tape.troubled => Ok(()),
        Ok(()) => Err(data_fault(tape, limits).unwrap_or(Fault::Memory)),
        Err(Stop::Exhausted) => Err(Fault::Memory),
        Err(Stop::Syntax) if classify::is_too_deep(tape.document().as_bytes(), limits.max_depth) => {
            Err(Fault::Refused(Code::LimitDepth))
        }
        Err(Stop::Syntax) => Err(Fault::Refused(Code::ParseSyntax)),
    }
}
