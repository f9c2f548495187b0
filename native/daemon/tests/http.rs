//! HTTP over a socket. Both daemons pass the vectors of `test/vectors/http`, in any pieces.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use sidelane_daemon::config::settings::Settings;
use sidelane_daemon::engine::native;
use sidelane_daemon::telemetry::memory::Pressure;
use sidelane_daemon::telemetry::{Observer, Shed};
use sidelane_wire::preface;
use support::{Daemon, Locks};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// A client that reads one answer at a time.
struct Http {
    stream: UnixStream,
    bytes: Vec<u8>,
    ended: bool,
}

#[derive(Debug, PartialEq)]
struct Answer {
    status: u64,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The code of a valid problem.
    fn code(&self) -> Option<String> {
        let problem: Value = serde_json::from_slice(&self.body).ok()?;
        let code = problem["code"].as_str()?;
        let whole = self.header("content-type") == Some("application/problem+json")
            && problem["type"] == format!("urn:sidelane:{code}")
            && problem["title"].is_string()
            && problem["status"] == self.status;
        whole.then(|| code.to_owned())
    }
}

impl Http {
    fn new(daemon: &Daemon) -> Self {
        Self { stream: daemon.connect().stream, bytes: Vec::new(), ended: false }
    }

    /// Ignores that the daemon closes.
    fn send(&mut self, bytes: &[u8], piece: usize) {
        for piece in bytes.chunks(piece.max(1)) {
            if self.stream.write_all(piece).is_err() {
                return;
            }
        }
    }

    /// Reads once.
    fn more(&mut self) {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.ended = true,
            Ok(size) => self.bytes.extend_from_slice(&buffer[..size]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.ended = true,
            Err(error) => panic!("{error}"),
        }
    }

    fn answer(&mut self, bare: bool) -> Option<Answer> {
        loop {
            if let Some(answer) = self.take(bare) {
                return Some(answer);
            }
            if self.ended {
                return None;
            }
            self.more();
        }
    }

    fn take(&mut self, bare: bool) -> Option<Answer> {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        let size = if bare { 0 } else { answer.header("content-length").map_or(0, |size| size.parse().unwrap()) };
        if self.bytes.len() < end + size {
            return None;
        }
        answer.body = self.bytes[end..end + size].to_vec();
        self.bytes.drain(..end + size);
        Some(answer)
    }

    fn call(&mut self, request: &str) -> Answer {
        self.send(request.as_bytes(), request.len());
        self.answer(false).expect("an answer")
    }

    /// True when only the end follows.
    fn ends(&mut self) -> bool {
        while !self.ended {
            self.more();
        }
        self.bytes.is_empty()
    }
}

fn process(headers: &str, body: &str) -> String {
    let size = body.len();
    format!("POST /v1/contracts/order/process HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {size}\r\n\r\n{body}")
}

fn vectors() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/vectors/http");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    files.iter().map(|path| (path.display().to_string(), read(path))).collect()
}

fn bytes_of(case: &Value, id: &str) -> Vec<u8> {
    let part = |part: &Value| match part {
        Value::String(text) => text.clone(),
        _ => part[0].as_str().unwrap().repeat(part[1].as_u64().unwrap() as usize),
    };
    let text: String = case["send"].as_array().unwrap().iter().map(part).collect();
    let text = text.replacen("@ID", &format!("@{id}"), 1).replacen("%40ID", &format!("%40{id}"), 1);
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// Runs a case; the error tells the difference.
fn play(daemon: &Daemon, case: &Value, id: &str, piece: usize) -> Result<(), String> {
    let mut http = Http::new(daemon);
    let bytes = bytes_of(case, id);
    http.send(&bytes, if piece == 0 { bytes.len() } else { piece });
    if case["end"] == true {
        http.stream.shutdown(Shutdown::Write).unwrap();
    }
    let bare = bytes.starts_with(b"HEAD ");
    for (at, expected) in case["answers"].as_array().unwrap().iter().enumerate() {
        let answer = http.answer(bare).ok_or(format!("answer {at}: the end"))?;
        let wrong = |what: &str| Err(format!("answer {at}: {what} of {answer:?}"));
        if expected["status"] != answer.status {
            return wrong("status");
        }
        if expected["code"].as_str().is_some_and(|code| answer.code().as_deref() != Some(code)) {
            return wrong("code");
        }
        if expected["body"].as_str().is_some_and(|body| answer.body != body.as_bytes()) {
            return wrong("body");
        }
        for (name, value) in expected["headers"].as_object().into_iter().flatten() {
            if answer.header(name) != value.as_str() {
                return wrong(name);
            }
        }
    }
    if case["closes"] == true {
        return if http.ends() { Ok(()) } else { Err("more than the end".into()) };
    }
    match http.call(HEALTH) {
        Answer { status: 200, body, .. } if body == b"{\"status\":\"ok\"}" => Ok(()),
        answer => Err(format!("{answer:?} in place of health")),
    }
}

fn play_all(piece: usize) {
    for (file, vectors) in vectors() {
        let locks = Locks::new(&[("order.lock.json", &vectors["lock"].to_string())]);
        let daemon = Daemon::start(native, |settings| settings.contracts = vec![locks.0.clone()]);
        let name = vectors["lock"]["name"].as_str().unwrap();
        let id = daemon.shared.registry().find(name, None).unwrap().id.clone();
        let cases = vectors["cases"].as_array().unwrap();
        let failed: Vec<_> = cases
            .iter()
            .filter_map(|case| play(&daemon, case, &id, piece).err().map(|error| format!("{}: {error}", case["title"])))
            .collect();
        assert!(failed.is_empty(), "{file}, pieces of {piece}:\n{}", failed.join("\n"));
        assert!(daemon.drains());
    }
}

#[test]
fn the_vectors_hold() {
    play_all(0);
}

#[test]
fn the_vectors_hold_byte_by_byte() {
    play_all(1);
}

#[test]
fn the_vectors_hold_in_pieces_of_7_bytes() {
    play_all(7);
}

#[test]
fn a_payload_of_a_megabyte_is_answered() {
    let body = format!("{{\"n\":\"{}\"}}", " ".repeat(1 << 20));
    let lock = support::ORDER.replace("\"maxBytes\":1000", "\"maxBytes\":2000000").replace(",\"maxLength\":900", "");
    let locks = Locks::new(&[("order.lock.json", &lock)]);
    let daemon = Daemon::start(native, |settings| settings.contracts = vec![locks.0.clone()]);
    let mut http = Http::new(&daemon);
    let answer = http.call(&process("", &body));
    assert_eq!((answer.status, answer.header("sidelane-in-bytes")), (200, Some(&*body.len().to_string())));
    assert_eq!(http.call(HEALTH).status, 200);
}

/// Counts writes to connections.
#[derive(Default)]
struct Writes(AtomicUsize);

impl Observer for Writes {
    fn transferred(&self, _: usize, _: usize, sent: usize) {
        self.0.fetch_add(usize::from(sent > 0), Ordering::Relaxed);
    }
}

#[test]
fn responses_to_pipelined_requests_are_sent_together() {
    const REQUESTS: usize = 1_000;
    let writes = Arc::new(Writes::default());
    let daemon = Daemon::observed(native, |_| {}, Arc::clone(&writes) as _);
    let requests = process("", "{\"n\":\"a\"}").repeat(REQUESTS);
    let stream = daemon.connect_after(requests.as_bytes()).stream;
    let mut http = Http { stream, bytes: Vec::new(), ended: false };
    for _ in 0..REQUESTS {
        assert_eq!(http.answer(false).unwrap().status, 200);
    }
    // 450 KB of responses in writes of at least 64 KB, of which the socket may take a part.
    let writes = writes.0.load(Ordering::Relaxed);
    assert!(writes < REQUESTS / 10, "{writes} writes");
}

#[test]
fn a_response_is_not_held_back_for_a_request_on_a_spare_thread() {
    let daemon = Daemon::scripted(|settings| settings.deadline_ms = 100_000);
    let mut http = Http::new(&daemon);
    http.stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let requests = [process("", "fast"), process("", "work 60000")].concat();
    http.send(requests.as_bytes(), requests.len());
    assert_eq!(http.answer(false).unwrap().status, 200);
}

/// Counts connections that end because there are too many.
#[derive(Default)]
struct Sheds(AtomicUsize);

impl Observer for Sheds {
    fn shed(&self, _: usize, reason: Shed) {
        self.0.fetch_add(usize::from(reason == Shed::Connections), Ordering::Relaxed);
    }
}

#[test]
fn an_excess_connection_that_was_answered_is_not_counted_again_when_it_makes_room() {
    let sheds = Arc::new(Sheds::default());
    let limit = |settings: &mut Settings| (settings.max_connections, settings.max_excess_connections) = (1, 1);
    let daemon = Daemon::observed(native, limit, Arc::clone(&sheds) as _);
    let _only = daemon.client();
    let mut refused = Http::new(&daemon);
    assert_eq!(refused.call(&process("", "{}")).status, 429);
    // It stays until its client closes: the next ones take its place.
    let mut framed = daemon.connect();
    framed.send(&preface());
    assert_eq!(framed.rest(), b"");
    let mut healthy = Http::new(&daemon);
    assert_eq!(healthy.call(HEALTH).status, 200);
    let _silent = daemon.connect();
    assert_eq!(sheds.0.load(Ordering::Relaxed), 2);
    let _another = daemon.connect();
    assert_eq!(sheds.0.load(Ordering::Relaxed), 3);
}

#[test]
fn a_body_over_the_budget_is_admitted_alone() {
    let daemon = Daemon::start(native, |settings| settings.max_bytes = 10);
    let mut http = Http::new(&daemon);
    assert_eq!(http.call(&process("", "{\"n\":\"longer than ten\"}")).status, 200);
    drop(http);
    assert!(daemon.drains());
}

#[test]
fn full_memory_refuses_payloads_and_readyz_tells_the_reason() {
    let daemon = Daemon::native();
    daemon.shared.set_ready();
    daemon.shared.set_pressure(Pressure::Full);
    let mut http = Http::new(&daemon);
    assert_eq!(http.call(&process("", "{\"n\":\"\"}")).code().as_deref(), Some("overloaded"));
    let answer = http.call("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((answer.status, &*answer.body), (503, &b"{\"ready\":false,\"reasons\":[\"memory\"]}"[..]));
    assert_eq!(http.call(HEALTH).status, 200);
}

#[test]
fn a_payload_past_its_deadline_is_not_run() {
    let daemon = Daemon::native();
    let mut http = Http::new(&daemon);
    let request = process("Sidelane-Deadline-Ms: 1\r\n", "{\"n\":\"\"}");
    let (begin, rest) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    // The time runs from the end of the head.
    http.send(begin.as_bytes(), begin.len());
    std::thread::sleep(Duration::from_millis(20));
    let answer = http.call(rest);
    assert_eq!((answer.status, answer.code().as_deref()), (504, Some("deadline.exceeded")));
    assert_eq!(http.call(HEALTH).status, 200);
}

#[test]
fn a_panic_in_the_engine_is_a_problem_and_the_connection_continues() {
    let daemon = Daemon::scripted(|_| {});
    let mut http = Http::new(&daemon);
    let answer = http.call(&process("", "panic"));
    assert_eq!((answer.status, answer.code().as_deref()), (500, Some("internal.panic")));
    assert_eq!(http.call(&process("", "fine")).status, 200);
}

#[test]
fn a_drain_answers_what_comes_in_a_second_and_announces_close() {
    let daemon = Daemon::native();
    let (mut idle, mut late, mut half) = (Http::new(&daemon), Http::new(&daemon), Http::new(&daemon));
    assert_eq!(idle.call(HEALTH).status, 200);
    assert_eq!(late.call(HEALTH).status, 200);
    assert_eq!(half.call(HEALTH).status, 200);
    let request = process("", "{\"n\":\"\"}");
    let (begin, rest) = request.split_at(30);
    half.send(begin.as_bytes(), 30);
    std::thread::sleep(Duration::from_millis(50));
    daemon.shared.set_draining();
    daemon.worker().refresh();
    // Its request could have been on its way.
    let answer = late.call(&request);
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(late.ends());
    assert!(idle.ends());
    let answer = half.call(rest);
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(half.ends());
    drop((idle, late, half));
    assert!(daemon.drains());
}

#[test]
fn a_connection_over_the_limit_gets_one_answer() {
    let daemon = Daemon::start(native, |settings| settings.max_connections = 1);
    let mut first = Http::new(&daemon);
    assert_eq!(first.call(HEALTH).status, 200);
    for (path, status) in [("healthz", 200), ("readyz", 503), ("metrics", 200)] {
        let mut second = Http::new(&daemon);
        let answer = second.call(&format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!((answer.status, answer.header("connection")), (status, Some("close")));
        assert!(second.ends());
    }
    let mut third = Http::new(&daemon);
    let answer = third.call(&process("", "{\"n\":\"\"}"));
    assert_eq!((answer.code().as_deref(), answer.header("connection")), (Some("overloaded"), Some("close")));
    assert!(third.ends());
}

#[test]
fn contracts_are_listed_by_name_and_openapi_has_the_version() {
    let locks = Locks::new(&[
        ("b.lock.json", &support::ORDER.replace("\"order\"", "\"zebra\"")),
        ("c.lock.json", support::ORDER),
    ]);
    let daemon = Daemon::start(native, |settings| settings.contracts = vec![locks.0.clone()]);
    let mut http = Http::new(&daemon);
    let list: Value = serde_json::from_slice(&http.call("GET /v1/contracts HTTP/1.1\r\nHost: x\r\n\r\n").body).unwrap();
    assert_eq!(
        (&list[0]["name"], &list[1]["name"], list.as_array().unwrap().len()),
        (&"order".into(), &"zebra".into(), 2)
    );
    assert_eq!(list[0]["maxBytes"], 1000);
    let document: Value =
        serde_json::from_slice(&http.call("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").body).unwrap();
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}
