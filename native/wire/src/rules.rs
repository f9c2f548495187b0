//! Which frame headers a server accepts. Queue, budget and contract are checked by the daemon.

use crate::frame_header::{FLAG_CANONICAL, FLAG_TRACE, FrameHeader, FrameKind};
use crate::trace::TRACE_BYTES;
use crate::violation::{MAX_HELLO_BYTES, MAX_PING_BYTES, Violation};

/// Greatest id: the greatest safe integer of JavaScript.
const MAX_ID: u64 = (1 << 53) - 1;

/// What to do with the payload of an accepted header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Read it.
    Read,
    /// A REQUEST longer than the cap, up to twice as long: discard it and answer `limit.bytes`.
    Discard,
}

/// Checks the headers of one client's frames, in their order.
#[derive(Clone, Debug)]
pub struct RequestRules {
    /// Longest payload of a REQUEST.
    pub request_cap: u32,
    last_id: u64,
}

impl RequestRules {
    /// For a connection that has received nothing.
    #[must_use]
    pub const fn new(request_cap: u32) -> Self {
        Self { request_cap, last_id: 0 }
    }

    /// The id of the last REQUEST; 0 before the first.
    #[must_use]
    pub const fn last_id(&self) -> u64 {
        self.last_id
    }

    /// Checks one header, before the payload gets memory.
    ///
    /// # Errors
    ///
    /// The client broke a rule: the connection is to be closed.
    pub fn admit(&mut self, header: &FrameHeader) -> Result<Admission, Violation> {
        if header.kind == FrameKind::Request {
            return self.admit_request(header);
        }
        match header.kind {
            FrameKind::Hello | FrameKind::Ping | FrameKind::Pong | FrameKind::Cancel => {}
            kind => return Err(Violation::Kind(kind as u8)),
        }
        check_common(header)?;
        Ok(Admission::Read)
    }

    fn admit_request(&mut self, header: &FrameHeader) -> Result<Admission, Violation> {
        if header.flags > (FLAG_TRACE | FLAG_CANONICAL) {
            return Err(Violation::Flags(header.flags, header.kind as u8));
        }
        if header.id <= self.last_id {
            return Err(if header.id == 0 { Violation::ZeroId } else { Violation::OldId });
        }
        if header.id > MAX_ID {
            return Err(Violation::HugeId);
        }
        if header.flags & FLAG_TRACE != 0 && (header.length as usize) < TRACE_BYTES {
            return Err(Violation::NoTrace);
        }
        if u64::from(header.length) > 2 * u64::from(self.request_cap) {
            return Err(Violation::LongRequest(header.length, self.request_cap));
        }
        self.last_id = header.id;
        Ok(if header.length > self.request_cap { Admission::Discard } else { Admission::Read })
    }
}

/// The rules of the kinds that a client sends, except REQUEST.
fn check_common(header: &FrameHeader) -> Result<(), Violation> {
    if header.flags != 0 {
        return Err(Violation::Flags(header.flags, header.kind as u8));
    }
    if header.id > MAX_ID {
        return Err(Violation::HugeId);
    }
    match header.kind {
        FrameKind::Hello if header.length > MAX_HELLO_BYTES => Err(Violation::LongHello(header.length)),
        FrameKind::Cancel if header.length > 0 => Err(Violation::Payload),
        FrameKind::Ping | FrameKind::Pong if header.length > MAX_PING_BYTES => Err(Violation::LongPing(header.length)),
        _ => Ok(()),
    }
}
