//! An HTTP connection: one request at a time, answered in order. It holds memory while a request or response is incomplete,
//! and none while it is idle.
//!
//! Twin of `src/server/http/connection.ts`.

use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidelane_core::Code;
use sidelane_wire::TRACE_BYTES;

use super::{Close, Session};
use crate::contracts::LoadedContract;
use crate::protocol::http::chunks::{Chunks, Step};
use crate::protocol::http::head::{Head, Length, Scanner, Violation, malformed};
use crate::protocol::http::route::{Page, Route, route};
use crate::protocol::http::{Problem, ResponseFraming, page};
use crate::shared::Reservation;
use crate::telemetry::{Label, Protocol, Request};
use crate::worker::Worker;
use crate::worker::executor::BATCH_TIME;
use crate::worker::queue::{Job, Reply};
use crate::worker::response_writer::ResponseWriter;

/// Time from the first byte of a request to the end of its head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Time from the first byte of a request to its last.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Time without a request after which a connection ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(65);

/// Answers to pipelined requests are sent when they have more bytes.
const MAX_HELD_BYTES: usize = 64 << 10;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

const LATE: Violation = Violation { status: 408, detail: "The request is not there in time." };

/// The session of an HTTP connection.
pub(super) struct HttpSession {
    worker: Rc<Worker>,
    writer: Rc<ResponseWriter>,
    is_health_only: bool,
    /// Bytes that were read; those before `at` are processed.
    input: Vec<u8>,
    at: usize,
    state: State,
    has_ended: bool,
    idle_since: Instant,
    /// Since when answers are held back.
    held_since: Option<Instant>,
}

enum State {
    /// Reads a head; `since`: its first byte.
    Head { scanner: Scanner, since: Option<Instant> },
    /// Reads the body of a request.
    Body { exchange: Exchange, purpose: Purpose },
    /// Waits for the answer of a job.
    Running,
}

/// A request whose head was read.
struct Exchange {
    body: Remaining,
    /// Bytes of the body as far as the head tells.
    in_bytes: usize,
    expects_continue: bool,
    framing: ResponseFraming,
    since: Instant,
}

/// What is missing of a body.
enum Remaining {
    Known(u64),
    Chunked(Chunks),
}

/// What a body is read for.
enum Purpose {
    Process(Payload),
    /// The body is discarded, then the page is written.
    Page(Page),
    /// The body is discarded; the request was answered.
    Discard,
}

struct Payload {
    contract: Arc<LoadedContract>,
    body: Vec<u8>,
    reservation: Reservation,
    expires: Instant,
    trace: Option<[u8; TRACE_BYTES]>,
}

/// Whether the input had what was needed.
#[derive(PartialEq, Eq)]
enum Progress {
    Done,
    NeedsInput,
}

impl HttpSession {
    pub(super) fn new(worker: Rc<Worker>, writer: Rc<ResponseWriter>, is_health_only: bool) -> Self {
        Self {
            worker,
            writer,
            is_health_only,
            input: Vec::new(),
            at: 0,
            state: State::head(),
            has_ended: false,
            idle_since: Instant::now(),
            held_since: None,
        }
    }
}

impl State {
    fn head() -> Self {
        Self::Head { scanner: Scanner::default(), since: None }
    }
}

impl Session for HttpSession {
    /// Requests are read one by one: not before the last response is sent.
    const MAX_UNSENT_BYTES: usize = 1;

    fn receive(&mut self, bytes: &[u8], now: Instant) -> Result<(), Close> {
        if self.input.capacity() == 0 {
            self.input = self.worker.bodies.acquire_empty();
        }
        self.input.extend_from_slice(bytes);
        self.resume(now)
    }

    fn on_eof(&mut self, now: Instant) -> Result<(), Close> {
        self.has_ended = true;
        self.resume(now)
    }

    fn on_timeout(&mut self, _: Instant) -> Result<(), Close> {
        Err(self.fail(LATE))
    }

    fn on_refresh(&mut self) -> Result<(), Close> {
        let is_idle = matches!(self.state, State::Head { since: None, .. });
        if is_idle && self.worker.shared.is_draining() { Err(Close::Drain) } else { Ok(()) }
    }

    fn next_deadline(&self, is_paused: bool) -> Option<Instant> {
        match &self.state {
            State::Running => None,
            _ if is_paused => None,
            State::Head { since: None, .. } => Some(self.idle_since + IDLE_TIMEOUT),
            State::Head { since: Some(since), .. } => Some(*since + HEAD_TIMEOUT),
            State::Body { exchange, .. } => Some(exchange.since + REQUEST_TIMEOUT),
        }
    }

    /// Processes input until it ends or a job runs.
    fn resume(&mut self, now: Instant) -> Result<(), Close> {
        loop {
            let progress = match &self.state {
                State::Running if self.writer.unanswered() > 0 => return Ok(()),
                State::Running => self.end_exchange(self.writer.announced_close.get())?,
                State::Head { .. } if self.is_congested() => return Ok(()),
                State::Head { .. } => self.read_head(now)?,
                State::Body { .. } => self.read_body()?,
            };
            if progress == Progress::NeedsInput {
                break;
            }
        }
        self.input.drain(..self.at);
        self.at = 0;
        if self.input.is_empty() {
            self.worker.bodies.release(mem::take(&mut self.input));
        }
        if self.has_ended { Err(self.fail(malformed("The request ends early."))) } else { Ok(()) }
    }

    fn accepts_input(&self) -> bool {
        !matches!(self.state, State::Running) && !self.has_ended
    }

    /// Answers are sent together, as long as this delays them by no more than a batch.
    fn holds_output(&mut self, now: Instant) -> bool {
        let is_short = self.writer.unsent() <= MAX_HELD_BYTES && self.worker.admission.expected_wait() < BATCH_TIME;
        if !is_short || !matches!(self.state, State::Running) {
            self.held_since = None;
            return false;
        }
        now - *self.held_since.get_or_insert(now) < BATCH_TIME
    }

    fn discard_input(&mut self) {
        if let State::Body { purpose: Purpose::Process(payload), .. } = mem::replace(&mut self.state, State::head()) {
            self.worker.bodies.release(payload.body);
        }
        self.worker.bodies.release(mem::take(&mut self.input));
        self.at = 0;
    }
}

impl HttpSession {
    /// True when too many answers are unsent to add another one.
    fn is_congested(&self) -> bool {
        if self.writer.unsent() > MAX_HELD_BYTES {
            self.writer.flush();
        }
        self.writer.unsent() > MAX_HELD_BYTES
    }

    fn read_head(&mut self, now: Instant) -> Result<Progress, Close> {
        let State::Head { scanner, since } = &mut self.state else { return Ok(Progress::Done) };
        let unread = &self.input[self.at..];
        let scanned = scanner.scan(unread);
        if scanner.is_blank() {
            *since = None;
        } else {
            since.get_or_insert(now);
        }
        let started = since.unwrap_or(now);
        let head = match scanned {
            Ok(None) => return Ok(Progress::NeedsInput),
            Ok(Some(size)) => Head::parse(&unread[..size], scanner).map(|head| (size, head)),
            Err(violation) => Err(violation),
        };
        let (size, head) = match head {
            Ok(head) => head,
            Err(violation) => return Err(self.violation(violation, started)),
        };
        let shared = Arc::clone(&self.worker.shared);
        let registry = (!self.is_health_only).then(|| shared.registry());
        let route = route(&head, registry.as_deref(), shared.settings.deadline_ms);
        let exchange = Exchange {
            in_bytes: match head.length {
                Length::Known(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
                Length::Chunked => 0,
            },
            body: match head.length {
                Length::Known(bytes) => Remaining::Known(bytes),
                Length::Chunked => Remaining::Chunked(Chunks::default()),
            },
            expects_continue: head.expects_continue,
            framing: ResponseFraming { head_only: head.method == b"HEAD", close: head.close },
            since: started,
        };
        self.at += size;
        self.start_body(exchange, route)?;
        Ok(Progress::Done)
    }

    fn start_body(&mut self, exchange: Exchange, route: Route) -> Result<(), Close> {
        let purpose = match route {
            Route::Page(page) => Purpose::Page(page),
            Route::Refused(contract, problem) => {
                let label = contract.as_ref().map(|contract| contract.label());
                self.refuse(&exchange, label, None, &problem)?;
                Purpose::Discard
            }
            Route::Process { contract, deadline_ms, trace } => {
                // A request that announces a body takes its budget at once, and memory with its first byte.
                match self.reserve(&contract, 0, exchange.in_bytes) {
                    Ok(reservation) => Purpose::Process(Payload {
                        contract,
                        body: Vec::new(),
                        reservation,
                        expires: exchange.since + Duration::from_millis(deadline_ms),
                        trace,
                    }),
                    Err(problem) => {
                        self.refuse(&exchange, Some(contract.label()), trace.as_ref(), &problem)?;
                        Purpose::Discard
                    }
                }
            }
        };
        if exchange.expects_continue && !matches!(purpose, Purpose::Discard) {
            self.write(CONTINUE);
        }
        self.state = State::Body { exchange, purpose };
        Ok(())
    }

    fn read_body(&mut self) -> Result<Progress, Close> {
        let state = mem::replace(&mut self.state, State::head());
        let State::Body { mut exchange, mut purpose } = state else { return Ok(Progress::Done) };
        loop {
            match exchange.body.step(&self.input[self.at..]) {
                Ok(Step::Data(size)) => {
                    purpose = self.take_data(&exchange, purpose, size)?;
                    self.at += size;
                }
                Ok(Step::Framing(size)) => self.at += size,
                Ok(Step::End(size)) => {
                    self.at += size;
                    return self.end_body(exchange, purpose);
                }
                Ok(Step::More) => {
                    self.state = State::Body { exchange, purpose };
                    return Ok(Progress::NeedsInput);
                }
                Err(violation) => {
                    self.state = State::Body { exchange, purpose };
                    return Err(self.fail(violation));
                }
            }
        }
    }

    /// Takes the next `size` bytes of a body.
    fn take_data(&self, exchange: &Exchange, purpose: Purpose, size: usize) -> Result<Purpose, Close> {
        let Purpose::Process(mut payload) = purpose else { return Ok(purpose) };
        if matches!(exchange.body, Remaining::Chunked(_)) {
            match self.reserve(&payload.contract, payload.body.len(), size) {
                Ok(more) => payload.reservation.merge(more),
                Err(problem) => {
                    self.worker.bodies.release(payload.body);
                    self.refuse(exchange, Some(payload.contract.label()), payload.trace.as_ref(), &problem)?;
                    return Ok(Purpose::Discard);
                }
            }
        }
        if payload.body.capacity() == 0 {
            payload.body = self.worker.bodies.acquire_empty();
            payload.body.reserve_exact(exchange.in_bytes);
        }
        payload.body.extend_from_slice(&self.input[self.at..self.at + size]);
        Ok(Purpose::Process(payload))
    }

    fn end_body(&mut self, exchange: Exchange, purpose: Purpose) -> Result<Progress, Close> {
        match purpose {
            Purpose::Process(payload) => self.submit(&exchange, payload),
            Purpose::Page(page) => {
                let framing = self.framing(&exchange, false);
                let shared = &self.worker.shared;
                let (status, size) = self.respond(|out| page::write(out, page, shared, framing));
                shared.observer.page(page.path(), status, size, exchange.since.elapsed());
                self.end_exchange(framing.close)
            }
            Purpose::Discard => self.end_exchange(false),
        }
    }

    fn submit(&mut self, exchange: &Exchange, payload: Payload) -> Result<Progress, Close> {
        let Payload { contract, body, reservation, expires, trace } = payload;
        if let Err(refusal) = self.worker.admission.acquire_slot() {
            self.worker.shed(refusal.reason);
            let request = Request::new(Protocol::Http, contract.label(), body.len());
            self.worker.report(&Request { code: Some(Code::Overloaded), trace: trace.as_ref(), ..request });
            let problem = Problem { retry_after_ms: refusal.retry_after_ms, ..Code::Overloaded.into() };
            let framing = self.framing(exchange, false);
            self.respond(|out| problem.write(out, framing));
            return self.end_exchange(framing.close);
        }
        self.writer.request_opened();
        self.worker.enqueue(Job {
            contract,
            body,
            skip: 0,
            reservation,
            received: Instant::now(),
            expires: Some(expires),
            trace,
            writer: Rc::clone(&self.writer),
            reply: Reply::Http(exchange.framing),
        });
        self.state = State::Running;
        Ok(Progress::Done)
    }

    /// The request was answered.
    fn end_exchange(&mut self, closes: bool) -> Result<Progress, Close> {
        self.state = State::head();
        self.idle_since = Instant::now();
        if closes { Err(Close::Drain) } else { Ok(Progress::Done) }
    }

    /// Takes budget for `more` bytes of a body that has `size`.
    fn reserve(&self, contract: &LoadedContract, size: usize, more: usize) -> Result<Reservation, Problem> {
        if size.saturating_add(more) > contract.max_bytes {
            return Err(Problem { closes: true, ..Code::LimitBytes.into() });
        }
        self.worker.admission.acquire_bytes(more).map_err(|refusal| {
            self.worker.shed(refusal.reason);
            Problem { retry_after_ms: refusal.retry_after_ms, ..Code::Overloaded.into() }
        })
    }

    /// Answers a request before its body is read. Fails when the connection ends with it.
    fn refuse(
        &self,
        exchange: &Exchange,
        label: Option<Label<'_>>,
        trace: Option<&[u8; TRACE_BYTES]>,
        problem: &Problem,
    ) -> Result<(), Close> {
        // A client that expects 100 Continue may or may not send the body: the next request cannot be found.
        let framing = self.framing(exchange, problem.closes || exchange.expects_continue);
        let size = self.respond(|out| problem.write(out, framing));
        match label {
            Some(label) => {
                let request = Request::new(Protocol::Http, label, exchange.in_bytes);
                self.worker.report(&Request { code: Some(problem.code), trace, ..request });
            }
            None => self.report_unknown_page(problem.status, size, exchange.since),
        }
        if framing.close { Err(Close::Drain) } else { Ok(()) }
    }

    /// Ends a connection without the input that it needs: with a response, unless it is idle or has responded.
    fn fail(&mut self, violation: Violation) -> Close {
        match &self.state {
            State::Head { since: Some(since), .. } => self.violation(violation, *since),
            State::Body { exchange, purpose: Purpose::Process(_) | Purpose::Page(_) } => {
                self.violation(violation, exchange.since)
            }
            _ => Close::Drain,
        }
    }

    /// Answers an invalid request.
    fn violation(&self, violation: Violation, since: Instant) -> Close {
        let framing = ResponseFraming { head_only: false, close: true };
        let size = self.respond(|out| Problem::from(violation).write(out, framing));
        self.report_unknown_page(violation.status, size, since);
        Close::Drain
    }

    fn report_unknown_page(&self, status: u16, size: usize, since: Instant) {
        self.worker.shared.observer.page("", status, size, since.elapsed());
    }

    fn framing(&self, exchange: &Exchange, closes: bool) -> ResponseFraming {
        let close = exchange.framing.close || closes || self.worker.shared.is_draining();
        ResponseFraming { close, ..exchange.framing }
    }

    /// Writes a response to memory of the pool, then to the output.
    fn respond<T>(&self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut response = self.worker.bodies.acquire_empty();
        let result = write(&mut response);
        self.write(&response);
        self.worker.bodies.release(response);
        result
    }

    fn write(&self, bytes: &[u8]) {
        self.writer.write(|output, pool| output.push(pool, bytes));
    }
}

impl Remaining {
    /// What the next bytes of the body are.
    fn step(&mut self, bytes: &[u8]) -> Result<Step, Violation> {
        match self {
            Self::Known(0) => Ok(Step::End(0)),
            Self::Known(_) if bytes.is_empty() => Ok(Step::More),
            Self::Known(missing) => {
                let size = usize::try_from(*missing).unwrap_or(usize::MAX).min(bytes.len());
                *missing -= size as u64;
                Ok(Step::Data(size))
            }
            Self::Chunked(chunks) => chunks.step(bytes),
        }
    }
}
