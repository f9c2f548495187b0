//! Log lines: JSON on stderr, which may be slow, full or closed. A separate thread writes them, so that no caller blocks;
//! lines beyond its queue are dropped and counted.
//!
//! Twin of `src/server/log.ts`.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use humantime::format_rfc3339_millis;
use sidelane_core::json_text::push_string;

pub use crate::log_level::Level;
use crate::texts::events;

/// Lines in the queue of the writer.
pub const MAX_QUEUED: usize = 256;

/// Lines of [`events::STATE`] in the queue beyond that.
const MAX_QUEUED_STATES: usize = 64;

/// Time that [`Log::flush`] waits at most.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(200);

/// Pause before a full, non-blocking pipe is written to again.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

pub struct Line {
    text: String,
    /// Of [`events::STATE`].
    is_state: bool,
}

impl Line {
    /// Starts a line with the current time.
    pub fn new((level, event): (Level, &str)) -> Self {
        let time = format_rfc3339_millis(SystemTime::now());
        let text = format!("{{\"time\":\"{time}\",\"level\":\"{}\",\"event\":\"{event}\"", level.name());
        Self { text, is_state: events::STATE.contains(&event) }
    }

    pub fn text(mut self, name: &str, text: &str) -> Self {
        let _ = write!(self.text, ",\"{name}\":");
        push_string(&mut self.text, text);
        self
    }

    /// Nothing for `None`.
    pub fn optional_text(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    pub fn texts(mut self, name: &str, texts: &[String]) -> Self {
        let _ = write!(self.text, ",\"{name}\":[");
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            push_string(&mut self.text, text);
        }
        self.text.push(']');
        self
    }

    pub fn number(mut self, name: &str, number: impl std::fmt::Display) -> Self {
        let _ = write!(self.text, ",\"{name}\":{number}");
        self
    }

    /// Escapes what JSON lets through but moves a cursor or breaks a line: DEL, C1, U+2028 and U+2029.
    pub fn end(mut self) -> String {
        self.text.push_str("}\n");
        let is_odd = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}');
        if !self.text.contains(is_odd) {
            return self.text;
        }
        let mut escaped = String::with_capacity(self.text.len() + 8);
        for c in self.text.chars() {
            if is_odd(c) {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            } else {
                escaped.push(c);
            }
        }
        escaped
    }
}

pub struct Log {
    lines: SyncSender<String>,
    counts: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    dropped: AtomicU64,
    /// Dropped, and not yet reported by a line.
    unreported: AtomicU64,
    queued: AtomicUsize,
}

impl Log {
    /// A log that writes to `target`. When the system has no thread for it, every line is dropped.
    pub fn new(target: impl Write + Send + 'static) -> Self {
        let (lines, inbox) = sync_channel(MAX_QUEUED + MAX_QUEUED_STATES);
        let counts = Arc::new(Counters::default());
        let writer_counts = Arc::clone(&counts);
        let writer = std::thread::Builder::new().name("log".into()).stack_size(64 << 10);
        // On failure the inbox is closed, and every line is dropped.
        let _ = writer.spawn(move || write_all(&inbox, target, &writer_counts));
        Self { lines, counts }
    }

    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Relaxed)
    }

    pub fn write(&self, line: Line) {
        let unreported = self.counts.unreported.swap(0, Relaxed);
        if unreported > 0 && !self.put(Line::new(events::LOG_DROPPED).number("count", unreported)) {
            self.counts.unreported.fetch_add(unreported, Relaxed);
        }
        if !self.put(line) {
            self.counts.drop_one();
        }
    }

    fn put(&self, line: Line) -> bool {
        let queued = self.counts.queued.fetch_add(1, Relaxed);
        let has_place = line.is_state || queued < MAX_QUEUED;
        let taken = has_place && self.lines.try_send(line.end()).is_ok();
        if !taken {
            self.counts.queued.fetch_sub(1, Relaxed);
        }
        taken
    }

    /// Waits for the queued lines, at most [`FLUSH_TIMEOUT`].
    pub fn flush(&self) {
        let end = Instant::now() + FLUSH_TIMEOUT;
        while self.counts.queued.load(Relaxed) > 0 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Counters {
    fn drop_one(&self) {
        self.dropped.fetch_add(1, Relaxed);
        self.unreported.fetch_add(1, Relaxed);
    }
}

fn write_all(inbox: &Receiver<String>, mut target: impl Write, counts: &Counters) {
    // The last write stopped within a line.
    let mut is_torn = false;
    for mut line in inbox {
        if is_torn {
            line.insert(0, '\n');
        }
        let (written, result) = write_whole(&mut target, line.as_bytes());
        // For example a full disk, a quota, RLIMIT_FSIZE, or a closed pipe. A line break alone ends the torn line.
        match result {
            Ok(()) => is_torn = false,
            Err(_) if written > 0 => is_torn = written > 1 || !is_torn,
            Err(_) => {}
        }
        if result.is_err() {
            counts.drop_one();
        }
        counts.queued.fetch_sub(1, Relaxed);
    }
}

/// Writes all of `line`, also when another process made the shared stderr non-blocking. Returns the bytes written, too.
fn write_whole(target: &mut impl Write, line: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < line.len() {
        match target.write(&line[written..]) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(size) => written += size,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(RETRY_INTERVAL),
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}
