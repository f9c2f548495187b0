//! The main thread: accepts connections and hands them out, hears signals, reloads, and sees to the end.

use std::io;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval};

use crate::contracts::Table;
use crate::engine::Compile;
use crate::lane::{self, Handle};
use crate::listener::{Happening, Listener};
use crate::memory;
use crate::observe::{Event, NoObserver, Observer, Shed};
use crate::process::stdin_end;
use crate::scrape;
use crate::service::Service;
use crate::settings::Settings;

/// How often the memory is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often the end is looked for.
const DRAIN_LOOK: Duration = Duration::from_millis(5);

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
    let table = load(settings, compile, &NoObserver)?;
    let place = std::iter::once(format!("would listen on {}", settings.socket));
    let lines = table.sorted().into_iter().map(|one| format!("would serve {}@{}", one.name, one.id));
    Ok(place.chain(lines).collect::<Vec<_>>().join("\n"))
}

struct Main {
    service: Arc<Service>,
    compile: Compile,
    listener: Listener,
    lanes: Vec<Handle>,
    /// The lane that the next connection is handed to.
    next: usize,
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Main {
    fn open(settings: Settings, compile: Compile, observer: Arc<dyn Observer>) -> Result<Self, Failure> {
        // Before the contracts are read: whoever writes others meanwhile says so with a signal, which must find somebody.
        let hear = |kind| signal(kind).map_err(system);
        let (hangup, terminate) = (hear(SignalKind::hangup())?, hear(SignalKind::terminate())?);
        let interrupt = hear(SignalKind::interrupt())?;
        let table = load(&settings, compile, &*observer).map_err(Failure::Contracts)?;
        let service = Service::new(settings, table, observer);
        let settings = &service.settings;
        if let Some(address) = settings.metrics_listen {
            let listener = scrape::listen(address).map_err(Failure::System)?;
            spawn_local(scrape::serve(listener, Arc::clone(&service)));
        }
        let lanes = (0..settings.threads).map(|number| lane::spawn(Arc::clone(&service), number));
        let lanes = lanes.collect::<io::Result<Vec<_>>>().map_err(system)?;
        let listener = Listener::open(settings).map_err(Failure::System)?;
        Ok(Self { service, compile, listener, lanes, next: 0, hangup, terminate, interrupt })
    }

    async fn run(mut self) -> Result<(), Failure> {
        self.service.set_ready();
        self.tell(Event::Listening);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stdin = stdin_end(self.service.settings.exit_with_stdin);
        tokio::pin!(stdin);
        let why = loop {
            tokio::select! {
                happening = self.listener.next() => if self.happened(happening) { break "taken over" },
                _ = look.tick() => memory::check(&self.service),
                _ = self.hangup.recv() => self.reload(),
                _ = self.terminate.recv() => break "SIGTERM",
                _ = self.interrupt.recv() => break "SIGINT",
                () = &mut stdin => break "stdin ended",
            }
        };
        self.drain(why).await
    }

    /// Sees to what happened at the socket; true when that is the end.
    fn happened(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Connected(stream) => self.hand_out(stream),
            Happening::Stranger(uid) => self.tell(Event::Refused(&format!("uid {uid} may not connect"))),
            Happening::AcceptFailed(error) => self.tell(Event::AcceptFailed(&error)),
            Happening::Republished => self.tell(Event::Republished),
            Happening::Lost(why) => self.tell(Event::Warning(&why)),
            Happening::TakenOver => {
                self.service.set_taken_over();
                self.tell(Event::TakenOver);
            }
            Happening::Retired => return true,
        }
        false
    }

    /// Hands a connection to the next lane.
    fn hand_out(&mut self, stream: UnixStream) {
        let Some(connection) = self.service.connect() else {
            self.service.observer.shed(self.service.threads(), Shed::Connections);
            return self.tell(Event::Refused("connections"));
        };
        self.next = (self.next + 1) % self.lanes.len();
        self.lanes[self.next].serve(stream, connection);
    }

    fn reload(&self) {
        let Service { settings, observer, .. } = &*self.service;
        match load(settings, self.compile, &**observer) {
            Ok(table) => {
                self.service.replace_table(table);
                self.look_around();
                self.tell(Event::Reloaded);
            }
            Err(message) => self.tell(Event::ReloadFailed(&message)),
        }
    }

    /// Answers what has been received, then ends. A second signal ends it at once.
    async fn drain(mut self, why: &str) -> Result<(), Failure> {
        let end = Instant::now() + Duration::from_millis(self.service.settings.drain_ms);
        self.service.set_draining();
        self.look_around();
        self.tell(Event::Draining(why));
        let mut look = interval(DRAIN_LOOK);
        let mut ended = Ok(());
        while Instant::now() < end && self.service.connections() > 0 {
            tokio::select! {
                happening = self.listener.next() => {
                    self.happened(happening);
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
        if self.service.connections() == 0 {
            self.lanes.into_iter().for_each(Handle::stop);
        }
        let service = self.service;
        service.observer.event(&service, Event::Stopped);
        ended
    }

    fn look_around(&self) {
        for lane in &self.lanes {
            lane.look_around();
        }
    }

    fn tell(&self, event: Event<'_>) {
        self.service.observer.event(&self.service, event);
    }
}

/// A lock that the core cannot stand is a broken one: it costs no daemon.
fn load(settings: &Settings, compile: Compile, observer: &dyn Observer) -> Result<Table, String> {
    let load = AssertUnwindSafe(|| Table::load(settings, compile, observer));
    catch_unwind(load).unwrap_or_else(|_| Err("A contract could not be compiled: a fault of sidelaned".to_owned()))
}
