//! Which headers a side may send. What a request meets that keeps the rules (queue, budget, contract) is for the daemon.

use std::fmt;

use super::{
    FLAG_CANONICAL, FLAG_TRACE, Head, Kind, MAX_CLIENT_BYTES, MAX_HELLO_BYTES, MAX_ID, MAX_PING_BYTES, TRACE_BYTES,
};

/// Who reads. A server takes the frames of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Takes requests.
    Server,
    /// Takes answers.
    Client,
}

/// What becomes of a header that keeps the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The body may be read.
    Taken,
    /// A REQUEST longer than the cap, up to twice as long: its body is to be read past.
    Oversize,
}

/// How a peer broke the protocol. The text is for its eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A kind that is unknown, or the other side's.
    Kind(u8),
    /// Unknown flags, for a kind.
    Flags(u8, u8),
    /// An id beyond `MAX_ID`.
    HugeId,
    /// A REQUEST with id 0.
    ZeroId,
    /// A REQUEST whose id is not greater than all before.
    OldId,
    /// A REQUEST that is shorter than its trace context.
    NoTrace,
    /// A REQUEST longer than twice the cap: its length, and the cap.
    LongRequest(u32, u32),
    /// An answer longer than the cap: its length, and the cap.
    LongAnswer(u32, u32),
    /// ACCEPTED or REJECTED with id 0.
    ZeroAnswer,
    /// A HELLO that is too long.
    LongHello(u32),
    /// CANCEL or GOAWAY with a payload.
    Payload,
    /// A PING or PONG that is too long.
    LongPing(u32),
    /// A HELLO with a field that does not end.
    FieldEnd,
    /// A CLIENT field that is too long.
    LongClient,
    /// A CONTRACT field of wrong size.
    ContractSize,
    /// A CONTRACT field whose name is not ASCII.
    ContractName,
    /// A LIMITS field of wrong size.
    LimitsSize,
    /// A server's HELLO without SERVER or LIMITS.
    FieldMissing,
    /// A server's HELLO without a known engine.
    Engine,
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
            Self::LongAnswer(length, cap) => write!(f, "an answer has {length} bytes, more than the cap of {cap}"),
            Self::ZeroAnswer => f.write_str("an answer has id 0"),
            Self::LongHello(length) => write!(f, "a HELLO has {length} bytes, more than {MAX_HELLO_BYTES}"),
            Self::Payload => f.write_str("a CANCEL or GOAWAY has a payload"),
            Self::LongPing(length) => write!(f, "a PING or PONG has {length} bytes, more than {MAX_PING_BYTES}"),
            Self::FieldEnd => f.write_str("HELLO has a field that does not end"),
            Self::LongClient => write!(f, "CLIENT is longer than {MAX_CLIENT_BYTES} bytes"),
            Self::ContractSize => f.write_str("CONTRACT is of wrong size"),
            Self::ContractName => f.write_str("CONTRACT has a name that is not ASCII"),
            Self::LimitsSize => f.write_str("LIMITS is of wrong size"),
            Self::FieldMissing => f.write_str("HELLO lacks SERVER or LIMITS"),
            Self::Engine => f.write_str("HELLO names no engine"),
        }
    }
}

impl std::error::Error for Violation {}

/// Judges the headers of one connection, in their order.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Longest payload of a REQUEST.
    pub request_cap: u32,
    /// Longest payload of an answer.
    pub answer_cap: u32,
    side: Side,
    last_id: u64,
}

impl Rules {
    /// `side`: who reads.
    #[must_use]
    pub const fn new(side: Side, request_cap: u32, answer_cap: u32) -> Self {
        Self { request_cap, answer_cap, side, last_id: 0 }
    }

    /// The id of the last REQUEST; 0 before the first.
    #[must_use]
    pub const fn last_id(&self) -> u64 {
        self.last_id
    }

    /// To be called once for each header, before there is memory for the body.
    ///
    /// # Errors
    /// The peer broke a rule: the connection is to end.
    pub fn admit(&mut self, head: &Head) -> Result<Admission, Violation> {
        match (self.side, head.kind) {
            (Side::Server, Kind::Request) => self.admit_request(head),
            (Side::Client, kind) if kind.is_answer() => self.admit_answer(head),
            (side, kind) => {
                check_common(head)?;
                let own = if side == Side::Server { Kind::Cancel } else { Kind::Goaway };
                match kind {
                    Kind::Hello | Kind::Ping | Kind::Pong => Ok(Admission::Taken),
                    kind if kind == own => Ok(Admission::Taken),
                    kind => Err(Violation::Kind(kind as u8)),
                }
            }
        }
    }

    fn admit_request(&mut self, head: &Head) -> Result<Admission, Violation> {
        if head.flags > (FLAG_TRACE | FLAG_CANONICAL) {
            return Err(Violation::Flags(head.flags, head.kind as u8));
        }
        if head.id <= self.last_id {
            return Err(if head.id == 0 { Violation::ZeroId } else { Violation::OldId });
        }
        if head.id > MAX_ID {
            return Err(Violation::HugeId);
        }
        if head.flags & FLAG_TRACE != 0 && (head.length as usize) < TRACE_BYTES {
            return Err(Violation::NoTrace);
        }
        if u64::from(head.length) > 2 * u64::from(self.request_cap) {
            return Err(Violation::LongRequest(head.length, self.request_cap));
        }
        self.last_id = head.id;
        Ok(if head.length > self.request_cap { Admission::Oversize } else { Admission::Taken })
    }

    fn admit_answer(&self, head: &Head) -> Result<Admission, Violation> {
        if head.flags != 0 {
            return Err(Violation::Flags(head.flags, head.kind as u8));
        }
        if head.id > MAX_ID {
            return Err(Violation::HugeId);
        }
        if head.id == 0 && head.kind != Kind::Error {
            return Err(Violation::ZeroAnswer);
        }
        if head.length > self.answer_cap {
            return Err(Violation::LongAnswer(head.length, self.answer_cap));
        }
        Ok(Admission::Taken)
    }
}

/// What holds for all kinds but REQUESTs and answers.
fn check_common(head: &Head) -> Result<(), Violation> {
    if head.flags != 0 {
        return Err(Violation::Flags(head.flags, head.kind as u8));
    }
    if head.id > MAX_ID {
        return Err(Violation::HugeId);
    }
    match head.kind {
        Kind::Hello if head.length > MAX_HELLO_BYTES => Err(Violation::LongHello(head.length)),
        Kind::Cancel | Kind::Goaway if head.length > 0 => Err(Violation::Payload),
        Kind::Ping | Kind::Pong if head.length > MAX_PING_BYTES => Err(Violation::LongPing(head.length)),
        _ => Ok(()),
    }
}
