//! The outcome as bytes: how it crosses to the caller. Little-endian; the layout is described once, in the twin.
//!
//! Twin of `src/contract/outcome-wire.ts`.

use crate::digest::DIGEST_BYTES;
use crate::error::Code;
use crate::json_text::push_string;
use crate::validate::Validation;

const ACCEPTED: u8 = 1;
const REJECTED: u8 = 2;
const FAULT: u8 = 3;

const FLAG_DIGEST: u8 = 1;
const FLAG_CANONICAL: u8 = 2;

/// Bytes before an accepted outcome's body.
pub const ACCEPTED_HEAD: usize = 48;

/// Bytes before the text of the others.
pub const TEXT_HEAD: usize = 8;

/// What came of writing an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is there, this many bytes long.
    Bytes(usize),
    /// The target is too small; this many bytes would do.
    Needs(usize),
}

/// The head of an accepted outcome.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// Size of the payload.
    pub in_bytes: usize,
    /// Size of the canonical form.
    pub canonical_bytes: usize,
    /// Size of the compressed body, which follows the head.
    pub body_bytes: usize,
    /// Of the canonical form; `None` with `digest: "none"`.
    pub digest: Option<[u8; DIGEST_BYTES]>,
    /// The canonical bytes follow the body.
    pub has_canonical: bool,
}

impl Accepted {
    /// Writes the head; the body is already behind it. `None` when a size is beyond 32 bits.
    pub fn write_head(&self, target: &mut [u8; ACCEPTED_HEAD]) -> Option<()> {
        let digest = if self.digest.is_some() { FLAG_DIGEST } else { 0 };
        let canonical = if self.has_canonical { FLAG_CANONICAL } else { 0 };
        target[..4].copy_from_slice(&[ACCEPTED, digest | canonical, 0, 0]);
        target[4..8].copy_from_slice(&u32::try_from(self.in_bytes).ok()?.to_le_bytes());
        target[8..12].copy_from_slice(&u32::try_from(self.canonical_bytes).ok()?.to_le_bytes());
        target[12..16].copy_from_slice(&u32::try_from(self.body_bytes).ok()?.to_le_bytes());
        target[16..].copy_from_slice(&self.digest.unwrap_or_default());
        Some(())
    }
}

/// Text of a rejection by size to grammar (no issue) or by the data model (one issue).
pub fn push_rejected(out: &mut String, code: Code, pointer: Option<&str>) {
    push_head(out, code.name());
    if let Some(pointer) = pointer {
        out.push_str("{\"code\":\"");
        out.push_str(code.name());
        out.push_str("\",\"pointer\":");
        push_string(out, pointer);
        out.push('}');
    }
    out.push_str("],\"truncated\":false}");
}

/// Text of a rejection by the schema.
pub fn push_invalid(out: &mut String, found: &Validation) {
    push_head(out, Code::ValidateFailed.name());
    for (index, issue) in found.issues.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        issue.push_json(out);
    }
    out.push_str(if found.truncated { "],\"truncated\":true}" } else { "],\"truncated\":false}" });
}

fn push_head(out: &mut String, code: &str) {
    out.push_str("{\"code\":\"");
    out.push_str(code);
    out.push_str("\",\"issues\":[");
}

/// Writes a rejection; `text` is what the functions above wrote.
pub fn write_rejected(text: &str, target: &mut [u8]) -> Written {
    write_text(REJECTED, text, target)
}

/// Writes a fault: the payload was not answered by its own merit. `message` is ours, never the payload's.
pub fn write_fault(code: Code, message: &str, target: &mut [u8]) -> Written {
    let mut text = String::from("{\"code\":\"");
    text.push_str(code.name());
    text.push_str("\",\"message\":");
    push_string(&mut text, message);
    text.push('}');
    write_text(FAULT, &text, target)
}

fn write_text(kind: u8, text: &str, target: &mut [u8]) -> Written {
    let size = TEXT_HEAD + text.len();
    let (Some(target), Ok(len)) = (target.get_mut(..size), u32::try_from(text.len())) else {
        return Written::Needs(size);
    };
    target[..4].copy_from_slice(&[kind, 0, 0, 0]);
    target[4..TEXT_HEAD].copy_from_slice(&len.to_le_bytes());
    target[TEXT_HEAD..].copy_from_slice(text.as_bytes());
    Written::Bytes(size)
}
