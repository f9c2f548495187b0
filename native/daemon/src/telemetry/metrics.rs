//! The numbers of `/metrics`: counters and histograms of each thread, gauges read on request, and the page. `docs/daemon.md`
//! lists the names, which both daemons share.
//!
//! Twin of `src/server/telemetry.ts`.

use std::fmt::{Display, Write as _};

use sidelane_core::Code;

use super::metrics_table::{self as table, BUCKET_BOUNDS_US as BOUNDS, RELOAD_RESULTS, RESTART_CAUSES};
use super::{Protocol, Request, Shed, TlsRefusal};

#[derive(Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    pub kind: &'static str,
    pub help: &'static str,
}

/// Accepted, then the codes in their order.
const RESULTS: usize = Code::ALL.len() + 1;

#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// By label, protocol and result.
    requests: Vec<[[u64; RESULTS]; Protocol::ALL.len()]>,
    queue_wait: Histogram,
    run: Histogram,
    connections: [i64; Protocol::ALL.len()],
    received: u64,
    sent: u64,
    sheds: [u64; Shed::ALL.len()],
}

/// Times in fixed buckets.
#[derive(Clone, Debug, Default)]
struct Histogram {
    /// The last one is +Inf.
    counts: [u64; BOUNDS.len() + 1],
    sum_us: u64,
}

impl Counts {
    pub fn request(&mut self, request: &Request<'_>) {
        let label = request.label.number;
        if self.requests.len() <= label {
            self.requests.resize(label + 1, [[0; RESULTS]; Protocol::ALL.len()]);
        }
        let result = request.code.map_or(0, |code| code as usize + 1);
        self.requests[label][request.protocol as usize][result] += 1;
        if request.ran {
            self.queue_wait.add(request.queue_us);
            self.run.add(request.run_us);
        }
    }

    pub fn shed(&mut self, reason: Shed) {
        self.sheds[reason as usize] += 1;
    }

    /// Counts a connection that opened (1) or closed (-1).
    pub fn connection(&mut self, protocol: Protocol, change: i64) {
        self.connections[protocol as usize] += change;
    }

    pub fn transferred(&mut self, received: usize, sent: usize) {
        self.received += received as u64;
        self.sent += sent as u64;
    }

    pub fn add(&mut self, other: &Self) {
        if self.requests.len() < other.requests.len() {
            self.requests.resize(other.requests.len(), [[0; RESULTS]; Protocol::ALL.len()]);
        }
        for (mine, theirs) in self.requests.iter_mut().zip(&other.requests) {
            sum(mine.as_flattened_mut(), theirs.as_flattened());
        }
        for (mine, theirs) in [(&mut self.queue_wait, &other.queue_wait), (&mut self.run, &other.run)] {
            sum(&mut mine.counts, &theirs.counts);
            mine.sum_us += theirs.sum_us;
        }
        for (mine, theirs) in self.connections.iter_mut().zip(other.connections) {
            *mine += theirs;
        }
        sum(&mut self.sheds, &other.sheds);
        self.received += other.received;
        self.sent += other.sent;
    }
}

fn sum(mine: &mut [u64], theirs: &[u64]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

impl Histogram {
    fn add(&mut self, us: u32) {
        self.counts[BOUNDS.partition_point(|bound| *bound < us)] += 1;
        self.sum_us += u64::from(us);
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Gauges {
    pub in_flight: usize,
    pub queued: usize,
    pub queued_bytes: usize,
    /// Executors that a panic ended.
    pub restarts: usize,
    pub contracts: usize,
    /// True when `/readyz` answers 200.
    pub ready: bool,
    pub leak_suspected: bool,
    pub tls: TlsGauges,
}

/// Zeros without `--tls-listen`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TlsGauges {
    pub connections: usize,
    pub handshakes: usize,
    pub refused: [u64; TlsRefusal::ALL.len()],
}

#[derive(Clone, Copy, Debug)]
pub struct ProcessGauges {
    pub log_dropped: u64,
    /// Successful and failed reloads.
    pub reloads: [u64; 2],
    /// Seconds since the start.
    pub uptime: f64,
    pub rss: u64,
    /// Resident memory with shared pages in proportion, in bytes.
    pub pss: u64,
    /// Bytes that the allocator has given out, and bytes that it holds; `None`: it does not tell.
    pub allocator: Option<(u64, u64)>,
    pub panics: u64,
    pub crash_reports: usize,
}

/// The page. `names` are the names of the labels.
pub fn page(counts: &Counts, names: &[Box<str>], gauges: &Gauges, process: &ProcessGauges) -> String {
    let mut page = Page::default();
    page.head(table::REQUESTS_TOTAL);
    for protocol in Protocol::ALL {
        for (requests, name) in counts.requests.iter().zip(names) {
            for (result, count) in requests[protocol as usize].iter().enumerate().filter(|(_, count)| **count > 0) {
                let code = result.checked_sub(1).map_or("accepted", |at| Code::ALL[at].name());
                let labels = [("contract", &**name), ("protocol", protocol.name()), ("code", code)];
                page.sample(table::REQUESTS_TOTAL.name, &labels, count);
            }
        }
    }
    page.histogram(table::QUEUE_WAIT_SECONDS, &counts.queue_wait);
    page.histogram(table::RUN_SECONDS, &counts.run);
    page.value(table::IN_FLIGHT, gauges.in_flight);
    page.value(table::QUEUED, gauges.queued);
    page.value(table::QUEUED_BYTES, gauges.queued_bytes);
    let connections = Protocol::ALL.iter().zip(counts.connections).map(|(protocol, count)| (protocol.name(), count));
    page.values(table::CONNECTIONS, "protocol", connections);
    page.value(table::RECEIVED_BYTES_TOTAL, counts.received);
    page.value(table::SENT_BYTES_TOTAL, counts.sent);
    let sheds = Shed::ALL.iter().zip(counts.sheds).map(|(shed, count)| (shed.name(), count));
    page.values(table::SHEDS_TOTAL, "reason", sheds);
    page.value(table::TLS_CONNECTIONS, gauges.tls.connections);
    page.value(table::TLS_HANDSHAKES, gauges.tls.handshakes);
    let refused = TlsRefusal::ALL.iter().zip(gauges.tls.refused).map(|(reason, count)| (reason.name(), count));
    page.values(table::TLS_REFUSED_TOTAL, "reason", refused);
    page.value(table::LOG_DROPPED_TOTAL, process.log_dropped);
    let restarts = RESTART_CAUSES.map(|cause| (cause, if cause == "error" { gauges.restarts } else { 0 }));
    page.values(table::WORKER_RESTARTS_TOTAL, "cause", restarts.into_iter());
    page.values(table::RELOADS_TOTAL, "result", RELOAD_RESULTS.into_iter().zip(process.reloads));
    page.value(table::CONTRACTS, gauges.contracts);
    page.value(table::READY, u8::from(gauges.ready));
    page.value(table::UPTIME_SECONDS, process.uptime);
    page.value(table::RSS_BYTES, process.rss);
    page.value(table::PSS_BYTES, process.pss);
    if let Some((allocated, resident)) = process.allocator {
        page.value(table::ALLOCATED_BYTES, allocated);
        page.value(table::ALLOCATOR_RESIDENT_BYTES, resident);
    }
    page.value(table::LEAK_SUSPECTED, u8::from(gauges.leak_suspected));
    page.value(table::PANICS_TOTAL, process.panics);
    page.value(table::CRASH_REPORTS, process.crash_reports);
    page.head(table::INFO);
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("daemon", "sidelaned"), ("engine", "native")];
    page.sample(table::INFO.name, &labels, 1);
    page.0
}

/// Prometheus text, format 0.0.4. Writing to a `String` never fails.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, metric: Metric) {
        let Metric { name, kind, help } = metric;
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if at == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn value(&mut self, metric: Metric, value: impl Display) {
        self.head(metric);
        self.sample(metric.name, &[], value);
    }

    fn values<'a, V: Display>(&mut self, metric: Metric, label: &str, values: impl Iterator<Item = (&'a str, V)>) {
        self.head(metric);
        for (name, value) in values {
            self.sample(metric.name, &[(label, name)], value);
        }
    }

    fn histogram(&mut self, metric: Metric, values: &Histogram) {
        self.head(metric);
        let bucket = format!("{}_bucket", metric.name);
        let mut count = 0;
        for (at, value) in values.counts.iter().enumerate() {
            count += value;
            let bound = BOUNDS.get(at).map_or_else(|| "+Inf".to_owned(), |us| seconds(u64::from(*us)).to_string());
            self.sample(&bucket, &[("le", &bound)], count);
        }
        self.sample(&format!("{}_sum", metric.name), &[], seconds(values.sum_us));
        self.sample(&format!("{}_count", metric.name), &[], count);
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
