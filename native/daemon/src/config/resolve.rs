//! Turns raw options into settings: defaults, and conflicts between options.
//!
//! Twin of `src/server/config/settings.ts`.

use std::ffi::OsString;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::load_config::{RawOptions, show};
use super::parsers::{address, integer, mode};
use super::settings::{Settings, SocketPlace};
use crate::socket_path::{check_length, default_path, own_uid};

/// Descriptors that are not available to connections.
const RESERVED_FILES: usize = 40;

/// The default path in this environment.
pub fn default_socket(env: &[(OsString, OsString)]) -> PathBuf {
    default_path(&|name| variable(env, name))
}

/// The settings; an error tells what is missing or in conflict.
pub fn resolve(raw: &RawOptions, env: &[(OsString, OsString)]) -> Result<Settings, String> {
    let text = |flag: &str| raw.get(flag).and_then(Json::as_str);
    let number = |flag: &str| raw.get(flag).and_then(integer);
    let size = |flag: &str| number(flag).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    let yes = |flag: &str| raw.get(flag) == Some(&Json::Bool(true));
    let id = |value: &Json| integer(value).and_then(|id| u32::try_from(id).ok());
    let Some(contracts) = raw.get("--contract").and_then(Json::as_array) else {
        return Err("Expected at least one `--contract PATH`".to_owned());
    };
    if text("--engine") == Some("js") {
        return Err("Expected no `--engine js`: sidelaned has the native one only".to_owned());
    }
    if text("--placement") == Some("pool") {
        return Err("Expected no `--placement pool`: sidelaned runs all inline, on all its threads".to_owned());
    }
    let files = raw.get("--digest-key-file").and_then(Json::as_object);
    let file = |(name, file): (&String, &Json)| Some((name.clone(), PathBuf::from(file.as_str()?)));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Settings {
        socket: socket_place(text("--socket"), raw.contains_key("--socket"), env)?,
        contracts: contracts.iter().filter_map(Json::as_str).map(PathBuf::from).collect(),
        digest_key_files: files.into_iter().flatten().filter_map(file).collect(),
        threads: size("--threads").unwrap_or(cores),
        max_queue: size("--max-queue").unwrap_or(1_024),
        max_queue_ms: number("--max-queue-ms").unwrap_or(20),
        // On a single core the client could not run meanwhile.
        spin_us: number("--spin-us").unwrap_or(if cores > 1 { 100 } else { 0 }),
        max_bytes: size("--max-bytes").unwrap_or(64 << 20),
        max_in_flight: number("--max-in-flight").and_then(|number| u32::try_from(number).ok()).unwrap_or(256),
        max_connections: size("--max-connections")
            .unwrap_or_else(|| open_files().saturating_sub(RESERVED_FILES).clamp(8, 256)),
        deadline_ms: number("--deadline-ms").unwrap_or(1_000),
        drain_ms: number("--drain-ms").unwrap_or(10_000),
        takeover: yes("--takeover"),
        socket_mode: text("--socket-mode").and_then(mode).unwrap_or(0o600),
        socket_group: raw.get("--socket-group").and_then(id),
        allow_uids: match raw.get("--allow-uid").and_then(Json::as_array) {
            Some(ids) => ids.iter().filter_map(id).collect(),
            None => vec![own_uid()],
        },
        memory_limit: number("--memory-limit"),
        metrics_listen: text("--metrics-listen").and_then(address),
        log_sample: raw.get("--log-sample").and_then(Json::as_f64).unwrap_or(0.01),
        exit_with_stdin: yes("--exit-with-stdin"),
    })
}

/// `is_set`: `--socket` was given, maybe without a path.
fn socket_place(path: Option<&str>, is_set: bool, env: &[(OsString, OsString)]) -> Result<SocketPlace, String> {
    let ours = variable(env, "LISTEN_PID").is_some_and(|pid| pid.to_str() == Some(&std::process::id().to_string()));
    if let Some(passed) = variable(env, "LISTEN_FDS").filter(|_| ours) {
        if passed != "1" {
            return Err(format!("Expected one socket from LISTEN_FDS, got {}", show(&passed.to_string_lossy())));
        }
        if is_set {
            return Err("Expected no `--socket`: the socket comes from LISTEN_FDS".to_owned());
        }
        return Ok(SocketPlace::Inherited);
    }
    let path = path.map(PathBuf::from);
    let is_default = path.is_none();
    let path = path.unwrap_or_else(|| default_socket(env));
    check_length(&path)?;
    Ok(if is_default { SocketPlace::Default(path) } else { SocketPlace::Path(path) })
}

fn variable(env: &[(OsString, OsString)], name: &str) -> Option<OsString> {
    env.iter().find(|(each, _)| each == name).map(|(_, value)| value.clone())
}

fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(usize::MAX)
}
