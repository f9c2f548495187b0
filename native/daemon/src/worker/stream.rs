//! The transport of a connection: a Unix socket, TLS, or TCP for metrics.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

use crate::telemetry::Protocol;
use crate::tls::peers::Peer;
use crate::tls::stream::TlsStream;

pub enum Stream {
    /// A connection to the daemon's socket.
    Unix(UnixStream),
    /// A connection to `--metrics-listen`.
    Tcp(TcpStream),
    /// A connection to `--tls-listen`.
    Tls(Box<TlsStream>),
}

macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self {
            Self::Unix($stream) => $call,
            Self::Tcp($stream) => $call,
            Self::Tls($stream) => $call,
        }
    };
}

impl Stream {
    pub(crate) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_read_ready(context))
    }

    pub(crate) fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_write_ready(context))
    }

    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => stream.try_write(bytes))
    }

    /// Reads once; 0 at the end of the stream.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Self::Tls(stream) = self {
            return stream.try_read(buffer);
        }
        let mut size = 0;
        let mut read = |socket: SockRef<'_>| {
            size = io::Read::read(&mut &*socket, buffer)?;
            // A short read emptied the socket: an error clears the readiness, which saves a read that would block.
            if size > 0 && size < buffer.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        };
        let result = match self {
            Self::Unix(stream) => stream.try_io(Interest::READABLE, || read(SockRef::from(stream))),
            Self::Tcp(stream) => stream.try_io(Interest::READABLE, || read(SockRef::from(stream))),
            Self::Tls(_) => Ok(()),
        };
        if size > 0 { Ok(size) } else { result.map(|()| 0) }
    }

    pub(crate) fn shutdown_write(&self) {
        // The client may have closed already.
        let _ = match self {
            Self::Unix(stream) => SockRef::from(stream).shutdown(Shutdown::Write),
            Self::Tcp(stream) => SockRef::from(stream).shutdown(Shutdown::Write),
            Self::Tls(stream) => {
                stream.shutdown_write();
                Ok(())
            }
        };
    }

    /// The peer of a connection over TLS.
    pub(crate) fn peer(&self) -> Option<&Arc<Peer>> {
        if let Self::Tls(stream) = self { Some(stream.peer()) } else { None }
    }

    /// The protocol that the client has to use; `None`: its first byte decides.
    pub(crate) fn protocol(&self) -> Option<Protocol> {
        if let Self::Tls(stream) = self { Some(stream.protocol()) } else { None }
    }

    /// True when bytes were sent that no write has returned yet.
    pub(super) fn take_progress(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.take_progress())
    }
}
