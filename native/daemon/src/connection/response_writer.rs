//! What a framed connection shares with the queue: its answers on their way out, and the count of what is in flight.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::Shutdown;
use std::rc::Rc;
use std::task::Waker;
use std::time::Instant;

use sidelane_core::error::Code;
use sidelane_core::wire::{ANSWER_CAP_FACTOR, HEAD_BYTES, Head, Kind};
use tokio::net::UnixStream;

use super::output_buf::OutputBuf;
use crate::contracts::ContractRegistry;
use crate::fault::Fault;
use crate::worker::Worker;

/// From this many bytes of answers on, nothing is read from the client.
pub const OUTPUT_SOFT: usize = 1 << 20;

/// From this many bytes of answers on, nothing is run for the client.
pub const OUTPUT_HARD: usize = 4 << 20;

/// The writing side of a connection.
pub struct ResponseWriter {
    pub(crate) stream: UnixStream,
    pub(crate) output: RefCell<OutputBuf>,
    worker: Rc<Worker>,
    /// Requests whose answer is not with the transport yet.
    in_flight: Cell<u32>,
    /// Requests that have no answer yet.
    unanswered: Cell<u32>,
    closed: Cell<bool>,
    /// Since when the client takes nothing, while something waits for it.
    stalled: Cell<Option<Instant>>,
    /// Since when nothing is in flight.
    quiet: Cell<Instant>,
    /// GOAWAY has been said.
    leaving: Cell<bool>,
    /// The table that its contracts are of.
    generation: u64,
    answer_cap: usize,
    waker: RefCell<Option<Waker>>,
    /// The connection wants to know when its output is gone.
    pub(crate) attentive: Cell<bool>,
    /// It is among those that the round will flush.
    pub(crate) touched: Cell<bool>,
}

impl ResponseWriter {
    pub(crate) fn new(stream: UnixStream, worker: Rc<Worker>, registry: &ContractRegistry) -> Rc<Self> {
        Rc::new(Self {
            stream,
            output: RefCell::default(),
            worker,
            in_flight: Cell::new(0),
            unanswered: Cell::new(0),
            closed: Cell::new(false),
            stalled: Cell::new(None),
            quiet: Cell::new(Instant::now()),
            leaving: Cell::new(false),
            generation: registry.generation,
            answer_cap: registry.request_cap() * ANSWER_CAP_FACTOR,
            waker: RefCell::new(None),
            attentive: Cell::new(false),
            touched: Cell::new(false),
        })
    }

    /// Nothing more can be sent.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Requests whose answer is not with the transport yet.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.get()
    }

    /// Requests that have no answer yet.
    pub(crate) fn unanswered(&self) -> u32 {
        self.unanswered.get()
    }

    /// Most bytes of an answer.
    pub(crate) fn answer_cap(&self) -> usize {
        self.answer_cap
    }

    /// Tells the table that its contracts are of.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Since when nothing is in flight, or since GOAWAY.
    pub(crate) fn quiet_since(&self) -> Instant {
        self.quiet.get()
    }

    /// Since when the client takes nothing that waits for it.
    pub(crate) fn stalled(&self) -> Option<Instant> {
        self.stalled.get()
    }

    /// It has heard GOAWAY.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.get()
    }

    /// Bytes that wait for the client.
    pub fn waiting(&self) -> usize {
        self.output.borrow().len()
    }

    /// A request has come; it gets exactly one answer.
    pub(crate) fn opened(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
        self.unanswered.set(self.unanswered.get() + 1);
        self.worker.shared.count_in_flight(1);
    }

    /// A request whose body never came whole: it gets no answer.
    pub(crate) fn unopened(&self) {
        self.answered();
        self.handed_over(1);
    }

    /// An answer is in the output.
    pub(crate) fn answered(&self) {
        self.unanswered.set(self.unanswered.get().saturating_sub(1));
    }

    /// Answers a request with a fault.
    pub(crate) fn fail(&self, id: u64, code: Code, fault: &Fault<'_>, queue_us: u32) {
        let kind = if code == Code::LimitBytes { Kind::Rejected } else { Kind::Error };
        let outcome = fault.outcome(code);
        self.push(kind, code.wire(), id, queue_us, &outcome);
        self.answered();
    }

    /// Adds a frame to the output.
    pub(crate) fn push(&self, kind: Kind, index: u16, id: u64, a: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let mut head = [0; HEAD_BYTES];
        Head { length, kind, flags: 0, index, id, a, b: 0 }.write(&mut head);
        let mut output = self.output.borrow_mut();
        output.push(&self.worker.outputs, &head);
        output.push(&self.worker.outputs, payload);
    }

    /// Says GOAWAY, once.
    pub fn go_away(&self) {
        if !self.leaving.replace(true) {
            self.quiet.set(Instant::now());
            self.push(Kind::Goaway, 0, 0, 0, &[]);
            self.flush();
            self.wake();
        }
    }

    /// Sends what the transport takes.
    pub(crate) fn flush(&self) {
        let mut output = self.output.borrow_mut();
        if output.is_empty() {
            return;
        }
        while !output.is_empty() && !self.closed.get() {
            match self.stream.try_write(output.waiting()) {
                Ok(size) => {
                    self.stalled.set(None);
                    self.worker.sent(size);
                    self.handed_over(output.consumed(&self.worker.outputs, size));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.stalled.get().is_none() {
                        self.stalled.set(Some(Instant::now()));
                    }
                    break;
                }
                Err(_) => self.closed.set(true),
            }
        }
        // The connection waits: for the client to read, for the last answer to be gone, or for nothing more.
        if self.closed.get() || !output.is_empty() || self.attentive.get() {
            self.wake();
        }
    }

    fn handed_over(&self, answers: u32) {
        if answers == 0 {
            return;
        }
        self.in_flight.set(self.in_flight.get().saturating_sub(answers));
        self.worker.shared.count_in_flight(-(answers as isize));
        if self.in_flight.get() == 0 {
            self.quiet.set(Instant::now());
        }
    }

    /// Whom to wake.
    pub(crate) fn listen(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|one| one.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    /// Lets the connection look again.
    pub(crate) fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    /// Nothing goes over the connection any more: its requests are nobody's.
    pub(crate) fn close(&self) {
        self.closed.set(true);
        self.worker.shared.count_in_flight(-(self.in_flight.replace(0) as isize));
        let bytes = std::mem::take(&mut *self.output.borrow_mut());
        bytes.give_to(&self.worker.outputs);
    }

    /// Ends the writing side.
    pub(crate) fn end_writing(&self) {
        // A client that is gone already is no news.
        let _ = socket2::SockRef::from(&self.stream).shutdown(Shutdown::Write);
    }
}
