//! The main thread: accepts connections and hands them out, hears signals, reloads, and sees to the end.

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
use crate::telemetry::{Event, NoObserver, Observer, Shed};
use crate::worker::{self, Handle};

/// How often the memory is looked at.
const MEMORY_INTERVAL: Duration = Duration::from_secs(1);

/// How often the end is looked for.
const DRAIN_INTERVAL: Duration = Duration::from_millis(5);

/// Why the daemon did not start, or did not end well.
#[derive(Debug)]
pub enum Failure {
    /// Wrong contracts: exit code 2.
    Contracts(String),
    /// Cannot listen, the system refused something, or a second signal: exit code 1.
    System(String),
}

/// Serves until a signal ends it.
///
/// # Errors
///
/// It could not start, or was told to end before it had drained.
pub fn serve(settings: Settings, compile: Compile, observer: Arc<dyn Observer>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    LocalSet::new().block_on(&runtime, async { Main::open(settings, compile, observer)?.run().await })
}

fn system(error: io::Error) -> Failure {
    Failure::System(error.to_string())
}

/// Where it would listen and what it would serve, a line each, after everything was checked.
///
/// # Errors
///
/// Wrong contracts.
pub fn check(settings: &Settings, compile: Compile) -> Result<String, String> {
    let registry = load(settings, compile, &NoObserver)?;
    let place = std::iter::once(format!("would listen on {}", settings.socket));
    let lines = registry.sorted().into_iter().map(|one| format!("would serve {}@{}", one.name, one.id));
    Ok(place.chain(lines).collect::<Vec<_>>().join("\n"))
}

struct Main {
    shared: Arc<Shared>,
    compile: Compile,
    listener: Listener,
    workers: Vec<Handle>,
    /// The lane that the next connection is handed to.
    next: usize,
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Main {
    fn open(settings: Settings, compile: Compile, observer: Arc<dyn Observer>) -> Result<Self, Failure> {
        // Before the contracts are read: whoever writes others meanwhile says so with a signal, which must find somebody.
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
        let workers = (0..settings.threads).map(|number| worker::spawn(Arc::clone(&shared), number));
        let workers = workers.collect::<io::Result<Vec<_>>>().map_err(system)?;
        let listener = Listener::open(settings).map_err(Failure::System)?;
        Ok(Self { shared, compile, listener, workers, next: 0, hangup, terminate, interrupt })
    }

    async fn run(mut self) -> Result<(), Failure> {
        self.shared.set_ready();
        self.tell(Event::Listening);
        let mut look = interval(MEMORY_INTERVAL);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stdin = stdin_end(self.shared.settings.exit_with_stdin);
        tokio::pin!(stdin);
        let why = loop {
            tokio::select! {
                event = self.listener.next() => if self.on_listener_event(event) { break "taken over" },
                _ = look.tick() => memory::check(&self.shared),
                _ = self.hangup.recv() => self.reload(),
                _ = self.terminate.recv() => break "SIGTERM",
                _ = self.interrupt.recv() => break "SIGINT",
                () = &mut stdin => break "stdin ended",
            }
        };
        self.drain(why).await
    }

    /// Sees to what happened at the socket; true when that is the end.
    fn on_listener_event(&mut self, event: ListenerEvent) -> bool {
        match event {
            ListenerEvent::Connected(stream) => self.hand_out(stream),
            ListenerEvent::Unauthorized(uid) => self.tell(Event::Refused(&format!("uid {uid} may not connect"))),
            ListenerEvent::AcceptFailed(error) => self.tell(Event::AcceptFailed(&error)),
            ListenerEvent::Republished => self.tell(Event::Republished),
            ListenerEvent::Lost(why) => self.tell(Event::Warning(&why)),
            ListenerEvent::TakenOver => {
                self.shared.set_taken_over();
                self.tell(Event::TakenOver);
            }
            ListenerEvent::Closed => return true,
        }
        false
    }

    /// Hands a connection to the next lane.
    fn hand_out(&mut self, stream: UnixStream) {
        let Some(connection) = self.shared.connect() else {
            self.shared.observer.shed(self.shared.threads(), Shed::Connections);
            return self.tell(Event::Refused("connections"));
        };
        self.next = (self.next + 1) % self.workers.len();
        self.workers[self.next].serve(stream, connection);
    }

    fn reload(&self) {
        let Shared { settings, observer, .. } = &*self.shared;
        match load(settings, self.compile, &**observer) {
            Ok(registry) => {
                self.shared.replace_registry(registry);
                self.refresh();
                self.tell(Event::Reloaded);
            }
            Err(message) => self.tell(Event::ReloadFailed(&message)),
        }
    }

    /// Answers what has been received, then ends. A second signal ends it at once.
    async fn drain(mut self, why: &str) -> Result<(), Failure> {
        let end = Instant::now() + Duration::from_millis(self.shared.settings.drain_ms);
        self.shared.set_draining();
        self.refresh();
        self.tell(Event::Draining(why));
        let mut look = interval(DRAIN_INTERVAL);
        let mut ended = Ok(());
        while Instant::now() < end && self.shared.connections() > 0 {
            tokio::select! {
                event = self.listener.next() => {
                    self.on_listener_event(event);
                }
                _ = look.tick() => {}
                _ = self.terminate.recv() => ended = Err(Failure::System("SIGTERM while it drained".to_owned())),
                _ = self.interrupt.recv() => ended = Err(Failure::System("SIGINT while it drained".to_owned())),
            }
            if ended.is_err() {
                break;
            }
        }
        self.listener.close();
        // Whoever hangs in a payload does not hold up the end.
        if self.shared.connections() == 0 {
            self.workers.into_iter().for_each(Handle::stop);
        }
        let shared = self.shared;
        shared.observer.event(&shared, Event::Stopped);
        ended
    }

    fn refresh(&self) {
        for worker in &self.workers {
            worker.refresh();
        }
    }

    fn tell(&self, event: Event<'_>) {
        self.shared.observer.event(&self.shared, event);
    }
}

/// A lock that the core cannot stand is a broken one: it costs no daemon.
fn load(settings: &Settings, compile: Compile, observer: &dyn Observer) -> Result<ContractRegistry, String> {
    let load = AssertUnwindSafe(|| ContractRegistry::load(settings, compile, observer));
    catch_unwind(load).unwrap_or_else(|_| Err("A contract could not be compiled: a fault of sidelaned".to_owned()))
}
