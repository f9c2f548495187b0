//! The writing half of a connection, shared by the connection and the queue: its output, and the count of its requests.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::task::Waker;
use std::time::Instant;

use super::context::Context;
use super::stream::Stream;
use crate::buffers::{BufferPool, OutputBuf};

/// No payload runs for a connection with more unsent bytes.
pub const MAX_UNSENT_BYTES: usize = 4 << 20;

pub struct ResponseWriter {
    pub(crate) stream: Stream,
    context: Rc<Context>,
    output: RefCell<OutputBuf>,
    /// Bytes that were sent since the connection opened.
    sent: Cell<u64>,
    /// Where unsent answers end, counted from the opening of the connection.
    answer_ends: RefCell<VecDeque<u64>>,
    /// Requests whose answer has not been handed to the transport.
    in_flight: Cell<u32>,
    /// Requests without an answer.
    unanswered: Cell<u32>,
    is_closed: Cell<bool>,
    /// Since when the transport takes nothing, while bytes are unsent.
    pub(crate) stalled_since: Cell<Option<Instant>>,
    /// Since when nothing is in flight.
    pub(crate) quiet_since: Cell<Instant>,
    waker: RefCell<Option<Waker>>,
    /// The connection waits for the end of the output.
    pub(crate) awaits_flush: Cell<bool>,
    /// The connection has to look at the state of the daemon.
    pub(crate) needs_refresh: Cell<bool>,
    /// The last answer announced the end of the connection.
    pub(crate) announced_close: Cell<bool>,
    /// The next answer over HTTP comes from a spare thread, so that those before it are not held back for it.
    pub(crate) is_offloaded: Cell<bool>,
    /// The batch flushes it at its end.
    pub(super) is_in_batch: Cell<bool>,
}

impl ResponseWriter {
    pub(super) fn new(stream: Stream, context: Rc<Context>) -> Self {
        Self {
            stream,
            context,
            output: RefCell::default(),
            sent: Cell::new(0),
            answer_ends: RefCell::default(),
            in_flight: Cell::new(0),
            unanswered: Cell::new(0),
            is_closed: Cell::new(false),
            stalled_since: Cell::new(None),
            quiet_since: Cell::new(Instant::now()),
            waker: RefCell::new(None),
            awaits_flush: Cell::new(false),
            needs_refresh: Cell::new(false),
            announced_close: Cell::new(false),
            is_offloaded: Cell::new(false),
            is_in_batch: Cell::new(false),
        }
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    pub fn in_flight(&self) -> u32 {
        self.in_flight.get()
    }

    pub fn unanswered(&self) -> u32 {
        self.unanswered.get()
    }

    pub fn unsent(&self) -> usize {
        self.output.borrow().len()
    }

    /// Counts a request, which gets exactly one answer.
    pub(crate) fn request_opened(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
        self.unanswered.set(self.unanswered.get() + 1);
        self.context.admission.add_in_flight(1);
        if let Some(peer) = self.stream.peer() {
            peer.add_in_flight(1);
        }
    }

    /// A request ends without an answer: its body did not arrive.
    pub(crate) fn request_dropped(&self) {
        self.unanswered.set(self.unanswered.get().saturating_sub(1));
        self.handed_over(1);
    }

    /// Writes one answer, in place.
    pub(crate) fn answer(&self, write: impl FnOnce(&mut OutputBuf)) {
        self.try_answer(|output| {
            write(output);
            true
        });
    }

    /// As [`answer`](Self::answer), or nothing when `write` returns false.
    pub(super) fn try_answer(&self, write: impl FnOnce(&mut OutputBuf) -> bool) -> bool {
        let mut output = self.output.borrow_mut();
        let is_answered = write(&mut output);
        if is_answered {
            self.unanswered.set(self.unanswered.get().saturating_sub(1));
            self.answer_ends.borrow_mut().push_back(self.sent.get() + output.len() as u64);
        }
        is_answered
    }

    /// Writes what answers no request.
    pub(crate) fn write(&self, write: impl FnOnce(&mut OutputBuf, &BufferPool)) {
        write(&mut self.output.borrow_mut(), &self.context.outputs);
    }

    /// Sends what the transport takes.
    pub(crate) fn flush(&self) {
        let mut output = self.output.borrow_mut();
        if output.is_empty() {
            return;
        }
        while !output.is_empty() && !self.is_closed.get() {
            match self.stream.try_write(output.unsent()) {
                Ok(size) => {
                    self.stalled_since.set(None);
                    self.context.transferred(0, size);
                    self.sent.set(self.sent.get() + size as u64);
                    output.consume(&self.context.outputs, size);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.stream.take_progress() || self.stalled_since.get().is_none() {
                        self.stalled_since.set(Some(Instant::now()));
                    }
                    break;
                }
                Err(_) => self.is_closed.set(true),
            }
        }
        let mut ends = self.answer_ends.borrow_mut();
        let mut count = 0;
        while ends.front().is_some_and(|end| *end <= self.sent.get()) {
            ends.pop_front();
            count += 1;
        }
        self.handed_over(count);
        if self.is_closed.get() || !output.is_empty() || self.awaits_flush.get() {
            self.wake();
        }
    }

    fn handed_over(&self, count: u32) {
        if count == 0 {
            return;
        }
        self.in_flight.set(self.in_flight.get().saturating_sub(count));
        self.removed_in_flight(count as usize);
        if self.in_flight.get() == 0 {
            self.quiet_since.set(Instant::now());
        }
    }

    fn removed_in_flight(&self, count: usize) {
        self.context.admission.remove_in_flight(count);
        if let Some(peer) = self.stream.peer() {
            peer.remove_in_flight(count);
        }
    }

    pub(crate) fn set_waker(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|one| one.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    /// Lets the connection look at the state of the daemon.
    pub(super) fn refresh(&self) {
        self.needs_refresh.set(true);
        self.wake();
    }

    /// Drops the output; nothing is sent from now on.
    pub(crate) fn close(&self) {
        self.is_closed.set(true);
        self.removed_in_flight(self.in_flight.replace(0) as usize);
        std::mem::take(&mut *self.output.borrow_mut()).release(&self.context.outputs);
    }

    pub(crate) fn shutdown_write(&self) {
        self.stream.shutdown_write();
    }
}
