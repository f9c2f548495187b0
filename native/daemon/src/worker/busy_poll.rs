//! Busy polling: a worker stays awake for a moment after its last answer, because a client with one request in flight sends
//! the next one right away, and waking a sleeping thread costs both of them time. Polling for the cost of one wake-up is
//! 2-competitive (Karlin et al., "Empirical studies of competitive spinning for a shared-memory multiprocessor", SOSP 1991).
//!
//! Twin of `src/server/busy-poll.ts`.

use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// Upper bound of `doubt`. A miss adds 2 and a hit removes 1, so polling continues when two waits of three hit. One wait in
/// 2^(doubt / 2) polls.
const MAX_DOUBT: u32 = 12;

/// Decides from earlier waits whether a wait polls.
pub(super) struct BusyPoll {
    limit: Duration,
    doubt: u32,
    /// Waits to skip before the next one polls.
    skip: u32,
}

impl BusyPoll {
    /// Polls for `limit` at most; with zero never.
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit, doubt: 0, skip: 0 }
    }

    /// Polls until `found`, for at most the limit; other tasks run in between.
    pub(super) async fn wait(&mut self, found: impl Fn() -> bool) {
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
                return self.set_doubt(self.doubt.saturating_sub(1));
            }
            if Instant::now() >= end {
                return self.set_doubt((self.doubt + 2).min(MAX_DOUBT));
            }
        }
    }

    const fn set_doubt(&mut self, doubt: u32) {
        self.doubt = doubt;
        self.skip = (1 << (doubt / 2)) - 1;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The indices of the waits that polled.
    fn tried(busy_poll: &mut BusyPoll, waits: usize, found: bool) -> std::io::Result<Vec<usize>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let looked = |_: &usize| {
            let looked = Cell::new(false);
            runtime.block_on(busy_poll.wait(|| {
                looked.set(true);
                found
            }));
            looked.get()
        };
        Ok((0..waits).filter(looked).collect())
    }

    #[test]
    fn a_miss_doubles_the_skipped_waits_and_two_hits_halve_them() -> std::io::Result<()> {
        let mut busy_poll = BusyPoll::new(Duration::from_micros(100));
        assert_eq!(tried(&mut busy_poll, 255, false)?, [0, 2, 6, 14, 30, 62, 126, 190, 254]);
        let finds = [63, 95, 127, 143, 159, 167, 175, 179, 183, 185, 187, 188, 189, 190, 191];
        assert_eq!(tried(&mut busy_poll, 192, true)?, finds);
        Ok(())
    }

    #[test]
    fn polling_stops_when_every_other_wait_misses() -> std::io::Result<()> {
        let mut busy_poll = BusyPoll::new(Duration::from_micros(100));
        let mut tries = 0;
        for _ in 0..2000 {
            tries += tried(&mut busy_poll, 1, tries % 2 == 0)?.len();
        }
        assert!(tries < 100, "{tries} of 2000");
        Ok(())
    }

    #[test]
    fn zero_never_polls() -> std::io::Result<()> {
        assert!(tried(&mut BusyPoll::new(Duration::ZERO), 2, true)?.is_empty());
        Ok(())
    }
}
