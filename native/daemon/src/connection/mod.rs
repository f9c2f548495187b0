//! The driver of all connections: reads, writes, timeouts, drain and linger. A [`Session`] implements the protocol on it.

mod framed;
mod http;
mod refusal;
mod session;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::evicting_set::Counted;
use crate::protocol;
use crate::protocol::http::route::Access;
use crate::shared::ConnectionSlot;
use crate::telemetry::Protocol;
use crate::worker::Worker;
use crate::worker::response_writer::ResponseWriter;
use crate::worker::stream::Stream;
use framed::FramedSession;
use http::HttpSession;
pub(crate) use refusal::Refusals;
use session::{Close, Session};

/// Time until a client has sent its first byte; framed clients also their HELLO.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Time in which the client has to take some bytes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Time in which input is discarded after the end of the output: closing a socket with unread input resets it, and the
/// client could lose the last answer.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// The timer never sleeps longer.
const MAX_SLEEP: Duration = Duration::from_secs(120);

/// Reads of one poll; then other tasks run.
const MAX_READS: usize = 4;

/// The life of a connection.
enum Stage {
    /// Reads requests.
    Open,
    /// Reads nothing; ends when all requests are answered and all output is sent.
    Draining,
    /// As `Draining`, with a violation to report.
    Failing(String),
    /// The output has ended; discards input until this time.
    Lingering(Instant),
}

struct Connection<S: Session> {
    worker: Rc<Worker>,
    writer: Rc<ResponseWriter>,
    session: S,
    stage: Stage,
    sleep: Pin<Box<Sleep>>,
    is_paused: bool,
}

/// Serves a connection to the daemon's socket until it ends. Its first byte selects the protocol.
pub(crate) async fn serve(worker: Rc<Worker>, stream: Stream, slot: ConnectionSlot) {
    let evicted = slot.evicted();
    tokio::select! {
        biased;
        () = serve_slot(worker, stream, slot) => {}
        () = evicted => {}
    }
}

async fn serve_slot(worker: Rc<Worker>, stream: Stream, mut slot: ConnectionSlot) {
    let since = Instant::now();
    let first = tokio::select! {
        biased;
        first = tokio::time::timeout(HANDSHAKE_TIMEOUT, read_first(&worker, &stream)) => first,
        () = worker.shared.drain_grace_over(since) => return,
    };
    let Ok(Ok(first)) = first else { return };
    let wanted = stream.protocol();
    let detected = first.first().and_then(|byte| protocol::detect(*byte));
    match detected.filter(|protocol| wanted.is_none_or(|wanted| wanted == *protocol)) {
        Some(Protocol::Framed) if slot.is_excess() => {
            if slot.counted().is_some_and(|counted| counted.claim()) {
                worker.shared.refuse_connection(worker.thread);
            }
            let _ = tokio::time::timeout(LINGER_TIMEOUT, discard(&worker, &stream)).await;
        }
        Some(Protocol::Framed) => {
            slot.set_protocol(worker.thread, Protocol::Framed);
            let writer = worker.connect(stream);
            let session = FramedSession::new(Rc::clone(&worker), Rc::clone(&writer), since);
            Connection::new(worker, writer, session).run(&first).await;
        }
        Some(Protocol::Http) => {
            slot.set_protocol(worker.thread, Protocol::Http);
            let access = if slot.is_excess() { Access::Excess } else { Access::Full };
            serve_http(worker, stream, &first, access, slot.counted()).await;
        }
        // A byte that starts no request gets no response.
        None => {}
    }
}

/// Serves an HTTP connection, of which `first` was read, until it ends. `counted`: with [`Access::Excess`].
pub(crate) async fn serve_http(
    worker: Rc<Worker>,
    stream: Stream,
    first: &[u8],
    access: Access,
    counted: Option<Counted>,
) {
    let writer = worker.connect(stream);
    let session = HttpSession::new(Rc::clone(&worker), Rc::clone(&writer), access, counted);
    Connection::new(worker, writer, session).run(first).await;
}

/// Ends the output and reads until the client ends its own: closing a socket with unread input would reset it.
async fn discard(worker: &Worker, stream: &Stream) {
    stream.shutdown_write();
    while read_first(worker, stream).await.is_ok_and(|bytes| !bytes.is_empty()) {}
}

/// The first bytes; empty when the client ends its output before.
async fn read_first(worker: &Worker, stream: &Stream) -> io::Result<Vec<u8>> {
    poll_fn(|context| {
        loop {
            ready!(stream.poll_read_ready(context))?;
            let mut buffer = worker.read_buffer.borrow_mut();
            match stream.try_read(&mut buffer) {
                Err(error) if is_transient(&error) => {}
                result => return Poll::Ready(result.map(|size| buffer[..size].to_vec())),
            }
        }
    })
    .await
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Also on a panic: nothing of the connection stays in the queue or in a count.
impl<S: Session> Drop for Connection<S> {
    fn drop(&mut self) {
        self.session.discard_input();
        self.writer.close();
        self.worker.disconnect(&self.writer);
    }
}

impl<S: Session> Connection<S> {
    fn new(worker: Rc<Worker>, writer: Rc<ResponseWriter>, session: S) -> Self {
        let sleep = Box::pin(tokio::time::sleep(HANDSHAKE_TIMEOUT));
        Self { worker, writer, session, stage: Stage::Open, sleep, is_paused: false }
    }

    async fn run(mut self, first: &[u8]) {
        if !first.is_empty() {
            self.receive(first);
        }
        // An error ends the connection, and is visible to the client only.
        let _ = poll_fn(|context| self.poll(context)).await;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ()>> {
        self.writer.set_waker(context.waker());
        if self.writer.needs_refresh.take() && matches!(self.stage, Stage::Open) {
            self.session.on_refresh();
        }
        self.write(context)?;
        self.resume();
        self.read(context)?;
        self.advance_stage();
        self.write(context)?;
        self.poll_timeouts(context)
    }

    fn resume(&mut self) {
        if matches!(self.stage, Stage::Open) {
            let result = self.session.resume(Instant::now());
            self.apply(result);
        }
    }

    /// Sends while the transport takes bytes.
    fn write(&mut self, context: &mut Context<'_>) -> Result<(), ()> {
        while self.writer.unsent() > 0 && !self.holds_output() {
            match self.writer.stream.poll_write_ready(context) {
                Poll::Ready(Ok(())) => self.writer.flush(),
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => break,
            }
            if self.writer.is_closed() {
                break;
            }
        }
        if self.writer.is_closed() { Err(()) } else { Ok(()) }
    }

    fn holds_output(&self) -> bool {
        matches!(self.stage, Stage::Open) && self.session.holds_output()
    }

    /// Reads what has arrived, within bounds.
    fn read(&mut self, context: &mut Context<'_>) -> Result<(), ()> {
        for _ in 0..MAX_READS {
            match self.stage {
                Stage::Draining | Stage::Failing(_) => return Ok(()),
                Stage::Open if !self.session.accepts_input() => return Ok(()),
                Stage::Open | Stage::Lingering(_) => {}
            }
            let was_paused = self.is_paused;
            self.is_paused = self.writer.unsent() >= S::MAX_UNSENT_BYTES;
            if self.is_paused {
                return Ok(());
            }
            if was_paused {
                self.session.on_unpause(Instant::now());
            }
            match self.writer.stream.poll_read_ready(context) {
                Poll::Ready(Ok(())) => self.read_once()?,
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => return Ok(()),
            }
        }
        // There may be more: after the other tasks.
        context.waker().wake_by_ref();
        Ok(())
    }

    fn read_once(&mut self) -> Result<(), ()> {
        let worker = Rc::clone(&self.worker);
        let mut buffer = worker.read_buffer.borrow_mut();
        match self.writer.stream.try_read(&mut buffer) {
            Ok(0) if matches!(self.stage, Stage::Lingering(_)) => return Err(()),
            Ok(0) => {
                let result = self.session.on_eof(Instant::now());
                self.apply(result);
            }
            Ok(size) => self.receive(&buffer[..size]),
            Err(error) if is_transient(&error) => {}
            Err(_) => return Err(()),
        }
        Ok(())
    }

    /// Processes input, and sends what it produced at once.
    fn receive(&mut self, bytes: &[u8]) {
        self.worker.transferred(bytes.len(), 0);
        if matches!(self.stage, Stage::Open) {
            let result = self.session.receive(bytes, Instant::now());
            self.apply(result);
        }
        if !self.holds_output() {
            self.writer.flush();
        }
    }

    fn apply(&mut self, result: Result<(), Close>) {
        let Err(close) = result else { return };
        self.session.discard_input();
        self.stage = match close {
            Close::Drain => Stage::Draining,
            Close::Fail(violation) => Stage::Failing(violation),
            Close::Abort => {
                self.writer.close();
                Stage::Draining
            }
        };
    }

    fn advance_stage(&mut self) {
        let is_open = matches!(self.stage, Stage::Open);
        self.writer.awaits_flush.set(!is_open || self.is_paused || self.session.awaits_flush());
        if is_open || self.writer.unanswered() > 0 {
            return;
        }
        if let Stage::Failing(violation) = &self.stage {
            self.session.report_violation(violation);
            self.stage = Stage::Draining;
            self.writer.flush();
        }
        if matches!(self.stage, Stage::Draining) && self.writer.unsent() == 0 {
            self.writer.shutdown_write();
            self.stage = Stage::Lingering(Instant::now() + LINGER_TIMEOUT);
            // The end of the input may have arrived.
            self.writer.wake();
        }
    }

    /// Acts on the timeouts that have passed, and sleeps until the next one.
    fn poll_timeouts(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ()>> {
        loop {
            let now = Instant::now();
            let deadline = self.next_deadline(now);
            if deadline <= now {
                self.on_timeout(now)?;
                self.advance_stage();
                self.write(context)?;
                continue;
            }
            // Deadlines move with every request: the timer is reset only when it would fire too late, or has fired.
            if deadline < self.sleep.deadline().into_std() {
                self.sleep.as_mut().reset(deadline.into());
            }
            ready!(self.sleep.as_mut().poll(context));
            self.sleep.as_mut().reset(deadline.into());
        }
    }

    fn write_deadline(&self) -> Option<Instant> {
        self.writer.stalled_since.get().map(|since| since + WRITE_TIMEOUT)
    }

    fn next_deadline(&self, now: Instant) -> Instant {
        let session = match self.stage {
            Stage::Open => self.session.next_deadline(self.is_paused),
            Stage::Lingering(end) => Some(end),
            Stage::Draining | Stage::Failing(_) => None,
        };
        [session, self.write_deadline()].into_iter().flatten().fold(now + MAX_SLEEP, Instant::min)
    }

    fn on_timeout(&mut self, now: Instant) -> Result<(), ()> {
        if matches!(self.stage, Stage::Lingering(_)) || self.write_deadline().is_some_and(|deadline| deadline <= now) {
            return Err(());
        }
        let result = self.session.on_timeout(now);
        self.apply(result);
        Ok(())
    }
}
