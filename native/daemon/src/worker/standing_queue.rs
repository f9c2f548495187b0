//! Tells a burst from an overload, for a queue that is bounded by the time that a new request would wait. After `CoDel`
//! (RFC 8289): a queue may be long for an interval, because a burst drains; a queue that stays long is a standing queue, and
//! requests that would wait too long in it are refused. Shortly after a refusal no interval is granted: otherwise an overload
//! would fill the queue again whenever it is short for an instant.
//!
//! Twin of `src/policies/standing-queue.ts`; `test/vectors/queue` has the cases of both.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// A queue that is long for no longer than this holds a burst.
const BURST: Duration = Duration::from_millis(100);

/// Time without a refusal after which a long queue is a burst again.
const RECOVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct StandingQueue {
    /// Since when the queue is too long; `None`: it is not.
    above_since: Cell<Option<Instant>>,
    refused_at: Cell<Option<Instant>>,
}

impl StandingQueue {
    /// For each request that comes: whether it is refused. `is_long`: it would wait for too long.
    pub fn refuses(&self, is_long: bool, now: impl FnOnce() -> Instant) -> bool {
        if !is_long {
            self.above_since.set(None);
            return false;
        }
        let now = now();
        let has_recovered = self.refused_at.get().is_none_or(|at| now.saturating_duration_since(at) > RECOVERY);
        let above_since = self.above_since.get().unwrap_or(now);
        self.above_since.set(Some(above_since));
        if has_recovered && now.saturating_duration_since(above_since) <= BURST {
            return false;
        }
        self.refused_at.set(Some(now));
        true
    }
}
