//! The bytes of sidelane: the framed protocol without a socket, and the layout of outcomes. `src/wire/WIRE.md`
//! specifies the protocol.
//!
//! Modules, each of which uses only those before it: `trace`, `key_fingerprint`, `violation_texts`, `violation`,
//! `frame_header`, `preface`, `decode`, `rules`, `hello`, `outcome_layout`, `outcome`.
//!
//! Twin of `src/wire/` and of the outcome layout in `src/model/`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

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
pub use outcome::{Fault, Needs, Outcome, Written, write_fault, write_issues, write_outcome, write_rejection};
pub use outcome_layout::{ACCEPTED_HEADER_BYTES, TEXT_HEADER_BYTES};
pub use preface::{MAGIC, PREFACE_BYTES, PROTOCOL_VERSION, Preface, preface, read_preface};
pub use rules::{Admission, RequestRules};
pub use trace::{TRACE_BYTES, trace_from_text, trace_id_of};
pub use violation::{MAX_CLIENT_BYTES, MAX_HELLO_BYTES, MAX_PING_BYTES, Violation};

/// Bytes that a REQUEST may have beyond the largest `maxBytes`.
pub const REQUEST_SLACK_BYTES: usize = 4_096;

/// No REJECTED is longer.
const MAX_REJECTED_BYTES: usize = 96 << 20;

/// Longest payload of an answer by contracts of up to `max_bytes`: an ACCEPTED with a body that compression has made longer,
/// and with canonical bytes, both of a document of `max_bytes`; or a REJECTED.
pub const fn answer_cap(max_bytes: usize) -> usize {
    let body = max_bytes + max_bytes.div_ceil(4) + 1024;
    let accepted = ACCEPTED_HEADER_BYTES + body + max_bytes;
    if accepted > MAX_REJECTED_BYTES { accepted } else { MAX_REJECTED_BYTES }
}
