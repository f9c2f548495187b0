//! The program: start, signals, and end.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sidelane_core::Contract;
use sidelane_wire::{ContractRequest, FrameKind, preface};
use socket2::{Domain, SockAddr, Socket, Type};
use support::wire_client::decode_hello;
use support::{Client, Locks, ORDER, hello, request};

/// A daemon process, killed on drop.
struct Daemon {
    child: Child,
    locks: Locks,
}

impl Daemon {
    fn start(more: &[&str]) -> Self {
        let locks = Locks::new(&[("order.lock.json", ORDER)]);
        let socket = locks.0.join("s.sock");
        Self::start_at(&socket, locks, more)
    }

    fn start_at(socket: &Path, locks: Locks, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sidelaned"));
        command.arg("--socket").arg(socket).arg("--contract").arg(&locks.0);
        command.args(["--threads", "2"]).args(more).env_clear();
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, locks }
    }

    fn socket(&self) -> PathBuf {
        self.locks.0.join("s.sock")
    }

    /// A connection, as soon as the daemon listens.
    fn connect(&self) -> Client {
        let end = Instant::now() + Duration::from_secs(10);
        let stream = loop {
            match UnixStream::connect(self.socket()) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < end, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Client { stream, last_id: 0 }
    }

    /// A connection after the handshake for the contract of this lock, and its status.
    fn client(&self, lock: &str) -> (Client, u16) {
        let id = *Contract::load(lock.as_bytes()).unwrap().id_bytes();
        let mut client = self.connect();
        client.send(&preface());
        client.send(&hello(&[ContractRequest { id, fingerprint: [0; 16], name: "order" }]));
        assert_eq!(client.read_bytes(8), preface());
        let status = decode_hello(&client.read().1).unwrap().contracts[0].status;
        (client, status)
    }

    fn signal(&self, signal: i32) {
        // SAFETY: the child has not been waited for, so its pid is valid.
        unsafe { libc::kill(i32::try_from(self.child.id()).unwrap(), signal) };
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the end of the daemon; returns its exit code and stderr.
fn end(mut daemon: Daemon) -> (Option<i32>, String) {
    let mut stderr = String::new();
    daemon.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (daemon.child.wait().unwrap().code(), stderr)
}

#[test]
fn requests_received_before_sigterm_are_answered_and_the_socket_is_removed() {
    let daemon = Daemon::start(&[]);
    let (mut client, _) = daemon.client(ORDER);
    client.send(&(1..=200).flat_map(|id| request(id, format!(r#"{{"n":"{id}"}}"#))).collect::<Vec<_>>());
    daemon.signal(libc::SIGTERM);
    let (mut answered, mut sent_away) = (0, 0);
    for _ in 0..201 {
        match client.read().0.kind {
            FrameKind::Accepted => answered += 1,
            FrameKind::Goaway => sent_away += 1,
            kind => panic!("{kind:?}"),
        }
    }
    assert_eq!((answered, sent_away), (200, 1));
    assert_eq!(client.rest(), b"");
    let socket = daemon.socket();
    let (code, stderr) = end(daemon);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains(r#""event":"draining""#) && stderr.contains(r#""event":"stopped""#));
    assert!(!socket.exists());
}

#[test]
fn a_second_signal_ends_the_daemon_at_once() {
    let daemon = Daemon::start(&["--drain-ms", "600000"]);
    let (mut client, _) = daemon.client(ORDER);
    // An incomplete request delays the drain.
    client.send(&request(1, "half")[..26]);
    daemon.signal(libc::SIGTERM);
    assert_eq!(client.read().0.kind, FrameKind::Goaway);
    daemon.signal(libc::SIGTERM);
    // The incomplete request gets no answer.
    assert_eq!(client.rest(), b"");
    assert_eq!(end(daemon).0, Some(1));
}

#[test]
fn sighup_loads_new_contracts_and_an_invalid_one_changes_nothing() {
    let daemon = Daemon::start(&[]);
    let next = ORDER.replace("900", "5");
    let (mut old, status) = daemon.client(ORDER);
    assert_eq!(status, 0);
    daemon.locks.write("order.lock.json", &next);
    daemon.signal(libc::SIGHUP);
    assert_eq!(old.read().0.kind, FrameKind::Goaway);
    assert_eq!(daemon.client(&next).1, 0);
    assert_eq!(daemon.client(ORDER).1, 41);

    let (mut kept, _) = daemon.client(&next);
    daemon.locks.write("broken.lock.json", "{");
    daemon.signal(libc::SIGHUP);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(kept.call(r#"{"n":"a"}"#), (FrameKind::Accepted, None));
    assert_eq!(daemon.client(&next).1, 0);
    drop((old, kept));
    daemon.signal(libc::SIGTERM);
    let (_, stderr) = end(daemon);
    assert!(stderr.contains(r#""event":"reload_failed""#) && stderr.contains("broken.lock.json"), "{stderr}");
}

#[test]
fn the_daemon_ends_when_its_stdin_ends() {
    let mut daemon = Daemon::start(&["--exit-with-stdin"]);
    let (mut client, _) = daemon.client(ORDER);
    drop(daemon.child.stdin.take());
    assert_eq!(client.read().0.kind, FrameKind::Goaway);
    drop(client);
    assert_eq!(end(daemon).0, Some(0));
}

#[test]
fn exit_codes_distinguish_invalid_contracts_from_a_socket_in_use() {
    let broken = Daemon::start(&["--contract", "/does/not/exist.lock.json"]);
    let (code, stderr) = end(broken);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("/does/not/exist.lock.json"));

    let first = Daemon::start(&[]);
    let (_client, _) = first.client(ORDER);
    let socket = first.socket();
    let second = Daemon::start_at(&socket, Locks::new(&[("order.lock.json", ORDER)]), &[]);
    let (code, stderr) = end(second);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("in use"), "{stderr}");
}

#[test]
fn a_framed_client_over_the_limit_is_counted_and_health_is_served() {
    let daemon = Daemon::start(&["--max-connections", "1"]);
    let (_first, _) = daemon.client(ORDER);
    let mut second = daemon.connect();
    second.send(&preface());
    assert_eq!(second.rest(), b"");
    let mut scraper = daemon.connect();
    scraper.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let page = String::from_utf8(scraper.rest()).unwrap();
    assert!(page.contains("sidelane_sheds_total{reason=\"connections\"} 1\n"), "{page}");
}

#[test]
fn ping_does_not_wait_for_a_hanging_daemon() {
    let locks = Locks::new(&[]);
    let path = locks.0.join("s.sock");
    let address = SockAddr::unix(&path).unwrap();
    let new = || Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let hung = new();
    hung.bind(&address).unwrap();
    hung.listen(0).unwrap();
    // Its backlog is full: connecting blocks.
    let connect = |_| {
        let client = new();
        client.set_nonblocking(true).unwrap();
        client.connect(&address).ok().map(|()| client)
    };
    let waiting: Vec<_> = (0..100).map_while(connect).collect();
    assert!(waiting.len() < 100);
    let ping = Command::new(env!("CARGO_BIN_EXE_sidelaned")).arg("ping").arg("--socket").arg(&path).output().unwrap();
    assert_eq!(ping.status.code(), Some(3), "{}", String::from_utf8_lossy(&ping.stderr));
}

#[test]
fn the_log_line_of_a_panic_has_its_location_and_not_its_message() {
    static LINE: Mutex<String> = Mutex::new(String::new());
    let test_hook = Arc::new(std::panic::take_hook());
    let other_hook = Arc::clone(&test_hook);
    let this = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == this {
            *LINE.lock().unwrap() = sidelane_daemon::process::panic_line(panic);
        } else {
            other_hook(panic);
        }
    }));
    let caught = std::panic::catch_unwind(|| panic!("a payload"));
    std::panic::set_hook(Box::new(move |panic| test_hook(panic)));
    let line = LINE.lock().unwrap();
    assert!(caught.is_err() && line.contains("\"event\":\"panic\",\"location\":\"") && line.contains("process.rs:"));
    assert!(!line.contains("payload"), "{line}");
}
