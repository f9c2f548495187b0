//! Metrics and log lines, with the names of docs/daemon.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sidelane_core::Code;
use sidelane_daemon::config::settings::Settings;
use sidelane_daemon::contracts::ContractRegistry;
use sidelane_daemon::engine::native;
use sidelane_daemon::shared::Shared;
use sidelane_daemon::telemetry::log::Log;
use sidelane_daemon::telemetry::recorder::Telemetry;
use sidelane_daemon::telemetry::{Event, Label, Observer as _, Protocol, Request, Shed};
use support::Locks;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Kit {
    shared: Arc<Shared>,
    telemetry: Arc<Telemetry>,
    lines: Lines,
    _locks: Locks,
}

impl Kit {
    fn new(log_sample: f64) -> Self {
        let locks = Locks::new(&[("order.lock.json", support::ORDER)]);
        let settings = Settings { log_sample, threads: 2, ..support::settings(vec![locks.0.clone()]) };
        let lines = Lines::default();
        let telemetry = Arc::new(Telemetry::new(&settings, Log::new(lines.clone())));
        let registry = ContractRegistry::load(&settings, &[], native, &*telemetry).unwrap();
        let shared = Shared::new(settings, registry, Arc::clone(&telemetry) as _);
        Self { shared, telemetry, lines, _locks: locks }
    }

    /// Counts a request on a thread.
    fn request(&self, thread: usize, change: impl FnOnce(&mut Request<'_>)) {
        let registry = self.shared.registry();
        let mut request = Request {
            label: registry.find("order", None).unwrap().label(),
            protocol: Protocol::Http,
            code: None,
            in_bytes: 10,
            out_bytes: 5,
            queue_us: 25,
            run_us: 60,
            ran: true,
            trace: None,
        };
        change(&mut request);
        self.telemetry.request(thread, &request);
    }

    fn metrics(&self) -> String {
        self.shared.metrics()
    }

    /// All lines, the last of which reports the stop.
    fn log(&self) -> Vec<Value> {
        self.telemetry.event(Event::Stopped);
        let bytes = self.lines.0.lock().unwrap();
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

#[test]
fn the_page_has_exactly_the_documented_names() {
    let reference = include_str!("../../../docs/daemon.md");
    let registry = reference.split("## Metrics").nth(1).unwrap();
    let specs = registry.lines().filter_map(|line| line.strip_prefix("| `sidelane_"));
    let documented: BTreeSet<String> = specs
        .flat_map(|spec| {
            let names = format!("`sidelane_{}", spec.split('|').next().unwrap());
            names.split('`').filter(|name| name.starts_with("sidelane_")).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let page = Kit::new(0.0).metrics();
    let there: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(there, documented);
}

#[test]
fn requests_are_counted_by_contract_protocol_and_code() {
    let kit = Kit::new(0.0);
    kit.request(0, |_| {});
    kit.request(1, |_| {});
    kit.request(1, |request| {
        request.code = Some(Code::Overloaded);
        request.ran = false;
    });
    kit.request(0, |request| {
        request.label = Label::default();
        request.protocol = Protocol::Framed;
        request.code = Some(Code::ContractUnknown);
        request.ran = false;
    });
    kit.telemetry.shed(2, Shed::InFlight);
    let page = kit.metrics();
    for line in [
        "sidelane_requests_total{contract=\"order\",protocol=\"http\",code=\"accepted\"} 2",
        "sidelane_requests_total{contract=\"order\",protocol=\"http\",code=\"overloaded\"} 1",
        "sidelane_requests_total{contract=\"\",protocol=\"framed\",code=\"contract.unknown\"} 1",
        "sidelane_sheds_total{reason=\"in_flight\"} 1",
        "sidelane_queue_wait_seconds_bucket{le=\"0.000025\"} 2",
        "sidelane_run_seconds_bucket{le=\"0.00005\"} 0",
        "sidelane_run_seconds_bucket{le=\"0.0001\"} 2",
        "sidelane_run_seconds_bucket{le=\"+Inf\"} 2",
        "sidelane_run_seconds_sum 0.00012",
    ] {
        assert!(page.lines().any(|each| each == line), "{line} in:\n{page}");
    }
}

#[test]
fn with_a_sample_of_1_every_request_has_a_line() {
    const TRACE: [u8; 26] = {
        let mut trace = [0xab; 26];
        trace[0] = 0;
        trace
    };
    let kit = Kit::new(1.0);
    kit.request(0, |request| request.trace = Some(&TRACE));
    kit.request(0, |request| request.code = Some(Code::ValidateFailed));
    let log = kit.log();
    let line = log.first().unwrap();
    assert_eq!((&line["event"], &line["route"], &line["status"]), (&"request".into(), &"order".into(), &200.into()));
    assert_eq!((&line["in_bytes"], &line["out_bytes"], &line["millis"]), (&10.into(), &5.into(), &0.085.into()));
    assert_eq!(line["trace_id"], "ab".repeat(16));
    assert_eq!(line.get("code"), None);
    assert_eq!((&log[1]["status"], &log[1]["code"]), (&422.into(), &"validate.failed".into()));
}

#[test]
fn with_a_sample_of_0_only_server_errors_have_a_line() {
    let kit = Kit::new(0.0);
    for code in [None, Some(Code::ValidateFailed), Some(Code::Overloaded), Some(Code::OptionsInvalid)] {
        kit.request(0, |request| request.code = code);
    }
    kit.request(0, |request| request.code = Some(Code::InternalPanic));
    let log = kit.log();
    let of: Vec<_> = log.iter().map(|line| (line["event"].as_str().unwrap(), line["status"].as_u64())).collect();
    assert_eq!(of, [("request", Some(500)), ("stopped", None)]);
    assert_eq!(log[0]["level"], "error");
}

#[test]
fn refused_connections_do_not_flood_the_log() {
    let kit = Kit::new(0.0);
    for _ in 0..100 {
        kit.telemetry.event(Event::Refused("too many connections"));
    }
    let refused = kit.log().iter().filter(|line| line["event"] == "refused").count();
    assert!(refused < 100, "{refused}");
}
