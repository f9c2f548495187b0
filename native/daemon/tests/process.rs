//! The program itself: what it does at its start, on signals, and at its end.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sidelane_core::Contract;
use sidelane_wire::{ContractRequest, FrameKind, ServerHello, preface};
use socket2::{Domain, SockAddr, Socket, Type};
use support::{Client, Locks, ORDER, hello, request};

/// A daemon of its own, killed in the end.
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

    /// A connection, as soon as there is one to be had.
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

    /// A connection that has asked for the contract of this lock, and the answer's status.
    fn client(&self, lock: &str) -> (Client, u16) {
        let id = *Contract::load(lock.as_bytes()).unwrap().id_bytes();
        let mut client = self.connect();
        client.send(&preface());
        client.send(&hello(&[ContractRequest { id, fingerprint: [0; 16], name: "order" }]));
        assert_eq!(client.read_bytes(8), preface());
        let status = ServerHello::decode(&client.read().1).unwrap().contracts[0].status;
        (client, status)
    }

    fn signal(&self, signal: i32) {
        // SAFETY: a signal to our own child, which has not been waited for.
        unsafe { libc::kill(i32::try_from(self.child.id()).unwrap(), signal) };
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Its exit code, and what it said on stderr.
fn end(mut daemon: Daemon) -> (Option<i32>, String) {
    let mut said = String::new();
    daemon.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (daemon.child.wait().unwrap().code(), said)
}

#[test]
fn what_was_received_before_sigterm_is_answered_and_the_socket_is_gone_in_the_end() {
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
    let (code, said) = end(daemon);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(r#""event":"draining""#) && said.contains(r#""event":"stopped""#));
    assert!(!socket.exists());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let daemon = Daemon::start(&["--drain-ms", "600000"]);
    let (mut client, _) = daemon.client(ORDER);
    // A request that never comes whole keeps the drain waiting.
    client.send(&request(1, "half")[..26]);
    daemon.signal(libc::SIGTERM);
    assert_eq!(client.read().0.kind, FrameKind::Goaway);
    daemon.signal(libc::SIGTERM);
    // Not even what the half request would be told in the end.
    assert_eq!(client.rest(), b"");
    assert_eq!(end(daemon).0, Some(1));
}

#[test]
fn sighup_serves_new_contracts_and_a_broken_one_changes_nothing() {
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
    let (_, said) = end(daemon);
    assert!(said.contains(r#""event":"reload_failed""#) && said.contains("broken.lock.json"), "{said}");
}

#[test]
fn it_ends_with_the_process_that_holds_its_stdin() {
    let mut daemon = Daemon::start(&["--exit-with-stdin"]);
    let (mut client, _) = daemon.client(ORDER);
    drop(daemon.child.stdin.take());
    assert_eq!(client.read().0.kind, FrameKind::Goaway);
    drop(client);
    assert_eq!(end(daemon).0, Some(0));
}

#[test]
fn exit_codes_tell_wrong_contracts_from_a_socket_that_is_taken() {
    let broken = Daemon::start(&["--contract", "/does/not/exist.lock.json"]);
    let (code, said) = end(broken);
    assert_eq!(code, Some(2));
    assert!(said.contains("/does/not/exist.lock.json"));

    let first = Daemon::start(&[]);
    let (_client, _) = first.client(ORDER);
    let socket = first.socket();
    let second = Daemon::start_at(&socket, Locks::new(&[("order.lock.json", ORDER)]), &[]);
    let (code, said) = end(second);
    assert_eq!(code, Some(1));
    assert!(said.contains("in use"), "{said}");
}

#[test]
fn a_framed_client_without_a_place_is_counted_and_health_still_answers() {
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
fn ping_does_not_wait_for_a_daemon_that_hangs() {
    let locks = Locks::new(&[]);
    let path = locks.0.join("s.sock");
    let address = SockAddr::unix(&path).unwrap();
    let new = || Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let hung = new();
    hung.bind(&address).unwrap();
    hung.listen(0).unwrap();
    // Its backlog is full: who connects now waits.
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
