//! Writes outcomes as bytes. `outcome_layout` holds the layout.
//!
//! Twin of `src/model/outcome-bytes.ts`.

use std::fmt::{self, Write as _};
use std::ops::Range;

use sidelane_core::json_text::write_string;
use sidelane_core::{Accepted, Code, DIGEST_BYTES, FinishError, Issue, ProcessError};

use crate::frame_header::{FrameHeader, FrameKind};
use crate::outcome_layout::{
    ACCEPTED_HEADER_BYTES, BODY_BYTES_AT, CANONICAL_BYTES_AT, DIGEST_AT, FLAG_CANONICAL, FLAG_DIGEST, FLAGS_AT,
    IN_BYTES_AT, KIND_ACCEPTED, KIND_FAULT, KIND_REJECTED, TEXT_BYTES_AT, TEXT_HEADER_BYTES,
};

const CODE_PREFIX: &str = "{\"code\":\"";

/// The target is too small; this many bytes suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs(pub usize);

/// An outcome that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes from the start of the target.
    pub size: usize,
    /// Their content.
    pub outcome: Outcome,
}

/// The content of an outcome, without body, issues and message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The payload keeps to the contract.
    Accepted {
        /// Size of the payload.
        in_bytes: u32,
        /// Size of the canonical form.
        canonical_bytes: u32,
        /// Size of the body.
        body_bytes: u32,
        /// Digest of the canonical form; `None` with `digest: "none"`.
        digest: Option<[u8; DIGEST_BYTES]>,
    },
    /// The payload breaks the contract.
    Rejected {
        /// The reason.
        code: Code,
    },
    /// The payload was not processed.
    Fault {
        /// The reason.
        code: Code,
        /// When a retry makes sense.
        retry_after_ms: Option<u32>,
    },
}

/// Why a payload is not processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// The reason.
    pub code: Code,
    /// For people; contains nothing of the payload.
    pub message: &'a str,
    /// Where the deadline passed: `queue` or `run`.
    pub place: Option<&'static str>,
    /// When a retry makes sense.
    pub retry_after_ms: Option<u32>,
}

impl From<Code> for Fault<'_> {
    /// With the code's own message.
    fn from(code: Code) -> Self {
        Self { code, message: code.message(), place: None, retry_after_ms: None }
    }
}

impl Written {
    /// The reason of a rejection or fault; `None` when accepted.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self.outcome {
            Outcome::Accepted { .. } => None,
            Outcome::Rejected { code } | Outcome::Fault { code, .. } => Some(code),
        }
    }

    /// Size of the body; 0 unless accepted.
    #[must_use]
    pub const fn body_bytes(&self) -> usize {
        match self.outcome {
            Outcome::Accepted { body_bytes, .. } => body_bytes as usize,
            _ => 0,
        }
    }

    /// The range of the body; empty unless accepted.
    #[must_use]
    pub const fn body(&self) -> Range<usize> {
        ACCEPTED_HEADER_BYTES..ACCEPTED_HEADER_BYTES + self.body_bytes()
    }

    /// The range of `"issues":[…],"truncated":…` in a rejection; `None` for other outcomes.
    #[must_use]
    pub const fn issues(&self) -> Option<Range<usize>> {
        match self.outcome {
            Outcome::Rejected { code } => {
                let start = TEXT_HEADER_BYTES + CODE_PREFIX.len() + code.name().len() + "\",".len();
                Some(start..self.size - "}".len())
            }
            _ => None,
        }
    }

    /// The header of the frame that carries the outcome.
    #[must_use]
    pub fn frame_header(&self, id: u64, queue_us: u32, run_us: u32) -> FrameHeader {
        let kind = match self.outcome {
            Outcome::Accepted { .. } => FrameKind::Accepted,
            Outcome::Rejected { .. } => FrameKind::Rejected,
            Outcome::Fault { .. } => FrameKind::Error,
        };
        let length = u32::try_from(self.size).unwrap_or(u32::MAX);
        FrameHeader { length, kind, flags: 0, index: self.code().map_or(0, Code::wire), id, a: queue_us, b: run_us }
    }
}

/// Writes the result of [`Processor::process`](sidelane_core::Processor::process); `with_canonical` appends the
/// canonical bytes of an accepted payload. One that was interrupted is `deadline.exceeded`.
///
/// # Errors
///
/// The target is too small. The result may be written again, to a larger one.
pub fn write_outcome(
    result: &mut Result<Accepted<'_>, ProcessError<'_>>,
    with_canonical: bool,
    target: &mut [u8],
) -> Result<Written, Needs> {
    match result {
        Ok(accepted) => write_accepted(accepted, with_canonical, target),
        Err(ProcessError::Rejected(rejected)) => {
            write_rejection(rejected.code, rejected.issues, rejected.truncated, target)
        }
        Err(ProcessError::Interrupted) => interrupted(target),
        Err(_) => out_of_memory(target),
    }
}

fn write_accepted(accepted: &mut Accepted<'_>, with_canonical: bool, target: &mut [u8]) -> Result<Written, Needs> {
    let canonical_len = accepted.canonical().len();
    let extra = if with_canonical { canonical_len } else { 0 };
    let needs = Needs(ACCEPTED_HEADER_BYTES + accepted.max_body_len() + extra);
    let (header, rest) = target.split_first_chunk_mut::<ACCEPTED_HEADER_BYTES>().ok_or(needs)?;
    if rest.len() < accepted.max_body_len() + extra {
        return Err(needs);
    }
    let body_len = match accepted.finish_into(rest) {
        Ok(size) => size,
        Err(FinishError::TooSmall { .. }) => return Err(needs),
        Err(FinishError::Interrupted) => return interrupted(target),
        Err(_) => return out_of_memory(target),
    };
    if with_canonical {
        rest[body_len..body_len + extra].copy_from_slice(accepted.canonical());
    }
    let sizes = [accepted.in_bytes(), canonical_len, body_len].map(u32::try_from);
    let [Ok(in_bytes), Ok(canonical_bytes), Ok(body_bytes)] = sizes else { return out_of_memory(target) };
    let digest = accepted.digest().copied();
    let flags = [(digest.is_some(), FLAG_DIGEST), (with_canonical, FLAG_CANONICAL)];
    let flags = flags.into_iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag);
    header[..IN_BYTES_AT].copy_from_slice(&[KIND_ACCEPTED, 0, 0, 0]);
    header[FLAGS_AT] = flags;
    header[IN_BYTES_AT..CANONICAL_BYTES_AT].copy_from_slice(&in_bytes.to_le_bytes());
    header[CANONICAL_BYTES_AT..BODY_BYTES_AT].copy_from_slice(&canonical_bytes.to_le_bytes());
    header[BODY_BYTES_AT..DIGEST_AT].copy_from_slice(&body_bytes.to_le_bytes());
    header[DIGEST_AT..].copy_from_slice(&digest.unwrap_or_default());
    let outcome = Outcome::Accepted { in_bytes, canonical_bytes, body_bytes, digest };
    Ok(Written { size: ACCEPTED_HEADER_BYTES + body_len + extra, outcome })
}

/// Writes a rejection.
///
/// # Errors
///
/// The target is too small.
pub fn write_rejection(code: Code, issues: &[Issue], truncated: bool, target: &mut [u8]) -> Result<Written, Needs> {
    let size = write_text(KIND_REJECTED, target, |text| {
        write!(text, "{CODE_PREFIX}{}\",", code.name())?;
        write_issues(text, issues, truncated)?;
        text.write_char('}')
    })?;
    Ok(Written { size, outcome: Outcome::Rejected { code } })
}

/// The members `"issues":[…],"truncated":…` of a rejection: those of [`Written::issues`].
///
/// # Errors
///
/// Those of `text`.
pub fn write_issues(text: &mut impl fmt::Write, issues: &[Issue], truncated: bool) -> fmt::Result {
    text.write_str("\"issues\":[")?;
    for (index, issue) in issues.iter().enumerate() {
        if index > 0 {
            text.write_char(',')?;
        }
        write_issue(text, issue)?;
    }
    write!(text, "],\"truncated\":{truncated}")
}

fn write_issue(text: &mut impl fmt::Write, issue: &Issue) -> fmt::Result {
    write!(text, "{CODE_PREFIX}{}\",\"pointer\":", issue.code.name())?;
    write_string(text, &issue.pointer)?;
    if let Some(keyword) = issue.keyword {
        write!(text, ",\"keyword\":\"{keyword}\"")?;
    }
    if let Some(params) = &issue.params {
        write!(text, ",\"params\":{params}")?;
    }
    text.write_char('}')
}

/// Writes a fault.
///
/// # Errors
///
/// The target is too small.
pub fn write_fault(fault: &Fault<'_>, target: &mut [u8]) -> Result<Written, Needs> {
    let Fault { code, message, place, retry_after_ms } = *fault;
    let size = write_text(KIND_FAULT, target, |text| {
        write!(text, "{CODE_PREFIX}{}\",\"message\":", code.name())?;
        write_string(text, message)?;
        if let Some(place) = place {
            write!(text, ",\"params\":{{\"where\":\"{place}\"}}")?;
        }
        if let Some(ms) = retry_after_ms {
            write!(text, ",\"retryAfterMs\":{ms}")?;
        }
        text.write_char('}')
    })?;
    Ok(Written { size, outcome: Outcome::Fault { code, retry_after_ms } })
}

#[cold]
fn interrupted(target: &mut [u8]) -> Result<Written, Needs> {
    write_fault(&Fault { place: Some("run"), ..Code::DeadlineExceeded.into() }, target)
}

#[cold]
fn out_of_memory(target: &mut [u8]) -> Result<Written, Needs> {
    let message = "There is not enough memory for the payload.";
    write_fault(&Fault { message, ..Code::InternalPanic.into() }, target)
}

/// JSON text behind its header. What does not fit is counted only.
struct Text<'t> {
    target: &'t mut [u8],
    len: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        if let Some(part) = self.target.get_mut(self.len..end) {
            part.copy_from_slice(text.as_bytes());
        }
        self.len = end;
        Ok(())
    }
}

fn write_text(kind: u8, target: &mut [u8], write: impl FnOnce(&mut Text<'_>) -> fmt::Result) -> Result<usize, Needs> {
    let mut text = Text { target: target.get_mut(TEXT_HEADER_BYTES..).unwrap_or_default(), len: 0 };
    // `Text` returns no error.
    let _ = write(&mut text);
    let size = TEXT_HEADER_BYTES + text.len;
    let len = u32::try_from(text.len).map_err(|_| Needs(size))?;
    let header = target.get_mut(..size).and_then(|bytes| bytes.first_chunk_mut::<TEXT_HEADER_BYTES>());
    let header = header.ok_or(Needs(size))?;
    header[..TEXT_BYTES_AT].copy_from_slice(&[kind, 0, 0, 0]);
    header[TEXT_BYTES_AT..].copy_from_slice(&len.to_le_bytes());
    Ok(size)
}
