//! Admission: which requests a worker takes. State of one worker in plain cells, published as gauges.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use sidelane_core::Code;
use sidelane_wire::Fault;

use super::standing_queue::StandingQueue;
use crate::shared::{Reservation, Shared};
use crate::telemetry::Shed;
use crate::tls::peers::Peer;

/// Payloads that the mean time of a payload covers.
const MEAN_WINDOW: u64 = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Shed,
    /// When a retry makes sense, in ms.
    pub retry_after_ms: u32,
}

impl From<Refusal> for Fault<'_> {
    fn from(refusal: Refusal) -> Self {
        Self { retry_after_ms: Some(refusal.retry_after_ms), ..Code::Overloaded.into() }
    }
}

/// Decides about the requests of one worker.
pub struct Admission {
    shared: Arc<Shared>,
    thread: usize,
    queued: Cell<usize>,
    in_flight: Cell<usize>,
    standing: StandingQueue,
    /// Mean time of a payload in ns; 0 before the first.
    mean_ns: Cell<u64>,
}

impl Admission {
    pub(super) fn new(shared: Arc<Shared>, thread: usize) -> Self {
        Self {
            shared,
            thread,
            queued: Cell::new(0),
            in_flight: Cell::new(0),
            standing: StandingQueue::default(),
            mean_ns: Cell::new(0),
        }
    }

    /// Takes `bytes` of the body budget, and of the peer's share.
    pub(crate) fn acquire_bytes(&self, bytes: usize, peer: Option<&Arc<Peer>>) -> Result<Reservation, Refusal> {
        self.shared.acquire_bytes(bytes, peer).map_err(|reason| self.refusal(reason))
    }

    /// Checks that the queue has a free slot.
    pub fn check_slot(&self) -> Result<(), Refusal> {
        if self.is_full() { Err(self.refusal(Shed::Queue)) } else { Ok(()) }
    }

    /// Takes a slot of the queue; [`Self::release_slot`] gives it back.
    pub fn acquire_slot(&self) -> Result<(), Refusal> {
        self.check_slot()?;
        self.set_queued(self.queued.get() + 1);
        Ok(())
    }

    pub(super) fn release_slot(&self) {
        self.set_queued(self.queued.get() - 1);
    }

    fn set_queued(&self, queued: usize) {
        self.queued.set(queued);
        self.shared.gauges_of(self.thread).queued.store(queued, Relaxed);
    }

    /// The length alone is no bound on the wait: a payload takes 20 µs or 20 ms. A queue that stands is bounded by its
    /// expected time.
    fn is_full(&self) -> bool {
        let (queued, settings) = (self.queued.get(), &self.shared.settings);
        let is_long = queued > 0 && self.expected_wait() >= Duration::from_millis(settings.max_queue_ms);
        queued >= settings.max_queue || self.standing.refuses(is_long, Instant::now)
    }

    /// Time until the queue is empty.
    pub fn expected_wait(&self) -> Duration {
        Duration::from_nanos(self.queued.get() as u64 * self.mean_ns.get())
    }

    /// Updates the mean after `count` payloads that took `time` together.
    pub(super) fn record(&self, count: usize, time: Duration) {
        let Ok(each) = u64::try_from(time.as_nanos() / count.max(1) as u128) else { return };
        let (mean, weight) = (self.mean_ns.get(), (count as u64).min(MEAN_WINDOW));
        let next = if mean == 0 { each } else { (mean * (MEAN_WINDOW - weight) + each * weight) / MEAN_WINDOW };
        self.mean_ns.set(next.max(1));
    }

    /// An `overloaded` for this reason; a retry makes sense when the queue has run.
    pub fn refusal(&self, reason: Shed) -> Refusal {
        let ms = self.expected_wait().as_millis().clamp(1, 10_000);
        Refusal { reason, retry_after_ms: u32::try_from(ms).unwrap_or(10_000) }
    }

    pub(super) fn add_in_flight(&self, count: usize) {
        self.set_in_flight(self.in_flight.get() + count);
    }

    pub(super) fn remove_in_flight(&self, count: usize) {
        self.set_in_flight(self.in_flight.get() - count);
    }

    fn set_in_flight(&self, in_flight: usize) {
        self.in_flight.set(in_flight);
        self.shared.gauges_of(self.thread).in_flight.store(in_flight, Relaxed);
    }
}
