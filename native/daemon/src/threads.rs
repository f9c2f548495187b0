//! The thread of a worker: its runtime, and the messages of the main thread.

use std::os::unix::net::UnixStream as StdStream;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};

use crate::connection;
use crate::shared::{ConnectionSlot, Shared};
use crate::tls::Established;
use crate::tls::stream::TlsStream;
use crate::worker::stream::Stream;
use crate::worker::{Worker, executor};

enum Message {
    Serve(Incoming, ConnectionSlot),
    Refresh,
    Probe,
}

/// A connection that the main thread hands out.
pub enum Incoming {
    Unix(StdStream),
    Tls(Box<Established>),
}

impl Incoming {
    /// Within the runtime of the thread that serves it.
    fn register(self) -> std::io::Result<Stream> {
        Ok(match self {
            Self::Unix(stream) => Stream::Unix(UnixStream::from_std(stream)?),
            Self::Tls(established) => Stream::Tls(Box::new(TlsStream::new(*established)?)),
        })
    }
}

pub struct Handle {
    messages: mpsc::UnboundedSender<Message>,
    /// The last probe was answered.
    answered: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Handle {
    pub fn serve(&self, connection: Incoming, slot: ConnectionSlot) {
        // The receiver lives as long as the handle.
        let _ = self.messages.send(Message::Serve(connection, slot));
    }

    /// Lets the connections see that other contracts are in force or that the daemon drains.
    pub fn refresh(&self) {
        let _ = self.messages.send(Message::Refresh);
    }

    /// True when the worker has answered the last probe; then it gets the next one.
    pub fn is_responsive(&self) -> bool {
        let answered = self.answered.swap(false, Relaxed);
        if answered {
            let _ = self.messages.send(Message::Probe);
        }
        answered
    }

    /// Ends the worker; unanswered requests are lost.
    pub fn stop(self) {
        drop(self.messages);
        // A panic of the thread has no further effect.
        let _ = self.thread.join();
    }
}

pub fn spawn(shared: Arc<Shared>, number: usize) -> std::io::Result<Handle> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let (messages, inbox) = mpsc::unbounded_channel();
    let answered = Arc::new(AtomicBool::new(true));
    let answers = Arc::clone(&answered);
    let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
        LocalSet::new().block_on(&runtime, run(shared, number, inbox, &answers));
    })?;
    Ok(Handle { messages, answered, thread })
}

async fn run(shared: Arc<Shared>, number: usize, mut inbox: mpsc::UnboundedReceiver<Message>, answered: &AtomicBool) {
    let worker = Worker::new(shared, number);
    spawn_local(executor::run(Rc::clone(&worker)));
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Serve(connection, slot) => {
                // When the descriptor cannot be registered, the client sees the end of the connection.
                if let Ok(stream) = connection.register() {
                    spawn_local(connection::serve(Rc::clone(&worker), stream, slot));
                }
            }
            Message::Refresh => worker.refresh(),
            Message::Probe => answered.store(true, Relaxed),
        }
    }
}
