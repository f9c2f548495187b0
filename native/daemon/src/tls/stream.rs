//! The transport of a connection over TLS, with the methods of a socket that does not block.

use std::cell::{Cell, RefCell};
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ServerConnection;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::Established;
use super::peers::{Peer, PeerSlot};
use crate::telemetry::Protocol;

/// Encrypted bytes of one read.
const READ_BYTES: usize = 64 << 10;

/// A buffer for plaintext has so much more: what a record that came in parts may add.
const RECORD_BYTES: usize = 17 << 10;

/// Plaintext of one write.
const WRITE_BYTES: usize = 64 << 10;

thread_local! {
    /// Encrypted bytes between the socket and rustls, whose own reads are short.
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub struct TlsStream {
    tcp: TcpStream,
    tls: RefCell<ServerConnection>,
    slot: PeerSlot,
    protocol: Protocol,
    /// There may be plaintext, or the end of it, that needs no read.
    is_ready: Cell<bool>,
    /// Plaintext that is encrypted, of which some is not sent.
    encrypted: Cell<usize>,
    /// Bytes were sent since this was asked last.
    has_progress: Cell<bool>,
}

impl TlsStream {
    /// Within the runtime of the thread that serves it.
    pub(crate) fn new(Established { tcp, tls, peer: slot, protocol }: Established) -> io::Result<Self> {
        Ok(Self {
            tcp: TcpStream::from_std(tcp)?,
            tls: RefCell::new(tls),
            slot,
            protocol,
            // The client may have sent its first request with the end of the handshake.
            is_ready: Cell::new(true),
            encrypted: Cell::new(0),
            has_progress: Cell::new(false),
        })
    }

    pub(crate) const fn peer(&self) -> &Arc<Peer> {
        &self.slot.peer
    }

    /// That of ALPN.
    pub(crate) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(crate) fn take_progress(&self) -> bool {
        self.has_progress.take()
    }

    pub(crate) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_ready.get() { Poll::Ready(Ok(())) } else { self.tcp.poll_read_ready(context) }
    }

    pub(crate) fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_write_ready(context)
    }

    /// Reads once; 0 at the end that the client announced. The end of the transport alone is an error: anyone on the way
    /// could cause it.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tls = self.tls.borrow_mut();
        if self.is_ready.get() {
            let (size, has_ended) = take_plaintext(&mut tls, buffer)?;
            self.is_ready.set(has_ended || size == buffer.len());
            if size > 0 || has_ended {
                return Ok(size);
            }
        }
        INPUT.with_borrow_mut(|input| {
            input.resize(READ_BYTES, 0);
            let most = READ_BYTES.min(buffer.len().saturating_sub(RECORD_BYTES)).max(1);
            let input = &mut input[..most];
            let size = self.read_socket(input)?;
            let mut rest = &input[..size];
            let (mut filled, mut has_ended) = (0, false);
            loop {
                // With nothing left to read, the transport has ended.
                tls.read_tls(&mut rest)?;
                if let Err(error) = tls.process_new_packets() {
                    // The alert that says why.
                    let _ = self.send(&mut tls);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
                let (taken, ended) = take_plaintext(&mut tls, &mut buffer[filled..])?;
                filled += taken;
                has_ended |= ended;
                if rest.is_empty() || has_ended {
                    break;
                }
            }
            self.is_ready.set(has_ended || filled == buffer.len());
            if filled == 0 && !has_ended { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(filled) }
        })
    }

    fn read_socket(&self, input: &mut [u8]) -> io::Result<usize> {
        let mut size = 0;
        let result = self.tcp.try_io(Interest::READABLE, || {
            size = io::Read::read(&mut &*SockRef::from(&self.tcp), input)?;
            // A short read emptied the socket: an error clears the readiness, which saves a read that would block.
            if size > 0 && size < input.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        if size > 0 { Ok(size) } else { result.map(|()| 0) }
    }

    /// Sends the beginning of `bytes`. When the transport takes less than is encrypted, the next call has to begin with the same
    /// bytes, and returns their number once they are sent.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut tls = self.tls.borrow_mut();
        self.send(&mut tls)?;
        if self.encrypted.get() == 0 {
            self.encrypted.set(tls.writer().write(&bytes[..bytes.len().min(WRITE_BYTES)])?);
            self.send(&mut tls)?;
        }
        Ok(self.encrypted.take())
    }

    fn send(&self, tls: &mut ServerConnection) -> io::Result<()> {
        while tls.wants_write() {
            self.tcp.try_io(Interest::WRITABLE, || tls.write_tls(&mut &*SockRef::from(&self.tcp)))?;
            self.has_progress.set(true);
        }
        Ok(())
    }

    pub(crate) fn shutdown_write(&self) {
        let mut tls = self.tls.borrow_mut();
        tls.send_close_notify();
        // The client may have closed already.
        let _ = self.send(&mut tls);
        let _ = SockRef::from(&self.tcp).shutdown(Shutdown::Write);
    }
}

/// The plaintext that is there, and whether the client has ended its output behind it.
fn take_plaintext(tls: &mut ServerConnection, buffer: &mut [u8]) -> io::Result<(usize, bool)> {
    let mut size = 0;
    while size < buffer.len() {
        match tls.reader().read(&mut buffer[size..]) {
            Ok(0) => return Ok((size, true)),
            Ok(more) => size += more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok((size, false))
}
