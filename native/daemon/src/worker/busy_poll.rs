//! Staying awake for a moment after the last answer: whoever has one call in flight sends the next one right behind it, and
//! to wake a thread that sleeps costs that caller CPU, and both time. Who waits as long as a sleep costs never pays more than
//! twice (Karlin et al., "Empirical studies of competitive spinning for a shared-memory multiprocessor", SOSP 1991).
//!
//! Twin of `src/server/spin.ts`.

use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// A miss doubles what is left out and a find takes half of that back: to be worth it, two waits of three must find. With
/// no doubt every wait is tried, with most of it one in 2^6.
const MOST_DOUBT: u32 = 12;

/// When it pays to stay awake, by how it went before.
pub(super) struct BusyPoll {
    limit: Duration,
    doubt: u32,
    /// Waits that are still to be left out.
    left_out: u32,
}

impl BusyPoll {
    /// Zero: never.
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit, doubt: 0, left_out: 0 }
    }

    /// Looks until something is found, or for as long as it may; others have their turns in between.
    pub(super) async fn wait(&mut self, found: impl Fn() -> bool) {
        if self.limit.is_zero() {
            return;
        }
        if self.left_out > 0 {
            self.left_out -= 1;
            return;
        }
        let end = Instant::now() + self.limit;
        loop {
            yield_now().await;
            if found() {
                return self.learn(self.doubt.saturating_sub(1));
            }
            if Instant::now() >= end {
                return self.learn((self.doubt + 2).min(MOST_DOUBT));
            }
        }
    }

    const fn learn(&mut self, doubt: u32) {
        self.doubt = doubt;
        self.left_out = (1 << (doubt / 2)) - 1;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Of so many waits, those that looked.
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
    fn each_miss_doubles_what_is_left_out_and_two_finds_halve_it() -> std::io::Result<()> {
        let mut busy_poll = BusyPoll::new(Duration::from_micros(100));
        assert_eq!(tried(&mut busy_poll, 255, false)?, [0, 2, 6, 14, 30, 62, 126, 190, 254]);
        let finds = [63, 95, 127, 143, 159, 167, 175, 179, 183, 185, 187, 188, 189, 190, 191];
        assert_eq!(tried(&mut busy_poll, 192, true)?, finds);
        Ok(())
    }

    #[test]
    fn what_finds_every_other_time_is_as_good_as_given_up() -> std::io::Result<()> {
        let mut busy_poll = BusyPoll::new(Duration::from_micros(100));
        let mut tries = 0;
        for _ in 0..2000 {
            tries += tried(&mut busy_poll, 1, tries % 2 == 0)?.len();
        }
        assert!(tries < 100, "{tries} of 2000");
        Ok(())
    }

    #[test]
    fn without_a_limit_it_never_looks() -> std::io::Result<()> {
        assert!(tried(&mut BusyPoll::new(Duration::ZERO), 2, true)?.is_empty());
        Ok(())
    }
}
