//! One worker: the queue of a thread and the connections that it answers. Threads share nothing but
//! [`Shared`](crate::shared::Shared).
//!
//! Order of the modules, each of which uses only those before it: `standing_queue`, `admission`, `context`, `stream`,
//! `response_writer`, `queue`, `process_job`, this one with `offload`, `busy_poll`, `executor`.

pub mod admission;
pub mod busy_poll;
pub mod context;
pub(crate) mod executor;
mod offload;
mod process_job;
pub mod queue;
pub mod response_writer;
pub mod standing_queue;
pub mod stream;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::Deref;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use sidelane_core::{Code, Scratch};
use sidelane_wire::{Fault, HEADER_BYTES, Written};

use crate::buffers::OutputBuf;
use crate::protocol::{framed, http};
use crate::shared::Shared;
use crate::telemetry::Request;
use context::Context;
use offload::Offloaded;
use queue::{Job, Reply};
use response_writer::ResponseWriter;
use stream::Stream;

pub struct Worker {
    context: Rc<Context>,
    queue: RefCell<VecDeque<Job>>,
    scratch: RefCell<Scratch>,
    /// Wakes the executor, while it waits for a job.
    executor: Cell<Option<Waker>>,
    connections: RefCell<Vec<Weak<ResponseWriter>>>,
    /// Have answers of the current batch.
    batch: RefCell<Vec<Rc<ResponseWriter>>>,
    /// Jobs on spare threads.
    offloaded: RefCell<Vec<Rc<Offloaded>>>,
}

impl Deref for Worker {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl Worker {
    pub fn new(shared: Arc<Shared>, thread: usize) -> Rc<Self> {
        Rc::new(Self {
            context: Rc::new(Context::new(shared, thread)),
            queue: RefCell::default(),
            scratch: RefCell::default(),
            executor: Cell::new(None),
            connections: RefCell::default(),
            batch: RefCell::default(),
            offloaded: RefCell::default(),
        })
    }

    pub(crate) fn connect(&self, stream: Stream) -> Rc<ResponseWriter> {
        let writer = Rc::new(ResponseWriter::new(stream, Rc::clone(&self.context)));
        let mut connections = self.connections.borrow_mut();
        connections.retain(|one| one.strong_count() > 0);
        connections.push(Rc::downgrade(&writer));
        writer
    }

    /// Lets all connections look at the state of the daemon: other contracts are in force, or it drains.
    pub(crate) fn refresh(&self) {
        let connections: Vec<_> = self.connections.borrow().iter().filter_map(Weak::upgrade).collect();
        connections.iter().for_each(|writer| writer.refresh());
    }

    /// Queues a job whose slot was acquired.
    pub(crate) fn enqueue(&self, job: Job) {
        self.queue.borrow_mut().push_back(job);
        if let Some(waker) = self.executor.take() {
            waker.wake();
        }
    }

    /// Removes the queued requests with these ids, and answers them with `cancelled`.
    pub(crate) fn cancel(&self, writer: &Rc<ResponseWriter>, ids: &mut [u64]) {
        ids.sort_unstable();
        let is_cancelled = |reply: Reply| reply.id().is_some_and(|id| ids.binary_search(&id).is_ok());
        self.remove(writer, is_cancelled);
        for job in self.offloaded_of(writer).iter().filter(|job| is_cancelled(job.reply)) {
            job.cancel();
        }
        // The executor may be idle, and the batch keeps connections alive.
        self.flush_batch();
    }

    /// Removes the requests of a closed connection.
    pub(crate) fn disconnect(&self, writer: &Rc<ResponseWriter>) {
        self.remove(writer, |_| true);
        self.offloaded_of(writer).iter().for_each(|job| job.abandon());
    }

    fn offloaded_of(&self, writer: &Rc<ResponseWriter>) -> Vec<Rc<Offloaded>> {
        self.offloaded.borrow().iter().filter(|job| Rc::ptr_eq(&job.writer, writer)).map(Rc::clone).collect()
    }

    /// Removes jobs in one pass over the queue.
    fn remove(&self, writer: &Rc<ResponseWriter>, matches: impl Fn(Reply) -> bool) {
        if writer.unanswered() == 0 {
            return;
        }
        let is_removed = |job: &Job| Rc::ptr_eq(&job.writer, writer) && matches(job.reply);
        let removed = {
            let mut queue = self.queue.borrow_mut();
            let (removed, kept): (VecDeque<_>, _) = queue.drain(..).partition(is_removed);
            *queue = kept;
            removed
        };
        for job in removed {
            self.admission.release_slot();
            self.refuse(&job, &Code::Cancelled.into(), Instant::now(), None);
            self.answered(job);
        }
    }

    /// Answers a job that did not run, or that panicked after `run_us`.
    fn refuse(&self, job: &Job, fault: &Fault<'_>, started: Instant, run_us: Option<u32>) {
        let (code, queue_us) = (Some(fault.code), micros(job.received, started));
        self.report(&Request { code, queue_us, run_us: run_us.unwrap_or(0), ran: run_us.is_some(), ..job.facts() });
        if job.writer.is_closed() {
            return;
        }
        job.writer.answer(|output| match job.reply {
            Reply::Framed { id, .. } => framed::write_fault(output, &self.outputs, id, fault, queue_us),
            Reply::Http(framing) => {
                let framing = self.closing(&job.writer, framing);
                http::write_fault(output, &self.outputs, fault, framing);
            }
        });
    }

    /// Reports a job that ran, and completes its answer, whose outcome is in the spare bytes of the output.
    fn finish_answer(&self, job: &Job, output: &mut OutputBuf, written: &Written, started: Instant, ended: Instant) {
        let (queue_us, run_us) = (micros(job.received, started), micros(started, ended));
        let (code, out_bytes) = (written.code(), written.body_bytes());
        self.report(&Request { code, out_bytes, queue_us, run_us, ran: true, ..job.facts() });
        match job.reply {
            Reply::Framed { id, .. } => {
                let spare = output.spare(&self.outputs, HEADER_BYTES + written.size);
                if let Some(header) = spare.first_chunk_mut() {
                    written.frame_header(id, queue_us, run_us).write(header);
                }
                output.advance(HEADER_BYTES + written.size);
            }
            Reply::Http(framing) => {
                let framing = self.closing(&job.writer, framing);
                http::finish_outcome(output, &self.outputs, written, &job.contract, (queue_us, run_us), framing);
            }
        }
    }

    /// Adds `Connection: close` while the daemon drains, and tells the connection.
    fn closing(&self, writer: &ResponseWriter, framing: http::ResponseFraming) -> http::ResponseFraming {
        let close = framing.close || self.shared.is_draining();
        writer.announced_close.set(close);
        http::ResponseFraming { close, ..framing }
    }

    /// Releases the memory of an answered job, and passes its answer on.
    fn answered(&self, job: Job) {
        self.bodies.release(job.body);
        match job.reply {
            // The connection sends it with those of the requests that it has read already.
            Reply::Http(_) => job.writer.wake(),
            Reply::Framed { .. } if job.writer.is_in_batch.replace(true) => {}
            Reply::Framed { .. } => self.batch.borrow_mut().push(job.writer),
        }
    }

    /// Sends the answers of the batch.
    fn flush_batch(&self) {
        let mut batch = self.batch.take();
        for writer in batch.drain(..) {
            writer.is_in_batch.set(false);
            writer.flush();
        }
        // Keeps the memory of the list.
        self.batch.replace(batch);
    }
}

/// Time from `from` to `to` in µs.
pub(crate) fn micros(from: Instant, to: Instant) -> u32 {
    u32::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u32::MAX)
}
