//! Answers as bytes: a page, a problem (RFC 9457), the compressed body. Which one it is, others decide.
//!
//! Twin of `src/server/http/answer.ts` and `outcome-answer.ts`.

use sidelane_core::error::Code;

use super::head::Violation;
use crate::contracts::LoadedContract;
use crate::date::http_date;
use crate::fault::code_of;
use crate::worker::job::Answer;

/// Before the text of an outcome that is not accepted.
const TEXT_HEAD: usize = 8;

/// Before the body of one that is.
const ACCEPTED_HEAD: usize = 48;

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseFraming {
    /// Headers only: the answer to HEAD.
    pub bare: bool,
    /// The connection ends with it.
    pub close: bool,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    /// The code.
    pub code: Code,
    /// The HTTP status, which the situation may choose.
    pub status: u16,
    /// What the title does not say.
    pub detail: Option<&'static str>,
    /// The methods that there are.
    pub allow: Option<&'static str>,
    /// When another try makes sense.
    pub retry_after_ms: u32,
    /// The connection ends with it, whatever the client wants.
    pub closes: bool,
}

impl Problem {
    /// The usual one of a code.
    pub const fn of(code: Code) -> Self {
        Self { code, status: status_of(code), detail: None, allow: None, retry_after_ms: 0, closes: false }
    }

    /// Writes it; the size of its text.
    pub fn write(&self, out: &mut Vec<u8>, ending: ResponseFraming) -> usize {
        // What the data says has a list, which is empty here.
        let more = if self.code.wire() < 40 { ",\"issues\":[],\"truncated\":false" } else { "" };
        self.write_with(out, more, ending)
    }

    fn write_with(&self, out: &mut Vec<u8>, more: &str, ending: ResponseFraming) -> usize {
        let (name, title, status) = (self.code.name(), self.code.message().replace('"', "\\\""), self.status);
        let detail =
            self.detail.map_or_else(String::new, |text| format!(",\"detail\":\"{}\"", text.replace('"', "\\\"")));
        let body = format!(
            "{{\"type\":\"urn:sidelane:{name}\",\"title\":\"{title}\",\"status\":{status},\"code\":\"{name}\"{detail}{more}}}"
        );
        start(out, status, "application/problem+json");
        if matches!(status, 429 | 503) {
            field(out, "Retry-After", u64::from(self.retry_after_ms.div_ceil(1_000).max(1)));
        }
        if let Some(methods) = self.allow {
            text_field(out, "Allow", methods);
        }
        end(out, body.as_bytes(), ending);
        body.len()
    }
}

impl From<Violation> for Problem {
    fn from(Violation { status, detail }: Violation) -> Self {
        Self { status, detail: Some(detail), closes: true, ..Self::of(Code::ProtocolViolation) }
    }
}

/// The status of a request that ends with this code: a wrong option of a request is its sender's.
pub const fn status_of(code: Code) -> u16 {
    match code {
        Code::OptionsInvalid => 400,
        _ => code.status(),
    }
}

/// A page, or any text.
pub fn write_page(out: &mut Vec<u8>, status: u16, kind: &str, body: &str, ending: ResponseFraming) {
    start(out, status, kind);
    end(out, body.as_bytes(), ending);
}

/// What became of a payload.
pub fn write_answer(out: &mut Vec<u8>, loaded: &LoadedContract, answer: &Answer, ending: ResponseFraming) {
    let Answer { outcome, queue_us, run_us, .. } = answer;
    match outcome.split_first_chunk::<ACCEPTED_HEAD>() {
        Some((head, rest)) if head[0] == 1 => {
            let size = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            let body = rest.get(..size(12) as usize).unwrap_or(rest);
            start(out, 200, "application/octet-stream");
            text_field(out, "Sidelane-Codec", loaded.codec);
            if head[1] & 1 != 0 {
                out.extend_from_slice(b"Sidelane-Digest: ");
                push_hex(out, &head[16..]);
                out.extend_from_slice(b"\r\n");
            }
            text_field(out, "Sidelane-Contract", &loaded.id);
            field(out, "Sidelane-In-Bytes", size(4).into());
            field(out, "Sidelane-Canonical-Bytes", size(8).into());
            field(out, "Sidelane-Out-Bytes", size(12).into());
            text_field(out, "Sidelane-Engine", "native");
            field(out, "Sidelane-Queue-Us", (*queue_us).into());
            field(out, "Sidelane-Run-Us", (*run_us).into());
            end(out, body, ending);
        }
        _ => write_refusal(out, outcome, ending),
    }
}

/// An outcome that is not accepted: its text begins with the code, and a rejection's goes on with the issues.
fn write_refusal(out: &mut Vec<u8>, outcome: &[u8], ending: ResponseFraming) {
    let code = code_of(outcome).unwrap_or(Code::InternalPanic);
    let text = outcome.get(TEXT_HEAD..).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    let retry_after_ms = text.rsplit_once("\"retryAfterMs\":").and_then(|(_, ms)| ms.strip_suffix('}')?.parse().ok());
    let problem = Problem { retry_after_ms: retry_after_ms.unwrap_or(0), ..Problem::of(code) };
    let issues = text.find(",\"issues\":").map(|at| &text[at..text.len() - 1]);
    match issues.filter(|_| outcome[0] == 2) {
        Some(issues) => problem.write_with(out, issues, ending),
        None => problem.write(out, ending),
    };
}

fn start(out: &mut Vec<u8>, status: u16, kind: &str) {
    out.extend_from_slice(b"HTTP/1.1 ");
    push_number(out, status.into());
    out.push(b' ');
    out.extend_from_slice(reason(status).as_bytes());
    out.extend_from_slice(b"\r\nDate: ");
    http_date(|date| out.extend_from_slice(date));
    out.extend_from_slice(b"\r\nContent-Type: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn end(out: &mut Vec<u8>, body: &[u8], ResponseFraming { bare, close }: ResponseFraming) {
    field(out, "Content-Length", body.len() as u64);
    if close {
        out.extend_from_slice(b"Connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    if !bare {
        out.extend_from_slice(body);
    }
}

fn text_field(out: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn field(out: &mut Vec<u8>, name: &str, value: u64) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    push_number(out, value);
    out.extend_from_slice(b"\r\n");
}

fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
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
