//! The main thread: accepts connections and hands them to workers, handles signals, reloads, and drains.

use std::io;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::settings::Settings;
use crate::contracts::ContractRegistry;
use crate::engine::Compile;
use crate::listener::{Listener, ListenerEvent};
use crate::metrics_listener;
use crate::process::stdin_end;
use crate::shared::Shared;
use crate::telemetry::memory;
use crate::telemetry::{Event, NoObserver, Observer};
use crate::texts::{self, config, drain};
use crate::threads::{self, Handle};

/// Time between two checks of the memory.
const MEMORY_INTERVAL: Duration = Duration::from_secs(1);

/// Time between two checks for the end of the drain.
const DRAIN_INTERVAL: Duration = Duration::from_millis(5);

/// Why the daemon did not start, or was interrupted.
#[derive(Debug)]
pub enum Failure {
    /// The contracts are invalid: exit code 2.
    Contracts(String),
    /// The system refused something, or a second signal arrived: exit code 1.
    System(String),
}

/// Serves until a signal ends the daemon.
pub fn serve(settings: Settings, compile: Compile, observer: Arc<dyn Observer>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    LocalSet::new().block_on(&runtime, async { Main::open(settings, compile, observer)?.run().await })
}

fn system(error: io::Error) -> Failure {
    Failure::System(error.to_string())
}

/// Checks the options and contracts; returns what would be served where, a line each.
pub fn check(settings: &Settings, compile: Compile) -> Result<String, String> {
    let registry = load(settings, compile, &NoObserver)?;
    let socket = std::iter::once(config::would_listen(&settings.socket));
    let contracts = registry.sorted().into_iter().map(|one| config::would_serve(format!("{}@{}", one.name, one.id)));
    Ok(socket.chain(contracts).collect::<Vec<_>>().join("\n"))
}

struct Main {
    shared: Arc<Shared>,
    compile: Compile,
    listener: Listener,
    workers: Vec<Handle>,
    /// Index of the worker that got the last connection.
    next: usize,
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Main {
    fn open(settings: Settings, compile: Compile, observer: Arc<dyn Observer>) -> Result<Self, Failure> {
        // Before the contracts are read, so that no SIGHUP about changed ones is lost.
        let subscribe = |kind| signal(kind).map_err(system);
        let (hangup, terminate) = (subscribe(SignalKind::hangup())?, subscribe(SignalKind::terminate())?);
        let interrupt = subscribe(SignalKind::interrupt())?;
        let registry = load(&settings, compile, &*observer).map_err(Failure::Contracts)?;
        let shared = Shared::new(settings, registry, observer);
        let settings = &shared.settings;
        if let Some(address) = settings.metrics_listen {
            let listener = metrics_listener::listen(address).map_err(Failure::System)?;
            spawn_local(metrics_listener::serve(listener, Arc::clone(&shared)));
        }
        let workers = (0..settings.threads).map(|number| threads::spawn(Arc::clone(&shared), number));
        let workers = workers.collect::<io::Result<Vec<_>>>().map_err(system)?;
        let listener = Listener::open(settings).map_err(Failure::System)?;
        Ok(Self { shared, compile, listener, workers, next: 0, hangup, terminate, interrupt })
    }

    async fn run(mut self) -> Result<(), Failure> {
        self.shared.set_ready();
        let contracts: Vec<_> =
            self.shared.registry().all().iter().map(|one| format!("{}@{}", one.name, one.id)).collect();
        self.report(Event::Listening(&contracts));
        let mut ticks = interval(MEMORY_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stdin = stdin_end(self.shared.settings.exit_with_stdin);
        tokio::pin!(stdin);
        let why = loop {
            tokio::select! {
                event = self.listener.next() => if self.on_listener_event(event) { break drain::TAKEN_OVER },
                _ = ticks.tick() => self.check_memory(),
                _ = self.hangup.recv() => self.reload(),
                _ = self.terminate.recv() => break drain::SIGTERM,
                _ = self.interrupt.recv() => break drain::SIGINT,
                () = &mut stdin => break drain::STDIN_ENDED,
            }
        };
        self.drain(why).await
    }

    /// Handles an event of the socket; true when the daemon has to drain.
    fn on_listener_event(&mut self, event: ListenerEvent) -> bool {
        match event {
            ListenerEvent::Connected(stream) => self.hand_out(stream),
            ListenerEvent::Unauthorized(uid) => self.report(Event::Refused(&format!("uid {uid} may not connect"))),
            ListenerEvent::AcceptFailed(error) => self.report(Event::AcceptFailed(&error)),
            ListenerEvent::Republished => self.report(Event::Republished),
            ListenerEvent::Lost(why) => self.report(Event::Warning(&texts::socket::cannot_republish(why))),
            ListenerEvent::TakenOver => {
                self.shared.set_taken_over();
                self.report(Event::TakenOver);
            }
            ListenerEvent::Closed => return true,
        }
        false
    }

    fn hand_out(&mut self, stream: UnixStream) {
        let slot = self.shared.acquire_connection();
        self.next = (self.next + 1) % self.workers.len();
        self.workers[self.next].serve(stream, slot);
    }

    fn check_memory(&self) {
        let limit = self.shared.settings.memory_limit;
        self.shared.set_pressure(memory::pressure(limit, self.shared.is_under_pressure()));
    }

    fn reload(&self) {
        let Shared { settings, observer, .. } = &*self.shared;
        match load(settings, self.compile, &**observer) {
            Ok(registry) => {
                self.shared.replace_registry(registry);
                self.refresh_workers();
                self.report(Event::Reloaded);
            }
            Err(message) => self.report(Event::ReloadFailed(&message)),
        }
    }

    /// Answers the received requests, then ends; at once on a second signal.
    async fn drain(mut self, why: &str) -> Result<(), Failure> {
        let end = Instant::now() + Duration::from_millis(self.shared.settings.drain_ms);
        self.shared.set_draining();
        self.refresh_workers();
        self.report(Event::Draining(why));
        let mut ticks = interval(DRAIN_INTERVAL);
        let mut ended = Ok(());
        while Instant::now() < end && self.shared.connections() > 0 {
            tokio::select! {
                event = self.listener.next() => {
                    self.on_listener_event(event);
                }
                _ = ticks.tick() => {}
                _ = self.terminate.recv() => ended = Err(Failure::System("SIGTERM while it drained".to_owned())),
                _ = self.interrupt.recv() => ended = Err(Failure::System("SIGINT while it drained".to_owned())),
            }
            if ended.is_err() {
                break;
            }
        }
        drop(self.listener);
        // A worker whose payload does not end must not block the end of the daemon.
        if self.shared.connections() == 0 {
            self.workers.into_iter().for_each(Handle::stop);
        }
        self.shared.observer.event(Event::Stopped);
        ended
    }

    fn refresh_workers(&self) {
        for worker in &self.workers {
            worker.refresh();
        }
    }

    fn report(&self, event: Event<'_>) {
        self.shared.observer.event(event);
    }
}

/// Loads the contracts; a panic of the core counts as an invalid contract.
fn load(settings: &Settings, compile: Compile, observer: &dyn Observer) -> Result<ContractRegistry, String> {
    let load = AssertUnwindSafe(|| ContractRegistry::load(settings, compile, observer));
    catch_unwind(load).unwrap_or_else(|_| Err("A contract could not be compiled: a fault of sidelaned".to_owned()))
}
