//! The door of the socket: the first byte says which language a connection speaks.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidelane_core::wire::MAGIC;
use tokio::net::UnixStream;

use crate::framed;
use crate::http::{self, Door};
use crate::lane::Lane;
use crate::observe::{Event, Protocol, Shed};
use crate::service::Connection;

/// How long a connection may say nothing.
pub(crate) const SILENCE: Duration = Duration::from_secs(5);

/// Serves a connection until it ends.
pub(crate) async fn enter(lane: Rc<Lane>, stream: UnixStream, mut connection: Connection) {
    let since = Instant::now();
    let Ok(Ok(first)) = tokio::time::timeout(SILENCE, first_bytes(&lane, &stream)).await else { return };
    let Some(byte) = first.first() else { return };
    if *byte != MAGIC[0] {
        connection.speaks(lane.thread, Protocol::Http);
        let service = Arc::clone(&lane.service);
        let door = if connection.is_reserved() { Door::Health(service) } else { Door::Full(Rc::clone(&lane)) };
        http::serve(stream, first, door).await;
    } else if !connection.is_reserved() {
        connection.speaks(lane.thread, Protocol::Framed);
        framed::serve(lane, stream, &first, since).await;
    } else {
        lane.shed(Shed::Connections);
        lane.service.observer.event(&lane.service, Event::Refused("connections"));
    }
}

/// What is there first; nothing when the client ends before it began.
async fn first_bytes(lane: &Lane, stream: &UnixStream) -> io::Result<Vec<u8>> {
    loop {
        stream.readable().await?;
        let mut buffer = lane.read_buffer.borrow_mut();
        match stream.try_read(&mut buffer) {
            Ok(size) => {
                return Ok(buffer[..size].to_vec());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
