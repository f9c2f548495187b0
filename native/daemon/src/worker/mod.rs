//! One thread that serves: the connections that were handed to it, their queue, and the memory that they share. Nothing in
//! here is shared with another thread but [`Service`].
//!
//! A connection puts what it reads into the queue (`framed`, `http`); `runner` runs the queue in slices, so that reads,
//! CANCELs and deadlines get their turn in between.

pub mod buffer_pool;
mod busy_poll;
mod executor;
pub mod job;
mod thread;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use sidelane_core::error::Code;
use sidelane_core::process::Scratch;
use sidelane_core::wire::TRACE_BYTES;
use tokio::sync::oneshot;

use crate::connection::response_writer::ResponseWriter;
use crate::contracts::LoadedContract;
use crate::fault::Fault;
use crate::shared::{Refusal, Reservation, Shared};
use crate::telemetry::{Protocol, Request, Shed};
use buffer_pool::Pool;
use job::{Answer, Job, Pending, Reply};

pub use thread::{Handle, spawn};

/// Bytes that are read at once.
const READ_BYTES: usize = 128 << 10;

/// One thread that serves.
pub struct Worker {
    /// What all threads share.
    pub shared: Arc<Shared>,
    /// The thread's number, for the observer.
    pub thread: usize,
    queue: RefCell<VecDeque<Job>>,
    scratch: RefCell<Scratch>,
    /// Of the runner, while it sleeps.
    sleeper: Cell<Option<Waker>>,
    writers: RefCell<Vec<Weak<ResponseWriter>>>,
    /// Have answers that are not sent yet.
    touched: RefCell<Vec<Rc<ResponseWriter>>>,
    pub(crate) read_buffer: RefCell<Box<[u8]>>,
    pub(crate) outputs: Pool,
    pub(crate) bodies: Pool,
}

/// A payload that came by HTTP.
pub struct Work {
    /// Its contract.
    pub loaded: Arc<LoadedContract>,
    /// The payload.
    pub body: Vec<u8>,
    /// The budget that it takes.
    pub reservation: Reservation,
    /// When its headers were there.
    pub received: Instant,
    /// When it is too late.
    pub expires: Option<Instant>,
    /// Its trace context.
    pub trace: Option<[u8; TRACE_BYTES]>,
}

impl Worker {
    fn new(shared: Arc<Shared>, thread: usize) -> Rc<Self> {
        Rc::new(Self {
            shared,
            thread,
            queue: RefCell::default(),
            scratch: RefCell::default(),
            sleeper: Cell::new(None),
            writers: RefCell::default(),
            touched: RefCell::default(),
            read_buffer: RefCell::new(vec![0; READ_BYTES].into()),
            outputs: Pool::default(),
            bodies: Pool::default(),
        })
    }

    /// Puts a payload into the queue.
    ///
    /// # Errors
    ///
    /// The queue is full. The observer has been told.
    pub fn submit(&self, work: Work) -> Result<Pending, Refusal> {
        let Work { loaded, body, reservation, received, expires, trace } = work;
        if let Err(refusal) = self.shared.enter() {
            self.shed(refusal.reason);
            let in_bytes = body.len();
            let request = Request {
                loaded: Some(&loaded),
                protocol: Protocol::Http,
                in_bytes,
                trace: trace.as_ref(),
                ..Request::refused(Code::Overloaded)
            };
            self.shared.observer.request(self.thread, &request);
            return Err(refusal);
        }
        self.shared.count_in_flight(1);
        let (sender, receiver) = oneshot::channel();
        let reply = Reply::Http(sender);
        self.push(Job { loaded, body, skip: 0, reservation, canonical: false, received, expires, trace, reply });
        Ok(Pending(receiver))
    }

    /// Something was turned away.
    pub fn shed(&self, reason: Shed) {
        self.shared.observer.shed(self.thread, reason);
    }

    /// Bytes have left.
    pub(crate) fn sent(&self, size: usize) {
        self.shared.observer.transferred(self.thread, 0, size);
    }

    /// The job has its place in the queue already.
    pub(crate) fn push(&self, job: Job) {
        self.queue.borrow_mut().push_back(job);
        if let Some(sleeper) = self.sleeper.take() {
            sleeper.wake();
        }
    }

    /// Removes the requests with these ids that wait, and answers them with `cancelled`.
    pub(crate) fn cancel(&self, writer: &Rc<ResponseWriter>, ids: &mut [u64]) {
        ids.sort_unstable();
        self.remove(writer, |id| ids.binary_search(&id).is_ok());
        // The runner may be asleep, and what waits to be flushed keeps its connection.
        self.flush();
    }

    /// Forgets what waits for a connection that is gone.
    pub(crate) fn forget(&self, writer: &Rc<ResponseWriter>) {
        self.remove(writer, |_| true);
    }

    /// Goes through the queue once, whatever the number of ids.
    fn remove(&self, writer: &Rc<ResponseWriter>, is_meant: impl Fn(u64) -> bool) {
        if writer.unanswered() == 0 {
            return;
        }
        let is_gone =
            |job: &Job| matches!(&job.reply, Reply::Framed(owner, id) if Rc::ptr_eq(owner, writer) && is_meant(*id));
        let mut gone = Vec::new();
        let mut queue = self.queue.borrow_mut();
        for _ in 0..queue.len() {
            match queue.pop_front() {
                Some(job) if is_gone(&job) => gone.push(job),
                Some(job) => queue.push_back(job),
                None => {}
            }
        }
        drop(queue);
        for job in gone {
            self.shared.leave();
            self.refuse(job, Code::Cancelled, &Fault::Plain, Instant::now());
        }
    }

    /// Answers a job that does not run.
    fn refuse(&self, job: Job, code: Code, fault: &Fault<'_>, now: Instant) {
        let queue_us = micros(job.received, now);
        let request = Request {
            loaded: Some(&job.loaded),
            protocol: job.protocol(),
            in_bytes: job.payload().len(),
            queue_us,
            trace: job.trace.as_ref(),
            ..Request::refused(code)
        };
        self.shared.observer.request(self.thread, &request);
        match job.reply {
            Reply::Framed(writer, id) => {
                if !writer.is_closed() {
                    writer.fail(id, code, fault, queue_us);
                    self.touch(writer);
                }
            }
            Reply::Http(reply) => {
                self.shared.count_in_flight(-1);
                // Nobody waits for it any more: that is what was told.
                let _ = reply.send(Answer { outcome: fault.outcome(code), code: Some(code), queue_us, run_us: 0 });
            }
        }
        self.bodies.give(job.body);
    }

    /// The answers of the connection are sent at the end of the round.
    pub(crate) fn touch(&self, writer: Rc<ResponseWriter>) {
        if !writer.touched.replace(true) {
            self.touched.borrow_mut().push(writer);
        }
    }

    /// A framed connection is served here from now on.
    pub(crate) fn join(&self, writer: &Rc<ResponseWriter>) {
        let mut writers = self.writers.borrow_mut();
        writers.retain(|one| one.strong_count() > 0);
        writers.push(Rc::downgrade(writer));
    }

    /// Says GOAWAY to the connections whose contracts are not those in force, or to all when the end has begun.
    fn go_away(&self) {
        let generation = self.shared.registry().generation;
        let everybody = self.shared.is_draining();
        let writers: Vec<_> = self.writers.borrow().iter().filter_map(Weak::upgrade).collect();
        for writer in writers {
            if everybody || writer.generation() != generation {
                writer.go_away();
            }
        }
    }
}

/// The time in between, in µs.
pub(crate) fn micros(from: Instant, to: Instant) -> u32 {
    u32::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u32::MAX)
}
