//! W3C Trace Context: the `traceparent` text and the 26 bytes that cross the socket. The log decides what to do with it.

use std::fmt::Write as _;

/// Bytes of a trace context at the start of a REQUEST's payload.
pub const TRACE_BYTES: usize = 26;

/// The bytes of a `traceparent`; `None` when it is none (Trace Context §3.2.2: upper case, a version `ff`, ids of
/// zeros). A version that is not known yet is read as far as version 00 goes, and becomes it.
#[must_use]
pub fn trace_from_text(traceparent: &str) -> Option<[u8; TRACE_BYTES]> {
    let text: &[u8; 55] = traceparent.as_bytes().first_chunk()?;
    let rest = &traceparent.as_bytes()[text.len()..];
    let mut version = [0];
    read_hex(&text[..2], &mut version)?;
    let is_end_right = rest.is_empty() || (version != [0] && rest[0] == b'-');
    let are_dashes_right = text[2] == b'-' && text[35] == b'-' && text[52] == b'-';
    if version == [0xff] || !is_end_right || !are_dashes_right {
        return None;
    }
    let mut bytes = [0; TRACE_BYTES];
    read_hex(&text[3..35], &mut bytes[1..17])?;
    read_hex(&text[36..52], &mut bytes[17..25])?;
    read_hex(&text[53..], &mut bytes[25..])?;
    is_valid(&bytes).then_some(bytes)
}

/// The trace-id, 32 hex digits; `None` when the bytes are not a valid context of version 0.
#[must_use]
pub fn trace_id_of(bytes: &[u8; TRACE_BYTES]) -> Option<String> {
    is_valid(bytes).then(|| {
        bytes[1..17].iter().fold(String::with_capacity(32), |mut text, byte| {
            // A String takes everything.
            let _ = write!(text, "{byte:02x}");
            text
        })
    })
}

fn is_valid(bytes: &[u8; TRACE_BYTES]) -> bool {
    bytes[0] == 0 && bytes[1..17] != [0; 16] && bytes[17..25] != [0; 8]
}

/// Lower-case hex; `None` for anything else.
fn read_hex(text: &[u8], target: &mut [u8]) -> Option<()> {
    for (pair, byte) in text.chunks_exact(2).zip(target) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(())
}

const fn digit(code: u8) -> Option<u8> {
    match code {
        b'0'..=b'9' => Some(code - b'0'),
        b'a'..=b'f' => Some(code - b'a' + 10),
        _ => None,
    }
}
