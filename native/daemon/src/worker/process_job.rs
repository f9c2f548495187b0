//! Processes the payload of a job, on any thread, and writes its outcome.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use sidelane_core::{Interrupt, Scratch};
use sidelane_wire::{HEADER_BYTES, Needs, Written, write_outcome};

use super::queue::Reply;
use crate::buffers::{BufferPool, OutputBuf};
use crate::engine::Engine;
use crate::protocol::http::OUTCOME_OFFSET;

/// Size of an outcome beyond its payload: headers, a digest, what gzip adds.
const OUTCOME_SLACK: usize = 1024;

/// When a payload ends.
pub struct Limit<'a> {
    pub end: Option<Instant>,
    /// Ends it also before a step that cannot be ended in time.
    pub looks_ahead: bool,
    /// Ends it when it is set.
    pub stop: Option<&'a AtomicBool>,
}

impl Interrupt for Limit<'_> {
    fn is_due(&self, ahead: Duration) -> bool {
        let ahead = if self.looks_ahead { ahead } else { Duration::ZERO };
        self.end.is_some_and(|end| Instant::now() + ahead >= end) || self.stop.is_some_and(|stop| stop.load(Relaxed))
    }
}

impl Reply {
    /// Bytes in front of the outcome, for the head of its answer.
    pub const fn offset(self) -> usize {
        match self {
            Self::Framed { .. } => HEADER_BYTES,
            Self::Http(_) => OUTCOME_OFFSET,
        }
    }
}

/// Writes the outcome of the payload to the spare bytes of the output, behind [`Reply::offset`].
pub fn process(
    engine: &dyn Engine,
    payload: &[u8],
    reply: Reply,
    limit: &Limit<'_>,
    scratch: &mut Scratch,
    output: &mut OutputBuf,
    pool: &BufferPool,
) -> Written {
    let with_canonical = matches!(reply, Reply::Framed { with_canonical: true, .. });
    let offset = reply.offset();
    let mut target_bytes = payload.len() + payload.len() / 8 + OUTCOME_SLACK;
    let mut result = engine.process(scratch, payload, limit);
    loop {
        let target = &mut output.spare(pool, offset + target_bytes)[offset..];
        match write_outcome(&mut result, with_canonical, target) {
            Ok(written) => return written,
            Err(Needs(bytes)) => target_bytes = bytes.max(target_bytes + OUTCOME_SLACK),
        }
    }
}
