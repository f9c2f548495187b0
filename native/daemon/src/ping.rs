//! `sidelaned ping`: asks a daemon whether it is ready.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);
const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: sidelane\r\nConnection: close\r\n\r\n";

/// Exit code 0: ready. 1: there, but not ready. 3: not to be reached.
#[must_use]
#[allow(clippy::print_stdout, reason = "this is what stdout is for")]
pub fn ping(path: &Path) -> ExitCode {
    match ask(path) {
        Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => {
            println!("ready");
            ExitCode::SUCCESS
        }
        Ok(answer) => {
            let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            println!("not ready: {}", reasons(body));
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

fn ask(path: &Path) -> io::Result<String> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(REQUEST)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed without an answer"));
    }
    Ok(answer)
}
