//! Runs the queue of a worker in batches: after at most a millisecond or 64 payloads the answers are sent, and reads,
//! CANCELs and deadlines are served.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use sidelane_core::Code;
use sidelane_wire::Fault;

use super::busy_poll::BusyPoll;
use super::process_job::{Limit, process};
use super::queue::Job;
use super::response_writer::MAX_UNSENT_BYTES;
use super::{Worker, micros};
use crate::telemetry::Shed;

/// Longest time of a batch.
pub(crate) const BATCH_TIME: Duration = Duration::from_millis(1);

const BATCH_JOBS: usize = 64;

/// Longest time that a payload runs on the thread of its connection: it bounds how long one payload delays the other requests
/// of this thread. A payload that takes longer is ended, and starts again on a spare thread.
const SLICE: Duration = Duration::from_millis(20);

/// Runs the worker's queue forever. A panic outside of a job restarts the loop.
pub(crate) async fn run(worker: Rc<Worker>) {
    while tokio::task::spawn_local(run_batches(Rc::clone(&worker))).await.is_err() {
        worker.shared.count_restart();
    }
}

async fn run_batches(worker: Rc<Worker>) {
    let mut busy_poll = BusyPoll::new(Duration::from_micros(worker.shared.settings.spin_us));
    loop {
        poll_fn(|context| {
            if worker.queue.borrow().is_empty() {
                worker.executor.set(Some(context.waker().clone()));
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        if worker.run_batch() {
            tokio::task::yield_now().await;
        } else {
            busy_poll.wait(|| !worker.queue.borrow().is_empty()).await;
        }
    }
}

/// How a job left the queue.
enum Dispatched {
    Ran,
    Refused,
    /// It goes to a spare thread. `Some`: it was ended, because its slice, which began at this time, was too short.
    Moves(Option<Instant>),
}

impl Worker {
    /// Runs one batch; true when jobs are left.
    fn run_batch(self: &Rc<Self>) -> bool {
        let start = Instant::now();
        let mut now = start;
        let (mut ran, mut run_time) = (0, Duration::ZERO);
        for _ in 0..BATCH_JOBS {
            let Some(job) = self.queue.borrow_mut().pop_front() else { break };
            self.admission.release_slot();
            let started = now;
            let dispatch = AssertUnwindSafe(|| self.dispatch(&job, started, &mut now));
            let dispatched = catch_unwind(dispatch).unwrap_or_else(|_| {
                self.scratch.borrow_mut().reset();
                now = Instant::now();
                self.refuse(&job, &Code::InternalPanic.into(), started, Some(micros(started, now)));
                Dispatched::Ran
            });
            if !matches!(dispatched, Dispatched::Refused | Dispatched::Moves(None)) {
                ran += 1;
                run_time += now - started;
            }
            match dispatched {
                Dispatched::Moves(tried) => self.offload(job, tried),
                Dispatched::Ran | Dispatched::Refused => self.answered(job),
            }
            if now - start >= BATCH_TIME {
                break;
            }
        }
        if ran > 0 {
            self.admission.record(ran, run_time);
        }
        self.flush_batch();
        !self.queue.borrow().is_empty()
    }

    /// Runs the job, or refuses it. `now` advances to its end.
    fn dispatch(&self, job: &Job, started: Instant, now: &mut Instant) -> Dispatched {
        if job.writer.is_closed() {
            self.refuse(job, &Code::Cancelled.into(), started, None);
        } else if job.expires.is_some_and(|expires| expires <= started) {
            let fault = Fault { place: Some("queue"), ..Code::DeadlineExceeded.into() };
            self.refuse(job, &fault, started, None);
        } else if job.writer.unsent() > MAX_UNSENT_BYTES {
            self.shed(Shed::Output);
            self.refuse(job, &self.admission.refusal(Shed::Output).into(), started, None);
        } else if job.contract.spares.is_offloading(started) {
            return Dispatched::Moves(None);
        } else if self.run(job, started, now) {
            return Dispatched::Ran;
        } else {
            job.contract.spares.begin_offloading(*now);
            return Dispatched::Moves(Some(started));
        }
        Dispatched::Refused
    }

    /// Runs the job, and writes its answer where it is sent from. False: it was ended, because its slice was too short.
    fn run(&self, job: &Job, started: Instant, now: &mut Instant) -> bool {
        let scratch = &mut *self.scratch.borrow_mut();
        let slice_end = started + SLICE;
        let end = job.expires.map_or(slice_end, |expires| expires.min(slice_end));
        let limit = Limit { end: Some(end), looks_ahead: true, stop: None };
        job.writer.try_answer(|output| {
            let (engine, payload) = (&*job.contract.engine, job.payload());
            let written = process(engine, payload, job.reply, &limit, scratch, output, &self.outputs);
            *now = Instant::now();
            if written.code() == Some(Code::DeadlineExceeded) && job.expires.is_none_or(|expires| expires > *now) {
                return false;
            }
            self.finish_answer(job, output, &written, started, *now);
            true
        })
    }
}
