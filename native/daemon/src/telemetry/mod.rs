//! The facts that the daemon reports, and [`Observer`], which receives them. `recorder` implements it with `metrics` and
//! `log`.

mod date;
pub mod log;
pub mod memory;
mod metrics;
pub mod recorder;

use std::time::Duration;

use sidelane_core::Code;
use sidelane_wire::TRACE_BYTES;

pub use date::http_date;
pub use metrics::Gauges;

/// The protocol of a connection or request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The framed protocol.
    Framed,
    /// HTTP/1.1.
    Http,
}

/// The bound at which a request or a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// The worker's queue is full.
    Queue,
    /// The byte budget of all bodies is exhausted.
    Bytes,
    /// The connection has too many requests in flight.
    InFlight,
    /// The client does not read its answers.
    Output,
    /// The process is near its memory limit.
    Memory,
    /// Too many connections are open.
    Connections,
    /// The daemon drains.
    Draining,
}

/// Identifies a contract in metrics and log lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Label<'a> {
    /// From [`Observer::label`]; 0 for requests without a contract.
    pub number: usize,
    /// The contract's name.
    pub name: &'a str,
}

/// An answered request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The contract; the default when the request named none that is served.
    pub label: Label<'a>,
    /// The protocol of the connection.
    pub protocol: Protocol,
    /// `None`: accepted.
    pub code: Option<Code>,
    /// Size of the payload.
    pub in_bytes: usize,
    /// Size of the compressed body; 0 unless accepted.
    pub out_bytes: usize,
    /// Time in the queue, in µs.
    pub queue_us: u32,
    /// Time in the engine, in µs; 0 when it did not run.
    pub run_us: u32,
    /// True when an engine ran: only then the two times go to the histograms.
    pub ran: bool,
    /// The trace context, for the log line.
    pub trace: Option<&'a [u8; TRACE_BYTES]>,
}

impl<'a> Request<'a> {
    /// A request that has not run.
    #[must_use]
    pub const fn new(protocol: Protocol, label: Label<'a>, in_bytes: usize) -> Self {
        Self { label, protocol, code: None, in_bytes, out_bytes: 0, queue_us: 0, run_us: 0, ran: false, trace: None }
    }
}

/// A change of the whole daemon: one log line each.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The daemon accepts connections and serves these contracts, each `name@id`.
    Listening(&'a [String]),
    /// A reload put contracts in force.
    Reloaded,
    /// The contracts on disk are broken; the old ones stay in force.
    ReloadFailed(&'a str),
    /// The socket's path was missing and is published again.
    Republished,
    /// Another daemon owns the path.
    TakenOver,
    /// Draining began, for this reason.
    Draining(&'a str),
    /// The daemon ends.
    Stopped,
    /// A connection could not be accepted.
    AcceptFailed(&'a std::io::Error),
    /// A connection was closed before anything was read.
    Refused(&'a str),
    /// A condition that an operator should look at.
    Warning(&'a str),
}

/// Receives facts; its methods never block. `thread` is the number of the calling worker; the number of workers stands
/// for the main thread. Each number has one caller at a time, so its counters have one writer.
pub trait Observer: Send + Sync {
    /// The number under which requests of contracts with this name are counted: equal for equal names, from 1 on.
    fn label(&self, name: &str) -> usize;
    /// A request was answered.
    fn request(&self, thread: usize, request: &Request<'_>);
    /// An HTTP request for a page was answered with `size` bytes after `time`. `path` is empty for an unknown page. Any
    /// thread calls.
    fn page(&self, path: &str, status: u16, size: usize, time: Duration);
    /// A request or a connection was refused. Refused requests are reported to `request` too.
    fn shed(&self, thread: usize, reason: Shed);
    /// A connection opened (1) or closed (-1).
    fn connection(&self, thread: usize, protocol: Protocol, change: i64);
    /// One read or write moved these bytes.
    fn transferred(&self, thread: usize, received: usize, sent: usize);
    /// The state of the daemon changed.
    fn event(&self, event: Event<'_>);
    /// The text of `/metrics`.
    fn metrics(&self, gauges: &Gauges) -> String;
}

/// Ignores everything.
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

    fn event(&self, _: Event<'_>) {}

    fn metrics(&self, _: &Gauges) -> String {
        String::new()
    }
}

/// The HTTP status of a code: an invalid option of a request is the client's error.
#[must_use]
pub const fn status_of(code: Code) -> u16 {
    match code {
        Code::OptionsInvalid => 400,
        _ => code.status(),
    }
}
