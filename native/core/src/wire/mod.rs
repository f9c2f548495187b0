//! The framed protocol of `src/wire/WIRE.md`, without a socket. Who sends what when is for the daemon.
//!
//! Twin of `src/wire/`.

mod decode;
mod head;
mod hello;
mod key;
mod preface;
mod rules;
mod trace;

pub use decode::{Step, decode};
pub use head::{Head, Kind};
pub use hello::{AnsweredContract, AskedContract, ClientHello, Limits, ServerHello};
pub use key::{FINGERPRINT_BYTES, fingerprint};
pub use preface::{MAGIC, Preface, preface, read_preface};
pub use rules::{Admission, Rules, Side, Violation};
pub use trace::{TRACE_BYTES, trace_from_text, trace_id_of};

/// The version that this library speaks.
pub const PROTOCOL_VERSION: u16 = 1;

/// Bytes that each side begins with.
pub const PREFACE_BYTES: usize = 8;

/// Bytes of a frame before its payload.
pub const HEAD_BYTES: usize = 24;

/// The time that is left, in a REQUEST without a deadline.
pub const NO_DEADLINE: u32 = u32::MAX;

/// REQUEST: the payload begins with a trace context.
pub const FLAG_TRACE: u8 = 1;

/// REQUEST: the answer carries the canonical bytes.
pub const FLAG_CANONICAL: u8 = 2;

/// Greatest id: JavaScript has no greater integers.
pub const MAX_ID: u64 = (1 << 53) - 1;

/// Longest payload of a HELLO.
pub const MAX_HELLO_BYTES: u32 = 65_536;

/// Longest payload of a PING or PONG.
pub const MAX_PING_BYTES: u32 = 64;

/// Longest text of a HELLO's CLIENT field.
pub const MAX_CLIENT_BYTES: usize = 128;

/// Longest name of a contract.
pub const MAX_NAME_BYTES: usize = 64;

/// Bytes that a REQUEST may have beyond the largest `maxBytes`.
pub const REQUEST_SLACK_BYTES: usize = 4_096;

/// How many times the request cap an answer may have.
pub const ANSWER_CAP_FACTOR: usize = 8;
