//! Log lines: JSON on stderr, which may be slow, full or gone. A thread of its own writes them; what it cannot keep up
//! with is dropped and counted, and nobody waits. What is worth a line is decided in `telemetry`.
//!
//! Twin of `src/server/log.ts`.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use sidelane_core::json_text::push_string;

use crate::date::iso_now;

/// Lines that wait for the writer.
const MOST_WAITING: usize = 256;

/// How long the end of the process waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(200);

/// When a pipe that is full and does not block is tried again.
const FULL: Duration = Duration::from_millis(10);

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Info,
    /// Worth a look.
    Warn,
    /// Worth a look now.
    Error,
}

/// A line that is being put together.
pub struct Line(String);

impl Line {
    /// Begins a line: its time is now.
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
    pub fn texts(mut self, name: &str, texts: impl Iterator<Item = String>) -> Self {
        let _ = write!(self.0, ",\"{name}\":[");
        for (at, text) in texts.enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            push_string(&mut self.0, &text);
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

    /// Nothing in a line moves the cursor of a terminal or breaks the line: JSON lets DEL, C1 and U+2028 through.
    fn end(mut self) -> String {
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

/// Where lines go.
pub struct Log {
    lines: SyncSender<String>,
    counts: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    dropped: AtomicU64,
    /// Dropped, and no line says so yet.
    untold: AtomicU64,
    waiting: AtomicU64,
}

impl Log {
    /// A log that ends up in `target`. Without a thread to spare every line is dropped.
    #[must_use]
    pub fn new(target: impl Write + Send + 'static) -> Self {
        let (lines, inbox) = sync_channel(MOST_WAITING);
        let counts = Arc::new(Counters::default());
        let theirs = Arc::clone(&counts);
        let writer = std::thread::Builder::new().name("log".into()).stack_size(64 << 10);
        // Then the inbox is gone, and no line is taken.
        let _ = writer.spawn(move || write_all(&inbox, target, &theirs));
        Self { lines, counts }
    }

    /// Lines that nobody took.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Relaxed)
    }

    /// Writes the line, or drops it.
    pub fn write(&self, line: Line) {
        let untold = self.counts.untold.swap(0, Relaxed);
        if untold > 0 && !self.put(Line::new(Level::Warn, "log_dropped").number("count", untold)) {
            self.counts.untold.fetch_add(untold, Relaxed);
        }
        if !self.put(line) {
            self.counts.drop_one();
        }
    }

    fn put(&self, line: Line) -> bool {
        self.counts.waiting.fetch_add(1, Relaxed);
        let taken = self.lines.try_send(line.end()).is_ok();
        if !taken {
            self.counts.waiting.fetch_sub(1, Relaxed);
        }
        taken
    }

    /// Waits a moment for the lines that were taken: the process is about to end.
    pub fn flush(&self) {
        let end = Instant::now() + LAST_LINES;
        while self.counts.waiting.load(Relaxed) > 0 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Counters {
    fn drop_one(&self) {
        self.dropped.fetch_add(1, Relaxed);
        self.untold.fetch_add(1, Relaxed);
    }
}

fn write_all(inbox: &Receiver<String>, mut target: impl Write, counts: &Counters) {
    for line in inbox {
        // A full disk, a pipe that nobody reads any more.
        if write_whole(&mut target, line.as_bytes()).is_err() {
            counts.drop_one();
        }
        counts.waiting.fetch_sub(1, Relaxed);
    }
}

/// A line goes out whole, also where stderr does not block because whoever shares it wants it so.
fn write_whole(target: &mut impl Write, mut line: &[u8]) -> io::Result<()> {
    while !line.is_empty() {
        match target.write(line) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(size) => line = &line[size..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(FULL),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::{Level, Line, Log, MOST_WAITING};

    #[test]
    fn a_line_is_one_line_of_ascii_controls_escaped() {
        let line = Line::new(Level::Warn, "warning").text("message", "a\"b\\\n\u{1b}[2J\u{7f}\u{9b}\u{2028}é").end();
        assert!(line.ends_with(",\"message\":\"a\\\"b\\\\\\n\\u001b[2J\\u007f\\u009b\\u2028é\"}\n"), "{line}");
        assert!(line.starts_with("{\"time\":\"20"));
    }

    /// Takes a line whenever it is told to.
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

    /// Takes three bytes, then is full for once.
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
    fn a_line_is_not_cut_by_a_pipe_that_is_full_and_does_not_block() {
        let (sender, taken) = channel();
        let log = Log::new(Narrow(sender, false));
        log.write(Line::new(Level::Info, "one"));
        log.write(Line::new(Level::Info, "two"));
        // The writer ends with the log.
        drop(log);
        let text = String::from_utf8(taken.iter().flatten().collect()).unwrap_or_default();
        let ends: Vec<_> = text.lines().map(|line| line.split(',').next_back()).collect();
        assert_eq!(ends, [Some("\"event\":\"one\"}"), Some("\"event\":\"two\"}")]);
    }

    #[test]
    fn nobody_waits_for_a_reader_that_does_not_read_and_what_is_dropped_is_counted() {
        let (go_on, gate) = channel();
        let log = Log::new(Slow(gate));
        for _ in 0..MOST_WAITING * 2 {
            log.write(Line::new(Level::Info, "request"));
        }
        // One line may be with the writer already.
        let dropped = log.dropped();
        assert!((MOST_WAITING as u64 - 1..=MOST_WAITING as u64).contains(&dropped), "{dropped}");
        drop(go_on);
        log.flush();
        log.write(Line::new(Level::Info, "request"));
        assert_eq!(log.dropped(), dropped);
    }
}
