//! The signals that reload and end the daemon, in every state of it.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::texts::drain;

pub struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

/// A signal that ends the daemon.
#[derive(Clone, Copy, Debug)]
pub enum EndSignal {
    Terminate,
    Interrupt,
}

#[derive(Clone, Copy, Debug)]
pub enum DaemonSignal {
    /// SIGHUP.
    Reload,
    End(EndSignal),
}

impl EndSignal {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminate => drain::SIGTERM,
            Self::Interrupt => drain::SIGINT,
        }
    }
}

impl Signals {
    /// Receives the signals from now on; within a runtime.
    pub fn subscribe() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub async fn next(&mut self) -> DaemonSignal {
        tokio::select! {
            _ = self.hangup.recv() => DaemonSignal::Reload,
            _ = self.terminate.recv() => DaemonSignal::End(EndSignal::Terminate),
            _ = self.interrupt.recv() => DaemonSignal::End(EndSignal::Interrupt),
        }
    }

    pub async fn end(&mut self) -> EndSignal {
        tokio::select! {
            _ = self.terminate.recv() => EndSignal::Terminate,
            _ = self.interrupt.recv() => EndSignal::Interrupt,
        }
    }

    /// The result of the work of a thread, which may block; `None` if it panics. A signal ends the process, as if this
    /// process had no handler for it: what the thread waits for may never come.
    pub async fn while_starting<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Option<T>> {
        let result = on_thread(work)?;
        Ok(self.unless_ended(result).await.ok())
    }

    /// The result of the future. A signal ends the process, as if this process had no handler for it.
    pub async fn unless_ended<T>(&mut self, future: impl Future<Output = T>) -> T {
        tokio::select! {
            result = future => result,
            signal = self.end() => end_by(signal),
        }
    }
}

/// Runs the work on a thread that nothing waits for at the end of the process.
pub fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<oneshot::Receiver<T>> {
    let (sender, result) = oneshot::channel();
    // At the end of the process there is no receiver.
    std::thread::Builder::new().name("files".into()).spawn(move || drop(sender.send(work())))?;
    Ok(result)
}

fn end_by(signal: EndSignal) -> ! {
    let number = match signal {
        EndSignal::Terminate => libc::SIGTERM,
        EndSignal::Interrupt => libc::SIGINT,
    };
    // SAFETY: plain calls with plain arguments.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        libc::kill(libc::getpid(), number);
    }
    // The first process of a container gets no signal without a handler.
    std::process::exit(1)
}
