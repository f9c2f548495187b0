//! The first eight bytes of each side. They are the same in all versions.

/// First bytes of a framed connection.
pub const MAGIC: [u8; 6] = [0xf5, 0x53, 0x44, 0x4c, 0x4e, 0x0a];

/// The version of this library.
pub const PROTOCOL_VERSION: u16 = 1;

/// Bytes of a preface.
pub const PREFACE_BYTES: usize = 8;

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preface {
    /// A part of a preface.
    Incomplete,
    /// Not a preface.
    Foreign,
    /// The peer's version. A server refuses all but [`PROTOCOL_VERSION`].
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
        _ => Preface::Incomplete,
    }
}
