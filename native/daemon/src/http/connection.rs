//! One connection that speaks HTTP: requests in, answers out, in their order, one request at a time. It holds memory
//! while a request or an answer is half there, and none while it is idle.
//!
//! Twin of `src/server/http/connection.ts`.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use sidelane_core::error::Code;
use sidelane_core::wire::TRACE_BYTES;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::chunks::{Chunks, Step};
use super::head::{Head, Length, Scanner, Violation, malformed};
use super::respond::{Ending, Problem, write_answer};
use super::route::{Page, Route, route};
use super::{Door, page};
use crate::contracts::Served;
use crate::lane::Work;
use crate::observe::{Protocol, Request};
use crate::service::Reservation;

const HEAD_TIME: Duration = Duration::from_secs(5);
const REQUEST_TIME: Duration = Duration::from_secs(10);
const IDLE_TIME: Duration = Duration::from_secs(65);
const STALL_TIME: Duration = Duration::from_secs(5);
const LINGER_TIME: Duration = Duration::from_secs(1);

/// More than that of answers is sent before the next request is looked at.
const MAX_GATHERED_BYTES: usize = 64 << 10;

const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Why no more requests are read.
enum End {
    /// What has been answered is sent first.
    Finish,
    /// There is nobody to send it to.
    Cut,
}

/// What came of waiting for bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filled {
    Bytes,
    /// The client has ended its writing side.
    Ended,
    /// The time is over.
    Late,
    /// The end of the daemon has begun.
    Draining,
}

/// A request whose head has been read.
struct Asked {
    length: Length,
    expects_continue: bool,
    ending: Ending,
    since: Instant,
}

/// What a body becomes while it arrives.
struct Body {
    bytes: Vec<u8>,
    reservation: Reservation,
}

/// A connection.
pub struct Connection<S> {
    stream: S,
    door: Door,
    /// What has been read; what is before `at` has been used.
    input: Vec<u8>,
    at: usize,
    output: Vec<u8>,
    sent: usize,
    idle_since: Instant,
    alarm: Pin<Box<Sleep>>,
    draining: Pin<Box<dyn Future<Output = ()>>>,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// `first`: what has been read.
    pub fn new(stream: S, first: Vec<u8>, door: Door) -> Self {
        let service = Arc::clone(door.service());
        door.transferred(first.len(), 0);
        Self {
            stream,
            door,
            input: first,
            at: 0,
            output: Vec::new(),
            sent: 0,
            idle_since: Instant::now(),
            alarm: Box::pin(tokio::time::sleep(IDLE_TIME)),
            draining: Box::pin(async move { service.draining().await }),
            ended: false,
        }
    }

    /// Serves until one side ends it.
    pub async fn run(mut self) {
        let end = loop {
            if let Err(end) = self.request().await {
                break end;
            }
        };
        if matches!(end, End::Finish) && self.flush().await.is_ok() {
            self.linger().await;
        }
        self.door.give_buffer(std::mem::take(&mut self.input));
        self.door.give_buffer(std::mem::take(&mut self.output));
    }

    async fn request(&mut self) -> Result<(), End> {
        let since = self.wait_for_head().await?;
        let mut scanner = Scanner::default();
        let size = loop {
            match scanner.scan(&self.input[self.at..]) {
                Ok(Some(size)) => break size,
                Ok(None) => {}
                Err(violation) => return self.violated(violation, since),
            }
            match self.fill(since + HEAD_TIME, false).await? {
                Filled::Ended => return self.violated(malformed("The request ends early."), since),
                Filled::Late => return self.violated(LATE, since),
                _ => {}
            }
        };
        let (asked, route) = match Head::read(&self.input[self.at..self.at + size], &scanner) {
            Ok(head) => self.understand(&head, since),
            Err(violation) => return self.violated(violation, since),
        };
        self.at += size;
        match route {
            Route::Page(page) => self.page(&asked, page).await?,
            Route::Process { served, deadline_ms, trace } => {
                let expires = since + Duration::from_millis(deadline_ms);
                self.process(&asked, served, expires, trace).await?;
            }
            Route::Refused(served, problem) => {
                self.refuse(&asked, served.as_deref(), None, &problem)?;
                self.read_past(&asked, Chunks::default(), asked.length, true).await?;
            }
        }
        self.idle_since = Instant::now();
        if self.output.len() - self.sent > MAX_GATHERED_BYTES { self.flush().await } else { Ok(()) }
    }

    fn understand(&self, head: &Head<'_>, since: Instant) -> (Asked, Route) {
        let service = self.door.service();
        let table = self.door.lane().map(|_| service.table());
        let route = route(head, table.as_deref(), service.settings.deadline_ms);
        let ending = Ending { bare: head.method == b"HEAD", close: head.close };
        (Asked { length: head.length, expects_continue: head.expects_continue, ending, since }, route)
    }

    /// When the first byte of the next request is there, or was.
    async fn wait_for_head(&mut self) -> Result<Instant, End> {
        if self.at < self.input.len() {
            return Ok(self.idle_since);
        }
        match self.fill(self.idle_since + IDLE_TIME, true).await? {
            Filled::Bytes => Ok(Instant::now()),
            Filled::Ended | Filled::Late | Filled::Draining => Err(End::Finish),
        }
    }

    async fn page(&mut self, asked: &Asked, page: Page) -> Result<(), End> {
        if asked.expects_continue {
            self.output.extend_from_slice(GO_ON);
        }
        self.read_past(asked, Chunks::default(), asked.length, false).await?;
        let ending = self.ending(asked, false);
        self.open_output();
        let (status, size) = page::write(&mut self.output, page, self.door.service(), ending);
        self.report_page(Some(page), status, size, asked.since);
        close_if(ending)
    }

    async fn process(
        &mut self,
        asked: &Asked,
        served: Arc<Served>,
        expires: Instant,
        trace: Option<[u8; TRACE_BYTES]>,
    ) -> Result<(), End> {
        let Some(body) = self.body(asked, &served, trace.as_ref()).await? else { return Ok(()) };
        let Body { bytes, reservation } = body;
        let Some(lane) = self.door.lane() else { return Err(End::Cut) };
        let received = Instant::now();
        let work =
            Work { served: Arc::clone(&served), body: bytes, reservation, received, expires: Some(expires), trace };
        let pending = match lane.submit(work) {
            Ok(pending) => pending,
            Err(refusal) => {
                let ending = self.ending(asked, false);
                self.open_output();
                let retry_after_ms = refusal.retry_after_ms;
                Problem { retry_after_ms, ..Problem::of(Code::Overloaded) }.write(&mut self.output, ending);
                return close_if(ending);
            }
        };
        self.flush().await?;
        let Some(answer) = pending.await else { return Err(End::Cut) };
        let ending = self.ending(asked, false);
        self.open_output();
        write_answer(&mut self.output, &served, &answer, ending);
        self.door.give_buffer(answer.outcome);
        close_if(ending)
    }

    /// The body, when it is there; `None` when the request has its answer already.
    async fn body(
        &mut self,
        asked: &Asked,
        served: &Served,
        trace: Option<&[u8; TRACE_BYTES]>,
    ) -> Result<Option<Body>, End> {
        let known = match asked.length {
            Length::Known(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
            Length::Chunked => 0,
        };
        let mut body = match self.reserve(served, 0, known) {
            Ok(reservation) => Body { bytes: Vec::new(), reservation },
            Err(problem) => {
                self.refuse(asked, Some(served), trace, &problem)?;
                self.read_past(asked, Chunks::default(), asked.length, true).await?;
                return Ok(None);
            }
        };
        if asked.expects_continue {
            self.output.extend_from_slice(GO_ON);
        }
        if asked.length == Length::Chunked {
            return self.chunked_body(asked, served, body, trace).await;
        }
        // Memory comes with the first byte: a promise needs none.
        if known > 0 && self.at == self.input.len() {
            self.fill_body(asked, false).await?;
        }
        body.bytes = self.door.take_buffer();
        body.bytes.reserve_exact(known);
        loop {
            let size = (self.input.len() - self.at).min(known - body.bytes.len());
            body.bytes.extend_from_slice(&self.input[self.at..self.at + size]);
            self.at += size;
            if body.bytes.len() == known {
                return Ok(Some(body));
            }
            self.fill_body(asked, false).await?;
        }
    }

    async fn chunked_body(
        &mut self,
        asked: &Asked,
        served: &Served,
        mut body: Body,
        trace: Option<&[u8; TRACE_BYTES]>,
    ) -> Result<Option<Body>, End> {
        let mut chunks = Chunks::default();
        body.bytes = self.door.take_buffer();
        loop {
            match chunks.step(&self.input[self.at..]) {
                Ok(Step::Data(size)) => {
                    match self.reserve(served, body.bytes.len(), size) {
                        Ok(more) => body.reservation.merge(more),
                        Err(problem) => {
                            self.refuse(asked, Some(served), trace, &problem)?;
                            self.door.give_buffer(body.bytes);
                            drop(body.reservation);
                            self.at += size;
                            self.read_past(asked, chunks, Length::Chunked, true).await?;
                            return Ok(None);
                        }
                    }
                    body.bytes.extend_from_slice(&self.input[self.at..self.at + size]);
                    self.at += size;
                }
                Ok(Step::Aside(size)) => self.at += size,
                Ok(Step::End(size)) => {
                    self.at += size;
                    return Ok(Some(body));
                }
                Ok(Step::More) => self.fill_body(asked, false).await?,
                Err(violation) => self.violated(violation, asked.since)?,
            }
        }
    }

    /// Room for `more` bytes behind `size`.
    fn reserve(&self, served: &Served, size: usize, more: usize) -> Result<Reservation, Problem> {
        if size.saturating_add(more) > served.max_bytes {
            return Err(Problem { closes: true, ..Problem::of(Code::LimitBytes) });
        }
        self.door.service().reserve(more).map_err(|refusal| {
            self.door.service().observer.shed(self.door.thread(), refusal.reason);
            Problem { retry_after_ms: refusal.retry_after_ms, ..Problem::of(Code::Overloaded) }
        })
    }

    /// Reads what is left of a body, and forgets it.
    async fn read_past(
        &mut self,
        asked: &Asked,
        mut chunks: Chunks,
        length: Length,
        is_answered: bool,
    ) -> Result<(), End> {
        let Length::Known(mut left) = length else {
            loop {
                match chunks.step(&self.input[self.at..]) {
                    Ok(Step::Data(size) | Step::Aside(size)) => self.at += size,
                    Ok(Step::End(size)) => {
                        self.at += size;
                        return Ok(());
                    }
                    Ok(Step::More) => self.fill_body(asked, is_answered).await?,
                    Err(_) if is_answered => return Err(End::Finish),
                    Err(violation) => self.violated(violation, asked.since)?,
                }
            }
        };
        loop {
            let here = self.input.len() - self.at;
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(here);
            self.at += size;
            left -= size as u64;
            if left == 0 {
                return Ok(());
            }
            self.fill_body(asked, is_answered).await?;
        }
    }

    /// More of a body.
    async fn fill_body(&mut self, asked: &Asked, is_answered: bool) -> Result<(), End> {
        let until = asked.since + REQUEST_TIME;
        match self.fill(until, false).await? {
            // A body that never pauses never lets the alarm ring.
            Filled::Bytes if Instant::now() < until => Ok(()),
            _ if is_answered => Err(End::Finish),
            Filled::Ended => self.violated(malformed("The request ends early."), asked.since),
            _ => self.violated(LATE, asked.since),
        }
    }

    /// Answers a request before it is there. `Err`: the connection ends with it.
    fn refuse(
        &mut self,
        asked: &Asked,
        served: Option<&Served>,
        trace: Option<&[u8; TRACE_BYTES]>,
        problem: &Problem,
    ) -> Result<(), End> {
        // A client that waits for "100 Continue" may or may not send the body now: what follows cannot be told apart.
        let ending = self.ending(asked, problem.closes || asked.expects_continue);
        self.open_output();
        let size = problem.write(&mut self.output, ending);
        if served.is_some() {
            let in_bytes = match asked.length {
                Length::Known(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
                Length::Chunked => 0,
            };
            let refused = Request::refused(problem.code);
            let request = Request { served, protocol: Protocol::Http, in_bytes, trace, ..refused };
            self.door.service().observer.request(self.door.thread(), &request);
        } else {
            self.report_page(None, problem.status, size, asked.since);
        }
        close_if(ending)
    }

    /// Answers what is no request.
    fn violated(&mut self, violation: Violation, since: Instant) -> Result<(), End> {
        self.open_output();
        let size = Problem::from(violation).write(&mut self.output, Ending { bare: false, close: true });
        self.report_page(None, violation.status, size, since);
        Err(End::Finish)
    }

    fn report_page(&self, page: Option<Page>, status: u16, size: usize, since: Instant) {
        let path = page.map_or("", Page::path);
        self.door.service().observer.page(path, status, size, since.elapsed());
    }

    fn ending(&self, asked: &Asked, closes: bool) -> Ending {
        let close = asked.ending.close || closes || self.door.service().is_draining();
        Ending { close, ..asked.ending }
    }

    fn open_output(&mut self) {
        if self.output.capacity() == 0 {
            self.output = self.door.take_buffer();
        }
    }

    /// Sends all answers that there are, then waits for more bytes.
    async fn fill(&mut self, until: Instant, heeds_draining: bool) -> Result<Filled, End> {
        self.flush().await?;
        self.input.drain(..self.at);
        self.at = 0;
        if self.ended {
            return Ok(Filled::Ended);
        }
        if self.input.is_empty() {
            // A silent connection holds nothing.
            self.door.give_buffer(std::mem::take(&mut self.input));
        }
        poll_fn(|context| {
            if let Poll::Ready(read) = self.poll_read(context) {
                return Poll::Ready(match read {
                    Ok(0) => {
                        self.ended = true;
                        Ok(Filled::Ended)
                    }
                    Ok(_) => Ok(Filled::Bytes),
                    Err(_) => Err(End::Cut),
                });
            }
            if heeds_draining && self.draining.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(Filled::Draining));
            }
            self.poll_alarm(context, until).map(|()| Ok(Filled::Late))
        })
        .await
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        let Self { stream, door, input, .. } = self;
        door.with_room(|room| {
            let mut room = ReadBuf::new(room);
            ready!(pin!(stream).poll_read(context, &mut room))?;
            let read = room.filled();
            if !read.is_empty() {
                if input.capacity() == 0 {
                    *input = door.take_buffer();
                }
                input.extend_from_slice(read);
                door.transferred(read.len(), 0);
            }
            Poll::Ready(Ok(read.len()))
        })
    }

    /// Sends what there is.
    async fn flush(&mut self) -> Result<(), End> {
        while self.sent < self.output.len() {
            let until = Instant::now() + STALL_TIME;
            let sent = poll_fn(|context| match pin!(&mut self.stream).poll_write(context, &self.output[self.sent..]) {
                Poll::Ready(Ok(sent)) if sent > 0 => Poll::Ready(Ok(sent)),
                Poll::Ready(_) => Poll::Ready(Err(End::Cut)),
                Poll::Pending => self.poll_alarm(context, until).map(|()| Err(End::Cut)),
            });
            let sent = sent.await?;
            self.sent += sent;
            self.door.transferred(0, sent);
        }
        if self.output.capacity() > 0 {
            self.sent = 0;
            self.door.give_buffer(std::mem::take(&mut self.output));
        }
        Ok(())
    }

    /// Ends the writing side, and reads past what still comes, so that the client sees the answer and not a reset.
    async fn linger(&mut self) {
        let until = Instant::now() + LINGER_TIME;
        let mut is_shut = false;
        poll_fn(|context| {
            if !is_shut {
                if ready!(pin!(&mut self.stream).poll_shutdown(context)).is_err() {
                    return Poll::Ready(());
                }
                is_shut = true;
            }
            // As for a body that never pauses.
            while Instant::now() < until {
                let Self { stream, door, .. } = self;
                let read = door.with_room(|room| {
                    let mut room = ReadBuf::new(room);
                    pin!(stream).poll_read(context, &mut room).map_ok(|()| room.filled().len())
                });
                match read {
                    Poll::Ready(Ok(size)) if size > 0 => {}
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending => return self.poll_alarm(context, until),
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Ready when it is later than `until`. The timer is set again only when it is too late for that, or has rung.
    fn poll_alarm(&mut self, context: &mut Context<'_>, until: Instant) -> Poll<()> {
        let until = tokio::time::Instant::from_std(until);
        if self.alarm.deadline() > until {
            self.alarm.as_mut().reset(until);
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            if tokio::time::Instant::now() >= until {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(until);
        }
    }
}

const LATE: Violation = Violation { status: 408, detail: "The request is not there in time." };

const fn close_if(ending: Ending) -> Result<(), End> {
    if ending.close { Err(End::Finish) } else { Ok(()) }
}
