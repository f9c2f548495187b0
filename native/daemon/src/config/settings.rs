//! The checked options of `docs/daemon.md`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Settings {
    pub socket: SocketPlace,
    /// Lock files, and directories of them.
    pub contracts: Vec<PathBuf>,
    /// Key files by the name of their contract.
    pub digest_key_files: BTreeMap<String, PathBuf>,
    pub threads: usize,
    /// Most payloads in the queue of a worker.
    pub max_queue: usize,
    /// Most expected time of a queue that stays busy, in ms.
    pub max_queue_ms: u64,
    /// How long a worker polls after its last answer, in µs.
    pub spin_us: u64,
    /// All bodies together, in bytes.
    pub max_bytes: usize,
    /// Requests in flight on a connection.
    pub max_in_flight: u32,
    /// Connections that may send any request.
    pub max_connections: usize,
    /// Connections beyond them that get one response: health, metrics, or that there are too many.
    pub max_excess_connections: usize,
    /// Deadline of an HTTP request without its header, in ms.
    pub deadline_ms: u64,
    /// Longest drain, in ms.
    pub drain_ms: u64,
    /// Replaces a daemon that owns the socket.
    pub takeover: bool,
    /// Accepts a directory that others may write to.
    pub allow_open_directory: bool,
    pub socket_mode: u32,
    pub socket_group: Option<u32>,
    /// Uids that may connect; by default the own one.
    pub allow_uids: Vec<u32>,
    /// Bytes; `None`: the limit of the control group or machine.
    pub memory_limit: Option<u64>,
    /// Loopback address for health and metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// Where to listen for mutual TLS.
    pub tls: Option<TlsSettings>,
    /// Share of requests that get a log line, 0 to 1.
    pub log_sample: f64,
    /// How long the memory in use is watched at a time; zero: never.
    pub leak_window: Duration,
    /// Growth above which a leak is suspected.
    pub leak_bytes_per_hour: u64,
    /// Where a crash leaves a report.
    pub crash_dir: Option<PathBuf>,
    pub allow_core_dumps: bool,
    /// Drains when stdin ends.
    pub exit_with_stdin: bool,
    /// Contracts come through stdin, too.
    pub contracts_from_stdin: bool,
    /// After the end of stdin, removes the directory of the socket.
    pub remove_directory: bool,
}

#[derive(Clone, Debug)]
pub struct TlsSettings {
    pub listen: SocketAddr,
    /// Certificate chain of the daemon in PEM.
    pub cert: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
    /// Certificates in PEM that client certificates are signed by.
    pub client_ca: PathBuf,
    /// DNS names and URIs of clients that may connect; `None`: every client certificate of the CA.
    pub allow_sans: Option<Vec<String>>,
    /// Connections of all peers.
    pub max_connections: usize,
    /// Bounds of each peer over all its connections.
    pub per_peer: PeerLimits,
}

#[derive(Clone, Copy, Debug)]
pub struct PeerLimits {
    pub connections: usize,
    pub in_flight: usize,
    /// Of request bodies.
    pub bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketPlace {
    /// A path that the daemon creates and removes.
    Path(PathBuf),
    /// The default path, whose directory the daemon creates, too.
    Default(PathBuf),
    /// Descriptor 3, from systemd.
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
