//! Splits the bytes of a body from those behind it.

use super::chunks::{Chunks, Step};
use super::head::{Length, Violation};

/// What is missing of a body.
#[derive(Debug)]
pub enum BodyReader {
    Known(u64),
    Chunked(Chunks),
}

impl BodyReader {
    pub fn new(length: Length) -> Self {
        match length {
            Length::Known(bytes) => Self::Known(bytes),
            Length::Chunked => Self::Chunked(Chunks::default()),
        }
    }

    /// What the next bytes are; they start behind the previous step.
    pub fn step(&mut self, bytes: &[u8]) -> Result<Step, Violation> {
        match self {
            Self::Known(0) => Ok(Step::End(0)),
            Self::Known(_) if bytes.is_empty() => Ok(Step::More),
            Self::Known(missing) => {
                let size = usize::try_from(*missing).unwrap_or(usize::MAX).min(bytes.len());
                *missing -= size as u64;
                Ok(Step::Data(size))
            }
            Self::Chunked(chunks) => chunks.step(bytes),
        }
    }
}
