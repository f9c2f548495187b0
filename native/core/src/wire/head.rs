//! A frame's header: 24 bytes to numbers and back. Which numbers are allowed beyond the kind is for `rules`.

use super::{HEAD_BYTES, Violation};

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Contracts to use, and what the server has.
    Hello = 1,
    /// A payload.
    Request = 2,
    /// The outcome of a payload that is good.
    Accepted = 3,
    /// The outcome of one that is not.
    Rejected = 4,
    /// A fault.
    Error = 5,
    /// The client does not wait for a request any more.
    Cancel = 6,
    /// Are you there?
    Ping = 7,
    /// Yes.
    Pong = 8,
    /// No new requests on this connection.
    Goaway = 9,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Hello,
        Self::Request,
        Self::Accepted,
        Self::Rejected,
        Self::Error,
        Self::Cancel,
        Self::Ping,
        Self::Pong,
        Self::Goaway,
    ];

    /// The kind by its number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// True for ACCEPTED, REJECTED and ERROR.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Error)
    }
}

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Bytes of payload.
    pub length: u32,
    /// What the frame is.
    pub kind: Kind,
    /// `FLAG_TRACE`, `FLAG_CANONICAL`; 0 but in a REQUEST.
    pub flags: u8,
    /// REQUEST: the contract's index. REJECTED, ERROR: the code's number.
    pub index: u16,
    /// Pairs question and answer.
    pub id: u64,
    /// REQUEST: ms that are left. Answers: µs in the queue.
    pub a: u32,
    /// Answers: µs of work.
    pub b: u32,
}

impl Head {
    /// Reads a header.
    ///
    /// # Errors
    /// The kind is unknown.
    pub fn read(bytes: &[u8; HEAD_BYTES]) -> Result<Self, Violation> {
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Ok(Self {
            length: u32_at(0),
            kind: Kind::from_number(bytes[4]).ok_or(Violation::Kind(bytes[4]))?,
            flags: bytes[5],
            index: u16::from_le_bytes([bytes[6], bytes[7]]),
            id: u64::from(u32_at(8)) | u64::from(u32_at(12)) << 32,
            a: u32_at(16),
            b: u32_at(20),
        })
    }

    /// Writes the header.
    pub fn write(&self, target: &mut [u8; HEAD_BYTES]) {
        target[..4].copy_from_slice(&self.length.to_le_bytes());
        target[4] = self.kind as u8;
        target[5] = self.flags;
        target[6..8].copy_from_slice(&self.index.to_le_bytes());
        target[8..16].copy_from_slice(&self.id.to_le_bytes());
        target[16..20].copy_from_slice(&self.a.to_le_bytes());
        target[20..].copy_from_slice(&self.b.to_le_bytes());
    }
}
