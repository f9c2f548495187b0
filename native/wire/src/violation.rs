//! How a peer breaks the protocol.

use std::fmt;

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
        match self {
            Self::Kind(kind) => write!(f, "kind {kind} is unknown, or the other side's"),
            Self::Flags(flags, kind) => write!(f, "flags {flags} are unknown for kind {kind}"),
            Self::HugeId => f.write_str("an id is beyond 2^53 - 1"),
            Self::ZeroId => f.write_str("a REQUEST has id 0"),
            Self::OldId => f.write_str("a REQUEST has an id that is not greater than all before"),
            Self::NoTrace => f.write_str("a REQUEST is shorter than its trace context"),
            Self::LongRequest(length, cap) => {
                write!(f, "a REQUEST has {length} bytes, more than twice the cap of {cap}")
            }
            Self::LongHello(length) => write!(f, "a HELLO has {length} bytes, more than {MAX_HELLO_BYTES}"),
            Self::Payload => f.write_str("a CANCEL or GOAWAY has a payload"),
            Self::LongPing(length) => write!(f, "a PING or PONG has {length} bytes, more than {MAX_PING_BYTES}"),
            Self::FieldEnd => f.write_str("HELLO has a field that does not end"),
            Self::LongClient => write!(f, "CLIENT is longer than {MAX_CLIENT_BYTES} bytes"),
            Self::ContractSize => f.write_str("CONTRACT is of wrong size"),
            Self::ContractName => f.write_str("CONTRACT has a name that is not ASCII"),
        }
    }
}

impl std::error::Error for Violation {}
