//! Memory that grows and does not shrink again. A window keeps the least memory in use of its samples, which garbage and
//! requests in flight do not change; a leak is suspected when that floor rises in six windows in a row, by more than a rate,
//! and the last three rise by half as much as the three before, or more: a warm-up slows down.
//!
//! Twin of `src/server/leak-watch.ts`; the series of `test/vectors/leak` check both.

use std::time::Duration;

/// Windows that rise one after the other.
const RISING_WINDOWS: usize = 6;

/// Samples of a window.
const SAMPLES: u32 = 16;

/// Growth below this part of the memory in use is not reported.
const LEAST_SHARE: f64 = 0.05;

const HOUR_MS: f64 = 3_600_000.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeakChange {
    /// Bytes per hour.
    Suspected(f64),
    Ended,
}

/// Times are in milliseconds since any moment.
#[derive(Debug)]
pub struct LeakWatch {
    window_ms: f64,
    bytes_per_hour: f64,
    next_sample: f64,
    window_end: f64,
    /// Least memory of the current window.
    floor: f64,
    /// End and floor of the last windows.
    windows: Vec<(f64, f64)>,
    is_suspected: bool,
}

impl LeakWatch {
    /// A window of 0 ms: none is suspected.
    pub fn new(window: Duration, bytes_per_hour: u64) -> Self {
        Self {
            window_ms: window.as_millis() as f64,
            bytes_per_hour: bytes_per_hour as f64,
            next_sample: 0.0,
            window_end: window.as_millis() as f64,
            floor: f64::INFINITY,
            windows: Vec::with_capacity(RISING_WINDOWS + 2),
            is_suspected: false,
        }
    }

    pub fn is_suspected(&self) -> bool {
        self.is_suspected
    }

    /// True when `sample` has to be called. Asking the allocator locks it for a moment, so it is not done every time.
    pub fn is_due(&self, now_ms: f64) -> bool {
        self.window_ms > 0.0 && now_ms >= self.next_sample
    }

    /// Takes the memory in use.
    pub fn sample(&mut self, now_ms: f64, bytes: f64) -> Option<LeakChange> {
        self.next_sample = now_ms + self.window_ms / f64::from(SAMPLES);
        self.floor = self.floor.min(bytes);
        if now_ms < self.window_end {
            return None;
        }
        self.windows.push((now_ms, self.floor));
        if self.windows.len() > RISING_WINDOWS + 1 {
            self.windows.remove(0);
        }
        self.window_end = now_ms + self.window_ms;
        self.floor = f64::INFINITY;
        let rate = self.rate();
        let was_suspected = std::mem::replace(&mut self.is_suspected, rate.is_some());
        match rate {
            Some(rate) if !was_suspected => Some(LeakChange::Suspected(rate)),
            None if was_suspected => Some(LeakChange::Ended),
            _ => None,
        }
    }

    /// Growth in bytes per hour, if it is suspicious.
    fn rate(&self) -> Option<f64> {
        let (&(start, first), &(end, last)) = (self.windows.first()?, self.windows.last()?);
        let rises = self.windows.windows(2).all(|pair| pair[1].1 > pair[0].1);
        let rate = ((last - first) * HOUR_MS / (end - start)).floor();
        let early = self.windows.get(RISING_WINDOWS / 2)?.1 - first;
        let is_slowing = last - first - early < early / 2.0;
        let is_leak = self.windows.len() > RISING_WINDOWS && rises && !is_slowing && last - first > first * LEAST_SHARE;
        (is_leak && rate > self.bytes_per_hour).then_some(rate)
    }
}
