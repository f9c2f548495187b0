//! The bytes of sidelane: the framed protocol of `src/wire/WIRE.md` without a socket, and the layout of outcomes.
//!
//! Order of the modules, each of which uses only those before it: `trace`, `key_fingerprint`, `frame_header`, `preface`,
//! `violation_texts`, `violation`, `decode`, `rules`, `hello`, `outcome_layout`, `outcome`, `client`.
//!
//! Twin of `src/wire/` and of the outcome layout in `src/model/`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "client")]
pub mod client;
mod decode;
mod frame_header;
mod hello;
mod key_fingerprint;
mod outcome;
mod outcome_layout;
mod preface;
mod rules;
mod trace;
mod violation;
mod violation_texts;

pub use decode::{Decoded, decode};
pub use frame_header::{FLAG_CANONICAL, FLAG_TRACE, FrameHeader, FrameKind, HEADER_BYTES, NO_DEADLINE};
pub use hello::{ClientHello, ContractRequest, ContractStatus, ServerHello, ServerLimits};
pub use key_fingerprint::{FINGERPRINT_BYTES, fingerprint};
pub use outcome::{Fault, Needs, Outcome, Written, write_fault, write_outcome, write_rejection};
pub use outcome_layout::{ACCEPTED_HEADER_BYTES, TEXT_HEADER_BYTES};
pub use preface::{MAGIC, PREFACE_BYTES, PROTOCOL_VERSION, Preface, preface, read_preface};
pub use rules::{Admission, RequestRules};
pub use trace::{TRACE_BYTES, trace_from_text, trace_id_of};
pub use violation::{MAX_CLIENT_BYTES, MAX_HELLO_BYTES, MAX_PING_BYTES, Violation};

/// Bytes that a REQUEST may have beyond the largest `maxBytes`.
pub const REQUEST_SLACK_BYTES: usize = 4_096;

/// Longest answer, as a multiple of the longest REQUEST.
pub const ANSWER_CAP_FACTOR: usize = 8;
