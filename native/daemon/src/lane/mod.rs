//! One thread that serves: the connections that were handed to it, their queue, and the memory that they share. Nothing in
//! here is shared with another thread but [`Service`].
//!
//! A connection puts what it reads into the queue (`framed`, `http`); `runner` runs the queue in slices, so that reads,
//! CANCELs and deadlines get their turn in between.

pub mod job;
pub mod pool;
mod runner;
mod spin;
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

use crate::contracts::Served;
use crate::fault::Fault;
use crate::framed::peer::Peer;
use crate::observe::{Protocol, Request, Shed};
use crate::service::{Refusal, Reservation, Service};
use job::{Answer, Job, Pending, Reply};
use pool::Pool;

pub use thread::{Handle, spawn};

/// Bytes that are read at once.
const READ_BYTES: usize = 128 << 10;

/// One thread that serves.
pub struct Lane {
    /// What all threads share.
    pub service: Arc<Service>,
    /// The thread's number, for the observer.
    pub thread: usize,
    queue: RefCell<VecDeque<Job>>,
    scratch: RefCell<Scratch>,
    /// Of the runner, while it sleeps.
    sleeper: Cell<Option<Waker>>,
    peers: RefCell<Vec<Weak<Peer>>>,
    /// Have answers that are not sent yet.
    touched: RefCell<Vec<Rc<Peer>>>,
    pub(crate) read_buffer: RefCell<Box<[u8]>>,
    pub(crate) outputs: Pool,
    pub(crate) bodies: Pool,
}

/// A payload that came by HTTP.
pub struct Work {
    /// Its contract.
    pub served: Arc<Served>,
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

impl Lane {
    fn new(service: Arc<Service>, thread: usize) -> Rc<Self> {
        Rc::new(Self {
            service,
            thread,
            queue: RefCell::default(),
            scratch: RefCell::default(),
            sleeper: Cell::new(None),
            peers: RefCell::default(),
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
        let Work { served, body, reservation, received, expires, trace } = work;
        if let Err(refusal) = self.service.enter() {
            self.shed(refusal.reason);
            let in_bytes = body.len();
            let request = Request {
                served: Some(&served),
                protocol: Protocol::Http,
                in_bytes,
                trace: trace.as_ref(),
                ..Request::refused(Code::Overloaded)
            };
            self.service.observer.request(self.thread, &request);
            return Err(refusal);
        }
        self.service.count_in_flight(1);
        let (sender, receiver) = oneshot::channel();
        let reply = Reply::Http(sender);
        self.push(Job { served, body, skip: 0, reservation, canonical: false, received, expires, trace, reply });
        Ok(Pending(receiver))
    }

    /// Something was turned away.
    pub fn shed(&self, reason: Shed) {
        self.service.observer.shed(self.thread, reason);
    }

    /// Bytes have left.
    pub(crate) fn sent(&self, size: usize) {
        self.service.observer.transferred(self.thread, 0, size);
    }

    /// The job has its place in the queue already.
    pub(crate) fn push(&self, job: Job) {
        self.queue.borrow_mut().push_back(job);
        if let Some(sleeper) = self.sleeper.take() {
            sleeper.wake();
        }
    }

    /// Removes the requests with these ids that wait, and answers them with `cancelled`.
    pub(crate) fn cancel(&self, peer: &Rc<Peer>, ids: &mut [u64]) {
        ids.sort_unstable();
        self.remove(peer, |id| ids.binary_search(&id).is_ok());
        // The runner may be asleep, and what waits to be flushed keeps its connection.
        self.flush();
    }

    /// Forgets what waits for a connection that is gone.
    pub(crate) fn forget(&self, peer: &Rc<Peer>) {
        self.remove(peer, |_| true);
    }

    /// Goes through the queue once, whatever the number of ids.
    fn remove(&self, peer: &Rc<Peer>, is_meant: impl Fn(u64) -> bool) {
        if peer.unanswered() == 0 {
            return;
        }
        let is_gone =
            |job: &Job| matches!(&job.reply, Reply::Framed(owner, id) if Rc::ptr_eq(owner, peer) && is_meant(*id));
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
            self.service.leave();
            self.refuse(job, Code::Cancelled, &Fault::Plain, Instant::now());
        }
    }

    /// Answers a job that does not run.
    fn refuse(&self, job: Job, code: Code, fault: &Fault<'_>, now: Instant) {
        let queue_us = micros(job.received, now);
        let request = Request {
            served: Some(&job.served),
            protocol: job.protocol(),
            in_bytes: job.payload().len(),
            queue_us,
            trace: job.trace.as_ref(),
            ..Request::refused(code)
        };
        self.service.observer.request(self.thread, &request);
        match job.reply {
            Reply::Framed(peer, id) => {
                if !peer.is_closed() {
                    peer.fail(id, code, fault, queue_us);
                    self.touch(peer);
                }
            }
            Reply::Http(reply) => {
                self.service.count_in_flight(-1);
                // Nobody waits for it any more: that is what was told.
                let _ = reply.send(Answer { outcome: fault.outcome(code), code: Some(code), queue_us, run_us: 0 });
            }
        }
        self.bodies.give(job.body);
    }

    /// The answers of the connection are sent at the end of the round.
    pub(crate) fn touch(&self, peer: Rc<Peer>) {
        if !peer.touched.replace(true) {
            self.touched.borrow_mut().push(peer);
        }
    }

    /// A framed connection is served here from now on.
    pub(crate) fn join(&self, peer: &Rc<Peer>) {
        let mut peers = self.peers.borrow_mut();
        peers.retain(|one| one.strong_count() > 0);
        peers.push(Rc::downgrade(peer));
    }

    /// Says GOAWAY to the connections whose contracts are not those in force, or to all when the end has begun.
    fn go_away(&self) {
        let generation = self.service.table().generation;
        let everybody = self.service.is_draining();
        let peers: Vec<_> = self.peers.borrow().iter().filter_map(Weak::upgrade).collect();
        for peer in peers {
            if everybody || peer.generation() != generation {
                peer.go_away();
            }
        }
    }
}

/// The time in between, in µs.
pub(crate) fn micros(from: Instant, to: Instant) -> u32 {
    u32::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u32::MAX)
}
