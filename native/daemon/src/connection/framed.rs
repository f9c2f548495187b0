//! A framed connection: turns frames into jobs and keeps the timeouts of WIRE.md.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidelane_core::Code;
use sidelane_wire::{
    Admission, ClientHello, FLAG_CANONICAL, FLAG_TRACE, Fault, FrameHeader, FrameKind, NO_DEADLINE, PROTOCOL_VERSION,
    REQUEST_SLACK_BYTES, RequestRules, ServerLimits, TRACE_BYTES, Violation, preface,
};

use super::HANDSHAKE_TIMEOUT;
use super::session::{Close, Session};
use crate::contracts::LoadedContract;
use crate::protocol::framed::frame_reader::{FrameHandler, FrameReader, Payload};
use crate::protocol::framed::handshake::ContractIndices;
use crate::protocol::framed::{write_fault, write_frame, write_too_large};
use crate::shared::Reservation;
use crate::telemetry::{Label, Protocol, Request, Shed};
use crate::texts::framed as texts;
use crate::worker::Worker;
use crate::worker::admission::Refusal;
use crate::worker::queue::{Job, Reply};
use crate::worker::response_writer::{MAX_UNSENT_BYTES, ResponseWriter};

/// Time in which a frame has to be complete.
const FRAME_TIMEOUT: Duration = Duration::from_secs(5);

/// Time without frames or requests in flight after which a connection ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// As `IDLE_TIMEOUT`, after GOAWAY.
const GOAWAY_GRACE: Duration = Duration::from_secs(1);

pub(super) struct FramedSession {
    reader: FrameReader,
    requests: Requests,
    since: Instant,
}

/// Receives the frames of the reader.
struct Requests {
    worker: Rc<Worker>,
    writer: Rc<ResponseWriter>,
    indices: ContractIndices,
    rules: RequestRules,
    has_hello: bool,
    /// GOAWAY was sent.
    is_leaving: bool,
    /// The REQUEST whose header was accepted, and whose payload has not arrived.
    accepted: Option<(Arc<LoadedContract>, Reservation)>,
    /// Ids of the CANCELs in the input, which are removed from the queue in one pass.
    cancelled: Vec<u64>,
}

impl From<Violation> for Close {
    fn from(violation: Violation) -> Self {
        Self::Fail(violation.to_string())
    }
}

impl FramedSession {
    pub(super) fn new(worker: Rc<Worker>, writer: Rc<ResponseWriter>, since: Instant) -> Self {
        let registry = worker.shared.registry();
        let requests = Requests {
            worker,
            writer,
            rules: RequestRules::new(saturate(registry.request_cap())),
            indices: ContractIndices::new(registry),
            has_hello: false,
            is_leaving: false,
            accepted: None,
            cancelled: Vec::new(),
        };
        Self { reader: FrameReader::default(), requests, since }
    }

    fn is_quiet(&self) -> bool {
        self.requests.writer.in_flight() == 0 && self.reader.partial_since().is_none()
    }

    fn frame_deadline(&self) -> Option<Instant> {
        self.reader.partial_since().map(|since| since + FRAME_TIMEOUT)
    }
}

impl Session for FramedSession {
    const MAX_UNSENT_BYTES: usize = 1 << 20;

    fn receive(&mut self, bytes: &[u8], now: Instant) -> Result<(), Close> {
        let result = self.reader.read(bytes, now, &mut self.requests);
        self.requests.cancel();
        result
    }

    fn on_eof(&mut self, _: Instant) -> Result<(), Close> {
        Err(Close::Drain)
    }

    fn on_refresh(&mut self) {
        if self.reader.has_preface() {
            self.requests.leave_if_outdated();
        }
    }

    fn on_unpause(&mut self, now: Instant) {
        self.reader.restart_partial(now);
    }

    fn awaits_flush(&self) -> bool {
        self.requests.is_leaving
    }

    fn next_deadline(&self, is_paused: bool) -> Option<Instant> {
        let hello = (!self.requests.has_hello).then_some(self.since + HANDSHAKE_TIMEOUT);
        let quiet = self.is_quiet().then(|| {
            let since = self.requests.writer.quiet_since.get();
            if self.requests.is_leaving {
                since + GOAWAY_GRACE
            } else {
                self.reader.last_frame().map_or(since, |frame| since.max(frame)) + IDLE_TIMEOUT
            }
        });
        [self.frame_deadline().filter(|_| !is_paused), hello, quiet].into_iter().flatten().min()
    }

    fn on_timeout(&mut self, now: Instant) -> Result<(), Close> {
        if !self.reader.has_preface() {
            return Err(Close::Abort);
        }
        if self.frame_deadline().is_some_and(|deadline| deadline <= now) {
            return Err(Close::Fail(texts::FRAME_TIMEOUT.into()));
        }
        if !self.requests.has_hello && self.since + HANDSHAKE_TIMEOUT <= now {
            return Err(Close::Fail(texts::HANDSHAKE_TIMEOUT.into()));
        }
        self.requests.go_away();
        Err(Close::Drain)
    }

    fn report_violation(&mut self, violation: &str) {
        let fault = Fault { message: violation, ..Code::ProtocolViolation.into() };
        self.requests.writer.write(|output, pool| write_fault(output, pool, 0, &fault, 0));
    }

    fn discard_input(&mut self) {
        self.reader.discard_partial();
        if self.requests.accepted.take().is_some() {
            self.requests.writer.request_dropped();
        }
    }
}

impl FrameHandler for Requests {
    type Error = Close;

    fn on_preface(&mut self, version: Option<u16>) -> Result<(), Close> {
        if version.is_some() {
            self.writer.write(|output, pool| output.push(pool, &preface()));
        }
        if version != Some(PROTOCOL_VERSION) {
            return Err(Close::Drain);
        }
        // Ahead of HELLO, so that the client sends no request here.
        self.leave_if_outdated();
        Ok(())
    }

    fn on_header(&mut self, header: &FrameHeader, is_whole: bool) -> Result<bool, Close> {
        let admission = self.rules.admit(header)?;
        if header.kind != FrameKind::Request {
            return Ok(true);
        }
        self.writer.request_opened();
        let contract = self.indices.get(header.index).map(Arc::clone);
        if admission == Admission::Discard {
            return Ok(self.refuse_size(header, contract.as_deref()));
        }
        let Some(contract) = contract else {
            return Ok(self.refuse(header, Label::default(), &Code::ContractUnknown.into()));
        };
        if header.a == 0 {
            let fault = Fault { place: Some("door"), ..Code::DeadlineExceeded.into() };
            return Ok(self.refuse(header, contract.label(), &fault));
        }
        match self.admit(header.length as usize, is_whole) {
            Ok(reservation) => {
                self.accepted = Some((contract, reservation));
                Ok(true)
            }
            Err(refusal) => Ok(self.overloaded(header, contract.label(), refusal)),
        }
    }

    fn on_frame(&mut self, header: &FrameHeader, payload: Payload<'_>, since: Instant) -> Result<(), Close> {
        match header.kind {
            FrameKind::Request => self.request(header, payload, since),
            FrameKind::Hello => self.hello(header, payload.bytes())?,
            FrameKind::Ping => self.push(FrameKind::Pong, header.id, payload.bytes()),
            // Ids of later requests are unknown.
            FrameKind::Cancel if header.id <= self.rules.last_id() => self.cancelled.push(header.id),
            _ => {}
        }
        Ok(())
    }
}

impl Requests {
    /// Checks the bounds of a request. With a whole payload it takes a slot of the queue.
    fn admit(&self, length: usize, is_whole: bool) -> Result<Reservation, Refusal> {
        let (admission, peer) = (&self.worker.admission, self.writer.stream.peer());
        let is_over = self.writer.in_flight() > self.worker.shared.settings.max_in_flight;
        if is_over || peer.is_some_and(|peer| peer.is_over_in_flight()) {
            return Err(admission.refusal(Shed::InFlight));
        }
        if self.writer.unsent() > MAX_UNSENT_BYTES {
            return Err(admission.refusal(Shed::Output));
        }
        let reservation = admission.acquire_bytes(length, peer)?;
        if is_whole {
            admission.acquire_slot()?
        } else {
            admission.check_slot()?
        }
        Ok(reservation)
    }

    /// What the client is told; a peer over TLS shares its bound among its connections.
    fn max_in_flight(&self) -> u32 {
        let all = self.worker.shared.settings.max_in_flight;
        self.writer.stream.peer().map_or(all, |peer| all.min(saturate(peer.max_in_flight())))
    }

    fn overloaded(&self, header: &FrameHeader, label: Label<'_>, refusal: Refusal) -> bool {
        self.worker.shed(refusal.reason);
        self.refuse(header, label, &refusal.into())
    }

    /// Answers a request at once. Returns false: its payload is discarded.
    fn refuse(&self, header: &FrameHeader, label: Label<'_>, fault: &Fault<'_>) -> bool {
        self.report(header, label, fault.code);
        self.writer.answer(|output| write_fault(output, &self.worker.outputs, header.id, fault, 0));
        false
    }

    /// As [`refuse`](Self::refuse), for a request longer than any contract allows.
    fn refuse_size(&self, header: &FrameHeader, contract: Option<&LoadedContract>) -> bool {
        let largest = (self.rules.request_cap as usize).saturating_sub(REQUEST_SLACK_BYTES);
        let max_bytes = contract.map_or(largest, |contract| contract.max_bytes);
        let label = contract.map_or_else(Label::default, LoadedContract::label);
        self.report(header, label, Code::LimitBytes);
        self.writer.answer(|output| write_too_large(output, &self.worker.outputs, header.id, max_bytes));
        false
    }

    fn report(&self, header: &FrameHeader, label: Label<'_>, code: Code) {
        let request = Request::new(Protocol::Framed, label, header.length as usize);
        self.worker.report(&Request { code: Some(code), ..request });
    }

    fn request(&mut self, header: &FrameHeader, payload: Payload<'_>, received: Instant) {
        let Some((contract, reservation)) = self.accepted.take() else { return };
        let body = match payload {
            Payload::Borrowed(payload) => {
                let mut body = self.worker.bodies.acquire_empty();
                body.extend_from_slice(payload);
                body
            }
            Payload::Owned(body) => {
                // The queue may have filled up since its header arrived.
                if let Err(refusal) = self.worker.admission.acquire_slot() {
                    self.overloaded(header, contract.label(), refusal);
                    return;
                }
                body
            }
        };
        let trace = (header.flags & FLAG_TRACE != 0).then(|| body.first_chunk().copied()).flatten();
        let deadline = (header.a != NO_DEADLINE).then(|| Duration::from_millis(header.a.into()));
        let skip = if trace.is_some() { TRACE_BYTES } else { 0 };
        self.worker.enqueue(Job {
            contract,
            payload_bytes: body.len() - skip,
            body,
            skip,
            reservation: Some(reservation),
            received,
            expires: deadline.map(|deadline| received + deadline),
            trace,
            writer: Rc::clone(&self.writer),
            reply: Reply::Framed { id: header.id, with_canonical: header.flags & FLAG_CANONICAL != 0 },
        });
    }

    fn hello(&mut self, header: &FrameHeader, payload: &[u8]) -> Result<(), Violation> {
        let hello = ClientHello::decode(payload)?;
        let limits = ServerLimits {
            request_bytes: self.rules.request_cap,
            answer_bytes: saturate(self.indices.answer_cap()),
            in_flight: self.max_in_flight(),
        };
        let answer = self.indices.respond(&hello.contracts, limits);
        self.push(FrameKind::Hello, header.id, &answer);
        self.has_hello = true;
        Ok(())
    }

    fn push(&self, kind: FrameKind, id: u64, payload: &[u8]) {
        self.writer.write(|output, pool| write_frame(output, pool, kind, id, payload));
    }

    /// Sends GOAWAY when the daemon drains or other contracts are in force.
    fn leave_if_outdated(&mut self) {
        let shared = &self.worker.shared;
        if shared.is_draining() || shared.registry().generation != self.indices.generation() {
            self.go_away();
        }
    }

    fn go_away(&mut self) {
        if !std::mem::replace(&mut self.is_leaving, true) {
            self.writer.quiet_since.set(Instant::now());
            self.push(FrameKind::Goaway, 0, &[]);
        }
    }

    fn cancel(&mut self) {
        if !self.cancelled.is_empty() {
            self.worker.cancel(&self.writer, &mut std::mem::take(&mut self.cancelled));
        }
    }
}

fn saturate(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
