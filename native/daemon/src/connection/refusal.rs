//! The answer to a client whose uid may not connect: why, in its protocol. Its request is neither parsed nor kept.

use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;
use std::time::Duration;

use sidelane_core::Code;
use sidelane_wire::{MAGIC, preface};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::task::spawn_local;

use crate::buffers::{BufferPool, OutputBuf};
use crate::evicting_set::EvictingSet;
use crate::protocol;
use crate::protocol::framed::write_fault;
use crate::protocol::http::{Problem, ResponseFraming};
use crate::telemetry::Protocol;

/// Most connections at a time; one more ends the oldest, so that another user cannot use up the descriptors.
const MAX_CONNECTIONS: usize = 8;

/// Time in which the client has to ask, take the answer and close.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The connections that are being refused.
pub(crate) struct Refusals(Arc<EvictingSet>);

impl Default for Refusals {
    fn default() -> Self {
        Self(EvictingSet::new(MAX_CONNECTIONS))
    }
}

impl Refusals {
    /// Answers a connection, in the background; within a `LocalSet`.
    pub(crate) fn refuse(&self, stream: StdStream) {
        // When the descriptor cannot be registered, the client sees the end of the connection.
        let Ok(stream) = UnixStream::from_std(stream) else { return };
        let (member, _) = self.0.enter();
        spawn_local(async move {
            tokio::select! {
                biased;
                _ = tokio::time::timeout(TIMEOUT, answer(stream)) => {}
                () = member.evicted() => {}
            }
        });
    }
}

async fn answer(mut stream: UnixStream) -> io::Result<()> {
    let mut buffer = [0; 512];
    let mut size = 0;
    let answer = loop {
        match stream.read(&mut buffer[size..]).await? {
            0 => return Ok(()),
            more => size += more,
        }
        match protocol::detect(buffer[0]) {
            Some(Protocol::Framed) if size < preface().len() => {}
            Some(Protocol::Framed) if buffer.starts_with(&MAGIC) => break framed(),
            Some(Protocol::Http) => break http(buffer.starts_with(b"HEAD ")),
            _ => return Ok(()),
        }
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await?;
    // Closing a socket with unread input resets it, and the client could lose the answer.
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// An ERROR about the connection.
fn framed() -> Vec<u8> {
    let (mut output, pool) = (OutputBuf::default(), BufferPool::default());
    output.push(&pool, &preface());
    write_fault(&mut output, &pool, 0, &Code::ProtocolForbidden.into(), 0);
    output.unsent().to_vec()
}

fn http(head_only: bool) -> Vec<u8> {
    let mut output = Vec::new();
    Problem::from(Code::ProtocolForbidden).write(&mut output, ResponseFraming { head_only, close: true });
    output
}
