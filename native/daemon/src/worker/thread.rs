//! The thread of a lane: its runtime, and what it is handed by the main thread.

use std::os::unix::net::UnixStream as StdStream;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::{Worker, executor};
use crate::protocol::detect;
use crate::shared::{Connection, Shared};

enum Message {
    /// Serve this one.
    Serve(StdStream, Connection),
    /// The contracts in force are others now, or the end has begun.
    Refresh,
}

/// How the main thread reaches a lane. When it is dropped, the lane ends.
pub struct Handle {
    messages: mpsc::UnboundedSender<Message>,
    thread: JoinHandle<()>,
}

impl Handle {
    /// Hands a connection over.
    pub fn serve(&self, stream: StdStream, connection: Connection) {
        // A lane ends after its handle only.
        let _ = self.messages.send(Message::Serve(stream, connection));
    }

    /// Lets the lane see that the contracts are others now, or that the end has begun.
    pub fn refresh(&self) {
        let _ = self.messages.send(Message::Refresh);
    }

    /// Ends the lane: what it has not answered is lost.
    pub fn stop(self) {
        drop(self.messages);
        // It has nothing to say.
        let _ = self.thread.join();
    }
}

/// Starts the lane of that number.
///
/// # Errors
///
/// The system has no thread for it.
pub fn spawn(shared: Arc<Shared>, number: usize) -> std::io::Result<Handle> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let (messages, inbox) = mpsc::unbounded_channel();
    let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
        LocalSet::new().block_on(&runtime, serve(shared, number, inbox));
    })?;
    Ok(Handle { messages, thread })
}

/// A panic that is not an engine's costs the payload that it met, not the lane.
async fn keep_running(worker: Rc<Worker>) {
    while tokio::task::spawn_local(executor::run(Rc::clone(&worker))).await.is_err() {}
}

async fn serve(shared: Arc<Shared>, number: usize, mut inbox: mpsc::UnboundedReceiver<Message>) {
    let worker = Worker::new(shared, number);
    tokio::task::spawn_local(keep_running(Rc::clone(&worker)));
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Serve(stream, connection) => {
                // A descriptor that cannot be watched is closed, which the client sees.
                if let Ok(stream) = UnixStream::from_std(stream) {
                    tokio::task::spawn_local(detect::detect(Rc::clone(&worker), stream, connection));
                }
            }
            Message::Refresh => worker.go_away(),
        }
    }
}
