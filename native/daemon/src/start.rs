//! The main thread: accepts connections and hands them to workers, handles signals, reloads, and drains.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::config::settings::Settings;
use crate::connection::Refusals;
use crate::contract_input::{ContractBatch, GivenContract, Owner, OwnerEvent, remove_directory};
use crate::contracts::ContractRegistry;
use crate::engine::Compile;
use crate::listener::{Listener, ListenerEvent};
use crate::metrics_listener;
use crate::notify::Notifier;
use crate::shared::{ConnectionSlot, Shared};
use crate::signals::{DaemonSignal, Signals, on_thread};
use crate::tcp_listener::TcpAddress;
use crate::telemetry::leak::{LeakChange, LeakWatch};
use crate::telemetry::memory;
use crate::telemetry::{Event, NoObserver, Observer};
use crate::texts::{self, config, drain};
use crate::threads::{self, Handle, Incoming};
use crate::tls::{self, Established, TlsState, acceptor};

/// Time between two checks of the memory.
const MEMORY_INTERVAL: Duration = Duration::from_secs(1);

/// Time between two checks for the end of the drain.
const DRAIN_INTERVAL: Duration = Duration::from_millis(5);
/// A drain ends after so many intervals without a connection: the first one removes the path, and then the backlog is read.
const IDLE_INTERVALS: u32 = 3;
/// The end of a drain, in which nothing is accepted; half of a drain that is shorter than twice of it.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// Why the daemon did not start, or was interrupted.
#[derive(Debug)]
pub enum Failure {
    /// The contracts are invalid: exit code 2.
    Contracts(String),
    /// The system refused something, or a second signal arrived: exit code 1.
    System(String),
}

/// Runs the future on the runtime of the main thread.
pub fn block_on<T>(future: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, future)
}

/// Serves until a signal ends the daemon.
pub async fn serve(
    settings: Settings,
    compile: Compile,
    observer: Arc<dyn Observer>,
    signals: Signals,
) -> Result<(), Failure> {
    match Main::open(settings, compile, observer, signals).await? {
        Some(main) => main.run().await,
        None => Ok(()),
    }
}

fn system(error: io::Error) -> Failure {
    Failure::System(error.to_string())
}

/// Checks the options and contracts; returns what would be served where, a line each.
pub fn check(settings: &Settings, compile: Compile) -> Result<String, String> {
    let Files { registry, .. } = load(settings, &[], compile, &NoObserver)?;
    let tls = settings.tls.as_ref().map(|tls| config::would_listen_tls(tls.listen));
    let socket = std::iter::once(config::would_listen(&settings.socket)).chain(tls);
    let contracts = registry.sorted().into_iter().map(|one| config::would_serve(format!("{}@{}", one.name, one.id)));
    Ok(socket.chain(contracts).collect::<Vec<_>>().join("\n"))
}

struct Main {
    shared: Arc<Shared>,
    compile: Compile,
    listener: Listener,
    workers: Vec<Handle>,
    /// Connections of uids that may not connect.
    refusals: Refusals,
    /// Index of the worker that got the last connection.
    next: usize,
    signals: Signals,
    /// Verified connections of `--tls-listen`.
    established: mpsc::UnboundedReceiver<Established>,
    /// The address of `--tls-listen`.
    tls_address: Option<String>,
    owner: Owner,
    /// Contracts of the owner that are in force.
    given: Vec<Arc<GivenContract>>,
    /// The load in progress, on a thread of its own.
    loading: Option<Loading>,
    notifier: Notifier,
    leak_watch: LeakWatch,
    started: Instant,
    /// Loads that start after it.
    queue: VecDeque<Load>,
}

/// A reload, by SIGHUP or with more contracts of the owner.
enum Load {
    Hangup,
    Batch(ContractBatch),
}

struct Loading {
    result: oneshot::Receiver<Loaded>,
    /// In force when it succeeds.
    given: Vec<Arc<GivenContract>>,
}

type Loaded = Result<Files, String>;

/// What the files of the settings hold.
struct Files {
    registry: ContractRegistry,
    tls: Option<Arc<ServerConfig>>,
}

impl Main {
    /// `None`: the owner is gone. A SIGHUP that comes while the contracts are read takes effect in `run`.
    async fn open(
        settings: Settings,
        compile: Compile,
        observer: Arc<dyn Observer>,
        mut signals: Signals,
    ) -> Result<Option<Self>, Failure> {
        let mut owner = Owner::new(&settings);
        let mut given = Vec::new();
        if settings.contracts_from_stdin {
            match signals.unless_ended(owner.next()).await {
                OwnerEvent::Batch(batch) => given = batch.map_err(Failure::Contracts)?,
                OwnerEvent::Gone => {
                    remove_directory(&settings);
                    return Ok(None);
                }
            }
        }
        let loaded = signals.while_starting(loader(&settings, &given, compile, &observer)).await.map_err(system)?;
        let Files { registry, tls } = loaded.unwrap_or_else(own_fault).map_err(Failure::Contracts)?;
        let tls = tls.and_then(|config| Some(Arc::new(TlsState::new(settings.tls.as_ref()?, config))));
        let shared = Shared::with_tls(settings, registry, observer, tls);
        let settings = &shared.settings;
        let mut tls_address = None;
        let mut tls_listener = None;
        if let Some(tls) = &settings.tls {
            let address = TcpAddress::bind(tls.listen, settings.takeover).map_err(Failure::System)?;
            tls_address = Some(address.local().to_string());
            tls_listener = Some(address);
        }
        if let Some(address) = settings.metrics_listen {
            let address = TcpAddress::bind(address, settings.takeover).map_err(Failure::System)?;
            spawn_local(metrics_listener::serve(address, Arc::clone(&shared)));
        }
        let workers = (0..settings.threads).map(|number| threads::spawn(Arc::clone(&shared), number));
        let workers = workers.collect::<io::Result<Vec<_>>>().map_err(system)?;
        let (sender, established) = mpsc::unbounded_channel();
        if let Some(address) = tls_listener {
            acceptor::spawn(address, Arc::clone(&shared), sender).map_err(system)?;
        }
        let leak_watch = LeakWatch::new(settings.leak_window, settings.leak_bytes_per_hour);
        // Last: the daemon that is taken over gives way to the socket file, so nothing may fail behind it.
        let listener = Listener::open(settings).map_err(Failure::System)?;
        Ok(Some(Self {
            established,
            tls_address,
            shared,
            compile,
            listener,
            workers,
            refusals: Refusals::default(),
            next: 0,
            signals,
            owner,
            given,
            loading: None,
            notifier: Notifier::new(&|name| std::env::var_os(name)),
            leak_watch,
            started: Instant::now(),
            queue: VecDeque::new(),
        }))
    }

    async fn run(mut self) -> Result<(), Failure> {
        self.shared.set_ready();
        let contracts: Vec<_> =
            self.shared.registry().all().iter().map(|one| format!("{}@{}", one.name, one.id)).collect();
        self.report(Event::Listening(&contracts, self.tls_address.as_deref()));
        self.notifier.ready();
        let mut ticks = interval(self.notifier.interval().map_or(MEMORY_INTERVAL, |sign| sign.min(MEMORY_INTERVAL)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let why = loop {
            tokio::select! {
                event = self.listener.next() => if self.on_listener_event(event) { break drain::TAKEN_OVER },
                Some(established) = self.established.recv() => self.hand_out_tls(established),
                _ = ticks.tick() => {
                    self.check_memory();
                    self.sign();
                }
                signal = self.signals.next() => match signal {
                    DaemonSignal::Reload => self.reload(Load::Hangup),
                    DaemonSignal::End(signal) => break signal.name(),
                },
                loaded = load_result(&mut self.loading) => self.on_loaded(loaded),
                event = self.owner.next() => match event {
                    OwnerEvent::Batch(batch) => self.reload(Load::Batch(batch)),
                    OwnerEvent::Gone => break drain::STDIN_ENDED,
                },
            }
        };
        self.drain(why).await
    }

    /// Handles an event of the socket; true when the daemon has to drain.
    fn on_listener_event(&mut self, event: ListenerEvent) -> bool {
        match event {
            ListenerEvent::Connected(stream) => {
                let slot = self.shared.acquire_connection();
                self.hand_out(Incoming::Unix(stream), slot);
            }
            ListenerEvent::Unauthorized(uid, stream) => {
                self.report(Event::Refused(&format!("uid {uid} may not connect")));
                self.refusals.refuse(stream);
            }
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

    fn hand_out_tls(&mut self, established: Established) {
        let slot = self.shared.acquire_tls_connection();
        self.hand_out(Incoming::Tls(Box::new(established)), slot);
    }

    fn hand_out(&mut self, connection: Incoming, slot: ConnectionSlot) {
        self.next = (self.next + 1) % self.workers.len();
        self.workers[self.next].serve(connection, slot);
    }

    /// Answers the watchdog while all workers respond.
    fn sign(&mut self) {
        let workers = &self.workers;
        self.notifier.sign(|| workers.iter().all(Handle::is_responsive));
    }

    fn check_memory(&mut self) {
        let limit = self.shared.settings.memory_limit;
        self.shared.set_pressure(memory::pressure(limit, self.shared.is_under_pressure()));
        let now = self.started.elapsed().as_millis() as f64;
        if !self.leak_watch.is_due(now) {
            return;
        }
        let change = self.leak_watch.sample(now, memory::in_use() as f64);
        self.shared.set_leak_suspected(self.leak_watch.is_suspected());
        match change {
            Some(LeakChange::Suspected(rate)) => self.report(Event::LeakSuspected(rate)),
            Some(LeakChange::Ended) => self.report(Event::LeakEnded),
            None => {}
        }
    }

    /// Loads the contracts on a thread, one reload at a time.
    fn reload(&mut self, load: Load) {
        if self.loading.is_none() {
            return self.start_load(load);
        }
        // The queued one reads the files after this signal, too.
        let is_repeated = matches!((&load, self.queue.back()), (Load::Hangup, Some(Load::Hangup)));
        if !is_repeated {
            self.queue.push_back(load);
        }
    }

    fn start_load(&mut self, load: Load) {
        let mut given = self.given.clone();
        match load {
            Load::Hangup => {}
            Load::Batch(Ok(batch)) => given.extend(batch),
            Load::Batch(Err(message)) => return self.report(Event::ReloadFailed(&message)),
        }
        let Shared { settings, observer, .. } = &*self.shared;
        match on_thread(loader(settings, &given, self.compile, observer)) {
            Ok(result) => {
                self.notifier.reloading();
                self.loading = Some(Loading { result, given });
            }
            Err(error) => self.report(Event::ReloadFailed(&error.to_string())),
        }
    }

    fn on_loaded(&mut self, loaded: Loaded) {
        let Some(Loading { given, .. }) = self.loading.take() else { return };
        match loaded {
            Ok(Files { registry, tls }) => {
                self.given = given;
                if let (Some(state), Some(config)) = (&self.shared.tls, tls) {
                    state.replace_config(config);
                }
                self.shared.replace_registry(registry);
                self.refresh_workers();
                self.report(Event::Reloaded);
            }
            Err(message) => self.report(Event::ReloadFailed(&message)),
        }
        while self.loading.is_none()
            && let Some(load) = self.queue.pop_front()
        {
            self.start_load(load);
        }
        if self.loading.is_none() {
            self.notifier.ready();
        }
    }

    /// Answers the received requests, then ends; at once on a second signal.
    async fn drain(mut self, why: &str) -> Result<(), Failure> {
        let longest = Duration::from_millis(self.shared.settings.drain_ms);
        let end = Instant::now() + longest;
        // Clients that reconnect repeatedly would keep the drain open until requests are cut off.
        let mut closing = pin!(sleep_until((end - LAST_REQUESTS.min(longest / 2)).into()));
        let mut is_open = true;
        let mut idle = 0;
        self.shared.set_draining();
        self.refresh_workers();
        self.report(Event::Draining(why));
        self.notifier.stopping();
        self.listener.leave_to_successor();
        let mut ticks = interval(DRAIN_INTERVAL);
        let mut ended = Ok(());
        // A connection in the backlog has sent its request perhaps.
        while Instant::now() < end && idle < IDLE_INTERVALS {
            tokio::select! {
                event = self.listener.next() => {
                    self.on_listener_event(event);
                }
                Some(established) = self.established.recv() => self.hand_out_tls(established),
                () = closing.as_mut(), if is_open => {
                    is_open = false;
                    self.listener.remove_file();
                    self.shared.set_closed();
                }
                _ = ticks.tick() => {
                    self.sign();
                    if self.shared.connections() > 0 {
                        idle = 0;
                    } else {
                        idle += 1;
                        self.listener.remove_file();
                    }
                }
                signal = self.signals.end() => ended = Err(Failure::System(format!("{} while it drained", signal.name()))),
            }
            if ended.is_err() {
                break;
            }
        }
        drop(self.listener);
        if why == drain::STDIN_ENDED {
            remove_directory(&self.shared.settings);
        }
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

/// The work of a thread that loads the contracts.
fn loader(
    settings: &Settings,
    given: &[Arc<GivenContract>],
    compile: Compile,
    observer: &Arc<dyn Observer>,
) -> impl FnOnce() -> Loaded + Send + use<> {
    let (settings, given, observer) = (settings.clone(), given.to_vec(), Arc::clone(observer));
    move || load(&settings, &given, compile, &*observer)
}

/// The result of the load in progress; without one it never resolves.
async fn load_result(loading: &mut Option<Loading>) -> Loaded {
    match loading {
        Some(loading) => (&mut loading.result).await.unwrap_or_else(|_| own_fault()),
        None => std::future::pending().await,
    }
}

const OWN_FAULT: &str = "A contract could not be compiled: a fault of sidelaned";

fn own_fault() -> Loaded {
    Err(OWN_FAULT.to_owned())
}

/// Loads the contracts and the files of TLS; a panic of the core counts as an invalid contract.
fn load(settings: &Settings, given: &[Arc<GivenContract>], compile: Compile, observer: &dyn Observer) -> Loaded {
    let load = AssertUnwindSafe(|| ContractRegistry::load(settings, given, compile, observer));
    let registry = catch_unwind(load).unwrap_or_else(|_| Err(OWN_FAULT.to_owned()))?;
    Ok(Files { registry, tls: settings.tls.as_ref().map(tls::load).transpose()? })
}
