//! What the daemon itself answers, as outcomes: refusals, deadlines, and a payload that is too long. What the data says is
//! the engine's.

use sidelane_core::error::Code;

use crate::shared::Refusal;

/// What an answer says beside its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault<'a> {
    /// Nothing.
    Plain,
    /// Other words than those of the table. Never the payload's; plain ASCII without quotes.
    Said(&'a str),
    /// When another try makes sense, in ms.
    RetryAfter(u32),
    /// The time went by in the queue.
    InQueue,
}

impl From<Refusal> for Fault<'_> {
    fn from(refusal: Refusal) -> Self {
        Self::RetryAfter(refusal.retry_after_ms)
    }
}

impl Fault<'_> {
    /// The outcome's bytes: kind 2 for `limit.bytes`, else 3.
    #[must_use]
    pub fn outcome(&self, code: Code) -> Vec<u8> {
        let name = code.name();
        if code == Code::LimitBytes {
            return text(2, &format!("{{\"code\":\"{name}\",\"issues\":[],\"truncated\":false}}"));
        }
        let message = if let Self::Said(words) = self { words } else { code.message() };
        let more = match self {
            Self::RetryAfter(ms) => format!(",\"retryAfterMs\":{ms}"),
            Self::InQueue => ",\"params\":{\"where\":\"queue\"}".to_owned(),
            Self::Plain | Self::Said(_) => String::new(),
        };
        text(3, &format!("{{\"code\":\"{name}\",\"message\":\"{message}\"{more}}}"))
    }
}

fn text(kind: u8, text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
    [&[kind, 0, 0, 0], &length[..], text.as_bytes()].concat()
}

/// The code of an outcome; `None`: accepted.
#[must_use]
pub fn code_of(outcome: &[u8]) -> Option<Code> {
    if outcome.first() == Some(&1) {
        return None;
    }
    let name = outcome.get(8..).and_then(|text| text.strip_prefix(b"{\"code\":\"")).unwrap_or_default();
    let end = name.iter().position(|byte| *byte == b'"').unwrap_or(0);
    let name = std::str::from_utf8(&name[..end]).unwrap_or_default();
    Some(Code::from_name(name).unwrap_or(Code::InternalPanic))
}

/// Size of the compressed body of an outcome; 0 unless accepted.
#[must_use]
pub fn body_bytes(outcome: &[u8]) -> usize {
    match outcome {
        [1, _, _, _, _, _, _, _, _, _, _, _, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => 0,
    }
}
