//! One connection that speaks HTTP: requests in, answers out, in their order, one request at a time. It holds memory
//! while a request or an answer is half there, and none while it is idle. How bodies come is in `body`, how bytes come and
//! go in `transport`.
//!
//! Twin of `src/server/http/connection.ts`.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidelane_core::error::Code;
use sidelane_core::wire::TRACE_BYTES;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Sleep;

use super::body::{Body, GO_ON};
use super::chunks::Chunks;
use super::head::{Head, Length, Scanner, Violation, malformed};
use super::respond::{Ending, Problem, write_answer};
use super::route::{Page, Route, route};
use super::transport::Filled;
use super::{Door, page};
use crate::contracts::Served;
use crate::lane::Work;
use crate::observe::{Protocol, Request};

const HEAD_TIME: Duration = Duration::from_secs(5);
const IDLE_TIME: Duration = Duration::from_secs(65);

/// More than that of answers is sent before the next request is looked at.
const MAX_GATHERED_BYTES: usize = 64 << 10;

/// Why no more requests are read.
pub(super) enum End {
    /// What has been answered is sent first.
    Finish,
    /// There is nobody to send it to.
    Cut,
}

/// A request whose head has been read.
pub(super) struct Asked {
    pub(super) length: Length,
    pub(super) expects_continue: bool,
    ending: Ending,
    pub(super) since: Instant,
}

/// A connection.
pub struct Connection<S> {
    pub(super) stream: S,
    pub(super) door: Door,
    /// What has been read; what is before `at` has been used.
    pub(super) input: Vec<u8>,
    pub(super) at: usize,
    pub(super) output: Vec<u8>,
    pub(super) sent: usize,
    idle_since: Instant,
    pub(super) alarm: Pin<Box<Sleep>>,
    pub(super) draining: Pin<Box<dyn Future<Output = ()>>>,
    pub(super) ended: bool,
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

    /// Answers a request before it is there. `Err`: the connection ends with it.
    pub(super) fn refuse(
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
    pub(super) fn violated(&mut self, violation: Violation, since: Instant) -> Result<(), End> {
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
}

pub(super) const LATE: Violation = Violation { status: 408, detail: "The request is not there in time." };

const fn close_if(ending: Ending) -> Result<(), End> {
    if ending.close { Err(End::Finish) } else { Ok(()) }
}
