//! The transport of a connection: a Unix socket, or TCP for metrics.

use std::io;
use std::net::Shutdown;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

pub enum Stream {
    /// A connection to the daemon's socket.
    Unix(UnixStream),
    /// A connection to `--metrics-listen`.
    Tcp(TcpStream),
}

macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self {
            Self::Unix($stream) => $call,
            Self::Tcp($stream) => $call,
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
        let mut size = 0;
        let mut read = |socket: SockRef<'_>| {
            size = io::Read::read(&mut &*socket, buffer)?;
            // A short read emptied the socket: an error clears the readiness, which saves a read that would block.
            if size > 0 && size < buffer.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        };
        let result = each!(self, stream => stream.try_io(Interest::READABLE, || read(SockRef::from(stream))));
        if size > 0 { Ok(size) } else { result.map(|()| 0) }
    }

    pub(crate) fn shutdown_write(&self) {
        // The client may have closed already.
        let _ = each!(self, stream => SockRef::from(stream).shutdown(Shutdown::Write));
    }
}
