//! How a peer breaks the protocol.

use std::fmt;

use crate::violation_texts as texts;

/// Longest payload of a HELLO.
pub const MAX_HELLO_BYTES: u32 = 65_536;

/// Longest payload of a PING or PONG.
pub const MAX_PING_BYTES: u32 = 64;

/// Longest text of a HELLO's CLIENT field.
pub const MAX_CLIENT_BYTES: usize = 128;

/// How a client breaks the protocol. The text is sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The kind is unknown, or belongs to the other side.
    Kind(u8),
    /// Unknown flags, for a kind.
    Flags(u8, u8),
    /// An id beyond 2^53 − 1.
    HugeId,
    /// A REQUEST with id 0.
    ZeroId,
    /// A REQUEST whose id does not ascend.
    OldId,
    /// A REQUEST shorter than its trace context.
    NoTrace,
    /// A REQUEST longer than twice the cap: its length, and the cap.
    LongRequest(u32, u32),
    /// A HELLO beyond [`MAX_HELLO_BYTES`]: its length.
    LongHello(u32),
    /// A CANCEL or GOAWAY with a payload.
    Payload,
    /// A PING or PONG beyond [`MAX_PING_BYTES`]: its length.
    LongPing(u32),
    /// A field of a HELLO reaches beyond the payload.
    FieldEnd,
    /// A CLIENT field beyond [`MAX_CLIENT_BYTES`].
    LongClient,
    /// A CONTRACT field of wrong size.
    ContractSize,
    /// A CONTRACT field whose name is not ASCII.
    ContractName,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = match *self {
            Self::Kind(kind) => texts::kind(kind),
            Self::Flags(flags, kind) => texts::flags(flags, kind),
            Self::LongRequest(length, cap) => texts::long_request(length, cap),
            Self::LongHello(length) => texts::long_hello(length, MAX_HELLO_BYTES),
            Self::LongPing(length) => texts::long_ping(length, MAX_PING_BYTES),
            Self::LongClient => texts::long_client(MAX_CLIENT_BYTES),
            Self::HugeId => return f.write_str(texts::HUGE_ID),
            Self::ZeroId => return f.write_str(texts::ZERO_ID),
            Self::OldId => return f.write_str(texts::OLD_ID),
            Self::NoTrace => return f.write_str(texts::NO_TRACE),
            Self::Payload => return f.write_str(texts::PAYLOAD),
            Self::FieldEnd => return f.write_str(texts::FIELD_END),
            Self::ContractSize => return f.write_str(texts::CONTRACT_SIZE),
            Self::ContractName => return f.write_str(texts::CONTRACT_NAME),
        };
        f.write_str(&filled)
    }
}

impl std::error::Error for Violation {}
