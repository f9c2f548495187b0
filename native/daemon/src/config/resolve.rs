//! Turns raw options into settings: defaults, and conflicts between options.
//!
//! Twin of `src/server/config/settings.ts`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;

use super::load_config::RawOptions;
use super::options_table::defaults;
use super::parsers::{address, integer, mode, tcp_address};
use super::settings::{PeerLimits, Settings, SocketPlace, TlsSettings};
use crate::socket_path::{check_length, default_path, own_uid};
use crate::texts::config as texts;

/// Descriptors that are not available to connections.
const RESERVED_FILES: usize = 40;

/// As many as the backlog of the socket holds: all that connect at once are answered.
const MAX_EXCESS_CONNECTIONS: usize = 512;

/// TLS handshakes at a time; one more ends the oldest.
pub const MAX_HANDSHAKES: usize = 64;

/// A peer over TLS has this part of what the daemon has.
const PEER_SHARE: usize = 4;

/// The default path in this environment.
pub fn default_socket(env: &[(OsString, OsString)]) -> PathBuf {
    default_path(&|name| variable(env, name))
}

/// The settings; the error names what is missing or in conflict.
pub fn resolve(raw: &RawOptions, env: &[(OsString, OsString)]) -> Result<Settings, String> {
    let text = |flag: &str| raw.get(flag).and_then(Json::as_str);
    let number = |flag: &str| raw.get(flag).and_then(integer);
    let as_size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let number_or = |flag: &str, default: u64| number(flag).unwrap_or(default);
    let size_or = |flag: &str, default: u64| as_size(number_or(flag, default));
    let yes = |flag: &str| raw.get(flag) == Some(&Json::Bool(true));
    let id = |value: &Json| integer(value).and_then(|id| u32::try_from(id).ok());
    let contracts = raw.get("--contract").and_then(Json::as_array);
    let contracts_from_stdin = yes("--contracts-from-stdin");
    if contracts.is_none() && !contracts_from_stdin {
        return Err(texts::EXPECTED_CONTRACT.to_owned());
    }
    if text("--engine") == Some("js") {
        return Err("Expected no `--engine js`: sidelaned has the native one only".to_owned());
    }
    if text("--placement") == Some("pool") {
        return Err("Expected no `--placement pool`: sidelaned runs all inline, on all its threads".to_owned());
    }
    let tls_listen = tls_address(raw)?;
    let files = raw.get("--digest-key-file").and_then(Json::as_object);
    let file = |(name, file): (&String, &Json)| Some((name.clone(), PathBuf::from(file.as_str()?)));
    let all_files = open_files().saturating_sub(RESERVED_FILES);
    // Half of them are for connections over TLS, so that these leave the Unix socket its own.
    let available_files = if tls_listen.is_some() { all_files / 2 } else { all_files };
    // Fewer where the limit of open files is low.
    let default_connections = available_files.clamp(8, defaults::MAX_CONNECTIONS as usize);
    let max_connections = number("--max-connections").map_or(default_connections, as_size);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let max_bytes = size_or("--max-bytes", defaults::MAX_BYTES);
    let max_in_flight = u32::try_from(number_or("--max-in-flight", defaults::MAX_IN_FLIGHT)).unwrap_or(u32::MAX);
    let tls = tls_listen.map(|listen| {
        let path = |flag: &str| PathBuf::from(text(flag).unwrap_or_default());
        let names = raw.get("--tls-allow-san").and_then(Json::as_array);
        let max_connections = max_connections.min(available_files.saturating_sub(MAX_HANDSHAKES).max(8));
        TlsSettings {
            listen,
            cert: path("--tls-cert"),
            key: path("--tls-key"),
            client_ca: path("--tls-client-ca"),
            allow_sans: names.map(|names| names.iter().filter_map(Json::as_str).map(str::to_owned).collect()),
            max_connections,
            per_peer: PeerLimits {
                connections: (max_connections / PEER_SHARE).max(1),
                in_flight: (max_in_flight as usize / PEER_SHARE).max(1),
                bytes: max_bytes / PEER_SHARE,
            },
        }
    });
    Ok(Settings {
        tls,
        socket: socket_place(text("--socket"), raw.contains_key("--socket"), env)?,
        contracts: contracts.into_iter().flatten().filter_map(Json::as_str).map(PathBuf::from).collect(),
        digest_key_files: files.into_iter().flatten().filter_map(file).collect(),
        threads: number("--threads").map_or(cores, as_size),
        max_queue: size_or("--max-queue", defaults::MAX_QUEUE),
        max_queue_ms: number_or("--max-queue-ms", defaults::MAX_QUEUE_MS),
        // On a single core polling would keep the client from running.
        spin_us: number_or("--spin-us", if cores > 1 { defaults::SPIN_US } else { 0 }),
        max_bytes,
        max_in_flight,
        max_connections,
        max_excess_connections: available_files.saturating_sub(max_connections).clamp(8, MAX_EXCESS_CONNECTIONS),
        deadline_ms: number_or("--deadline-ms", defaults::DEADLINE_MS),
        drain_ms: number_or("--drain-ms", defaults::DRAIN_MS),
        takeover: yes("--takeover"),
        allow_open_directory: yes("--allow-open-directory"),
        socket_mode: text("--socket-mode").and_then(mode).unwrap_or(defaults::SOCKET_MODE),
        socket_group: raw.get("--socket-group").and_then(id),
        allow_uids: match raw.get("--allow-uid").and_then(Json::as_array) {
            Some(ids) => ids.iter().filter_map(id).collect(),
            None => vec![own_uid()],
        },
        memory_limit: number("--memory-limit"),
        metrics_listen: text("--metrics-listen").and_then(address),
        log_sample: raw.get("--log-sample").and_then(Json::as_f64).unwrap_or(defaults::LOG_SAMPLE),
        leak_window: Duration::from_millis(number_or("--leak-window-ms", defaults::LEAK_WINDOW_MS)),
        leak_bytes_per_hour: number_or("--leak-bytes-per-hour", defaults::LEAK_BYTES_PER_HOUR),
        crash_dir: text("--crash-dir").map(PathBuf::from),
        allow_core_dumps: yes("--allow-core-dumps"),
        exit_with_stdin: contracts_from_stdin || yes("--exit-with-stdin"),
        contracts_from_stdin,
        remove_directory: yes("--remove-directory"),
    })
}

/// `is_set`: `--socket` was given, maybe without a path.
fn socket_place(path: Option<&str>, is_set: bool, env: &[(OsString, OsString)]) -> Result<SocketPlace, String> {
    let ours = variable(env, "LISTEN_PID").is_some_and(|pid| pid.to_str() == Some(&std::process::id().to_string()));
    if let Some(passed) = variable(env, "LISTEN_FDS").filter(|_| ours) {
        if passed != "1" {
            return Err(texts::expected_one_socket(passed.to_string_lossy()));
        }
        if is_set {
            return Err(texts::EXPECTED_NO_SOCKET.to_owned());
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

/// The address of `--tls-listen`; its options are all there, or none is.
fn tls_address(raw: &RawOptions) -> Result<Option<SocketAddr>, String> {
    let has = |flag: &&str| raw.contains_key(*flag);
    let files = ["--tls-cert", "--tls-key", "--tls-client-ca"];
    if !has(&"--tls-listen") {
        return match files.iter().chain(&["--tls-allow-san"]).find(|flag| has(flag)) {
            Some(flag) => Err(texts::expected_tls_listen(flag)),
            None => Ok(None),
        };
    }
    match files.iter().find(|flag| !has(flag)) {
        Some(flag) => Err(texts::expected_tls_file(flag)),
        None => Ok(raw.get("--tls-listen").and_then(Json::as_str).and_then(tcp_address)),
    }
}
