//! The header of a frame: 24 bytes to numbers and back.
//!
//! Twin of `src/wire/frame-header.ts`.

use crate::Violation;

/// Bytes of a frame before its payload.
pub const HEADER_BYTES: usize = 24;

/// [`FrameHeader::a`] of a REQUEST without a deadline.
pub const NO_DEADLINE: u32 = u32::MAX;

/// REQUEST: the payload begins with a trace context.
pub const FLAG_TRACE: u8 = 1;

/// REQUEST: the answer carries the canonical bytes.
pub const FLAG_CANONICAL: u8 = 2;

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// Contracts to use, and the server's state.
    Hello = 1,
    /// A payload.
    Request = 2,
    /// Answer: the outcome of a payload that keeps to its contract.
    Accepted = 3,
    /// Answer: the outcome of one that does not.
    Rejected = 4,
    /// Answer: a fault.
    Error = 5,
    /// The client gives up a request.
    Cancel = 6,
    /// Asks for a PONG.
    Ping = 7,
    /// Answers a PING.
    Pong = 8,
    /// The server takes no new requests on this connection.
    Goaway = 9,
}

impl FrameKind {
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
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Bytes of payload.
    pub length: u32,
    /// What the payload is.
    pub kind: FrameKind,
    /// REQUEST: [`FLAG_TRACE`], [`FLAG_CANONICAL`]. 0 in all others.
    pub flags: u8,
    /// REQUEST: the contract's index. REJECTED, ERROR: the code's number.
    pub index: u16,
    /// Pairs request and answer.
    pub id: u64,
    /// REQUEST: ms until the deadline. Answers: µs in the queue.
    pub a: u32,
    /// Answers: µs of work.
    pub b: u32,
}

impl FrameHeader {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// The kind is unknown.
    pub fn read(bytes: &[u8; HEADER_BYTES]) -> Result<Self, Violation> {
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Ok(Self {
            length: u32_at(0),
            kind: FrameKind::from_number(bytes[4]).ok_or(Violation::Kind(bytes[4]))?,
            flags: bytes[5],
            index: u16::from_le_bytes([bytes[6], bytes[7]]),
            id: u64::from(u32_at(8)) | u64::from(u32_at(12)) << 32,
            a: u32_at(16),
            b: u32_at(20),
        })
    }

    /// Writes the header.
    pub fn write(&self, target: &mut [u8; HEADER_BYTES]) {
        target[..4].copy_from_slice(&self.length.to_le_bytes());
        target[4] = self.kind as u8;
        target[5] = self.flags;
        target[6..8].copy_from_slice(&self.index.to_le_bytes());
        target[8..16].copy_from_slice(&self.id.to_le_bytes());
        target[16..20].copy_from_slice(&self.a.to_le_bytes());
        target[20..].copy_from_slice(&self.b.to_le_bytes());
    }
}
