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

use super::body::{Body, CONTINUE};
use super::chunks::Chunks;
use super::head::{Head, Length, Scanner, Violation, malformed};
use super::respond::{Problem, ResponseFraming, write_answer};
use super::route::{Page, Route, route};
use super::transport::ReadEvent;
use super::{Access, page};
use crate::contracts::LoadedContract;
use crate::telemetry::{Protocol, Request};
use crate::worker::Work;

const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(65);

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
    ending: ResponseFraming,
    pub(super) since: Instant,
}

/// A connection.
pub struct Connection<S> {
    pub(super) stream: S,
    pub(super) access: Access,
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
    pub fn new(stream: S, first: Vec<u8>, access: Access) -> Self {
        let shared = Arc::clone(access.shared());
        access.transferred(first.len(), 0);
        Self {
            stream,
            access,
            input: first,
            at: 0,
            output: Vec::new(),
            sent: 0,
            idle_since: Instant::now(),
            alarm: Box::pin(tokio::time::sleep(IDLE_TIMEOUT)),
            draining: Box::pin(async move { shared.draining().await }),
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
        self.access.give_buffer(std::mem::take(&mut self.input));
        self.access.give_buffer(std::mem::take(&mut self.output));
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
            match self.fill(since + HEAD_TIMEOUT, false).await? {
                ReadEvent::Ended => return self.violated(malformed("The request ends early."), since),
                ReadEvent::Late => return self.violated(LATE, since),
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
            Route::Process { loaded, deadline_ms, trace } => {
                let expires = since + Duration::from_millis(deadline_ms);
                self.process(&asked, loaded, expires, trace).await?;
            }
            Route::Refused(loaded, problem) => {
                self.refuse(&asked, loaded.as_deref(), None, &problem)?;
                self.discard_body(&asked, Chunks::default(), asked.length, true).await?;
            }
        }
        self.idle_since = Instant::now();
        if self.output.len() - self.sent > MAX_GATHERED_BYTES { self.flush().await } else { Ok(()) }
    }

    fn understand(&self, head: &Head<'_>, since: Instant) -> (Asked, Route) {
        let shared = self.access.shared();
        let registry = self.access.worker().map(|_| shared.registry());
        let route = route(head, registry.as_deref(), shared.settings.deadline_ms);
        let ending = ResponseFraming { bare: head.method == b"HEAD", close: head.close };
        (Asked { length: head.length, expects_continue: head.expects_continue, ending, since }, route)
    }

    /// When the first byte of the next request is there, or was.
    async fn wait_for_head(&mut self) -> Result<Instant, End> {
        if self.at < self.input.len() {
            return Ok(self.idle_since);
        }
        match self.fill(self.idle_since + IDLE_TIMEOUT, true).await? {
            ReadEvent::Bytes => Ok(Instant::now()),
            ReadEvent::Ended | ReadEvent::Late | ReadEvent::Draining => Err(End::Finish),
        }
    }

    async fn page(&mut self, asked: &Asked, page: Page) -> Result<(), End> {
        if asked.expects_continue {
            self.output.extend_from_slice(CONTINUE);
        }
        self.discard_body(asked, Chunks::default(), asked.length, false).await?;
        let ending = self.ending(asked, false);
        self.open_output();
        let (status, size) = page::write(&mut self.output, page, self.access.shared(), ending);
        self.report_page(Some(page), status, size, asked.since);
        close_if(ending)
    }

    async fn process(
        &mut self,
        asked: &Asked,
        loaded: Arc<LoadedContract>,
        expires: Instant,
        trace: Option<[u8; TRACE_BYTES]>,
    ) -> Result<(), End> {
        let Some(body) = self.body(asked, &loaded, trace.as_ref()).await? else { return Ok(()) };
        let Body { bytes, reservation } = body;
        let Some(worker) = self.access.worker() else { return Err(End::Cut) };
        let received = Instant::now();
        let work =
            Work { loaded: Arc::clone(&loaded), body: bytes, reservation, received, expires: Some(expires), trace };
        let pending = match worker.submit(work) {
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
        write_answer(&mut self.output, &loaded, &answer, ending);
        self.access.give_buffer(answer.outcome);
        close_if(ending)
    }

    /// Answers a request before it is there. `Err`: the connection ends with it.
    pub(super) fn refuse(
        &mut self,
        asked: &Asked,
        loaded: Option<&LoadedContract>,
        trace: Option<&[u8; TRACE_BYTES]>,
        problem: &Problem,
    ) -> Result<(), End> {
        // A client that waits for "100 Continue" may or may not send the body now: what follows cannot be told apart.
        let ending = self.ending(asked, problem.closes || asked.expects_continue);
        self.open_output();
        let size = problem.write(&mut self.output, ending);
        if loaded.is_some() {
            let in_bytes = match asked.length {
                Length::Known(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
                Length::Chunked => 0,
            };
            let refused = Request::refused(problem.code);
            let request = Request { loaded, protocol: Protocol::Http, in_bytes, trace, ..refused };
            self.access.shared().observer.request(self.access.thread(), &request);
        } else {
            self.report_page(None, problem.status, size, asked.since);
        }
        close_if(ending)
    }

    /// Answers what is no request.
    pub(super) fn violated(&mut self, violation: Violation, since: Instant) -> Result<(), End> {
        self.open_output();
        let size = Problem::from(violation).write(&mut self.output, ResponseFraming { bare: false, close: true });
        self.report_page(None, violation.status, size, since);
        Err(End::Finish)
    }

    fn report_page(&self, page: Option<Page>, status: u16, size: usize, since: Instant) {
        let path = page.map_or("", Page::path);
        self.access.shared().observer.page(path, status, size, since.elapsed());
    }

    fn ending(&self, asked: &Asked, closes: bool) -> ResponseFraming {
        let close = asked.ending.close || closes || self.access.shared().is_draining();
        ResponseFraming { close, ..asked.ending }
    }

    fn open_output(&mut self) {
        if self.output.capacity() == 0 {
            self.output = self.access.take_buffer();
        }
    }
}

pub(super) const LATE: Violation = Violation { status: 408, detail: "The request is not there in time." };

const fn close_if(ending: ResponseFraming) -> Result<(), End> {
    if ending.close { Err(End::Finish) } else { Ok(()) }
}
