//! The thread of a worker: its runtime, and the messages of the main thread.

use std::os::unix::net::UnixStream as StdStream;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};

use crate::connection;
use crate::shared::{ConnectionSlot, Shared};
use crate::worker::stream::Stream;
use crate::worker::{Worker, executor};

enum Message {
    Serve(StdStream, ConnectionSlot),
    Refresh,
}

/// A running worker. Dropping it ends the thread.
pub struct Handle {
    messages: mpsc::UnboundedSender<Message>,
    thread: JoinHandle<()>,
}

impl Handle {
    /// Hands a connection over.
    pub fn serve(&self, stream: StdStream, slot: ConnectionSlot) {
        // The receiver lives as long as the handle.
        let _ = self.messages.send(Message::Serve(stream, slot));
    }

    /// Lets the connections see that other contracts are in force or that the daemon drains.
    pub fn refresh(&self) {
        let _ = self.messages.send(Message::Refresh);
    }

    /// Ends the worker; unanswered requests are lost.
    pub fn stop(self) {
        drop(self.messages);
        // A panic of the thread has no further effect.
        let _ = self.thread.join();
    }
}

/// Starts a worker.
///
/// # Errors
///
/// The system refuses a thread or a descriptor.
pub fn spawn(shared: Arc<Shared>, number: usize) -> std::io::Result<Handle> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let (messages, inbox) = mpsc::unbounded_channel();
    let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
        LocalSet::new().block_on(&runtime, run(shared, number, inbox));
    })?;
    Ok(Handle { messages, thread })
}

async fn run(shared: Arc<Shared>, number: usize, mut inbox: mpsc::UnboundedReceiver<Message>) {
    let worker = Worker::new(shared, number);
    spawn_local(executor::run(Rc::clone(&worker)));
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Serve(stream, slot) => {
                // When the descriptor cannot be registered, the client sees the end of the connection.
                if let Ok(stream) = UnixStream::from_std(stream) {
                    spawn_local(connection::serve(Rc::clone(&worker), Stream::Unix(stream), slot));
                }
            }
            Message::Refresh => worker.refresh(),
        }
    }
}
