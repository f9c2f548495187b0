//! The handshake of one connection. It ends with a verified peer, or with the reason of a refusal.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::{CertificateError, Error, PeerIncompatible, ServerConfig, ServerConnection};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::peers::{PeerSlot, Peers, name_of};
use super::{ALPN_FRAMED, ALPN_HTTP};
use crate::telemetry::{Protocol, TlsRefusal};

/// Time in which the input of a refused client is discarded: closing a socket with unread input resets it, and the client
/// could lose the alert.
const LINGER_TIMEOUT: Duration = Duration::from_millis(500);

/// Why there is no connection.
pub(super) struct Refused {
    pub(super) reason: TlsRefusal,
    /// The name of a peer whose certificate is one of the CA.
    pub(super) peer: Option<String>,
}

impl From<TlsRefusal> for Refused {
    fn from(reason: TlsRefusal) -> Self {
        Self { reason, peer: None }
    }
}

/// The session of a verified peer.
pub(super) struct Verified {
    pub(super) tls: ServerConnection,
    pub(super) peer: PeerSlot,
    pub(super) protocol: Protocol,
}

/// Waits for the client as long as it takes: the caller bounds the time.
pub(super) async fn handshake(
    tcp: &TcpStream,
    config: Arc<ServerConfig>,
    allowed: Option<&[String]>,
    peers: &Arc<Peers>,
) -> Result<Verified, Refused> {
    let mut tls = ServerConnection::new(config).map_err(|_| TlsRefusal::Protocol)?;
    let checked = match negotiate(tcp, &mut tls).await {
        Ok(()) => check_peer(&tls, allowed, peers),
        Err(reason) => Err(reason.into()),
    };
    let (peer, protocol) = match checked {
        Ok(checked) => checked,
        Err(refused) => {
            tls.send_close_notify();
            // The alert; the client may be gone.
            let _ = write(tcp, &mut tls);
            let _ = SockRef::from(tcp).shutdown(std::net::Shutdown::Write);
            return Err(refused);
        }
    };
    Ok(Verified { tls, peer, protocol })
}

async fn negotiate(tcp: &TcpStream, tls: &mut ServerConnection) -> Result<(), TlsRefusal> {
    let closed = |_: io::Error| TlsRefusal::Closed;
    loop {
        while tls.wants_write() {
            tcp.writable().await.map_err(closed)?;
            match write(tcp, tls) {
                Err(error) if !is_transient(&error) => return Err(TlsRefusal::Closed),
                _ => {}
            }
        }
        if !tls.is_handshaking() {
            return Ok(());
        }
        tcp.readable().await.map_err(closed)?;
        let read = tcp.try_io(Interest::READABLE, || tls.read_tls(&mut &*SockRef::from(tcp)));
        match read {
            Ok(0) => return Err(TlsRefusal::Closed),
            Ok(_) => tls.process_new_packets().map_err(|error| reason_of(&error))?,
            Err(error) if is_transient(&error) => continue,
            Err(_) => return Err(TlsRefusal::Closed),
        };
    }
}

fn write(tcp: &TcpStream, tls: &mut ServerConnection) -> io::Result<()> {
    while tls.wants_write() {
        tcp.try_io(Interest::WRITABLE, || tls.write_tls(&mut &*SockRef::from(tcp)))?;
    }
    Ok(())
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// The certificate was verified in the handshake; what is left are its names and the protocol.
fn check_peer(
    tls: &ServerConnection,
    allowed: Option<&[String]>,
    peers: &Arc<Peers>,
) -> Result<(PeerSlot, Protocol), Refused> {
    let certificate = tls.peer_certificates().and_then(<[_]>::first).ok_or(TlsRefusal::NoCertificate)?;
    let name = match name_of(certificate, allowed) {
        Ok(name) => name,
        Err(name) => return Err(Refused { reason: TlsRefusal::San, peer: Some(name) }),
    };
    // A client may leave ALPN out; then neither protocol is chosen.
    let protocol = match tls.alpn_protocol() {
        Some(ALPN_FRAMED) => Protocol::Framed,
        Some(ALPN_HTTP) => Protocol::Http,
        _ => return Err(Refused { reason: TlsRefusal::Alpn, peer: Some(name) }),
    };
    match peers.enter(&name) {
        Ok(slot) => Ok((slot, protocol)),
        Err(reason) => Err(Refused { reason, peer: Some(name) }),
    }
}

fn reason_of(error: &Error) -> TlsRefusal {
    match error {
        Error::NoCertificatesPresented => TlsRefusal::NoCertificate,
        Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => TlsRefusal::Expired,
        Error::InvalidCertificate(_) => TlsRefusal::Certificate,
        Error::NoApplicationProtocol => TlsRefusal::Alpn,
        Error::AlertReceived(_) => TlsRefusal::Closed,
        Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => TlsRefusal::Version,
        _ => TlsRefusal::Protocol,
    }
}

/// Reads and discards until the client closes.
pub(super) async fn linger(tcp: &TcpStream) {
    let mut buffer = [0; 4096];
    let discard = async {
        while tcp.readable().await.is_ok() {
            match tcp.try_read(&mut buffer) {
                Ok(0) => return,
                Err(error) if !is_transient(&error) => return,
                _ => {}
            }
        }
    };
    let _ = tokio::time::timeout(LINGER_TIMEOUT, discard).await;
}
