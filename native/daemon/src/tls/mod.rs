//! `--tls-listen`: the framed protocol and HTTP over mutual TLS 1.3, as `docs/tls.md` describes it. A thread of its own
//! accepts and does the handshakes, so that strangers take no time of the workers. A connection whose peer is verified goes to
//! a worker, as one of the Unix socket does.
//!
//! Twin of `src/server/tls`.

pub mod acceptor;
mod files;
mod handshake;
pub mod peers;
pub mod stream;

use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::{ServerConfig, ServerConnection};

use crate::config::settings::TlsSettings;
use crate::telemetry::{Protocol, TlsGauges, TlsRefusal};
use peers::{PeerSlot, Peers};

pub use files::load;

/// The names of the protocols in ALPN. They are part of WIRE.md.
const ALPN_FRAMED: &[u8] = b"sidelane/1";
const ALPN_HTTP: &[u8] = b"http/1.1";

/// A connection whose peer is verified.
pub struct Established {
    pub(crate) tcp: TcpStream,
    pub(crate) tls: ServerConnection,
    pub(crate) peer: PeerSlot,
    pub(crate) protocol: Protocol,
}

/// State of all connections over TLS.
pub struct TlsState {
    /// For new handshakes.
    config: RwLock<Arc<ServerConfig>>,
    pub(crate) peers: Arc<Peers>,
    handshakes: AtomicUsize,
    refused: [AtomicU64; TlsRefusal::ALL.len()],
}

impl TlsState {
    pub fn new(settings: &TlsSettings, config: Arc<ServerConfig>) -> Self {
        Self {
            config: RwLock::new(config),
            peers: Peers::new(settings.max_connections, settings.per_peer),
            handshakes: AtomicUsize::new(0),
            refused: Default::default(),
        }
    }

    /// Handshakes from now on use these files.
    pub fn replace_config(&self, config: Arc<ServerConfig>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn gauges(&self) -> TlsGauges {
        TlsGauges {
            connections: self.peers.connections(),
            handshakes: self.handshakes.load(Relaxed),
            refused: self.refused.each_ref().map(|count| count.load(Relaxed)),
        }
    }
}
