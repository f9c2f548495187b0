//! What a framed client sends, frame by frame: the rows of WIRE.md's table that a header decides, and what becomes of each
//! frame. A REQUEST's body is copied once, out of the thread's read buffer into the job that waits.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidelane_core::error::Code;
use sidelane_core::wire::{
    Admission, ClientHello, FLAG_CANONICAL, FLAG_TRACE, HEAD_BYTES, Head, Kind, Limits, NO_DEADLINE, PREFACE_BYTES,
    PROTOCOL_VERSION, Preface, Rules, Side, TRACE_BYTES, Violation, preface, read_preface,
};

use super::handshake::Indices;
use crate::connection::response_writer::{OUTPUT_HARD, ResponseWriter};
use crate::contracts::{ContractRegistry, LoadedContract};
use crate::fault::Fault;
use crate::shared::{Refusal, Reservation};
use crate::telemetry::{Request, Shed};
use crate::worker::Worker;
use crate::worker::job::{Job, Reply};

/// Why nothing more is read.
pub(super) enum Stop {
    /// Another version, or another language.
    Refused,
    /// The client broke a rule: this one.
    Violation(String),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation.to_string())
    }
}

/// What becomes of a frame whose header is there.
enum Fate {
    /// A REQUEST that may come.
    Request(Arc<LoadedContract>, Reservation),
    /// A frame of another kind, whose payload is wanted.
    Gather,
    /// It has been answered: its body is read past.
    Skip,
}

/// A frame that is half there.
struct Half {
    head: Head,
    fate: Fate,
    body: Vec<u8>,
    /// Bytes that are to come.
    left: usize,
    opened: Instant,
}

pub(super) struct RequestReader {
    worker: Rc<Worker>,
    writer: Rc<ResponseWriter>,
    indices: Indices,
    rules: Rules,
    has_preface: bool,
    has_hello: bool,
    last_frame: Instant,
    /// The beginning of a header, or of the preface.
    carried: Vec<u8>,
    half: Option<Half>,
    /// Since when a frame is half there.
    half_since: Option<Instant>,
    /// Requests that the client has given up, in the bytes that are being read: a CANCEL each does not cost a walk each.
    cancelled: Vec<u64>,
}

impl RequestReader {
    pub(super) fn new(worker: Rc<Worker>, writer: Rc<ResponseWriter>, registry: Arc<ContractRegistry>) -> Self {
        let cap = |bytes| u32::try_from(bytes).unwrap_or(u32::MAX);
        let rules = Rules::new(Side::Server, cap(registry.request_cap()), cap(writer.answer_cap()));
        Self {
            worker,
            writer,
            rules,
            indices: Indices::new(registry),
            has_preface: false,
            has_hello: false,
            last_frame: Instant::now(),
            carried: Vec::with_capacity(HEAD_BYTES),
            half: None,
            half_since: None,
            cancelled: Vec::new(),
        }
    }

    /// The client's preface has come.
    pub(super) fn has_preface(&self) -> bool {
        self.has_preface
    }

    /// A HELLO has come.
    pub(super) fn has_hello(&self) -> bool {
        self.has_hello
    }

    /// When the last frame came.
    pub(super) fn last_frame(&self) -> Instant {
        self.last_frame
    }

    /// Since when a frame is half there.
    pub(super) fn half(&self) -> Option<Instant> {
        self.half_since
    }

    /// The clock of a frame that is half there begins anew.
    pub(super) fn restart_clock(&mut self, now: Instant) {
        self.half_since = self.half_since.map(|_| now);
    }

    /// Nothing more is read: what is half there never comes.
    pub(super) fn let_go(&mut self) {
        self.half_since = None;
        if let Some(Half { fate: Fate::Request(..), .. }) = self.half.take() {
            self.writer.unopened();
        }
    }

    /// Takes in what was read at `now`.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) -> Result<(), Stop> {
        let taken = self.take(bytes, now);
        if !self.cancelled.is_empty() {
            self.worker.cancel(&self.writer, &mut std::mem::take(&mut self.cancelled));
        }
        taken
    }

    fn take(&mut self, mut bytes: &[u8], now: Instant) -> Result<(), Stop> {
        if !self.has_preface && !self.preface(&mut bytes)? {
            return Ok(());
        }
        while !bytes.is_empty() {
            bytes = if self.half.is_some() { self.go_on(bytes)? } else { self.begin(bytes, now)? };
        }
        if self.half.is_none() && self.carried.is_empty() {
            self.half_since = None;
        } else if self.half_since.is_none() {
            self.half_since = Some(now);
        }
        Ok(())
    }

    /// True when it is there.
    fn preface(&mut self, bytes: &mut &[u8]) -> Result<bool, Stop> {
        self.carry(bytes, PREFACE_BYTES);
        match read_preface(&self.carried) {
            Preface::More => return Ok(false),
            Preface::Foreign => return Err(Stop::Refused),
            Preface::Version(version) => {
                // It is the first that goes over the connection: there is room, or nobody.
                let _ = self.writer.stream.try_write(&preface());
                if version != PROTOCOL_VERSION {
                    return Err(Stop::Refused);
                }
            }
        }
        self.carried.clear();
        self.has_preface = true;
        // No frame goes out before the preface: until now there was nobody to say GOAWAY to.
        self.worker.join(&self.writer);
        Ok(true)
    }

    /// Moves bytes to what is carried until there are `wanted`.
    fn carry(&mut self, bytes: &mut &[u8], wanted: usize) {
        let (taken, rest) = bytes.split_at(bytes.len().min(wanted - self.carried.len()));
        self.carried.extend_from_slice(taken);
        *bytes = rest;
    }

    /// Begins a frame; the bytes behind what it took.
    fn begin<'a>(&mut self, mut bytes: &'a [u8], now: Instant) -> Result<&'a [u8], Stop> {
        let head = if let Some(head) = bytes.first_chunk().filter(|_| self.carried.is_empty()) {
            self.half_since = None;
            bytes = &bytes[HEAD_BYTES..];
            Head::read(head)
        } else {
            self.carry(&mut bytes, HEAD_BYTES);
            let Some(head) = self.carried.first_chunk() else { return Ok(bytes) };
            let head = Head::read(head);
            self.carried.clear();
            head
        };
        let head = head?;
        let length = head.length as usize;
        let is_whole = bytes.len() >= length;
        let fate = self.open(&head, is_whole)?;
        if is_whole {
            let (payload, rest) = bytes.split_at(length);
            self.half_since = None;
            self.frame(&head, fate, Body::There(payload), now)?;
            return Ok(rest);
        }
        let body = if matches!(fate, Fate::Skip) { Vec::new() } else { Vec::with_capacity(length) };
        // Its first byte may have come before its header was whole.
        self.half_since.get_or_insert(now);
        self.half = Some(Half { head, fate, body, left: length, opened: now });
        Ok(bytes)
    }

    /// Goes on with the frame that is half there.
    fn go_on<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Stop> {
        let Some(half) = &mut self.half else { return Ok(bytes) };
        let (taken, rest) = bytes.split_at(bytes.len().min(half.left));
        half.left -= taken.len();
        if !matches!(half.fate, Fate::Skip) {
            half.body.extend_from_slice(taken);
        }
        if half.left == 0
            && let Some(Half { head, fate, body, opened, .. }) = self.half.take()
        {
            self.half_since = None;
            self.frame(&head, fate, Body::Gathered(body), opened)?;
        }
        Ok(rest)
    }

    /// Decides by the header, before there is memory for the payload.
    fn open(&mut self, head: &Head, is_whole: bool) -> Result<Fate, Violation> {
        let admission = self.rules.admit(head)?;
        if head.kind != Kind::Request {
            return Ok(Fate::Gather);
        }
        self.writer.opened();
        let loaded = self.indices.get(head.index).map(Arc::clone);
        if admission == Admission::Oversize {
            return Ok(self.refuse(head, loaded.as_deref(), Code::LimitBytes, &Fault::Plain));
        }
        let Some(loaded) = loaded else {
            return Ok(self.refuse(head, None, Code::ContractUnknown, &Fault::Plain));
        };
        if head.a == 0 {
            return Ok(self.refuse(head, Some(&loaded), Code::DeadlineExceeded, &Fault::InQueue));
        }
        Ok(match self.admit(head.length as usize, is_whole) {
            Ok(reservation) => Fate::Request(loaded, reservation),
            Err(refusal) => self.overloaded(head, &loaded, refusal),
        })
    }

    /// Whether there is room for a request of that length; with its place in the queue, if it is there as a whole.
    fn admit(&self, length: usize, is_whole: bool) -> Result<Reservation, Refusal> {
        let shared = &self.worker.shared;
        if self.writer.in_flight() > shared.settings.max_in_flight {
            return Err(shared.refusal(Shed::InFlight));
        }
        if self.writer.waiting() > OUTPUT_HARD {
            return Err(shared.refusal(Shed::OutputBuf));
        }
        let reservation = shared.reserve(length)?;
        if is_whole {
            shared.enter()?
        } else {
            shared.has_place()?
        }
        Ok(reservation)
    }

    fn overloaded(&self, head: &Head, loaded: &LoadedContract, refusal: Refusal) -> Fate {
        self.worker.shed(refusal.reason);
        self.refuse(head, Some(loaded), Code::Overloaded, &refusal.into())
    }

    /// Answers at once.
    fn refuse(&self, head: &Head, loaded: Option<&LoadedContract>, code: Code, fault: &Fault<'_>) -> Fate {
        let request = Request { loaded, in_bytes: head.length as usize, ..Request::refused(code) };
        self.worker.shared.observer.request(self.worker.thread, &request);
        self.writer.fail(head.id, code, fault, 0);
        Fate::Skip
    }

    /// A frame is there as a whole; it was opened at `opened`.
    fn frame(&mut self, head: &Head, fate: Fate, body: Body<'_>, opened: Instant) -> Result<(), Stop> {
        self.last_frame = opened;
        match (fate, head.kind) {
            (Fate::Request(loaded, reservation), _) => self.request(head, loaded, reservation, body, opened),
            (Fate::Gather, Kind::Hello) => return self.hello(head, body.bytes()),
            (Fate::Gather, Kind::Ping) => self.writer.push(Kind::Pong, 0, head.id, 0, body.bytes()),
            // An id that is still to come is not known.
            (Fate::Gather, Kind::Cancel) if head.id <= self.rules.last_id() => self.cancelled.push(head.id),
            (Fate::Gather | Fate::Skip, _) => {}
        }
        Ok(())
    }

    fn request(
        &mut self,
        head: &Head,
        loaded: Arc<LoadedContract>,
        reservation: Reservation,
        body: Body<'_>,
        opened: Instant,
    ) {
        let body = match body {
            Body::There(payload) => {
                let mut body = self.worker.bodies.take();
                body.clear();
                body.extend_from_slice(payload);
                body
            }
            Body::Gathered(body) => {
                // It took its time: the queue may be full by now.
                if let Err(refusal) = self.worker.shared.enter() {
                    self.overloaded(head, &loaded, refusal);
                    return;
                }
                body
            }
        };
        let trace = (head.flags & FLAG_TRACE != 0).then(|| body.first_chunk().copied()).flatten();
        let deadline = (head.a != NO_DEADLINE).then(|| Duration::from_millis(head.a.into()));
        self.worker.push(Job {
            loaded,
            body,
            skip: if trace.is_some() { TRACE_BYTES } else { 0 },
            reservation,
            canonical: head.flags & FLAG_CANONICAL != 0,
            received: opened,
            expires: deadline.map(|deadline| opened + deadline),
            trace,
            reply: Reply::Framed(Rc::clone(&self.writer), head.id),
        });
    }

    fn hello(&mut self, head: &Head, payload: &[u8]) -> Result<(), Stop> {
        let hello = ClientHello::decode(payload)?;
        let shared = &self.worker.shared;
        let limits = Limits {
            request_bytes: self.rules.request_cap,
            answer_bytes: self.rules.answer_cap,
            in_flight: shared.settings.max_in_flight,
        };
        let answer = self.indices.greet(&hello.contracts, limits);
        self.writer.push(Kind::Hello, 0, head.id, 0, &answer);
        self.has_hello = true;
        // Whoever comes at the end is told so at once, and who has connected before a reload too.
        if shared.is_draining() || shared.registry().generation != self.writer.generation() {
            self.writer.go_away();
        }
        Ok(())
    }
}

/// A payload that is there as a whole.
enum Body<'a> {
    /// In the read buffer.
    There(&'a [u8]),
    /// In memory of its own.
    Gathered(Vec<u8>),
}

impl Body<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::There(bytes) => bytes,
            Self::Gathered(bytes) => bytes,
        }
    }
}
