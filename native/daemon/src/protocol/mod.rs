//! The protocols of the socket, sans I/O: parsers over byte slices and writers of responses.

pub mod framed;
pub mod http;

use sidelane_wire::MAGIC;

use crate::telemetry::Protocol;

/// The protocol of a connection by its first byte; `None` for a byte that starts neither.
#[must_use]
pub fn detect(first: u8) -> Option<Protocol> {
    if first == MAGIC[0] {
        Some(Protocol::Framed)
    } else if first == b'\r' || http::head::is_token_byte(first) {
        Some(Protocol::Http)
    } else {
        None
    }
}
