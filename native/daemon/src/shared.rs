//! What the threads share: the contracts in force, the bounds of the whole process, and what state it is in.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::config::settings::Settings;
use crate::contracts::ContractRegistry;
use crate::telemetry::{Observer, Protocol, Shed};

/// One daemon.
pub struct Shared {
    /// The options.
    pub settings: Settings,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
    /// When it began.
    pub started: Instant,
    registry: RwLock<Arc<ContractRegistry>>,
    ready: AtomicBool,
    draining: watch::Sender<bool>,
    taken_over: AtomicBool,
    memory: AtomicU8,
    in_flight: AtomicUsize,
    queued: AtomicUsize,
    queued_bytes: AtomicUsize,
    /// When the queue was last empty, in ms since the beginning.
    stands_since: AtomicU64,
    /// How long a payload takes, in ns, averaged over the last few dozen; 0 before the first.
    mean_ns: AtomicU64,
    /// Of all languages, and of those that have not said anything.
    connections: AtomicUsize,
    framed: AtomicUsize,
    http: AtomicUsize,
}

/// How near the memory limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Memory {
    /// Far.
    Fine,
    /// Over 85 %: not ready.
    High,
    /// Over 95 %: requests are refused.
    Full,
}

/// A request that is turned away: `overloaded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Shed,
    /// When another try makes sense, in ms.
    pub retry_after_ms: u32,
}

/// Bytes of the budget, until it is dropped.
pub struct Reservation {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Reservation {
    /// Takes what the other one holds.
    pub fn merge(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shared.release(self.bytes);
    }
}

/// A connection that counts, until it is dropped.
pub struct Connection {
    shared: Arc<Shared>,
    is_reserved: bool,
    /// The language, and the thread that serves it.
    spoken: Option<(usize, Protocol)>,
}

impl Connection {
    /// It has one of the places that are kept for health and metrics.
    #[must_use]
    pub const fn is_reserved(&self) -> bool {
        self.is_reserved
    }

    /// Its language is known, and counted.
    pub fn speaks(&mut self, thread: usize, protocol: Protocol) {
        self.spoken = Some((thread, protocol));
        self.shared.of(protocol).fetch_add(1, Relaxed);
        self.shared.observer.connection(thread, protocol, 1);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Relaxed);
        if let Some((thread, protocol)) = self.spoken {
            self.shared.of(protocol).fetch_sub(1, Relaxed);
            self.shared.observer.connection(thread, protocol, -1);
        }
    }
}

/// Connections beyond the most that may be, kept for health and metrics.
const RESERVED: usize = 8;

/// A queue that was empty in the last so many ms is a burst, and only its count is bounded (CoDel's interval).
const BURST_MS: u64 = 100;

impl Shared {
    /// A daemon that serves `table`; not ready yet.
    #[must_use]
    pub fn new(settings: Settings, registry: ContractRegistry, observer: Arc<dyn Observer>) -> Arc<Self> {
        Arc::new(Self {
            settings,
            observer,
            started: Instant::now(),
            registry: RwLock::new(Arc::new(registry)),
            ready: AtomicBool::new(false),
            draining: watch::Sender::new(false),
            taken_over: AtomicBool::new(false),
            memory: AtomicU8::new(Memory::Fine as u8),
            in_flight: AtomicUsize::new(0),
            queued: AtomicUsize::new(0),
            queued_bytes: AtomicUsize::new(0),
            stands_since: AtomicU64::new(0),
            mean_ns: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            framed: AtomicUsize::new(0),
            http: AtomicUsize::new(0),
        })
    }

    /// The contracts in force.
    #[must_use]
    pub fn registry(&self) -> Arc<ContractRegistry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other contracts in force.
    pub fn replace_registry(&self, mut registry: ContractRegistry) {
        let mut place = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.generation = place.generation + 1;
        *place = Arc::new(registry);
    }

    /// Number of threads that serve, which is the main thread's number for the [`Observer`].
    #[must_use]
    pub fn threads(&self) -> usize {
        self.settings.threads
    }

    /// Connections are accepted from now on.
    pub fn set_ready(&self) {
        self.ready.store(true, Relaxed);
    }

    /// The end has begun.
    pub fn set_draining(&self) {
        self.draining.send_replace(true);
    }

    /// The end has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Is ready when the end has begun; on any thread.
    pub async fn draining(&self) {
        // The sender is our own, so this does not fail.
        let _ = self.draining.subscribe().wait_for(|begun| *begun).await;
    }

    /// Another daemon has the socket.
    pub fn set_taken_over(&self) {
        self.taken_over.store(true, Relaxed);
    }

    /// The watermark says that memory is short.
    #[must_use]
    pub fn is_short_of_memory(&self) -> bool {
        self.memory.load(Relaxed) != Memory::Fine as u8
    }

    /// What the watermark says.
    pub fn set_memory(&self, memory: Memory) {
        self.memory.store(memory as u8, Relaxed);
    }

    /// Why the daemon is not ready, in the words of `/readyz`; empty when it is.
    #[must_use]
    pub fn reasons(&self) -> Vec<&'static str> {
        let all = [
            (self.is_draining(), "draining"),
            (self.taken_over.load(Relaxed), "taken-over"),
            (self.is_short_of_memory(), "memory"),
            (!self.ready.load(Relaxed), "starting"),
        ];
        all.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect()
    }

    /// Requests whose answer is not with the transport yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Relaxed)
    }

    /// Payloads that wait for their turn.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queued.load(Relaxed)
    }

    /// Bytes of all bodies.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes.load(Relaxed)
    }

    /// Framed connections.
    #[must_use]
    pub fn framed_connections(&self) -> usize {
        self.framed.load(Relaxed)
    }

    /// HTTP connections.
    #[must_use]
    pub fn http_connections(&self) -> usize {
        self.http.load(Relaxed)
    }

    /// Connections of all languages.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    fn of(&self, protocol: Protocol) -> &AtomicUsize {
        match protocol {
            Protocol::Framed => &self.framed,
            Protocol::Http => &self.http,
        }
    }

    /// A place for one more connection; `None` when there is none.
    pub fn connect(self: &Arc<Self>) -> Option<Connection> {
        let before = self.connections.fetch_add(1, Relaxed);
        let connection =
            Connection { shared: Arc::clone(self), is_reserved: before >= self.settings.max_connections, spoken: None };
        // Dropping it gives the place back.
        (before < self.settings.max_connections + RESERVED).then_some(connection)
    }

    /// Takes `bytes` of the budget for a body, before there is memory for it. Refused too when memory is full.
    ///
    /// # Errors
    ///
    /// `bytes` or `memory`.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Reservation, Refusal> {
        if self.memory.load(Relaxed) == Memory::Full as u8 {
            return Err(self.refusal(Shed::Memory));
        }
        let before = self.queued_bytes.fetch_add(bytes, Relaxed);
        if before + bytes > self.settings.max_bytes {
            self.release(bytes);
            return Err(self.refusal(Shed::Bytes));
        }
        Ok(Reservation { shared: Arc::clone(self), bytes })
    }

    fn release(&self, bytes: usize) {
        self.queued_bytes.fetch_sub(bytes, Relaxed);
    }

    /// Takes a place in the queue. [`Self::leave`] gives it back.
    ///
    /// # Errors
    ///
    /// `queue`.
    pub(crate) fn enter(&self) -> Result<(), Refusal> {
        let before = self.queued.fetch_add(1, Relaxed);
        if before == 0 {
            self.stands_since.store(self.age_ms(), Relaxed);
        }
        if self.is_full(before) {
            self.leave();
            return Err(self.refusal(Shed::Queue));
        }
        Ok(())
    }

    /// Whether the queue has a place just now.
    pub(crate) fn has_place(&self) -> Result<(), Refusal> {
        if self.is_full(self.queued()) { Err(self.refusal(Shed::Queue)) } else { Ok(()) }
    }

    /// Gives a place in the queue back.
    pub(crate) fn leave(&self) {
        self.queued.fetch_sub(1, Relaxed);
    }

    /// A count says little where a payload takes 20 µs or 20 ms: a queue that does not go away is bounded by its time.
    fn is_full(&self, queued: usize) -> bool {
        let Settings { threads, max_queue, max_queue_ms, .. } = self.settings;
        if queued >= max_queue {
            return true;
        }
        let drain_ns = queued as u64 * self.mean_ns.load(Relaxed) / threads as u64;
        queued >= threads
            && drain_ns >= max_queue_ms * 1_000_000
            && self.age_ms().saturating_sub(self.stands_since.load(Relaxed)) > BURST_MS
    }

    fn age_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Learns from a round of `count` payloads that took `time` together.
    pub(crate) fn learn(&self, count: usize, time: Duration) {
        let Ok(each) = u64::try_from(time.as_nanos() / count.max(1) as u128) else { return };
        let mean = self.mean_ns.load(Relaxed);
        let weight = (count as u64).min(32);
        let next = if mean == 0 { each } else { (mean * (32 - weight) + each * weight) / 32 };
        // A lost update of another thread costs nothing.
        self.mean_ns.store(next.max(1), Relaxed);
    }

    /// An `overloaded` for this reason, with the time in which the queue will have run.
    #[must_use]
    pub fn refusal(&self, reason: Shed) -> Refusal {
        let ns = self.queued() as u64 * self.mean_ns.load(Relaxed) / self.settings.threads.max(1) as u64;
        let ms = (ns / 1_000_000).clamp(1, 10_000);
        Refusal { reason, retry_after_ms: u32::try_from(ms).unwrap_or(10_000) }
    }

    pub(crate) fn count_in_flight(&self, change: isize) {
        self.in_flight.fetch_add(change as usize, Relaxed);
    }
}
