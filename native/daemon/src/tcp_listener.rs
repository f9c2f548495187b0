//! Listeners of TCP. With `--takeover`, the address may still belong to the daemon that is taken over.
//!
//! Twin of `src/server/tcp-listener.ts`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::telemetry::{Event, Observer};
use crate::texts::tls as texts;

const BACKLOG: i32 = 511;
/// Pause between two tries to bind.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// An address that is bound, or will be when the other daemon leaves it.
pub struct TcpAddress {
    address: SocketAddr,
    bound: Result<std::net::TcpListener, io::Error>,
}

impl TcpAddress {
    /// Binds the address. With `takeover` another daemon may have it still.
    pub fn bind(address: SocketAddr, takeover: bool) -> Result<Self, String> {
        match bind(address) {
            Err(error) if !takeover || error.kind() != io::ErrorKind::AddrInUse => Err(refusal(address, &error)),
            bound => Ok(Self { address, bound }),
        }
    }

    /// With the port that the system chose.
    pub fn local(&self) -> SocketAddr {
        self.bound.as_ref().ok().and_then(|bound| bound.local_addr().ok()).unwrap_or(self.address)
    }

    /// Waits until the address is bound; within a runtime.
    pub async fn listener(self, observer: &dyn Observer) -> io::Result<TcpListener> {
        let mut bound = self.bound;
        if let Err(error) = &bound {
            observer.event(Event::Warning(&refusal(self.address, error)));
        }
        loop {
            match bound {
                Ok(listener) => return TcpListener::from_std(listener),
                Err(_) => sleep(RETRY_INTERVAL).await,
            }
            bound = bind(self.address);
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Connections of the process before, which wait for their end, do not keep the address.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn refusal(address: SocketAddr, error: &io::Error) -> String {
    let reason = match error.raw_os_error() {
        Some(libc::EADDRINUSE) => texts::EADDRINUSE.to_owned(),
        Some(libc::EADDRNOTAVAIL) => texts::EADDRNOTAVAIL.to_owned(),
        Some(libc::EACCES) => texts::EACCES.to_owned(),
        number => texts::other(number.unwrap_or(libc::EINVAL)),
    };
    texts::cannot_listen(address, reason)
}
