//! Reads bytes into a [`Tape`], or reports the first stage that fails. The stages, in the contract's order: size, byte
//! order mark, UTF-8, lexical depth, grammar, data model.
//!
//! A good payload takes one pass ([`read`]). After the first fault a cold path checks stage by stage, so the result
//! does not depend on which fault the fast pass met first.
//!
//! ```text
//! let text = read::check_text(bytes, &limits)?;   // size, BOM, UTF-8
//! let mut tape = memory.bind(text);
//! read::read(&mut tape, &limits)?;                // lexical depth, grammar, data model except duplicate keys
//! // … walk the tape …
//! read::diagnose(&tape, &limits)                  // the whole data model: call it before reporting a later error
//! ```
//!
//! [`ReadError::params`] tells where a refused payload is wrong.
//!
//! Twin of `src/json/read.ts`.

mod cursor;
mod depth;
mod diagnose;
mod edits;
mod entry;
mod error;
mod expectation;
mod journal;
mod keys;
mod limits;
mod locate;
mod number;
mod position;
mod scan;
mod string;
mod syntax;
mod tape;
mod verdicts;

pub(crate) use depth::depth_of;
pub use diagnose::diagnose;
pub use entry::{Entry, Kind, flag};
pub use error::ReadError;
pub use keys::compare_keys;
pub(crate) use keys::{KnownKey, Prefix, compare_bytes};
pub use limits::{LOCK_LIMITS, LargeIntegers, ReadLimits};
pub use locate::too_large_params;
pub use tape::Tape;

use self::error::ScanError;
use crate::error::Code;

/// The stages before the grammar: size, byte order mark, UTF-8.
pub fn check_text<'a>(bytes: &'a [u8], limits: &ReadLimits) -> Result<&'a str, ReadError> {
    if bytes.len() > limits.max_bytes {
        return Err(ReadError::Text(Code::LimitBytes));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(ReadError::Text(Code::ParseBom));
    }
    simdutf8::basic::from_utf8(bytes).map_err(|_| ReadError::Text(Code::ParseUtf8))
}

/// Reads the document that `tape` is bound to. `Ok` means: the grammar is right, no key is forbidden, no string and no
/// number breaks the data model. Duplicate keys are *not* found here: sorting the keys finds them, and [`diagnose`]
/// locates them.
pub fn read(tape: &mut Tape<'_>, limits: &ReadLimits) -> Result<(), ReadError> {
    match scan::scan(tape, limits) {
        Ok(()) if !tape.has_fault => Ok(()),
        Ok(()) => Err(diagnose(tape, limits).unwrap_or(ReadError::OutOfMemory)),
        Err(ScanError::OutOfMemory) => Err(ReadError::OutOfMemory),
        Err(ScanError::Interrupted) => Err(ReadError::Interrupted),
        Err(ScanError::Syntax) if depth_of(tape.document().as_bytes()) > limits.max_depth => {
            Err(ReadError::Text(Code::LimitDepth))
        }
        Err(ScanError::Syntax) => Err(ReadError::Text(Code::ParseSyntax)),
    }
}
