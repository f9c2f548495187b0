//! HTTP/1.1, the second language of the socket: `head` and `chunks` are the grammar, sans I/O; `route` says what is asked
//! for, `respond` writes what is answered, `connection` knows the order of things, `body` and `transport` the clocks.

mod body;
mod chunks;
mod connection;
mod head;
mod page;
mod respond;
mod route;
mod transport;

use std::rc::Rc;
use std::sync::Arc;

pub use respond::status_of;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::lane::Lane;
use crate::service::Service;

/// What a connection may ask for.
pub enum Door {
    /// Everything.
    Full(Rc<Lane>),
    /// Health and metrics.
    Health(Arc<Service>),
}

/// Serves a connection until it ends. `first`: what has been read of it.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, first: Vec<u8>, door: Door) {
    // What begins no request is not worth an answer.
    if first.first().is_none_or(|byte| head::is_token_byte(*byte)) {
        connection::Connection::new(stream, first, door).run().await;
    }
}

impl Door {
    fn service(&self) -> &Arc<Service> {
        match self {
            Self::Full(lane) => &lane.service,
            Self::Health(service) => service,
        }
    }

    fn lane(&self) -> Option<&Rc<Lane>> {
        match self {
            Self::Full(lane) => Some(lane),
            Self::Health(_) => None,
        }
    }

    /// The number of the thread, for the observer.
    fn thread(&self) -> usize {
        match self {
            Self::Full(lane) => lane.thread,
            Self::Health(service) => service.threads(),
        }
    }

    /// Memory to write to, empty.
    fn take_buffer(&self) -> Vec<u8> {
        let mut buffer = self.lane().map(|lane| lane.bodies.take()).unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Memory that is not needed any more.
    fn give_buffer(&self, buffer: Vec<u8>) {
        if let Some(lane) = self.lane() {
            lane.bodies.give(buffer);
        }
    }

    /// Runs `read` with memory to read into.
    fn with_room<T>(&self, read: impl FnOnce(&mut [u8]) -> T) -> T {
        match self {
            Self::Full(lane) => read(&mut lane.read_buffer.borrow_mut()),
            Self::Health(_) => read(&mut [0; 4_096]),
        }
    }

    fn transferred(&self, received: usize, sent: usize) {
        self.service().observer.transferred(self.thread(), received, sent);
    }
}
