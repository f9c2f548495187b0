//! `sidelaned ping`: asks a daemon whether it is ready.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: sidelane\r\nConnection: close\r\n\r\n";

/// Exit code 0: ready, 1: not ready, 3: not reachable.
#[must_use]
pub fn ping(path: &Path) -> ExitCode {
    match ask_with_timeout(path) {
        Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => {
            print("ready");
            ExitCode::SUCCESS
        }
        Ok(answer) => {
            let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            print(&format!("not ready: {}", reasons(body)));
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("sidelaned: {}: {error}", path.display());
            ExitCode::from(3)
        }
    }
}

fn reasons(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let reasons = body["reasons"].as_array().map_or(&[][..], |list| list);
    let reasons: Vec<_> = reasons.iter().filter_map(|reason| reason.as_str()).collect();
    if reasons.is_empty() { "no place for another connection".to_owned() } else { reasons.join(", ") }
}

/// Ignores a closed stdout: the exit code has the result, too.
fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Asks on a thread: with a full backlog even connecting would block.
fn ask_with_timeout(path: &Path) -> io::Result<String> {
    let (sender, answer) = channel();
    let path = path.to_owned();
    // After the timeout there is no receiver.
    std::thread::Builder::new().spawn(move || drop(sender.send(ask(&path))))?;
    answer.recv_timeout(TIMEOUT).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn ask(path: &Path) -> io::Result<String> {
    let mut stream = UnixStream::connect(path)?;
    stream.write_all(REQUEST)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed without an answer"));
    }
    Ok(answer)
}
