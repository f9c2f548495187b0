//! State that all threads share: the contracts in force, the limits of the process, and its life cycle. State of one thread
//! is in `worker`, which publishes it here as gauges.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::SetOnce;

use crate::config::settings::Settings;
use crate::contracts::ContractRegistry;
use crate::evicting_set::{Counted, EvictingSet, Member};
use crate::telemetry::memory::Pressure;
use crate::telemetry::{Event, Gauges, Observer, Protocol, Shed};
use crate::texts::unready;
use crate::tls::TlsState;
use crate::tls::peers::Peer;

/// How long a drain waits for a request that may be on its way.
const DRAIN_GRACE: Duration = Duration::from_secs(1);

pub struct Shared {
    pub settings: Settings,
    pub observer: Arc<dyn Observer>,
    registry: RwLock<Arc<ContractRegistry>>,
    ready: AtomicBool,
    /// When the drain began.
    draining_since: SetOnce<Instant>,
    taken_over: SetOnce<()>,
    /// Nothing is accepted any more, so that the drain can end.
    closed: SetOnce<()>,
    pressure: AtomicU8,
    leak_suspected: AtomicBool,
    body_bytes: AtomicUsize,
    connections: AtomicUsize,
    /// Those that may send any request.
    full_connections: AtomicUsize,
    /// Those beyond `maxConnections`.
    excess: Arc<EvictingSet>,
    /// Panics outside of a payload, after which an executor started again.
    restarts: AtomicUsize,
    by_protocol: [AtomicUsize; Protocol::ALL.len()],
    workers: Box<[WorkerGauges]>,
    /// With `--tls-listen`.
    pub tls: Option<Arc<TlsState>>,
}

/// Written by one worker, aligned so that no two workers write to the same cache line.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct WorkerGauges {
    pub(crate) queued: AtomicUsize,
    pub(crate) in_flight: AtomicUsize,
}

/// Bytes of the body budget, released on drop.
pub struct Reservation {
    shared: Arc<Shared>,
    /// Over TLS: the peer, whose share they count to.
    peer: Option<Arc<Peer>>,
    bytes: usize,
}

impl Reservation {
    /// Takes over the bytes of `other`.
    pub fn merge(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shared.body_bytes.fetch_sub(self.bytes, Relaxed);
        if let Some(peer) = &self.peer {
            peer.release_bytes(self.bytes);
        }
    }
}

/// A counted connection, released on drop.
pub struct ConnectionSlot {
    shared: Arc<Shared>,
    excess: Option<Member>,
    /// It is one of the Unix socket's.
    is_local: bool,
    /// The thread that serves it and its protocol, once known.
    serving: Option<(usize, Protocol)>,
}

impl ConnectionSlot {
    /// True when it gets one response: health, metrics, or that there are too many connections.
    pub const fn is_excess(&self) -> bool {
        self.excess.is_some()
    }

    /// Of a connection that gets one response.
    pub fn counted(&self) -> Option<Counted> {
        self.excess.as_ref().map(Member::counted)
    }

    /// Resolves when it has to end, for another connection.
    pub fn evicted(&self) -> impl Future<Output = ()> + use<> {
        let evicted = self.excess.as_ref().map(Member::evicted);
        async move {
            match evicted {
                Some(evicted) => evicted.await,
                None => std::future::pending().await,
            }
        }
    }

    /// Counts the connection under its protocol.
    pub fn set_protocol(&mut self, thread: usize, protocol: Protocol) {
        self.serving = Some((thread, protocol));
        self.shared.by_protocol[protocol as usize].fetch_add(1, Relaxed);
        self.shared.observer.connection(thread, protocol, 1);
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Relaxed);
        if self.is_local && self.excess.is_none() {
            self.shared.full_connections.fetch_sub(1, Relaxed);
        }
        if let Some((thread, protocol)) = self.serving {
            self.shared.by_protocol[protocol as usize].fetch_sub(1, Relaxed);
            self.shared.observer.connection(thread, protocol, -1);
        }
    }
}

impl Shared {
    pub fn new(settings: Settings, registry: ContractRegistry, observer: Arc<dyn Observer>) -> Arc<Self> {
        Self::with_tls(settings, registry, observer, None)
    }

    pub fn with_tls(
        settings: Settings,
        registry: ContractRegistry,
        observer: Arc<dyn Observer>,
        tls: Option<Arc<TlsState>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            tls,
            excess: EvictingSet::new(settings.max_excess_connections),
            workers: (0..=settings.threads).map(|_| WorkerGauges::default()).collect(),
            settings,
            observer,
            registry: RwLock::new(Arc::new(registry)),
            ready: AtomicBool::new(false),
            draining_since: SetOnce::new(),
            taken_over: SetOnce::new(),
            closed: SetOnce::new(),
            pressure: AtomicU8::new(Pressure::None as u8),
            leak_suspected: AtomicBool::new(false),
            body_bytes: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            full_connections: AtomicUsize::new(0),
            restarts: AtomicUsize::new(0),
            by_protocol: Default::default(),
        })
    }

    pub fn registry(&self) -> Arc<ContractRegistry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn replace_registry(&self, mut registry: ContractRegistry) {
        let mut current = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.generation = current.generation + 1;
        *current = Arc::new(registry);
    }

    /// The number of the main thread for the [`Observer`]: that of the workers.
    pub fn main_thread(&self) -> usize {
        self.settings.threads
    }

    pub fn set_ready(&self) {
        self.ready.store(true, Relaxed);
    }

    pub fn set_draining(&self) {
        // A further call keeps the first value.
        let _ = self.draining_since.set(Instant::now());
    }

    pub fn is_draining(&self) -> bool {
        self.draining_since.initialized()
    }

    /// Resolves when the daemon drains; on any thread.
    pub async fn draining(&self) {
        self.draining_since.wait().await;
    }

    /// In a drain: until when a connection is kept that has had no request since `idle_since`.
    pub fn drain_grace_end(&self, idle_since: Instant) -> Option<Instant> {
        self.draining_since.get().map(|since| idle_since.max(*since) + DRAIN_GRACE)
    }

    /// Resolves at [`Self::drain_grace_end`]; on any thread.
    pub async fn drain_grace_over(&self, idle_since: Instant) {
        self.draining().await;
        if let Some(end) = self.drain_grace_end(idle_since) {
            tokio::time::sleep_until(end.into()).await;
        }
    }

    /// Resolves when the addresses are to be left: the daemon drains and another one has taken over, or the drain comes to its
    /// end; on any thread.
    pub async fn retired(&self) {
        self.draining().await;
        tokio::select! {
            // A daemon that drains for a signal may be taken over afterwards.
            _ = self.taken_over.wait() => {}
            _ = self.closed.wait() => {}
        }
    }

    pub fn set_closed(&self) {
        // It may be set already.
        let _ = self.closed.set(());
    }

    pub fn set_taken_over(&self) {
        // It may be set already.
        let _ = self.taken_over.set(());
    }

    pub fn is_under_pressure(&self) -> bool {
        self.pressure.load(Relaxed) != Pressure::None as u8
    }

    pub fn set_pressure(&self, pressure: Pressure) {
        self.pressure.store(pressure as u8, Relaxed);
    }

    pub fn set_leak_suspected(&self, is_suspected: bool) {
        self.leak_suspected.store(is_suspected, Relaxed);
    }

    /// Why the daemon is not ready, in the words of `/readyz`; empty when it is.
    pub fn reasons(&self) -> Vec<&'static str> {
        let all = [
            (self.is_draining(), unready::DRAINING),
            (self.taken_over.initialized(), unready::TAKEN_OVER),
            (self.is_under_pressure(), unready::MEMORY),
            (self.leak_suspected.load(Relaxed), unready::LEAK),
            (!self.ready.load(Relaxed), unready::STARTING),
        ];
        all.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect()
    }

    /// Requests whose answer has not been handed to the transport.
    pub fn in_flight(&self) -> usize {
        self.workers.iter().map(|worker| worker.in_flight.load(Relaxed)).sum()
    }

    /// Payloads in the queues of all workers, and of the spare threads.
    pub fn queued(&self) -> usize {
        let spare: usize = self.registry().all().iter().map(|contract| contract.spares.queued()).sum();
        spare + self.workers.iter().map(|worker| worker.queued.load(Relaxed)).sum::<usize>()
    }

    pub fn queued_bytes(&self) -> usize {
        self.body_bytes.load(Relaxed)
    }

    pub fn framed_connections(&self) -> usize {
        self.by_protocol[Protocol::Framed as usize].load(Relaxed)
    }

    /// Connections of both protocols, and those whose protocol is unknown yet.
    pub fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    pub fn metrics(&self) -> String {
        self.observer.metrics(&Gauges {
            in_flight: self.in_flight(),
            queued: self.queued(),
            queued_bytes: self.queued_bytes(),
            restarts: self.restarts.load(Relaxed),
            contracts: self.registry().all().len(),
            ready: self.reasons().is_empty(),
            leak_suspected: self.leak_suspected.load(Relaxed),
            tls: self.tls.as_ref().map_or_else(Default::default, |tls| tls.gauges()),
        })
    }

    pub fn count_restart(&self) {
        self.restarts.fetch_add(1, Relaxed);
    }

    /// A slot for one more connection.
    pub fn acquire_connection(self: &Arc<Self>) -> ConnectionSlot {
        self.connections.fetch_add(1, Relaxed);
        let before = self.full_connections.fetch_add(1, Relaxed);
        let excess = (before >= self.settings.max_connections).then(|| {
            self.full_connections.fetch_sub(1, Relaxed);
            let (member, evicts) = self.excess.enter();
            if evicts {
                self.refuse_connection(self.main_thread());
            }
            member
        });
        ConnectionSlot { shared: Arc::clone(self), excess, is_local: true, serving: None }
    }

    /// A slot for a connection over TLS, which has a place among those of its peer.
    pub fn acquire_tls_connection(self: &Arc<Self>) -> ConnectionSlot {
        self.connections.fetch_add(1, Relaxed);
        ConnectionSlot { shared: Arc::clone(self), excess: None, is_local: false, serving: None }
    }

    /// Reports a connection that ends because there are too many.
    pub fn refuse_connection(&self, thread: usize) {
        self.observer.shed(thread, Shed::Connections);
        self.observer.event(Event::Refused("connections"));
    }

    /// Takes `bytes` of the body budget and of the peer's share, before memory is allocated. The only body may be larger than
    /// the budget: the limits of its contract bound it, and refusing it as overloaded would refuse it for ever.
    pub(crate) fn acquire_bytes(self: &Arc<Self>, bytes: usize, peer: Option<&Arc<Peer>>) -> Result<Reservation, Shed> {
        if self.pressure.load(Relaxed) == Pressure::Full as u8 {
            return Err(Shed::Memory);
        }
        if peer.is_some_and(|peer| !peer.acquire_bytes(bytes)) {
            return Err(Shed::Bytes);
        }
        let before = self.body_bytes.fetch_add(bytes, Relaxed);
        let reservation = Reservation { shared: Arc::clone(self), peer: peer.cloned(), bytes };
        if before > 0 && before + bytes > self.settings.max_bytes { Err(Shed::Bytes) } else { Ok(reservation) }
    }

    pub(crate) fn gauges_of(&self, thread: usize) -> &WorkerGauges {
        &self.workers[thread]
    }
}
