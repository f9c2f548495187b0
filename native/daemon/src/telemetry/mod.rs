//! What the inside of the daemon tells the outside: one call a happening, never blocking. `metrics` and `log` listen.

pub mod log;
pub mod memory;
mod metrics;
pub mod recorder;

use std::time::Duration;

use sidelane_core::error::Code;
use sidelane_core::wire::TRACE_BYTES;

use crate::contracts::LoadedContract;
use crate::shared::Shared;

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The framed protocol.
    Framed,
    /// HTTP/1.1.
    Http,
}

/// Why a request, or a connection, was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// As many payloads wait as may.
    Queue,
    /// All bodies together would be too much.
    Bytes,
    /// As many requests are in flight on the connection as may.
    InFlight,
    /// The client does not read its answers.
    OutputBuf,
    /// The process is near its memory limit.
    Memory,
    /// As many connections are open as may.
    Connections,
    /// The daemon ends.
    Draining,
}

/// A request that has its answer.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The contract; `None` when the request named none that is served.
    pub loaded: Option<&'a LoadedContract>,
    /// Where it came from.
    pub protocol: Protocol,
    /// `None`: accepted.
    pub code: Option<Code>,
    /// Size of the payload.
    pub in_bytes: usize,
    /// Size of the compressed body; 0 unless accepted.
    pub out_bytes: usize,
    /// What it waited, in µs.
    pub queue_us: u32,
    /// What it took, in µs; 0 when it did not run.
    pub run_us: u32,
    /// Whether an engine saw it: only then the two times go to the histograms.
    pub ran: bool,
    /// Its trace context, for the log line.
    pub trace: Option<&'a [u8; TRACE_BYTES]>,
}

impl Request<'_> {
    /// A request that no engine saw, with nothing known of it yet.
    #[must_use]
    pub const fn refused(code: Code) -> Self {
        Self {
            loaded: None,
            protocol: Protocol::Framed,
            code: Some(code),
            in_bytes: 0,
            out_bytes: 0,
            queue_us: 0,
            run_us: 0,
            ran: false,
            trace: None,
        }
    }
}

/// What happens to the daemon as a whole: a log line each.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// It accepts connections.
    Listening,
    /// New contracts are served.
    Reloaded,
    /// The contracts on disk cannot be served; the old ones stay.
    ReloadFailed(&'a str),
    /// The socket's path was gone.
    Republished,
    /// Another daemon has the path.
    TakenOver,
    /// The end has begun, for this reason.
    Draining(&'a str),
    /// The end.
    Stopped,
    /// A connection could not be accepted.
    AcceptFailed(&'a std::io::Error),
    /// A connection was closed before anything was read.
    Refused(&'a str),
    /// Something to look at.
    Warning(&'a str),
}

/// Who is told. `thread` is the number of the calling thread, from 0 to [`Service::threads`] inclusive: the last one is
/// the main thread. No two threads call with the same number at once, so a number's counters have one writer.
pub trait Observer: Send + Sync {
    /// The number under which requests of contracts by this name are counted: the same for the same name, from 0 on.
    fn label(&self, name: &str) -> usize;
    /// A request has its answer.
    fn request(&self, thread: usize, request: &Request<'_>);
    /// An HTTP request for something else than a payload has its answer, `size` bytes after `time`; without a path when it
    /// was none that there is. Any thread calls.
    fn page(&self, path: &str, status: u16, size: usize, time: Duration);
    /// Something was turned away. A request is told of by `request` too.
    fn shed(&self, thread: usize, reason: Shed);
    /// A connection opened (1) or closed (-1).
    fn connection(&self, thread: usize, protocol: Protocol, change: i64);
    /// Bytes went over connections.
    fn transferred(&self, thread: usize, received: usize, sent: usize);
    /// Something happened to the daemon.
    fn event(&self, shared: &Shared, event: Event<'_>);
    /// The text of `/metrics`.
    fn metrics(&self, shared: &Shared) -> String;
}

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn label(&self, _: &str) -> usize {
        0
    }

    fn request(&self, _: usize, _: &Request<'_>) {}

    fn page(&self, _: &str, _: u16, _: usize, _: Duration) {}

    fn shed(&self, _: usize, _: Shed) {}

    fn connection(&self, _: usize, _: Protocol, _: i64) {}

    fn transferred(&self, _: usize, _: usize, _: usize) {}

    fn event(&self, _: &Shared, _: Event<'_>) {}

    fn metrics(&self, _: &Shared) -> String {
        String::new()
    }
}
