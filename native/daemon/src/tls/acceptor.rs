//! The thread of `--tls-listen`: accepts, and does a bounded number of handshakes, each in a bounded time.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use super::handshake::{Refused, handshake, linger};
use super::{Established, TlsState};
use crate::config::resolve::MAX_HANDSHAKES;
use crate::config::settings::TlsSettings;
use crate::evicting_set::EvictingSet;
use crate::shared::Shared;
use crate::tcp_listener::TcpAddress;
use crate::telemetry::{Event, TlsRefusal};

/// From the accepted connection to the end of the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after a failed accept.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);
/// A peer that vanished is found by the system.
const KEEPALIVE_TIME: Duration = Duration::from_secs(60);

/// Accepts on a thread of its own, from now on; verified connections go to `established`.
pub fn spawn(address: TcpAddress, shared: Arc<Shared>, established: UnboundedSender<Established>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    std::thread::Builder::new().name("tls".into()).spawn(move || {
        LocalSet::new().block_on(&runtime, async {
            if let (Some(settings), Some(state)) = (&shared.settings.tls, &shared.tls) {
                let acceptor = Acceptor { shared: &shared, settings, state, established };
                acceptor.run(address).await;
            }
        });
    })?;
    Ok(())
}

struct Acceptor<'a> {
    shared: &'a Arc<Shared>,
    settings: &'a TlsSettings,
    state: &'a Arc<TlsState>,
    established: UnboundedSender<Established>,
}

impl Acceptor<'_> {
    async fn run(self, address: TcpAddress) {
        let accept = async {
            match address.listener(&*self.shared.observer).await {
                Ok(listener) => self.accept(listener).await,
                Err(error) => self.shared.observer.event(Event::AcceptFailed(&error)),
            }
        };
        tokio::select! {
            // The daemon that took over needs the address.
            () = self.shared.retired() => {}
            () = accept => {}
        }
        // Handshakes in progress end within their time.
        sleep(HANDSHAKE_TIMEOUT).await;
    }

    async fn accept(&self, listener: TcpListener) {
        let handshakes = EvictingSet::new(MAX_HANDSHAKES);
        let allowed: Rc<Option<Vec<String>>> = Rc::new(self.settings.allow_sans.clone());
        loop {
            let tcp = match listener.accept().await {
                Ok((tcp, _)) => tcp,
                Err(error) => {
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        self.shared.observer.event(Event::AcceptFailed(&error));
                        sleep(RETRY_INTERVAL).await;
                    }
                    continue;
                }
            };
            let (member, _) = handshakes.enter();
            let (shared, state) = (Arc::clone(self.shared), Arc::clone(self.state));
            let (allowed, established) = (Rc::clone(&allowed), self.established.clone());
            spawn_local(async move {
                let _count = InProgress::new(&state);
                let result = tokio::select! {
                    biased;
                    result = establish(&tcp, &state, allowed.as_deref()) => result,
                    () = member.evicted() => Err(TlsRefusal::Handshakes.into()),
                };
                match result {
                    Ok(verified) => {
                        if verified.peer.is_first {
                            shared.observer.event(Event::PeerConnected(&verified.peer.peer.name));
                        }
                        let Ok(tcp) = tcp.into_std() else { return };
                        let (tls, peer, protocol) = (verified.tls, verified.peer, verified.protocol);
                        // At the end of the process there is no receiver.
                        let _ = established.send(Established { tcp, tls, peer, protocol });
                    }
                    Err(Refused { reason, peer }) => {
                        state.refused[reason as usize].fetch_add(1, Relaxed);
                        shared.observer.event(Event::TlsRefused(reason, peer.as_deref()));
                        if !matches!(reason, TlsRefusal::Handshakes | TlsRefusal::Timeout | TlsRefusal::Closed) {
                            tokio::select! {
                                () = linger(&tcp) => {}
                                () = member.evicted() => {}
                            }
                        }
                    }
                }
            });
        }
    }
}

async fn establish(
    tcp: &TcpStream,
    state: &TlsState,
    allowed: Option<&[String]>,
) -> Result<super::handshake::Verified, Refused> {
    // Answers are small, and are written once they are complete.
    let _ = tcp.set_nodelay(true);
    let _ = SockRef::from(tcp).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE_TIME));
    let handshake = handshake(tcp, state.config(), allowed, &state.peers);
    timeout(HANDSHAKE_TIMEOUT, handshake).await.unwrap_or_else(|_| Err(TlsRefusal::Timeout.into()))
}

/// Counts a handshake for the metrics.
struct InProgress<'a>(&'a TlsState);

impl<'a> InProgress<'a> {
    fn new(state: &'a TlsState) -> Self {
        state.handshakes.fetch_add(1, Relaxed);
        Self(state)
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        self.0.handshakes.fetch_sub(1, Relaxed);
    }
}
