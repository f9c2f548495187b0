//! Splits the received bytes into frames. No state: the caller keeps what is left.

use crate::{FrameHeader, HEADER_BYTES, Violation};

/// The frame at the start of the received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// The header lacks this many bytes.
    Incomplete(usize),
    /// The header, and the first bytes of the payload. [`RequestRules`](crate::RequestRules) decides whether the rest
    /// gets memory.
    Partial(FrameHeader, &'a [u8]),
    /// A whole frame of `HEADER_BYTES + payload.len()` bytes.
    Complete(FrameHeader, &'a [u8]),
    /// Not a frame.
    Broken(Violation),
}

/// Reads the frame at the start of `bytes`.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Decoded::Incomplete(HEADER_BYTES - bytes.len());
    };
    match FrameHeader::read(header) {
        Err(violation) => Decoded::Broken(violation),
        Ok(header) => match rest.get(..header.length as usize) {
            Some(payload) => Decoded::Complete(header, payload),
            None => Decoded::Partial(header, rest),
        },
    }
}
