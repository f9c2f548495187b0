//! The protocol of a connection as the driver sees it.

use std::time::Instant;

/// Why a session reads nothing more.
pub(super) enum Close {
    /// It ends when all requests are answered.
    Drain,
    /// As `Drain`, then it reports this violation.
    Fail(String),
    /// It ends at once.
    Abort,
}

/// The protocol of a connection, driven by its events.
pub(super) trait Session {
    /// With this many unsent bytes nothing is read.
    const MAX_UNSENT_BYTES: usize;

    /// Processes bytes that were read.
    fn receive(&mut self, bytes: &[u8], now: Instant) -> Result<(), Close>;

    /// The client ended its output.
    fn on_eof(&mut self, now: Instant) -> Result<(), Close>;

    /// [`Self::next_deadline`] has passed.
    fn on_timeout(&mut self, now: Instant) -> Result<(), Close>;

    /// When it gives up; `is_paused`: too much output is unsent.
    fn next_deadline(&self, is_paused: bool) -> Option<Instant>;

    /// Continues after an answer was written or output was sent.
    fn resume(&mut self, _now: Instant) -> Result<(), Close> {
        Ok(())
    }

    /// Other contracts are in force, or the daemon drains.
    fn on_refresh(&mut self) {}

    /// Reading continues after a pause.
    fn on_unpause(&mut self, _now: Instant) {}

    /// True while it accepts input.
    fn accepts_input(&self) -> bool {
        true
    }

    /// True while answers wait for further ones, to be sent together.
    fn holds_output(&self) -> bool {
        false
    }

    /// True when it has to be polled after its output was sent.
    fn awaits_flush(&self) -> bool {
        false
    }

    /// Writes a violation.
    fn report_violation(&mut self, _violation: &str) {}

    /// Drops incomplete requests.
    fn discard_input(&mut self) {}
}
