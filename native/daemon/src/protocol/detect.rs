//! The door of the socket: the first byte says which language a connection speaks.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidelane_core::wire::MAGIC;
use tokio::net::UnixStream;

use crate::protocol::framed;
use crate::protocol::http::{self, Access};
use crate::shared::Connection;
use crate::telemetry::{Event, Protocol, Shed};
use crate::worker::Worker;

/// How long a connection may say nothing.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves a connection until it ends.
pub(crate) async fn detect(worker: Rc<Worker>, stream: UnixStream, mut connection: Connection) {
    let since = Instant::now();
    let Ok(Ok(first)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, first_bytes(&worker, &stream)).await else { return };
    let Some(byte) = first.first() else { return };
    if *byte != MAGIC[0] {
        connection.speaks(worker.thread, Protocol::Http);
        let shared = Arc::clone(&worker.shared);
        let access = if connection.is_reserved() { Access::Health(shared) } else { Access::Full(Rc::clone(&worker)) };
        http::serve(stream, first, access).await;
    } else if !connection.is_reserved() {
        connection.speaks(worker.thread, Protocol::Framed);
        framed::serve(worker, stream, &first, since).await;
    } else {
        worker.shed(Shed::Connections);
        worker.shared.observer.event(&worker.shared, Event::Refused("connections"));
    }
}

/// What is there first; nothing when the client ends before it began.
async fn first_bytes(worker: &Worker, stream: &UnixStream) -> io::Result<Vec<u8>> {
    loop {
        stream.readable().await?;
        let mut buffer = worker.read_buffer.borrow_mut();
        match stream.try_read(&mut buffer) {
            Ok(size) => {
                return Ok(buffer[..size].to_vec());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
