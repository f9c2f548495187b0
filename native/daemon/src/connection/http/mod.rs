//! An HTTP connection: one request at a time, answered in order. It holds memory while a request or response is incomplete,
//! and none while it is idle.
//!
//! Twin of `src/server/http/connection.ts`.

mod responses;

use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidelane_wire::TRACE_BYTES;

use super::session::{Close, Session};
use crate::contracts::LoadedContract;
use crate::evicting_set::Counted;
use crate::protocol::http::body::BodyReader;
use crate::protocol::http::chunks::Step;
use crate::protocol::http::head::{Head, Scanner, Violation, malformed};
use crate::protocol::http::route::{Access, Page, Route, route};
use crate::protocol::http::{ResponseFraming, page};
use crate::shared::Reservation;
use crate::telemetry::{PageRequest, Shed};
use crate::texts::http as texts;
use crate::worker::Worker;
use crate::worker::admission::Refusal;
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

const LATE: Violation = Violation { status: 408, detail: texts::TIMEOUT };

pub(super) struct HttpSession {
    worker: Rc<Worker>,
    writer: Rc<ResponseWriter>,
    access: Access,
    /// With [`Access::Excess`].
    counted: Option<Counted>,
    /// Bytes that were read; those before `at` are processed.
    input: Vec<u8>,
    at: usize,
    state: State,
    has_ended: bool,
    idle_since: Instant,
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
    body: BodyReader,
    /// Size of the body by its head; 0 for a chunked one.
    in_bytes: usize,
    expects_continue: bool,
    framing: ResponseFraming,
    since: Instant,
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
    pub(super) fn new(
        worker: Rc<Worker>,
        writer: Rc<ResponseWriter>,
        access: Access,
        counted: Option<Counted>,
    ) -> Self {
        Self {
            worker,
            writer,
            access,
            counted,
            input: Vec::new(),
            at: 0,
            state: State::head(),
            has_ended: false,
            idle_since: Instant::now(),
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

    fn next_deadline(&self, is_paused: bool) -> Option<Instant> {
        match &self.state {
            State::Running => None,
            _ if is_paused => None,
            // In a drain, the deadline of an idle connection is another one.
            State::Head { since: None, .. } => {
                let drained = self.worker.shared.drain_grace_end(self.idle_since);
                Some(drained.unwrap_or(self.idle_since + IDLE_TIMEOUT))
            }
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
        if self.has_ended { Err(self.fail(malformed(texts::ENDS_EARLY))) } else { Ok(()) }
    }

    fn accepts_input(&self) -> bool {
        !matches!(self.state, State::Running) && !self.has_ended
    }

    /// Answers to pipelined requests are sent together, unless the next answer takes longer than a batch.
    fn holds_output(&self) -> bool {
        matches!(self.state, State::Running)
            && !self.writer.is_offloaded.get()
            && self.writer.unsent() <= MAX_HELD_BYTES
            && self.worker.admission.expected_wait() < BATCH_TIME
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
            Err(violation) => {
                let start = unread.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
                let head_only = unread[start..].starts_with(b"HEAD ");
                return Err(self.violation(violation, started, head_only));
            }
        };
        let shared = Arc::clone(&self.worker.shared);
        let route = route(&head, self.access, &shared.registry(), shared.settings.deadline_ms);
        if !matches!(route, Route::Page(_)) && self.claim_count() {
            shared.refuse_connection(self.worker.thread);
        }
        let exchange = Exchange {
            in_bytes: head.length.known(),
            body: BodyReader::new(head.length),
            expects_continue: head.expects_continue,
            framing: ResponseFraming {
                head_only: head.method == b"HEAD",
                close: head.close || self.access == Access::Excess,
            },
            since: started,
        };
        self.at += size;
        self.start_body(exchange, route, now)?;
        Ok(Progress::Done)
    }

    fn start_body(&mut self, exchange: Exchange, route: Route, now: Instant) -> Result<(), Close> {
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
                        expires: now + Duration::from_millis(deadline_ms),
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

    /// Of a connection that gets one response: true when it is not counted yet. False for all others.
    fn claim_count(&self) -> bool {
        self.counted.as_ref().is_some_and(Counted::claim)
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
        if matches!(exchange.body, BodyReader::Chunked(_)) {
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
            Purpose::Process(payload) => self.submit(exchange, payload),
            Purpose::Page(page) => {
                let framing = self.framing(&exchange, false);
                let shared = &self.worker.shared;
                let (status, size) = self.respond(|out| page::write(out, page, shared, framing));
                let (path, time) = (page.path(), exchange.since.elapsed());
                shared.observer.page(&PageRequest { path, status, code: None, size, time });
                self.end_exchange(framing.close)
            }
            Purpose::Discard => self.end_exchange(false),
        }
    }

    fn submit(&mut self, exchange: Exchange, payload: Payload) -> Result<Progress, Close> {
        let Payload { contract, body, reservation, expires, trace } = payload;
        if let Err(refusal) = self.admit() {
            let exchange = Exchange { in_bytes: body.len(), expects_continue: false, ..exchange };
            self.refuse(&exchange, Some(contract.label()), trace.as_ref(), &self.overloaded(refusal))?;
            return self.end_exchange(false);
        }
        self.writer.request_opened();
        self.worker.enqueue(Job {
            contract,
            payload_bytes: body.len(),
            body,
            skip: 0,
            reservation: Some(reservation),
            received: Instant::now(),
            expires: Some(expires),
            trace,
            writer: Rc::clone(&self.writer),
            reply: Reply::Http(exchange.framing),
        });
        self.state = State::Running;
        Ok(Progress::Done)
    }

    /// Takes a slot of the queue.
    fn admit(&self) -> Result<(), Refusal> {
        let admission = &self.worker.admission;
        if self.writer.stream.peer().is_some_and(|peer| peer.is_full()) {
            return Err(admission.refusal(Shed::InFlight));
        }
        admission.acquire_slot()
    }

    /// The request was answered.
    fn end_exchange(&mut self, closes: bool) -> Result<Progress, Close> {
        self.state = State::head();
        self.idle_since = Instant::now();
        if closes { Err(Close::Drain) } else { Ok(Progress::Done) }
    }
}
