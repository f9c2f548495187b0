//! A framed connection, from its first byte to its end. `intake` reads frames, `peer` sends answers; here are the turns
//! that both take, and the clocks of WIRE.md.

mod handshake;
mod request_reader;

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

use crate::connection::response_writer::{OUTPUT_SOFT, ResponseWriter};
use crate::fault::Fault;
use crate::protocol::detect::HANDSHAKE_TIMEOUT;
use crate::worker::Worker;
use request_reader::{RequestReader, Stop};

/// How long a frame may be half there.
const FRAME_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client may take nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may be silent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long nothing is in flight, after GOAWAY, before the end.
const GOAWAY_GRACE: Duration = Duration::from_secs(1);

/// How long what a client in violation sends is dropped.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads in one turn; then others have theirs.
const READS: usize = 4;

/// How far a connection is.
enum Stage {
    /// Reads frames.
    Open,
    /// Reads no more; answers what there is, and ends.
    Draining,
    /// As `Answering`, and then says what the client has done.
    Failing(String),
    /// Has ended its writing side, and drops what comes, until then.
    Lingering(Instant),
}

struct Connection {
    worker: Rc<Worker>,
    writer: Rc<ResponseWriter>,
    reader: RequestReader,
    stage: Stage,
    /// When its first byte was waited for.
    since: Instant,
    sleep: Pin<Box<Sleep>>,
    /// Nothing has been read since there were too many answers.
    paused: bool,
}

/// Serves a connection; `first` is what has been read of it.
pub(crate) async fn serve(worker: Rc<Worker>, stream: UnixStream, first: &[u8], since: Instant) {
    let registry = worker.shared.registry();
    let writer = ResponseWriter::new(stream, Rc::clone(&worker), &registry);
    let reader = RequestReader::new(Rc::clone(&worker), Rc::clone(&writer), registry);
    let sleep = Box::pin(tokio::time::sleep_until((since + HANDSHAKE_TIMEOUT).into()));
    let mut connection = Connection { worker, writer, reader, stage: Stage::Open, since, sleep, paused: false };
    connection.received(first);
    poll_fn(|context| connection.poll(context)).await;
}

/// However it ends, a panic included: nothing of it stays in the queue or in a count.
impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.let_go();
        self.writer.close();
        self.worker.forget(&self.writer);
    }
}

impl Connection {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.writer.listen(context.waker());
        if self.writer.is_closed() || self.write(context).is_err() || self.read(context).is_err() || self.step() {
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
        while self.writer.waiting() > 0 {
            match self.writer.stream.poll_write_ready(context) {
                Poll::Ready(Ok(())) => self.writer.flush(),
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => break,
            }
            if self.writer.is_closed() {
                return Err(());
            }
        }
        Ok(())
    }

    /// Reads what is there, within bounds.
    fn read(&mut self, context: &mut Context<'_>) -> Result<(), ()> {
        for _ in 0..READS {
            if matches!(self.stage, Stage::Draining | Stage::Failing(_)) {
                return Ok(());
            }
            let full = self.writer.waiting() >= OUTPUT_SOFT;
            if self.paused && !full {
                self.reader.restart_clock(Instant::now());
            }
            self.paused = full;
            if full {
                return Ok(());
            }
            match self.writer.stream.poll_read_ready(context) {
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
        let worker = Rc::clone(&self.worker);
        let mut buffer = worker.read_buffer.borrow_mut();
        let mut size = 0;
        let read = self.writer.stream.try_io(Interest::READABLE, || {
            size = io::Read::read(&mut &*SockRef::from(&self.writer.stream), &mut buffer)?;
            // Less than there was room for: that was all, and the next poll need not ask the system.
            if size > 0 && size < buffer.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match read {
            Ok(()) if size == 0 => {
                if matches!(self.stage, Stage::Lingering(_)) {
                    return Err(());
                }
                self.reader.let_go();
                self.stage = Stage::Draining;
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
        self.worker.shared.observer.transferred(self.worker.thread, bytes.len(), 0);
        if bytes.is_empty() || !matches!(self.stage, Stage::Open) {
            return;
        }
        if let Err(stop) = self.reader.push(bytes, Instant::now()) {
            self.stop(stop);
        }
        self.writer.flush();
    }

    fn stop(&mut self, stop: Stop) {
        self.reader.let_go();
        self.stage = match stop {
            Stop::Refused => Stage::Draining,
            Stop::Violation(what) => Stage::Failing(what),
        };
    }

    /// Goes on to the next stage when this one is over; true at the end of the last.
    fn step(&mut self) -> bool {
        self.writer.attentive.set(!matches!(self.stage, Stage::Open) || self.paused || self.writer.is_leaving());
        if matches!(self.stage, Stage::Open) || self.writer.unanswered() > 0 {
            return false;
        }
        if let Stage::Failing(what) = &self.stage {
            let outcome = Fault::Said(what).outcome(Code::ProtocolViolation);
            self.writer.push(Kind::Error, Code::ProtocolViolation.wire(), 0, 0, &outcome);
            self.stage = Stage::Draining;
            self.writer.flush();
        }
        if matches!(self.stage, Stage::Draining) && self.writer.waiting() == 0 {
            self.writer.end_writing();
            self.stage = Stage::Lingering(Instant::now() + LINGER_TIMEOUT);
            // Its end may be there already.
            self.writer.wake();
        }
        false
    }

    /// Sleeps until the next clock is due, or acts on the one that is.
    fn watch(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = Instant::now();
            let next_deadline = self.next_deadline(now);
            if next_deadline <= now {
                if self.on_timeout(now) || self.step() || self.write(context).is_err() {
                    return Poll::Ready(());
                }
                continue;
            }
            // Clocks move on with every frame: the sleep stays as it is until it has to be shorter, or ends.
            if next_deadline < self.sleep.deadline().into_std() {
                self.sleep.as_mut().reset(next_deadline.into());
            }
            ready!(self.sleep.as_mut().poll(context));
            self.sleep.as_mut().reset(next_deadline.into());
        }
    }

    /// When the next clock is due.
    fn next_deadline(&self, now: Instant) -> Instant {
        let stalled = self.writer.stalled().map_or(now + IDLE_TIMEOUT, |since| since + WRITE_TIMEOUT);
        match self.stage {
            Stage::Lingering(end) => return end,
            Stage::Draining | Stage::Failing(_) => return stalled,
            Stage::Open => {}
        }
        let handshake = (!self.reader.has_hello()).then_some(self.since + HANDSHAKE_TIMEOUT);
        [self.half(), handshake, self.farewell(), self.idle()].into_iter().flatten().fold(stalled, Instant::min)
    }

    /// When a frame that is half there is too late.
    fn half(&self) -> Option<Instant> {
        self.reader.half().filter(|_| !self.paused).map(|since| since + FRAME_TIMEOUT)
    }

    /// When a connection that has heard GOAWAY ends, should nothing come.
    fn farewell(&self) -> Option<Instant> {
        let quiet = self.writer.is_leaving() && self.writer.in_flight() == 0 && self.reader.half().is_none();
        quiet.then(|| self.writer.quiet_since() + GOAWAY_GRACE)
    }

    /// When a connection without anything in flight has been silent for too long.
    fn idle(&self) -> Option<Instant> {
        let quiet = self.writer.in_flight() == 0 && self.reader.half().is_none();
        quiet.then(|| self.writer.quiet_since().max(self.reader.last_frame()) + IDLE_TIMEOUT)
    }

    /// Acts on the clock that is due; true: the end.
    fn on_timeout(&mut self, now: Instant) -> bool {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if matches!(self.stage, Stage::Lingering(_)) || is_due(self.writer.stalled().map(|since| since + WRITE_TIMEOUT))
        {
            return true;
        }
        // Before there is a preface nothing can be said.
        if !self.reader.has_preface() {
            return true;
        }
        if is_due(self.half()) {
            self.stop(Stop::Violation("a frame was not complete after 5 s".into()));
        } else if !self.reader.has_hello() && self.since + HANDSHAKE_TIMEOUT <= now {
            self.stop(Stop::Violation("preface and HELLO were not there after 5 s".into()));
        } else {
            // After GOAWAY, or idle.
            self.writer.go_away();
            self.stage = Stage::Draining;
        }
        false
    }
}
