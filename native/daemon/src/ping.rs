//! `sidelaned ping`: asks a daemon whether it is ready.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::config::Probe;
use crate::process::{print, print_error};
use crate::socket_path::own_uid;
use crate::texts::client as texts;

const TIMEOUT: Duration = Duration::from_secs(5);

/// A page of `/readyz` has a few hundred bytes.
const MAX_ANSWER_BYTES: usize = 65_536;

/// Exit code 0: ready (or live), 1: not ready, 3: no daemon answers.
pub fn ping(path: &Path, probe: Probe) -> ExitCode {
    match ask_with_timeout(path, probe).and_then(|answer| reasons_in(&answer)) {
        Ok(reasons) if reasons.is_empty() => {
            print(if probe == Probe::Live { "live" } else { "ready" });
            ExitCode::SUCCESS
        }
        Ok(reasons) => {
            print(&format!("not ready: {reasons}"));
            ExitCode::from(1)
        }
        Err(error) => {
            print_error(&format!("{}: {error}", path.display()));
            ExitCode::from(3)
        }
    }
}

/// Why the daemon is not ready; empty when it is. The server may not be a daemon: only text in the form of a reason is printed.
fn reasons_in(answer: &[u8]) -> Result<String, String> {
    if answer.is_empty() {
        return Err(texts::CLOSED.to_owned());
    }
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(String::new());
    }
    if answer.starts_with(b"HTTP/1.1 403 ") {
        return Err(texts::forbidden(own_uid()));
    }
    if !answer.starts_with(b"HTTP/1.1 503 ") {
        return Err(texts::NOT_DAEMON.to_owned());
    }
    let body = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(&[][..], |at| &answer[at + 4..]);
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let reasons = body["reasons"].as_array().map_or(&[][..], |list| list);
    let is_reason = |text: &&str| {
        (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let reasons: Vec<_> = reasons.iter().filter_map(serde_json::Value::as_str).filter(is_reason).take(8).collect();
    Ok(if reasons.is_empty() { texts::NO_REASON.to_owned() } else { reasons.join(", ") })
}

/// Asks on a thread: with a full backlog even connecting would block.
fn ask_with_timeout(path: &Path, probe: Probe) -> Result<Vec<u8>, String> {
    let (sender, answer) = channel();
    let path = path.to_owned();
    // After the timeout there is no receiver.
    let asking = std::thread::Builder::new().spawn(move || drop(sender.send(ask(&path, probe))));
    asking.map_err(|error| error.to_string())?;
    answer.recv_timeout(TIMEOUT).unwrap_or_else(|_| Err(texts::no_answer(TIMEOUT.as_millis())))
}

fn ask(path: &Path, probe: Probe) -> Result<Vec<u8>, String> {
    let text = |error: io::Error| error.to_string();
    let mut stream = UnixStream::connect(path).map_err(text)?;
    let page = if probe == Probe::Live { "/healthz" } else { "/readyz" };
    let request = format!("GET {page} HTTP/1.1\r\nHost: sidelane\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(text)?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER_BYTES as u64 + 1).read_to_end(&mut answer).map_err(text)?;
    if answer.len() > MAX_ANSWER_BYTES { Err(texts::too_long(MAX_ANSWER_BYTES)) } else { Ok(answer) }
}
