//! The eight bytes that each side begins with. They never change in any version.

use super::{PREFACE_BYTES, PROTOCOL_VERSION};

/// What a framed connection begins with.
pub const MAGIC: [u8; 6] = [0xf5, 0x53, 0x44, 0x4c, 0x4e, 0x0a];

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preface {
    /// Fewer than eight, right so far.
    More,
    /// The peer speaks something else.
    Foreign,
    /// The peer's version. Any but `PROTOCOL_VERSION` is a refusal.
    Version(u16),
}

/// The preface of this version.
#[must_use]
pub const fn preface() -> [u8; PREFACE_BYTES] {
    let [a, b, c, d, e, f] = MAGIC;
    let [low, high] = PROTOCOL_VERSION.to_le_bytes();
    [a, b, c, d, e, f, low, high]
}

/// Reads the peer's preface from the first bytes of a connection.
#[must_use]
pub fn read_preface(bytes: &[u8]) -> Preface {
    let known = bytes.len().min(MAGIC.len());
    match bytes {
        _ if bytes[..known] != MAGIC[..known] => Preface::Foreign,
        [_, _, _, _, _, _, low, high, ..] => Preface::Version(u16::from_le_bytes([*low, *high])),
        _ => Preface::More,
    }
}
