//! Jobs that run on the spare threads of their contract: the thread of the connection keeps the job, and answers it when the
//! outcome arrives or its deadline passes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use sidelane_core::{Code, Scratch};
use sidelane_wire::{Fault, Written};
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::process_job::{Limit, process};
use super::queue::{Job, Reply};
use super::response_writer::ResponseWriter;
use super::{Worker, micros};
use crate::buffers::{BufferPool, OutputBuf};
use crate::spare_threads::SpareThreads;
use crate::telemetry::Shed;

/// The state of a job that both threads share.
#[derive(Default)]
struct Progress {
    has_started: AtomicBool,
    /// Its outcome is not needed.
    stop: AtomicBool,
}

/// What a spare thread returns; `written` is `None` after a panic.
struct Finished {
    /// Has the outcome in its spare bytes.
    output: OutputBuf,
    written: Option<Written>,
    started: Instant,
}

/// A job on the spare threads, for its connection.
pub(super) struct Offloaded {
    pub(super) writer: Rc<ResponseWriter>,
    pub(super) reply: Reply,
    spares: Arc<SpareThreads>,
    number: u64,
    progress: Arc<Progress>,
}

impl Offloaded {
    /// Removes it from the queue, unless it runs. `answer_offloaded` answers it when its run is dropped.
    pub(super) fn cancel(&self) {
        self.spares.remove(self.number);
    }

    /// Removes it from the queue, or ends it when it runs.
    pub(super) fn abandon(&self) {
        self.progress.stop.store(true, Relaxed);
        self.cancel();
    }
}

impl Worker {
    /// Passes the job to the spare threads of its contract. `tried`: since when it ran on this thread.
    pub(super) fn offload(self: &Rc<Self>, mut job: Job, tried: Option<Instant>) {
        let now = Instant::now();
        let spares = Arc::clone(&job.contract.spares);
        if spares.queued() >= self.shared.settings.max_queue {
            self.shed(Shed::Queue);
            self.refuse(&job, &self.admission.refusal(Shed::Queue).into(), now, None);
            return self.end_offloaded(job);
        }
        let (sender, receiver) = oneshot::channel();
        let progress = Arc::new(Progress::default());
        let (contract, body, reservation) =
            (Arc::clone(&job.contract), std::mem::take(&mut job.body), job.reservation.take());
        let (skip, reply, expires) = (job.skip, job.reply, job.expires);
        let shared = Arc::clone(&progress);
        let run = move |scratch: &mut Scratch| {
            let started = Instant::now();
            shared.has_started.store(true, Relaxed);
            let limit = Limit { end: expires, looks_ahead: false, stop: Some(&shared.stop) };
            let (mut output, pool) = (OutputBuf::default(), BufferPool::default());
            let payload = body.get(skip..).unwrap_or_default();
            let run = || process(&*contract.engine, payload, reply, &limit, scratch, &mut output, &pool);
            let written = catch_unwind(AssertUnwindSafe(run)).ok();
            if written.is_none() {
                scratch.reset();
            }
            // Before the answer is sent, so that the budget is free when the client receives it.
            drop((body, reservation));
            // The connection may be gone.
            let _ = sender.send(Finished { output, written, started });
        };
        let Some(number) = spares.submit(Box::new(run)) else {
            let fault = Fault { message: "No spare thread could be started.", ..Code::Unavailable.into() };
            self.refuse(&job, &fault, now, None);
            return self.end_offloaded(job);
        };
        let offloaded = Rc::new(Offloaded { writer: Rc::clone(&job.writer), reply, spares, number, progress });
        self.offloaded.borrow_mut().push(Rc::clone(&offloaded));
        if matches!(reply, Reply::Http(_)) {
            job.writer.is_offloaded.set(true);
            job.writer.wake();
        }
        tokio::task::spawn_local(Rc::clone(self).answer_offloaded(job, tried, offloaded, receiver));
    }

    async fn answer_offloaded(
        self: Rc<Self>,
        job: Job,
        tried: Option<Instant>,
        offloaded: Rc<Offloaded>,
        receiver: oneshot::Receiver<Finished>,
    ) {
        let finished = match job.expires {
            Some(expires) => timeout_at(expires.into(), receiver).await,
            None => Ok(receiver.await),
        };
        let now = Instant::now();
        self.offloaded.borrow_mut().retain(|one| !Rc::ptr_eq(one, &offloaded));
        match finished {
            Ok(Ok(Finished { output, written, started })) if !job.writer.is_closed() => {
                let started = tried.unwrap_or(started);
                match written {
                    Some(written) => self.answer_written(&job, output, &written, started, now),
                    None => self.refuse(&job, &Code::InternalPanic.into(), started, Some(micros(started, now))),
                }
            }
            // It was removed from the queue, or the connection is closed.
            Ok(_) => self.refuse(&job, &Code::Cancelled.into(), tried.unwrap_or(now), None),
            Err(_) => {
                let has_started = tried.is_some() || offloaded.progress.has_started.load(Relaxed);
                offloaded.abandon();
                let place = Some(if has_started { "run" } else { "queue" });
                self.refuse(&job, &Fault { place, ..Code::DeadlineExceeded.into() }, tried.unwrap_or(now), None);
            }
        }
        self.end_offloaded(job);
    }

    /// Copies an outcome to where it is sent from.
    fn answer_written(&self, job: &Job, mut from: OutputBuf, written: &Written, started: Instant, ended: Instant) {
        let outcome = job.reply.offset()..job.reply.offset() + written.size;
        let bytes = &from.spare(&self.outputs, outcome.end)[outcome.clone()];
        job.writer.answer(|output| {
            output.spare(&self.outputs, outcome.end)[outcome].copy_from_slice(bytes);
            self.finish_answer(job, output, written, started, ended);
        });
    }

    fn end_offloaded(&self, job: Job) {
        job.writer.is_offloaded.set(false);
        self.answered(job);
        self.flush_batch();
    }
}
