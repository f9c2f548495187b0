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

use crate::shared::Shared;
use crate::worker::Worker;

/// What a connection may ask for.
pub enum Access {
    /// Everything.
    Full(Rc<Worker>),
    /// Health and metrics.
    Health(Arc<Shared>),
}

/// Serves a connection until it ends. `first`: what has been read of it.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, first: Vec<u8>, access: Access) {
    // What begins no request is not worth an answer.
    if first.first().is_none_or(|byte| head::is_token_byte(*byte)) {
        connection::Connection::new(stream, first, access).run().await;
    }
}

impl Access {
    fn shared(&self) -> &Arc<Shared> {
        match self {
            Self::Full(worker) => &worker.shared,
            Self::Health(shared) => shared,
        }
    }

    fn worker(&self) -> Option<&Rc<Worker>> {
        match self {
            Self::Full(worker) => Some(worker),
            Self::Health(_) => None,
        }
    }

    /// The number of the thread, for the observer.
    fn thread(&self) -> usize {
        match self {
            Self::Full(worker) => worker.thread,
            Self::Health(shared) => shared.threads(),
        }
    }

    /// Memory to write to, empty.
    fn take_buffer(&self) -> Vec<u8> {
        let mut buffer = self.worker().map(|worker| worker.bodies.take()).unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Memory that is not needed any more.
    fn give_buffer(&self, buffer: Vec<u8>) {
        if let Some(worker) = self.worker() {
            worker.bodies.give(buffer);
        }
    }

    /// Runs `read` with memory to read into.
    fn with_room<T>(&self, read: impl FnOnce(&mut [u8]) -> T) -> T {
        match self {
            Self::Full(worker) => read(&mut worker.read_buffer.borrow_mut()),
            Self::Health(_) => read(&mut [0; 4_096]),
        }
    }

    fn transferred(&self, received: usize, sent: usize) {
        self.shared().observer.transferred(self.thread(), received, sent);
    }
}
