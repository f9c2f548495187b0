//! Where the payload of a [`ReadError`] is wrong: the params of its issue, from the bytes again. Accepted payloads pay
//! nothing for it.

use std::fmt::Write as _;

use super::depth::excess_bracket;
use super::error::ReadError;
use super::limits::ReadLimits;
use super::position::Position;
use super::syntax::syntax_error;
use crate::error::Code;

impl ReadError {
    /// The params of the issue, as JSON text, for the payload that was read; `None` for an error of the process.
    ///
    /// `limit.bytes` has no line and no column: a payload that is too long may be refused before it is read.
    pub fn params(&self, payload: &[u8], limits: &ReadLimits) -> Option<String> {
        let behind = |size: usize| Some(Position::behind(&payload[..size]));
        let mut expected = None;
        let position = match self {
            Self::Text(Code::LimitBytes) => return Some(too_large_params(limits.max_bytes)),
            Self::Text(Code::ParseUtf8) => behind(str::from_utf8(payload).map_or_else(|e| e.valid_up_to(), str::len)),
            Self::Text(Code::LimitDepth) => behind(excess_bracket(payload, limits.max_depth).unwrap_or(0)),
            Self::Text(Code::ParseSyntax) => syntax_error(payload).and_then(|(size, lacking)| {
                expected = Some(lacking);
                behind(size)
            }),
            Self::Text(_) => behind(0),
            Self::Data { token, .. } => behind(start_of_token(payload, *token)),
            Self::OutOfMemory | Self::Interrupted => None,
        };
        let Position { offset, line, column } = position?;
        let mut params = format!("{{\"offset\":{offset},\"line\":{line},\"column\":{column}");
        // Writing to a String cannot fail.
        if let Some(limit) = self.limit(limits) {
            let _ = write!(params, ",\"limit\":{limit}");
        }
        if let Some(expected) = expected {
            let _ = write!(params, ",\"expected\":\"{}\"", expected.name());
        }
        params.push('}');
        Some(params)
    }

    /// The params for an error in the document made of a payload: it is nowhere in the payload.
    pub fn document_params(&self, limits: &ReadLimits) -> Option<String> {
        self.limit(limits).map(|limit| format!("{{\"limit\":{limit}}}"))
    }

    fn limit(&self, limits: &ReadLimits) -> Option<usize> {
        match self {
            Self::Text(Code::LimitBytes) => Some(limits.max_bytes),
            Self::Text(Code::LimitDepth) => Some(limits.max_depth),
            Self::Data { code: Code::LimitKeys, .. } => Some(limits.max_keys),
            _ => None,
        }
    }
}

/// The params of `limit.bytes`, for a payload that is read or not: the place is the first byte too many.
pub fn too_large_params(max_bytes: usize) -> String {
    format!("{{\"offset\":{max_bytes},\"limit\":{max_bytes}}}")
}

/// Where the token of that number starts; keys and values are counted, as on the tape. The text is JSON.
fn start_of_token(bytes: &[u8], number: usize) -> usize {
    let (mut i, mut left) = (0, number);
    while i < bytes.len() {
        if is_between(bytes[i]) {
            i += 1;
            continue;
        }
        if left == 0 {
            break;
        }
        left -= 1;
        i = match bytes[i] {
            b'{' | b'[' => i + 1,
            b'"' => string_end(bytes, i + 1),
            _ => scalar_end(bytes, i),
        };
    }
    i
}

const fn is_between(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' | b']' | b'}')
}

/// The index behind the closing quote.
fn string_end(bytes: &[u8], mut i: usize) -> usize {
    while i < bytes.len() && bytes[i] != b'"' {
        i += if bytes[i] == b'\\' { 2 } else { 1 };
    }
    i + 1
}

fn scalar_end(bytes: &[u8], mut i: usize) -> usize {
    while i < bytes.len() && !is_between(bytes[i]) {
        i += 1;
    }
    i
}
