//! The numbers of `/metrics`: counters and histograms of each thread, gauges read on request, and the page. `docs/daemon.md`
//! lists the names, which both daemons share.
//!
//! Twin of `src/server/metrics.ts` and `prometheus.ts`.

use std::fmt::{Display, Write as _};

use sidelane_core::Code;

use super::{Protocol, Request, Shed};

const PROTOCOLS: [(Protocol, &str); 2] = [(Protocol::Framed, "framed"), (Protocol::Http, "http")];

const SHEDS: [(Shed, &str); 7] = [
    (Shed::Queue, "queue"),
    (Shed::Bytes, "bytes"),
    (Shed::InFlight, "in_flight"),
    (Shed::Output, "output"),
    (Shed::Memory, "memory"),
    (Shed::Connections, "connections"),
    (Shed::Draining, "draining"),
];

/// Upper bounds of the buckets, in µs.
const BOUNDS: [u32; 16] = [
    25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
];

/// Accepted, then the codes in their order.
const RESULTS: usize = Code::ALL.len() + 1;

/// Counters of one thread.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// By label, protocol and result.
    requests: Vec<[[u64; RESULTS]; PROTOCOLS.len()]>,
    queue_wait: Histogram,
    run: Histogram,
    connections: [i64; PROTOCOLS.len()],
    received: u64,
    sent: u64,
    sheds: [u64; SHEDS.len()],
}

/// Times in fixed buckets.
#[derive(Clone, Debug, Default)]
struct Histogram {
    /// The last one is +Inf.
    counts: [u64; BOUNDS.len() + 1],
    sum_us: u64,
}

impl Counts {
    /// Counts an answered request.
    pub fn request(&mut self, request: &Request<'_>) {
        let label = request.label.number;
        if self.requests.len() <= label {
            self.requests.resize(label + 1, [[0; RESULTS]; PROTOCOLS.len()]);
        }
        let result = request.code.map_or(0, |code| code as usize + 1);
        self.requests[label][request.protocol as usize][result] += 1;
        if request.ran {
            self.queue_wait.add(request.queue_us);
            self.run.add(request.run_us);
        }
    }

    /// Counts a refusal.
    pub fn shed(&mut self, reason: Shed) {
        self.sheds[reason as usize] += 1;
    }

    /// Counts a connection that opened (1) or closed (-1).
    pub fn connection(&mut self, protocol: Protocol, change: i64) {
        self.connections[protocol as usize] += change;
    }

    /// Counts bytes of connections.
    pub fn transferred(&mut self, received: usize, sent: usize) {
        self.received += received as u64;
        self.sent += sent as u64;
    }

    /// Adds the counters of another thread.
    pub fn add(&mut self, other: &Self) {
        if self.requests.len() < other.requests.len() {
            self.requests.resize(other.requests.len(), [[0; RESULTS]; PROTOCOLS.len()]);
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

/// State of the daemon.
#[derive(Clone, Copy, Debug)]
pub struct Gauges {
    /// Requests in flight.
    pub in_flight: usize,
    /// Payloads in queues.
    pub queued: usize,
    /// Bytes of all bodies.
    pub queued_bytes: usize,
    /// Contracts in force.
    pub contracts: usize,
    /// True when `/readyz` answers 200.
    pub ready: bool,
}

/// State of the process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessGauges {
    /// Log lines that were dropped.
    pub log_dropped: u64,
    /// Successful and failed reloads.
    pub reloads: [u64; 2],
    /// Seconds since the start.
    pub uptime: f64,
    /// Resident memory, in bytes.
    pub rss: u64,
    /// Resident memory with shared pages in proportion, in bytes.
    pub pss: u64,
    /// Bytes that the allocator has given out.
    pub allocated: u64,
    /// Bytes that the allocator holds.
    pub allocator_resident: u64,
}

/// The page. `names` are the names of the labels.
pub fn page(counts: &Counts, names: &[Box<str>], gauges: &Gauges, process: &ProcessGauges) -> String {
    let mut page = Page::default();
    page.head("sidelane_requests_total", "counter", "Requests by contract, protocol and how they ended.");
    for (protocol, protocol_name) in PROTOCOLS {
        for (requests, name) in counts.requests.iter().zip(names) {
            for (result, count) in requests[protocol as usize].iter().enumerate().filter(|(_, count)| **count > 0) {
                let code = result.checked_sub(1).map_or("accepted", |at| Code::ALL[at].name());
                let labels = [("contract", &**name), ("protocol", protocol_name), ("code", code)];
                page.sample("sidelane_requests_total", &labels, count);
            }
        }
    }
    page.histogram("sidelane_queue_wait_seconds", "Time that payloads waited for their turn.", &counts.queue_wait);
    page.histogram("sidelane_run_seconds", "Time that payloads took.", &counts.run);
    page.gauge("sidelane_in_flight", "Payloads that wait or run.", gauges.in_flight);
    page.gauge("sidelane_queued", "Payloads that wait.", gauges.queued);
    page.gauge("sidelane_queued_bytes", "Bytes of all bodies.", gauges.queued_bytes);
    page.head("sidelane_connections", "gauge", "Open connections.");
    for (protocol, name) in PROTOCOLS {
        page.sample("sidelane_connections", &[("protocol", name)], counts.connections[protocol as usize]);
    }
    page.counter("sidelane_received_bytes_total", "Bytes read from clients.", counts.received);
    page.counter("sidelane_sent_bytes_total", "Bytes written to clients.", counts.sent);
    page.head("sidelane_sheds_total", "counter", "Requests and connections that were refused, by the bound they met.");
    for (shed, name) in SHEDS {
        page.sample("sidelane_sheds_total", &[("reason", name)], counts.sheds[shed as usize]);
    }
    page.counter("sidelane_log_dropped_total", "Log lines that nobody took.", process.log_dropped);
    page.head("sidelane_reloads_total", "counter", "Reloads of the contracts.");
    for (name, count) in ["ok", "failed"].into_iter().zip(process.reloads) {
        page.sample("sidelane_reloads_total", &[("result", name)], count);
    }
    page.gauge("sidelane_contracts", "Contracts that are served.", gauges.contracts);
    page.gauge("sidelane_ready", "1 when /readyz says so.", u8::from(gauges.ready));
    page.gauge("sidelane_uptime_seconds", "Seconds since the start.", process.uptime);
    page.gauge("sidelane_rss_bytes", "Resident memory of the process.", process.rss);
    page.gauge("sidelane_pss_bytes", "The same, with shared pages in proportion.", process.pss);
    page.gauge("sidelane_allocated_bytes", "Memory that is in use.", process.allocated);
    page.gauge("sidelane_allocator_resident_bytes", "Memory that the allocator holds.", process.allocator_resident);
    page.head("sidelane_info", "gauge", "Always 1; the labels say what runs.");
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("daemon", "sidelaned"), ("engine", "native")];
    page.sample("sidelane_info", &labels, 1);
    page.0
}

/// Prometheus text, format 0.0.4. Writing to a `String` never fails.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
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

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "counter", help);
        self.sample(name, &[], value);
    }

    fn histogram(&mut self, name: &str, help: &str, values: &Histogram) {
        self.head(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (at, value) in values.counts.iter().enumerate() {
            count += value;
            let bound = BOUNDS.get(at).map_or_else(|| "+Inf".to_owned(), |us| seconds(u64::from(*us)).to_string());
            self.sample(&bucket, &[("le", &bound)], count);
        }
        self.sample(&format!("{name}_sum"), &[], seconds(values.sum_us));
        self.sample(&format!("{name}_count"), &[], count);
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
