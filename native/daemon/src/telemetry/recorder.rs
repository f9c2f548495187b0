//! The observer of a running daemon: counts for `metrics`, lines for `log`, and the choice of the requests that get a line.
//!
//! Twin of `src/server/telemetry.ts`.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sidelane_core::Code;
use sidelane_wire::trace_id_of;

use super::log::{Level, Line, Log};
use super::memory::{allocator, resident_and_proportional};
use super::metrics::{Counts, Gauges, ProcessGauges, page};
use super::{Event, Observer, PageRequest, Protocol, Request, Shed, status_of};
use crate::config::settings::Settings;
use crate::crash;
use crate::texts::events;

/// Time between two lines about refused connections.
const REFUSED_INTERVAL: Duration = Duration::from_secs(1);

pub struct Telemetry {
    /// One for each thread, so that only `/metrics` contends for a lock.
    shards: Box<[Mutex<Shard>]>,
    /// Names of contracts by label; the first one is for requests without a contract.
    names: Mutex<Vec<Box<str>>>,
    log: Log,
    /// The `socket` field of log lines.
    socket: String,
    started: Instant,
    /// A request gets a line when its random number is not above this.
    sample: u64,
    reloads: [AtomicU64; 2],
    refused: Mutex<(u64, Option<Instant>)>,
}

/// Aligned so that no two threads write to the same cache line.
#[repr(align(128))]
struct Shard {
    counts: Counts,
    random: u64,
}

impl Telemetry {
    pub fn start(settings: &Settings) -> Arc<Self> {
        Arc::new(Self::new(settings, Log::new(io::stderr())))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of all u64")]
    pub fn new(settings: &Settings, log: Log) -> Self {
        let shard = |_| {
            let random = RandomState::new().build_hasher().finish() | 1;
            Mutex::new(Shard { counts: Counts::default(), random })
        };
        Self {
            shards: (0..=settings.threads).map(shard).collect(),
            names: Mutex::new(vec!["".into()]),
            log,
            socket: settings.socket.to_string(),
            started: Instant::now(),
            sample: (settings.log_sample * u64::MAX as f64) as u64,
            reloads: Default::default(),
            refused: Mutex::default(),
        }
    }

    fn shard(&self, thread: usize) -> MutexGuard<'_, Shard> {
        lock(&self.shards[thread.min(self.shards.len() - 1)])
    }

    fn refused(&self, reason: &str, peer: Option<&str>) {
        let mut refused = lock(&self.refused);
        refused.0 += 1;
        if refused.1.is_some_and(|last| last.elapsed() < REFUSED_INTERVAL) {
            return;
        }
        let count = std::mem::take(&mut refused.0);
        refused.1 = Some(Instant::now());
        let line = Line::new(events::REFUSED).text("reason", reason).optional_text("peer", peer);
        self.log.write(line.number("count", count));
    }
}

impl Shard {
    /// True when a request with this status gets a line.
    fn is_sampled(&mut self, status: u16, sample: u64) -> bool {
        // Marsaglia's xorshift is random enough for sampling.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        status >= 500 || (sample > 0 && self.random <= sample)
    }
}

impl Observer for Telemetry {
    fn label(&self, name: &str) -> usize {
        let mut names = lock(&self.names);
        names.iter().position(|one| **one == *name).unwrap_or_else(|| {
            names.push(name.into());
            names.len() - 1
        })
    }

    fn request(&self, thread: usize, request: &Request<'_>) {
        let status = request.code.map_or(200, status_of);
        if let Some(code) = request.code {
            crash::note_code(code);
        }
        let sampled = {
            let mut shard = self.shard(thread);
            shard.counts.request(request);
            shard.is_sampled(status, self.sample)
        };
        if sampled {
            let trace = request.trace.and_then(trace_id_of);
            let us = u64::from(request.queue_us) + u64::from(request.run_us);
            let bytes = (request.in_bytes, request.out_bytes);
            let line = request_line((status, request.code), trace, request.label.name, bytes, us);
            // The placement of the client, whose own lines have the same field.
            self.log.write(line.text("placement", "sidecar").text("engine", "native"));
        }
    }

    fn page(&self, &PageRequest { path, status, code, size, time }: &PageRequest<'_>) {
        // Pages are rare: the shard of the main thread serves all of them.
        if self.shard(usize::MAX).is_sampled(status, self.sample) {
            let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            self.log.write(request_line((status, code), None, path, (0, size), us));
        }
    }

    fn shed(&self, thread: usize, reason: Shed) {
        self.shard(thread).counts.shed(reason);
    }

    fn connection(&self, thread: usize, protocol: Protocol, change: i64) {
        self.shard(thread).counts.connection(protocol, change);
    }

    fn transferred(&self, thread: usize, received: usize, sent: usize) {
        self.shard(thread).counts.transferred(received, sent);
    }

    fn event(&self, event: Event<'_>) {
        self.log.write(match event {
            Event::Listening(contracts, tls) => Line::new(events::LISTENING)
                .text("socket", &self.socket)
                .optional_text("tls", tls)
                .number("pid", std::process::id())
                .text("version", env!("CARGO_PKG_VERSION"))
                .text("daemon", "sidelaned")
                .text("engine", "native")
                .texts("contracts", contracts),
            Event::Reloaded => {
                self.reloads[0].fetch_add(1, Relaxed);
                Line::new(events::RELOADED)
            }
            Event::ReloadFailed(message) => {
                self.reloads[1].fetch_add(1, Relaxed);
                Line::new(events::RELOAD_FAILED).text("message", message)
            }
            Event::Republished => Line::new(events::REPUBLISHED).text("socket", &self.socket),
            Event::TakenOver => Line::new(events::TAKEN_OVER).text("socket", &self.socket),
            Event::Draining(why) => Line::new(events::DRAINING).text("why", why),
            Event::Stopped => Line::new(events::STOPPED),
            Event::AcceptFailed(error) => {
                Line::new(events::ACCEPT_FAILED).text("code", &error_name(error)).text("message", &error.to_string())
            }
            Event::Refused(reason) => return self.refused(reason, None),
            Event::TlsRefused(reason, peer) => return self.refused(&format!("tls {}", reason.name()), peer),
            Event::PeerConnected(peer) => Line::new(events::PEER_CONNECTED).text("peer", peer),
            Event::CrashReports(count) => Line::new(events::CRASH_REPORTS).number("count", count),
            Event::LeakSuspected(rate) => Line::new(events::LEAK_SUSPECTED).number("bytes_per_hour", rate),
            Event::LeakEnded => Line::new(events::LEAK_ENDED),
            Event::Warning(message) => Line::new(events::WARNING).text("message", message),
        });
        if matches!(event, Event::Stopped) {
            self.log.flush();
        }
    }

    fn metrics(&self, gauges: &Gauges) -> String {
        let mut counts = Counts::default();
        for shard in &self.shards {
            counts.add(&lock(shard).counts);
        }
        let (rss, pss) = resident_and_proportional();
        let process = ProcessGauges {
            log_dropped: self.log.dropped(),
            reloads: self.reloads.each_ref().map(|count| count.load(Relaxed)),
            uptime: self.started.elapsed().as_secs_f64(),
            rss,
            pss,
            allocator: allocator(),
            panics: crash::panics(),
            crash_reports: crash::reports(),
        };
        page(&counts, &lock(&self.names), gauges, &process)
    }
}

fn request_line(
    (status, code): (u16, Option<Code>),
    trace: Option<String>,
    route: &str,
    (in_bytes, out_bytes): (usize, usize),
    us: u64,
) -> Line {
    let (level, event) = events::REQUEST;
    Line::new((if status >= 500 { Level::Error } else { level }, event))
        .optional_text("trace_id", trace.as_deref())
        .text("route", route)
        .number("in_bytes", in_bytes)
        .number("out_bytes", out_bytes)
        .number("millis", us as f64 / 1_000.0)
        .number("status", status)
        .optional_text("code", code.map(Code::name))
}

/// The name in `errno.h`, for the errors of accept.
fn error_name(error: &io::Error) -> String {
    let number = error.raw_os_error().unwrap_or(0);
    let known = [
        (libc::EMFILE, "EMFILE"),
        (libc::ENFILE, "ENFILE"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::ENOBUFS, "ENOBUFS"),
        (libc::ECONNABORTED, "ECONNABORTED"),
    ];
    known.iter().find(|(known, _)| *known == number).map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

/// Counts of a thread that panicked stay usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
