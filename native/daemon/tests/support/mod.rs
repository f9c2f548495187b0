//! A daemon of one thread without a socket file, and a client that sends bytes.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sidelane_core::{Accepted, Contract, Interrupt, ProcessError, Processor, Scratch};
use sidelane_daemon::config::settings::{Settings, SocketPlace};
use sidelane_daemon::contracts::ContractRegistry;
use sidelane_daemon::engine::{Compile, Engine, native};
use sidelane_daemon::shared::Shared;
use sidelane_daemon::telemetry::{NoObserver, Observer};
use sidelane_daemon::threads::{self, Handle, Incoming};
use sidelane_wire::{
    ClientHello, ContractRequest, FrameHeader, FrameKind, HEADER_BYTES, NO_DEADLINE, PREFACE_BYTES, preface,
};

#[path = "../../../wire/tests/support/client.rs"]
pub mod wire_client;

use wire_client::{decode_hello, encode_hello};

pub const ORDER: &str = r#"{"profile":"p1","unicode":"15.0","name":"order","limits":{"maxBytes":1000},"schema":{"type":"object","properties":{"n":{"type":"string","maxLength":900}},"required":["n"]}}"#;

/// Ends a test that hangs; no test takes that long on a busy machine.
pub const TEST_TIMEOUT: Duration = Duration::from_secs(120);

/// A directory of lock files, removed on drop.
pub struct Locks(pub PathBuf);

impl Locks {
    pub fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sidelaned-{}-{number}", std::process::id()));
        // Whatever the umask is: a daemon refuses a directory that others may write to.
        std::fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        let locks = Self(path);
        for (name, text) in files {
            locks.write(name, text);
        }
        locks
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Silences the panics of engines, which tests cause, but not those of tests.
fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !std::thread::current().name().is_some_and(|name| name.starts_with("worker-")) {
                loud(info);
            }
        }));
    });
}

pub fn settings(contracts: Vec<PathBuf>) -> Settings {
    Settings {
        socket: SocketPlace::Inherited,
        contracts,
        digest_key_files: BTreeMap::new(),
        threads: 1,
        max_queue: 1024,
        max_queue_ms: 60_000,
        spin_us: 100,
        max_bytes: 64 << 20,
        max_in_flight: 256,
        max_connections: 256,
        max_excess_connections: 8,
        deadline_ms: 1_000,
        drain_ms: 10_000,
        takeover: false,
        allow_open_directory: false,
        socket_mode: 0o600,
        socket_group: None,
        allow_uids: Vec::new(),
        memory_limit: None,
        metrics_listen: None,
        tls: None,
        log_sample: 0.0,
        leak_window: Duration::ZERO,
        leak_bytes_per_hour: 0,
        crash_dir: None,
        allow_core_dumps: false,
        exit_with_stdin: false,
        contracts_from_stdin: false,
        remove_directory: false,
    }
}

pub struct Daemon {
    pub shared: Arc<Shared>,
    pub locks: Locks,
    pub compile: Compile,
    worker: Option<Handle>,
}

impl Daemon {
    /// With the core.
    pub fn native() -> Self {
        Self::start(native, |_| {})
    }

    /// With an engine that the payload controls.
    pub fn scripted(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(|_, _, _| Ok(Box::new(Scripted::new())), change)
    }

    pub fn start(compile: Compile, change: impl FnOnce(&mut Settings)) -> Self {
        Self::observed(compile, change, Arc::new(NoObserver))
    }

    pub fn observed(compile: Compile, change: impl FnOnce(&mut Settings), observer: Arc<dyn Observer>) -> Self {
        quiet_panics();
        let locks = Locks::new(&[("order.lock.json", ORDER)]);
        let mut settings = settings(vec![locks.0.clone()]);
        change(&mut settings);
        let registry = ContractRegistry::load(&settings, &[], compile, &NoObserver).unwrap();
        let shared = Shared::new(settings, registry, observer);
        let worker = Some(threads::spawn(Arc::clone(&shared), 0).unwrap());
        Self { shared, locks, compile, worker }
    }

    pub fn worker(&self) -> &Handle {
        self.worker.as_ref().unwrap()
    }

    /// A connection that has sent nothing.
    pub fn connect(&self) -> Client {
        self.connect_after(&[])
    }

    /// A connection that has sent these bytes before the daemon reads; the socket has to hold them.
    pub fn connect_after(&self, bytes: &[u8]) -> Client {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.write_all(bytes).unwrap();
        theirs.set_nonblocking(true).unwrap();
        self.worker().serve(Incoming::Unix(theirs), self.shared.acquire_connection());
        ours.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
        ours.set_write_timeout(Some(TEST_TIMEOUT)).unwrap();
        Client { stream: ours, last_id: 0 }
    }

    /// A connection with the contract `order` at index 0.
    pub fn client(&self) -> Client {
        let mut client = self.connect();
        client.send(&preface());
        client.send(&self.hello("order"));
        assert_eq!(client.read_bytes(PREFACE_BYTES), preface());
        let (head, payload) = client.read();
        assert_eq!(head.kind, FrameKind::Hello);
        assert_eq!(decode_hello(&payload).unwrap().contracts[0].status, 0);
        client
    }

    pub fn hello(&self, name: &str) -> Vec<u8> {
        let registry = self.shared.registry();
        let loaded = registry.find(name, None).unwrap();
        let one = ContractRequest { id: loaded.id_bytes, fingerprint: loaded.fingerprint, name };
        hello(&[one])
    }

    /// Waits until all sent requests have run, with unread answers.
    pub fn has_run(&self) {
        while self.shared.in_flight() == 0 || self.shared.queued() > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until the first request runs and one more is queued.
    pub fn has_begun(&self) {
        while self.shared.in_flight() < 2 || self.shared.queued() > 1 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until no request, body or connection is counted; false after a timeout.
    pub fn drains(&self) -> bool {
        let end = Instant::now() + TEST_TIMEOUT;
        let shared = &self.shared;
        while shared.in_flight() + shared.queued() + shared.queued_bytes() + shared.connections() > 0 {
            if Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.stop();
        }
    }
}

pub fn hello(contracts: &[ContractRequest<'_>]) -> Vec<u8> {
    let hello = ClientHello { client: "test/1".into(), contracts: contracts.to_vec() };
    frame(FrameKind::Hello, 0, 0, 1, 0, &encode_hello(&hello))
}

pub fn frame(kind: FrameKind, flags: u8, index: u16, id: u64, a: u32, payload: &[u8]) -> Vec<u8> {
    let mut head = [0; HEADER_BYTES];
    FrameHeader { length: payload.len() as u32, kind, flags, index, id, a, b: 0 }.write(&mut head);
    [&head[..], payload].concat()
}

pub fn request(id: u64, payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FrameKind::Request, 0, 0, id, NO_DEADLINE, payload.as_ref())
}

pub struct Client {
    pub stream: UnixStream,
    pub last_id: u64,
}

impl Client {
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn read_bytes(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    pub fn read(&mut self) -> (FrameHeader, Vec<u8>) {
        let head = FrameHeader::read(self.read_bytes(HEADER_BYTES).first_chunk().unwrap()).unwrap();
        let payload = self.read_bytes(head.length as usize);
        (head, payload)
    }

    /// The next answer: its id, its kind, and the code in its text.
    pub fn answer(&mut self) -> (u64, FrameKind, Option<String>) {
        let (head, payload) = self.read();
        assert_eq!(u16::from(payload[0]), head.kind as u16 - FrameKind::Accepted as u16 + 1);
        (head.id, head.kind, code(&payload))
    }

    /// Sends a payload, and reads its answer.
    pub fn call(&mut self, payload: impl AsRef<[u8]>) -> (FrameKind, Option<String>) {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&request(id, payload));
        let (of, kind, code) = self.answer();
        assert_eq!(of, id);
        (kind, code)
    }

    /// Ids and codes of `count` answers, by id.
    pub fn answers(&mut self, count: usize) -> Vec<(u64, Option<String>)> {
        let mut all: Vec<_> = (0..count).map(|_| self.answer()).map(|(id, _, code)| (id, code)).collect();
        all.sort();
        all
    }

    /// All bytes until the end.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
            _ => bytes,
        }
    }

    /// Expects ERROR `protocol.violation` with id 0 and the end; returns its text.
    pub fn violation(&mut self) -> String {
        let (head, payload) = self.read();
        assert_eq!((head.kind, head.id), (FrameKind::Error, 0));
        assert_eq!(code(&payload).as_deref(), Some("protocol.violation"));
        assert_eq!(self.rest(), b"");
        text(&payload)
    }
}

pub fn text(outcome: &[u8]) -> String {
    String::from_utf8(outcome[8..].to_vec()).unwrap()
}

pub fn code(outcome: &[u8]) -> Option<String> {
    (outcome[0] != 1).then(|| text(outcome).split('"').nth(3).unwrap().to_owned())
}

/// Runs `sleep 20`, `work 20` (until interrupted), `until /a/path` (exists), `panic`, `write 1000` (bytes of body), and accepts
/// everything else with a body of its size, which is at least 2.
struct Scripted(Processor);

impl Scripted {
    fn new() -> Self {
        let lock = r#"{"profile":"p1","unicode":"15.0","name":"any","digest":"none","limits":{"maxBytes":33554432},"compress":{"codec":"none"},"schema":{"type":"string"}}"#;
        Self(Processor::builder(Contract::load(lock.as_bytes()).unwrap()).build().unwrap())
    }
}

impl Engine for Scripted {
    fn process<'s>(
        &'s self,
        scratch: &'s mut Scratch,
        payload: &[u8],
        interrupt: &'s dyn Interrupt,
    ) -> Result<Accepted<'s>, ProcessError<'s>> {
        let text = String::from_utf8_lossy(payload);
        let number = || text.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        match text.split(' ').next() {
            Some("sleep") => std::thread::sleep(Duration::from_millis(number())),
            Some("until") => {
                let path = text.split(' ').nth(1).map(PathBuf::from).unwrap();
                while !path.exists() {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            // As an engine that works: until the time is over or its interrupt is due.
            Some("work") => {
                let end = Instant::now() + Duration::from_millis(number());
                while Instant::now() < end {
                    if interrupt.is_due(Duration::ZERO) {
                        return Err(ProcessError::Interrupted);
                    }
                    std::thread::yield_now();
                }
            }
            Some("panic") => panic!("as told"),
            _ => {}
        }
        let body = if text.starts_with("write") { number() as usize } else { payload.len() };
        let filler = ".".repeat(body.saturating_sub(2));
        self.0.process(scratch, format!("\"{filler}\"").as_bytes())
    }
}
