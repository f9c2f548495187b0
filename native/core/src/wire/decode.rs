//! The next frame out of the bytes that are there. Nothing is kept between calls: what is left belongs to the caller.

use super::{HEAD_BYTES, Head, Violation};

/// What the bytes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// At least this many bytes are missing from the header.
    Incomplete(usize),
    /// The header is there, and the beginning of a body that is not whole. Ask [`super::Rules`] before there is memory
    /// for it.
    Partial(Head, &'a [u8]),
    /// A whole frame: header and payload, `HEAD_BYTES + payload.len()` bytes.
    Complete(Head, &'a [u8]),
    /// No frame begins like this.
    Broken(Violation),
}

/// Reads the frame at the start of `bytes`.
#[must_use]
pub fn decode(bytes: &[u8]) -> Step<'_> {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Step::Incomplete(HEAD_BYTES - bytes.len());
    };
    match Head::read(head) {
        Err(violation) => Step::Broken(violation),
        Ok(head) => match rest.get(..head.length as usize) {
            Some(payload) => Step::Complete(head, payload),
            None => Step::Partial(head, rest),
        },
    }
}
