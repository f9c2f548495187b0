//! Responses as bytes: pages, problems (RFC 9457) and compressed bodies.
//!
//! Twin of `src/server/http/response.ts`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use httpdate::fmt_http_date;
use sidelane_core::{Code, Issue};
use sidelane_wire::{ACCEPTED_HEADER_BYTES, Fault, Outcome, Written, write_issues};

use super::head::Violation;
use crate::buffers::{BufferPool, OutputBuf};
use crate::contracts::LoadedContract;
use crate::telemetry::status_of;

/// Room before a body for the head of its response, which is written last.
const MAX_HEAD_BYTES: usize = 1024;

/// Where an outcome goes in the spare bytes of the output, so that the response is contiguous.
pub const OUTCOME_OFFSET: usize = MAX_HEAD_BYTES - ACCEPTED_HEADER_BYTES;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseFraming {
    /// Without body: the response to HEAD.
    pub head_only: bool,
    /// With `Connection: close`.
    pub close: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Problem {
    pub code: Code,
    pub status: u16,
    /// Adds to the title.
    pub detail: Option<&'static str>,
    pub allow: Option<&'static str>,
    pub retry_after_ms: u32,
    /// Of `limit.bytes`.
    pub max_bytes: usize,
    /// The connection ends after it.
    pub closes: bool,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self {
            code,
            status: status_of(code),
            detail: None,
            allow: None,
            retry_after_ms: 0,
            max_bytes: 0,
            closes: false,
        }
    }
}

impl From<Violation> for Problem {
    fn from(Violation { status, detail }: Violation) -> Self {
        Self { status, detail: Some(detail), closes: true, ..Code::ProtocolViolation.into() }
    }
}

impl Problem {
    /// Writes it; returns the size of its body.
    pub fn write(&self, out: &mut Vec<u8>, framing: ResponseFraming) -> usize {
        let mut issues = String::new();
        // The only rejection of data that is not read.
        if self.code == Code::LimitBytes {
            // Writing to a String cannot fail.
            let _ = write_issues(&mut issues, &[Issue::too_large(self.max_bytes)], false);
        }
        self.write_with(out, &issues, framing)
    }

    fn write_with(&self, out: &mut Vec<u8>, issues: &str, framing: ResponseFraming) -> usize {
        let escape = |text: &str| text.replace('"', "\\\"");
        let (name, title, status) = (self.code.name(), escape(self.code.message()), self.status);
        let detail = self.detail.map_or_else(String::new, |text| format!(",\"detail\":\"{}\"", escape(text)));
        let comma = if issues.is_empty() { "" } else { "," };
        let body = format!(
            "{{\"type\":\"urn:sidelane:{name}\",\"title\":\"{title}\",\"status\":{status},\"code\":\"{name}\"{detail}{comma}{issues}}}"
        );
        start(out, status, "application/problem+json");
        if matches!(status, 429 | 503) {
            field(out, "Retry-After", self.retry_after_ms.div_ceil(1_000).max(1));
        }
        if let Some(methods) = self.allow {
            text_field(out, "Allow", methods);
        }
        end(out, body.len(), framing);
        push_body(out, body.as_bytes(), framing);
        body.len()
    }
}

pub fn write_page(out: &mut Vec<u8>, status: u16, content_type: &str, body: &str, framing: ResponseFraming) {
    start(out, status, content_type);
    end(out, body.len(), framing);
    push_body(out, body.as_bytes(), framing);
}

/// Answers a payload that did not run.
pub fn write_fault(output: &mut OutputBuf, pool: &BufferPool, fault: &Fault<'_>, framing: ResponseFraming) {
    let mut response = Vec::new();
    let retry_after_ms = fault.retry_after_ms.unwrap_or(0);
    Problem { retry_after_ms, ..fault.code.into() }.write(&mut response, framing);
    output.push(pool, &response);
}

/// Turns the outcome at [`OUTCOME_OFFSET`] of the spare bytes into a response: the head of an accepted one is written before
/// its body.
pub fn finish_outcome(
    output: &mut OutputBuf,
    pool: &BufferPool,
    written: &Written,
    contract: &LoadedContract,
    (queue_us, run_us): (u32, u32),
    framing: ResponseFraming,
) {
    let mut response = Vec::with_capacity(MAX_HEAD_BYTES);
    let spare = output.spare(pool, OUTCOME_OFFSET + written.size);
    let Outcome::Accepted { in_bytes, canonical_bytes, body_bytes, digest } = written.outcome else {
        let issues = written.issues().and_then(|issues| spare[OUTCOME_OFFSET..].get(issues));
        let issues = issues.map_or(Cow::Borrowed(""), String::from_utf8_lossy);
        Problem::from(written.code().unwrap_or(Code::InternalPanic)).write_with(&mut response, &issues, framing);
        return output.push(pool, &response);
    };
    start(&mut response, 200, "application/octet-stream");
    text_field(&mut response, "Sidelane-Codec", contract.codec);
    if let Some(digest) = digest {
        response.extend_from_slice(b"Sidelane-Digest: ");
        push_hex(&mut response, &digest);
        response.extend_from_slice(b"\r\n");
    }
    text_field(&mut response, "Sidelane-Contract", &contract.id);
    field(&mut response, "Sidelane-In-Bytes", in_bytes);
    field(&mut response, "Sidelane-Canonical-Bytes", canonical_bytes);
    field(&mut response, "Sidelane-Out-Bytes", body_bytes);
    text_field(&mut response, "Sidelane-Engine", "native");
    field(&mut response, "Sidelane-Queue-Us", queue_us);
    field(&mut response, "Sidelane-Run-Us", run_us);
    end(&mut response, body_bytes as usize, framing);
    // It fits: names and numbers have less than 500 bytes together.
    let start = MAX_HEAD_BYTES - response.len();
    spare[start..MAX_HEAD_BYTES].copy_from_slice(&response);
    let body_bytes = if framing.head_only { 0 } else { body_bytes as usize };
    output.advance_from(start, response.len() + body_bytes);
}

fn start(out: &mut Vec<u8>, status: u16, kind: &str) {
    out.extend_from_slice(b"HTTP/1.1 ");
    push_number(out, status);
    out.push(b' ');
    out.extend_from_slice(reason(status).as_bytes());
    out.extend_from_slice(b"\r\nDate: ");
    push_date(out);
    out.extend_from_slice(b"\r\nContent-Type: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn end(out: &mut Vec<u8>, body_bytes: usize, framing: ResponseFraming) {
    field(out, "Content-Length", body_bytes);
    if framing.close {
        out.extend_from_slice(b"Connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
}

fn push_body(out: &mut Vec<u8>, body: &[u8], framing: ResponseFraming) {
    if !framing.head_only {
        out.extend_from_slice(body);
    }
}

fn text_field(out: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn field(out: &mut Vec<u8>, name: &str, value: impl itoa::Integer) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    push_number(out, value);
    out.extend_from_slice(b"\r\n");
}

fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// The time as an HTTP date. Each thread formats it once a second.
fn push_date(out: &mut Vec<u8>) {
    thread_local! {
        static LAST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = SystemTime::now();
    let second = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    LAST.with_borrow_mut(|last| {
        if last.0 != second {
            *last = (second, fmt_http_date(now));
        }
        out.extend_from_slice(last.1.as_bytes());
    });
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
