//! Who is connected over TLS: the name of a verified certificate, and what each name may take of the daemon, so that one peer
//! takes nothing from the others or from the Unix socket.
//!
//! Twin of `src/server/tls/peers.ts`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::pki_types::CertificateDer;

use crate::config::settings::PeerLimits;
use crate::telemetry::TlsRefusal;

/// A longer name is replaced by the fingerprint of its certificate.
const MAX_NAME_BYTES: usize = 256;

/// The name of the peer: of the names that may connect the first one, without such a list the first URI, else DNS name.
/// `Err`: none may connect; the name is for the log.
pub(super) fn name_of(certificate: &CertificateDer<'_>, allowed: Option<&[String]>) -> Result<String, String> {
    let names = names_in(certificate);
    let first = || {
        let name = names.iter().find(|name| name.len() <= MAX_NAME_BYTES).cloned();
        name.unwrap_or_else(|| fingerprint(certificate))
    };
    match allowed {
        None => Ok(first()),
        Some(allowed) => names.iter().find(|name| allowed.contains(name)).cloned().ok_or_else(first),
    }
}

/// URIs, then DNS names in lower case.
fn names_in(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else { return Vec::new() };
    // One without a colon is no URI, and could look like a DNS name.
    let uris = certificate.valid_uri_names().filter(|uri| uri.contains(':')).map(str::to_owned);
    uris.chain(certificate.valid_dns_names().map(str::to_ascii_lowercase)).collect()
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    digest.as_ref()[..16].iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a `String` never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One peer, over all its connections.
pub struct Peer {
    pub(crate) name: Box<str>,
    limits: PeerLimits,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    bytes: AtomicUsize,
}

impl Peer {
    pub(crate) fn add_in_flight(&self, count: usize) {
        self.in_flight.fetch_add(count, Relaxed);
    }

    pub(crate) fn remove_in_flight(&self, count: usize) {
        self.in_flight.fetch_sub(count, Relaxed);
    }

    /// True when it may have no more requests in flight.
    pub(crate) fn is_full(&self) -> bool {
        self.in_flight.load(Relaxed) >= self.limits.in_flight
    }

    /// True when it has more requests in flight than it may have.
    pub(crate) fn is_over_in_flight(&self) -> bool {
        self.in_flight.load(Relaxed) > self.limits.in_flight
    }

    pub(crate) const fn max_in_flight(&self) -> usize {
        self.limits.in_flight
    }

    /// Takes `bytes` of what the bodies of its requests may have; false: nothing is taken. The only body may be larger.
    pub(crate) fn acquire_bytes(&self, bytes: usize) -> bool {
        let before = self.bytes.fetch_add(bytes, Relaxed);
        let is_within = before == 0 || before + bytes <= self.limits.bytes;
        if !is_within {
            self.bytes.fetch_sub(bytes, Relaxed);
        }
        is_within
    }

    pub(crate) fn release_bytes(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
    }
}

/// The peers that have connections.
pub struct Peers {
    max_connections: usize,
    limits: PeerLimits,
    state: Mutex<State>,
}

/// Names that were connected once, of which the log has a line.
const MAX_KNOWN: usize = 1024;

#[derive(Default)]
struct State {
    connections: usize,
    known: HashSet<Box<str>>,
    by_name: HashMap<Box<str>, Arc<Peer>>,
}

impl Peers {
    pub(super) fn new(max_connections: usize, limits: PeerLimits) -> Arc<Self> {
        Arc::new(Self { max_connections, limits, state: Mutex::default() })
    }

    pub(super) fn connections(&self) -> usize {
        self.lock().connections
    }

    /// A slot for one more connection of the peer.
    pub(super) fn enter(self: &Arc<Self>, name: &str) -> Result<PeerSlot, TlsRefusal> {
        let mut state = self.lock();
        if state.connections >= self.max_connections {
            return Err(TlsRefusal::Connections);
        }
        let peer = match state.by_name.get(name) {
            Some(peer) => Arc::clone(peer),
            None => {
                let [connections, in_flight, bytes] = Default::default();
                let peer = Arc::new(Peer { name: name.into(), limits: self.limits, connections, in_flight, bytes });
                state.by_name.insert(name.into(), Arc::clone(&peer));
                peer
            }
        };
        if peer.connections.load(Relaxed) >= self.limits.connections {
            return Err(TlsRefusal::PeerConnections);
        }
        peer.connections.fetch_add(1, Relaxed);
        let is_first = state.known.len() < MAX_KNOWN && state.known.insert(name.into());
        state.connections += 1;
        drop(state);
        Ok(PeerSlot { peers: Arc::clone(self), peer, is_first })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A counted connection of a peer, released on drop.
pub struct PeerSlot {
    peers: Arc<Peers>,
    pub(crate) peer: Arc<Peer>,
    /// It is the first one of this peer since the start.
    pub(super) is_first: bool,
}

impl Drop for PeerSlot {
    fn drop(&mut self) {
        let mut state = self.peers.lock();
        state.connections -= 1;
        if self.peer.connections.fetch_sub(1, Relaxed) == 1 {
            state.by_name.remove(&self.peer.name);
        }
    }
}
