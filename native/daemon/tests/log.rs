//! Log lines and their writer.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use sidelane_daemon::telemetry::log::{Level, Line, Log, MAX_QUEUED};
use sidelane_daemon::texts::events;

#[test]
fn control_characters_are_escaped() {
    let line = Line::new((Level::Warn, "warning")).text("message", "a\"b\\\n\u{1b}[2J\u{7f}\u{9b}\u{2028}é").end();
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
    log.write(Line::new((Level::Info, "one")));
    log.write(Line::new((Level::Info, "two")));
    // Dropping the log ends the writer.
    drop(log);
    let text = String::from_utf8(taken.iter().flatten().collect()).unwrap_or_default();
    let ends: Vec<_> = text.lines().map(|line| line.split(',').next_back()).collect();
    assert_eq!(ends, [Some("\"event\":\"one\"}"), Some("\"event\":\"two\"}")]);
}

#[test]
fn a_line_that_tells_the_state_has_a_place_of_its_own() {
    let (go_on, gate) = channel();
    let log = Log::new(Slow(gate));
    for _ in 0..MAX_QUEUED * 2 {
        log.write(Line::new(events::REQUEST));
    }
    let dropped = log.dropped();
    for _ in 0..32 {
        log.write(Line::new(events::RELOADED));
    }
    assert_eq!(log.dropped(), dropped);
    drop(go_on);
}

#[test]
fn a_stalled_target_blocks_no_caller_and_dropped_lines_are_counted() {
    let (go_on, gate) = channel();
    let log = Log::new(Slow(gate));
    for _ in 0..MAX_QUEUED * 2 {
        log.write(Line::new((Level::Info, "request")));
    }
    // The writer may hold one line already.
    let dropped = log.dropped();
    assert!((MAX_QUEUED as u64 - 1..=MAX_QUEUED as u64).contains(&dropped), "{dropped}");
    drop(go_on);
    log.flush();
    log.write(Line::new((Level::Info, "request")));
    assert_eq!(log.dropped(), dropped);
}
