//! Busy polling: a worker stays awake for a moment after its last answer, because a client with one request in flight sends
//! the next one right away, and waking a sleeping thread costs both of them time. Polling for the cost of one wake-up is
//! 2-competitive (Karlin et al., "Empirical studies of competitive spinning for a shared-memory multiprocessor", SOSP 1991).
//!
//! Twin of `src/server/queue.ts`.

use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// Upper bound of `level`. A miss adds 2 and a hit removes 1, so polling continues when two waits of three hit. One wait in
/// 2^(level / 2) polls.
const MAX_LEVEL: u32 = 12;

/// Decides from earlier waits whether a wait polls.
pub struct BusyPoll {
    limit: Duration,
    level: u32,
    /// Waits to skip before the next one polls.
    skip: u32,
}

impl BusyPoll {
    /// Polls for `limit` at most; with zero never.
    pub const fn new(limit: Duration) -> Self {
        Self { limit, level: 0, skip: 0 }
    }

    /// Polls until `found`, for at most the limit; other tasks run in between.
    pub async fn wait(&mut self, found: impl Fn() -> bool) {
        if self.limit.is_zero() {
            return;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let end = Instant::now() + self.limit;
        loop {
            yield_now().await;
            if found() {
                return self.set_level(self.level.saturating_sub(1));
            }
            if Instant::now() >= end {
                return self.set_level((self.level + 2).min(MAX_LEVEL));
            }
        }
    }

    const fn set_level(&mut self, level: u32) {
        self.level = level;
        self.skip = (1 << (level / 2)) - 1;
    }
}
