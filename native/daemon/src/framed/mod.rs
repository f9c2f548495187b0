//! A framed connection, from its first byte to its end. `intake` reads frames, `peer` sends answers; here are the turns
//! that both take, and the clocks of WIRE.md.

mod greeting;
mod intake;
pub(crate) mod output;
pub mod peer;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use sidelane_core::error::Code;
use sidelane_core::wire::Kind;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::time::Sleep;

use crate::door::SILENCE;
use crate::fault::Fault;
use crate::lane::Lane;
use intake::{Intake, Stop};
use peer::{OUTPUT_SOFT, Peer};

/// How long a frame may be half there.
const FRAME: Duration = Duration::from_secs(5);

/// How long a client may take nothing.
const STALL: Duration = Duration::from_secs(5);

/// How long a connection may be silent.
const IDLE: Duration = Duration::from_secs(120);

/// How long nothing is in flight, after GOAWAY, before the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long what a client in violation sends is dropped.
const DROP: Duration = Duration::from_secs(1);

/// Reads in one turn; then others have theirs.
const READS: usize = 4;

/// How far a connection is.
enum Stage {
    /// Reads frames.
    Open,
    /// Reads no more; answers what there is, and ends.
    Answering,
    /// As `Answering`, and then says what the client has done.
    Accusing(String),
    /// Has ended its writing side, and drops what comes, until then.
    Dropping(Instant),
}

struct Connection {
    lane: Rc<Lane>,
    peer: Rc<Peer>,
    intake: Intake,
    stage: Stage,
    /// When its first byte was waited for.
    since: Instant,
    sleep: Pin<Box<Sleep>>,
    /// Nothing has been read since there were too many answers.
    paused: bool,
}

/// Serves a connection; `first` is what has been read of it.
pub(crate) async fn serve(lane: Rc<Lane>, stream: UnixStream, first: &[u8], since: Instant) {
    let table = lane.service.table();
    let peer = Peer::new(stream, Rc::clone(&lane), &table);
    let intake = Intake::new(Rc::clone(&lane), Rc::clone(&peer), table);
    let sleep = Box::pin(tokio::time::sleep_until((since + SILENCE).into()));
    let mut connection = Connection { lane, peer, intake, stage: Stage::Open, since, sleep, paused: false };
    connection.received(first);
    poll_fn(|context| connection.poll(context)).await;
}

/// However it ends, a panic included: nothing of it stays in the queue or in a count.
impl Drop for Connection {
    fn drop(&mut self) {
        self.intake.let_go();
        self.peer.close();
        self.lane.forget(&self.peer);
    }
}

impl Connection {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.peer.listen(context.waker());
        if self.peer.is_closed() || self.write(context).is_err() || self.read(context).is_err() || self.step() {
            return Poll::Ready(());
        }
        // What `step` has added.
        if self.write(context).is_err() {
            return Poll::Ready(());
        }
        self.watch(context)
    }

    /// Sends while the transport takes it.
    fn write(&mut self, context: &mut Context<'_>) -> Result<(), ()> {
        while self.peer.waiting() > 0 {
            match self.peer.stream.poll_write_ready(context) {
                Poll::Ready(Ok(())) => self.peer.flush(),
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => break,
            }
            if self.peer.is_closed() {
                return Err(());
            }
        }
        Ok(())
    }

    /// Reads what is there, within bounds.
    fn read(&mut self, context: &mut Context<'_>) -> Result<(), ()> {
        for _ in 0..READS {
            if matches!(self.stage, Stage::Answering | Stage::Accusing(_)) {
                return Ok(());
            }
            let full = self.peer.waiting() >= OUTPUT_SOFT;
            if self.paused && !full {
                self.intake.restart_clock(Instant::now());
            }
            self.paused = full;
            if full {
                return Ok(());
            }
            match self.peer.stream.poll_read_ready(context) {
                Poll::Ready(Ok(())) => self.read_once()?,
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => return Ok(()),
            }
        }
        // There may be more: after the others.
        context.waker().wake_by_ref();
        Ok(())
    }

    fn read_once(&mut self) -> Result<(), ()> {
        let lane = Rc::clone(&self.lane);
        let mut buffer = lane.read_buffer.borrow_mut();
        let mut size = 0;
        let read = self.peer.stream.try_io(Interest::READABLE, || {
            size = io::Read::read(&mut &*SockRef::from(&self.peer.stream), &mut buffer)?;
            // Less than there was room for: that was all, and the next poll need not ask the system.
            if size > 0 && size < buffer.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match read {
            Ok(()) if size == 0 => {
                if matches!(self.stage, Stage::Dropping(_)) {
                    return Err(());
                }
                self.intake.let_go();
                self.stage = Stage::Answering;
            }
            Err(error) if error.kind() != io::ErrorKind::WouldBlock && error.kind() != io::ErrorKind::Interrupted => {
                return Err(());
            }
            _ => {
                self.received(&buffer[..size]);
            }
        }
        Ok(())
    }

    /// Takes in what was read.
    fn received(&mut self, bytes: &[u8]) {
        self.lane.service.observer.transferred(self.lane.thread, bytes.len(), 0);
        if bytes.is_empty() || !matches!(self.stage, Stage::Open) {
            return;
        }
        if let Err(stop) = self.intake.push(bytes, Instant::now()) {
            self.stop(stop);
        }
        self.peer.flush();
    }

    fn stop(&mut self, stop: Stop) {
        self.intake.let_go();
        self.stage = match stop {
            Stop::Refused => Stage::Answering,
            Stop::Violation(what) => Stage::Accusing(what),
        };
    }

    /// Goes on to the next stage when this one is over; true at the end of the last.
    fn step(&mut self) -> bool {
        self.peer.attentive.set(!matches!(self.stage, Stage::Open) || self.paused || self.peer.is_leaving());
        if matches!(self.stage, Stage::Open) || self.peer.unanswered() > 0 {
            return false;
        }
        if let Stage::Accusing(what) = &self.stage {
            let outcome = Fault::Said(what).outcome(Code::ProtocolViolation);
            self.peer.push(Kind::Error, Code::ProtocolViolation.wire(), 0, 0, &outcome);
            self.stage = Stage::Answering;
            self.peer.flush();
        }
        if matches!(self.stage, Stage::Answering) && self.peer.waiting() == 0 {
            self.peer.end_writing();
            self.stage = Stage::Dropping(Instant::now() + DROP);
            // Its end may be there already.
            self.peer.wake();
        }
        false
    }

    /// Sleeps until the next clock is due, or acts on the one that is.
    fn watch(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = Instant::now();
            let due = self.due(now);
            if due <= now {
                if self.ring(now) || self.step() || self.write(context).is_err() {
                    return Poll::Ready(());
                }
                continue;
            }
            // Clocks move on with every frame: the sleep stays as it is until it has to be shorter, or ends.
            if due < self.sleep.deadline().into_std() {
                self.sleep.as_mut().reset(due.into());
            }
            ready!(self.sleep.as_mut().poll(context));
            self.sleep.as_mut().reset(due.into());
        }
    }

    /// When the next clock is due.
    fn due(&self, now: Instant) -> Instant {
        let stalled = self.peer.stalled().map_or(now + IDLE, |since| since + STALL);
        match self.stage {
            Stage::Dropping(end) => return end,
            Stage::Answering | Stage::Accusing(_) => return stalled,
            Stage::Open => {}
        }
        let greeting = (!self.intake.has_greeted()).then_some(self.since + SILENCE);
        [self.half(), greeting, self.farewell(), self.idle()].into_iter().flatten().fold(stalled, Instant::min)
    }

    /// When a frame that is half there is too late.
    fn half(&self) -> Option<Instant> {
        self.intake.half().filter(|_| !self.paused).map(|since| since + FRAME)
    }

    /// When a connection that has heard GOAWAY ends, should nothing come.
    fn farewell(&self) -> Option<Instant> {
        let quiet = self.peer.is_leaving() && self.peer.in_flight() == 0 && self.intake.half().is_none();
        quiet.then(|| self.peer.quiet_since() + FAREWELL)
    }

    /// When a connection without anything in flight has been silent for too long.
    fn idle(&self) -> Option<Instant> {
        let quiet = self.peer.in_flight() == 0 && self.intake.half().is_none();
        quiet.then(|| self.peer.quiet_since().max(self.intake.last_frame()) + IDLE)
    }

    /// Acts on the clock that is due; true: the end.
    fn ring(&mut self, now: Instant) -> bool {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if matches!(self.stage, Stage::Dropping(_)) || is_due(self.peer.stalled().map(|since| since + STALL)) {
            return true;
        }
        // Before there is a preface nothing can be said.
        if !self.intake.has_preface() {
            return true;
        }
        if is_due(self.half()) {
            self.stop(Stop::Violation("a frame was not complete after 5 s".into()));
        } else if !self.intake.has_greeted() && self.since + SILENCE <= now {
            self.stop(Stop::Violation("preface and HELLO were not there after 5 s".into()));
        } else {
            // After GOAWAY, or idle.
            self.peer.go_away();
            self.stage = Stage::Answering;
        }
        false
    }
}
