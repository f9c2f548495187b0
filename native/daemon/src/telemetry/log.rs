//! Log lines: JSON on stderr, which may be slow, full or closed. A separate thread writes them, so that no caller blocks;
//! lines beyond its queue are dropped and counted.
//!
//! Twin of `src/server/log.ts`.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use sidelane_core::json_text::push_string;

use super::date::iso_now;

/// Lines in the queue of the writer.
const MAX_QUEUED: usize = 256;

/// Time that [`Log::flush`] waits at most.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(200);

/// Pause before a full, non-blocking pipe is written to again.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Normal operation.
    Info,
    /// Look at it soon.
    Warn,
    /// Look at it now.
    Error,
}

/// A line under construction.
pub struct Line(String);

impl Line {
    /// Starts a line with the current time.
    #[must_use]
    pub fn new(level: Level, event: &str) -> Self {
        let level = match level {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        Self(format!("{{\"time\":\"{}\",\"level\":\"{level}\",\"event\":\"{event}\"", iso_now()))
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        let _ = write!(self.0, ",\"{name}\":");
        push_string(&mut self.0, text);
        self
    }

    /// Adds a list of texts.
    #[must_use]
    pub fn texts(mut self, name: &str, texts: &[String]) -> Self {
        let _ = write!(self.0, ",\"{name}\":[");
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            push_string(&mut self.0, text);
        }
        self.0.push(']');
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: &str, number: impl std::fmt::Display) -> Self {
        let _ = write!(self.0, ",\"{name}\":{number}");
        self
    }

    /// Escapes what JSON lets through but moves a cursor or breaks a line: DEL, C1, U+2028 and U+2029.
    pub(crate) fn end(mut self) -> String {
        self.0.push_str("}\n");
        let is_odd = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}');
        if !self.0.contains(is_odd) {
            return self.0;
        }
        let mut escaped = String::with_capacity(self.0.len() + 8);
        for c in self.0.chars() {
            if is_odd(c) {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            } else {
                escaped.push(c);
            }
        }
        escaped
    }
}

/// A sink of lines.
pub struct Log {
    lines: SyncSender<String>,
    counts: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    dropped: AtomicU64,
    /// Dropped, and not yet reported by a line.
    unreported: AtomicU64,
    queued: AtomicU64,
}

impl Log {
    /// A log that writes to `target`. When the system has no thread for it, every line is dropped.
    #[must_use]
    pub fn new(target: impl Write + Send + 'static) -> Self {
        let (lines, inbox) = sync_channel(MAX_QUEUED);
        let counts = Arc::new(Counters::default());
        let writer_counts = Arc::clone(&counts);
        let writer = std::thread::Builder::new().name("log".into()).stack_size(64 << 10);
        // On failure the inbox is closed, and every line is dropped.
        let _ = writer.spawn(move || write_all(&inbox, target, &writer_counts));
        Self { lines, counts }
    }

    /// Lines that were dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Relaxed)
    }

    /// Writes the line, or drops it.
    pub fn write(&self, line: Line) {
        let unreported = self.counts.unreported.swap(0, Relaxed);
        if unreported > 0 && !self.put(Line::new(Level::Warn, "log_dropped").number("count", unreported)) {
            self.counts.unreported.fetch_add(unreported, Relaxed);
        }
        if !self.put(line) {
            self.counts.drop_one();
        }
    }

    fn put(&self, line: Line) -> bool {
        self.counts.queued.fetch_add(1, Relaxed);
        let taken = self.lines.try_send(line.end()).is_ok();
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
    for line in inbox {
        // For example a full disk or a closed pipe.
        if write_whole(&mut target, line.as_bytes()).is_err() {
            counts.drop_one();
        }
        counts.queued.fetch_sub(1, Relaxed);
    }
}

/// Writes all of `line`, also when another process made the shared stderr non-blocking.
fn write_whole(target: &mut impl Write, mut line: &[u8]) -> io::Result<()> {
    while !line.is_empty() {
        match target.write(line) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(size) => line = &line[size..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(RETRY_INTERVAL),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::{Level, Line, Log, MAX_QUEUED};

    #[test]
    fn control_characters_are_escaped() {
        let line = Line::new(Level::Warn, "warning").text("message", "a\"b\\\n\u{1b}[2J\u{7f}\u{9b}\u{2028}é").end();
        assert!(line.ends_with(",\"message\":\"a\\\"b\\\\\\n\\u001b[2J\\u007f\\u009b\\u2028é\"}\n"), "{line}");
        assert!(line.starts_with("{\"time\":\"20"));
    }

    /// Takes a line for each message.
    struct Slow(Receiver<()>);

    impl io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Takes three bytes, then fails once with `WouldBlock`.
    struct Narrow(Sender<Vec<u8>>, bool);

    impl io::Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let taken = &bytes[..bytes.len().min(3)];
            let _ = self.0.send(taken.to_vec());
            Ok(taken.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_non_blocking_pipe_does_not_cut_a_line() {
        let (sender, taken) = channel();
        let log = Log::new(Narrow(sender, false));
        log.write(Line::new(Level::Info, "one"));
        log.write(Line::new(Level::Info, "two"));
        // Dropping the log ends the writer.
        drop(log);
        let text = String::from_utf8(taken.iter().flatten().collect()).unwrap_or_default();
        let ends: Vec<_> = text.lines().map(|line| line.split(',').next_back()).collect();
        assert_eq!(ends, [Some("\"event\":\"one\"}"), Some("\"event\":\"two\"}")]);
    }

    #[test]
    fn a_stalled_target_blocks_no_caller_and_dropped_lines_are_counted() {
        let (go_on, gate) = channel();
        let log = Log::new(Slow(gate));
        for _ in 0..MAX_QUEUED * 2 {
            log.write(Line::new(Level::Info, "request"));
        }
        // The writer may hold one line already.
        let dropped = log.dropped();
        assert!((MAX_QUEUED as u64 - 1..=MAX_QUEUED as u64).contains(&dropped), "{dropped}");
        drop(go_on);
        log.flush();
        log.write(Line::new(Level::Info, "request"));
        assert_eq!(log.dropped(), dropped);
    }
}
