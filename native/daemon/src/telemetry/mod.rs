//! The facts that the daemon reports, and [`Observer`], which receives them. `recorder` implements it with `metrics` and
//! `log`.

pub mod leak;
pub mod log;
pub mod memory;
mod metrics;
mod metrics_table;
pub mod recorder;

use std::time::Duration;

use sidelane_core::Code;
use sidelane_wire::TRACE_BYTES;

pub use metrics::{Gauges, TlsGauges};
pub use metrics_table::{Protocol, Shed, TlsRefusal};

/// Identifies a contract in metrics and log lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Label<'a> {
    /// From [`Observer::label`]; 0 for requests without a contract.
    pub number: usize,
    pub name: &'a str,
}

/// An answered request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The contract; the default when the request named none that is served.
    pub label: Label<'a>,
    pub protocol: Protocol,
    /// `None`: accepted.
    pub code: Option<Code>,
    pub in_bytes: usize,
    /// Size of the compressed body; 0 unless accepted.
    pub out_bytes: usize,
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
    pub const fn new(protocol: Protocol, label: Label<'a>, in_bytes: usize) -> Self {
        Self { label, protocol, code: None, in_bytes, out_bytes: 0, queue_us: 0, run_us: 0, ran: false, trace: None }
    }
}

/// An answered HTTP request that is not for a contract.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<'a> {
    /// Empty for an unknown page and for a request that could not be read.
    pub path: &'a str,
    pub status: u16,
    /// Of a problem.
    pub code: Option<Code>,
    /// Size of the answer's body.
    pub size: usize,
    pub time: Duration,
}

/// A change of the whole daemon: one log line each.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The daemon accepts connections and serves these contracts, each `name@id`; the address of TLS.
    Listening(&'a [String], Option<&'a str>),
    /// A reload put contracts in force.
    Reloaded,
    /// The contracts on disk are broken; the old ones stay in force.
    ReloadFailed(&'a str),
    /// The socket's path was missing and is published again.
    Republished,
    /// Another daemon owns the path.
    TakenOver,
    Draining(&'a str),
    Stopped,
    AcceptFailed(&'a std::io::Error),
    /// A connection gets no answer but this one.
    Refused(&'a str),
    /// A connection to `--tls-listen` was refused; the name of the peer if its certificate was verified.
    TlsRefused(TlsRefusal, Option<&'a str>),
    /// The first connection of a verified peer.
    PeerConnected(&'a str),
    /// Reports of earlier crashes are in the directory of `--crash-dir`.
    CrashReports(usize),
    /// The memory in use grows by so many bytes per hour.
    LeakSuspected(f64),
    LeakEnded,
    /// A condition that an operator should look at.
    Warning(&'a str),
}

/// Receives facts; its methods never block. `thread` is the number of the calling worker; the number of workers stands
/// for the main thread. Each number has one caller at a time, so its counters have one writer.
pub trait Observer: Send + Sync {
    /// The number under which requests of contracts with this name are counted: equal for equal names, from 1 on.
    fn label(&self, _name: &str) -> usize {
        0
    }

    /// A request was answered.
    fn request(&self, _thread: usize, _request: &Request<'_>) {}

    /// A request that is not for a contract was answered. Any thread calls.
    fn page(&self, _page: &PageRequest<'_>) {}

    /// A request or a connection was refused. Refused requests are reported to `request` too.
    fn shed(&self, _thread: usize, _reason: Shed) {}

    /// A connection opened (1) or closed (-1).
    fn connection(&self, _thread: usize, _protocol: Protocol, _change: i64) {}

    /// One read or write moved these bytes.
    fn transferred(&self, _thread: usize, _received: usize, _sent: usize) {}

    /// The state of the daemon changed.
    fn event(&self, _event: Event<'_>) {}

    /// The text of `/metrics`.
    fn metrics(&self, _gauges: &Gauges) -> String {
        String::new()
    }
}

/// Ignores everything.
#[derive(Clone, Copy, Debug)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// The HTTP status of a code: an invalid option of a request is the client's error.
pub const fn status_of(code: Code) -> u16 {
    match code {
        Code::OptionsInvalid => 400,
        _ => code.status(),
    }
}
