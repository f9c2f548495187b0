//! What is given → what the daemon runs with: defaults, and what options mean together. Nothing is read from disk here but
//! what the machine says of itself.
//!
//! Twin of `src/server/config/settings.ts`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::load_config::{RawOptions, show};
use super::parsers::Value;
use crate::config::settings::{Settings, SocketPlace};
use crate::socket_path::{check_length, default_path, own_uid};

/// Descriptors that are not for connections.
const KEPT_FILES: usize = 40;

/// The default path in this environment.
pub fn default_socket(env: &[(OsString, OsString)]) -> PathBuf {
    default_path(&|name| variable(env, name))
}

/// The settings, whole.
///
/// # Errors
///
/// What is missing, or does not go together.
pub fn resolve(raw: &RawOptions, env: &[(OsString, OsString)]) -> Result<Settings, String> {
    let Some(Value::Paths(contracts)) = raw.get("--contract").cloned() else {
        return Err("Expected at least one `--contract PATH`".to_owned());
    };
    if raw.get("--engine") == Some(&Value::Choice("js")) {
        return Err("Expected no `--engine js`: sidelaned has the native one only".to_owned());
    }
    if raw.get("--placement") == Some(&Value::Choice("pool")) {
        return Err("Expected no `--placement pool`: sidelaned runs all inline, on all its threads".to_owned());
    }
    let number = |flag: &str, default: u64| match raw.get(flag) {
        Some(Value::Integer(number)) => *number,
        _ => default,
    };
    let size = |flag: &str, default: usize| usize::try_from(number(flag, default as u64)).unwrap_or(usize::MAX);
    let yes = |flag: &str| raw.get(flag) == Some(&Value::Yes(true));
    let ids = |flag: &str| match raw.get(flag) {
        Some(Value::Ids(ids)) => Some(ids.clone()),
        _ => None,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Settings {
        socket: place(raw, env)?,
        contracts,
        digest_key_files: match raw.get("--digest-key-file").cloned() {
            Some(Value::NamedFiles(files)) => files,
            _ => Default::default(),
        },
        threads: size("--threads", cores),
        max_queue: size("--max-queue", 1_024),
        max_queue_ms: number("--max-queue-ms", 20),
        // On the only core the one that is waited for could not run.
        spin_us: number("--spin-us", if cores > 1 { 100 } else { 0 }),
        max_bytes: size("--max-bytes", 64 << 20),
        max_in_flight: u32::try_from(number("--max-in-flight", 256)).unwrap_or(u32::MAX),
        max_connections: size("--max-connections", open_files().saturating_sub(KEPT_FILES).clamp(8, 256)),
        deadline_ms: number("--deadline-ms", 1_000),
        drain_ms: number("--drain-ms", 10_000),
        takeover: yes("--takeover"),
        socket_mode: match raw.get("--socket-mode") {
            Some(Value::Mode(mode)) => *mode,
            _ => 0o600,
        },
        socket_group: ids("--socket-group").and_then(|ids| ids.first().copied()),
        allow_uids: ids("--allow-uid").unwrap_or_else(|| vec![own_uid()]),
        memory_limit: match raw.get("--memory-limit") {
            Some(Value::Integer(bytes)) => Some(*bytes),
            _ => None,
        },
        metrics_listen: match raw.get("--metrics-listen") {
            Some(Value::Address(address)) => Some(*address),
            _ => None,
        },
        log_sample: match raw.get("--log-sample") {
            Some(Value::Share(share)) => *share,
            _ => 0.01,
        },
        exit_with_stdin: yes("--exit-with-stdin"),
    })
}

fn place(raw: &RawOptions, env: &[(OsString, OsString)]) -> Result<SocketPlace, String> {
    let socket = raw.get("--socket");
    let ours = variable(env, "LISTEN_PID").is_some_and(|pid| pid.to_str() == Some(&std::process::id().to_string()));
    if let Some(passed) = variable(env, "LISTEN_FDS").filter(|_| ours) {
        if passed != "1" {
            return Err(format!("Expected one socket from LISTEN_FDS, got {}", show(&passed.to_string_lossy())));
        }
        if socket.is_some() {
            return Err("Expected no `--socket`: the socket comes from LISTEN_FDS".to_owned());
        }
        return Ok(SocketPlace::Inherited);
    }
    let place = match socket {
        Some(Value::Path(path)) => SocketPlace::Path(path.clone()),
        _ => SocketPlace::Default(default_socket(env)),
    };
    if let SocketPlace::Path(path) | SocketPlace::Default(path) = &place {
        check_length(path)?;
    }
    Ok(place)
}

fn variable(env: &[(OsString, OsString)], name: &str) -> Option<OsString> {
    env.iter().find(|(each, _)| each == name).map(|(_, value)| value.clone())
}

/// The limit of open files.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(usize::MAX)
}
