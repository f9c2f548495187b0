//! The options of `docs/daemon.md`, checked. Where each one came from is the business of `config`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything that the daemon is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen: a path, or the descriptor that systemd opened.
    pub socket: SocketPlace,
    /// Lock files, and directories of them.
    pub contracts: Vec<PathBuf>,
    /// Key files by the name of their contract.
    pub digest_key_files: BTreeMap<String, PathBuf>,
    /// Threads that serve; at least 1.
    pub threads: usize,
    /// Most payloads that wait.
    pub max_queue: usize,
    /// The time that a payload may have to wait, in ms, as far as the past tells.
    pub max_queue_ms: u64,
    /// How long a thread stays awake after its last answer, in µs.
    pub spin_us: u64,
    /// All bodies together, in bytes.
    pub max_bytes: usize,
    /// Requests in flight on a connection.
    pub max_in_flight: u32,
    /// Connections, without those kept for health and metrics.
    pub max_connections: usize,
    /// Deadline of an HTTP request that names none, in ms.
    pub deadline_ms: u64,
    /// Time to finish after SIGTERM, in ms.
    pub drain_ms: u64,
    /// Takes the socket from a daemon that has it.
    pub takeover: bool,
    /// Mode of the socket file.
    pub socket_mode: u32,
    /// Group of the socket file.
    pub socket_group: Option<u32>,
    /// Who may connect; filled with the own uid when nothing was said.
    pub allow_uids: Vec<u32>,
    /// Bytes for the watermark, when said.
    pub memory_limit: Option<u64>,
    /// Loopback address for health and metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// Share of requests that get a log line, 0 to 1.
    pub log_sample: f64,
    /// Ends, drained, when stdin ends.
    pub exit_with_stdin: bool,
}

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketPlace {
    /// At a path that the daemon makes and removes.
    Path(PathBuf),
    /// At the default path, whose directory the daemon makes too.
    Default(PathBuf),
    /// On descriptor 3.
    Inherited,
}

impl fmt::Display for SocketPlace {
    fn fmt(&self, target: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) | Self::Default(path) => path.display().fmt(target),
            Self::Inherited => target.write_str("LISTEN_FDS"),
        }
    }
}
