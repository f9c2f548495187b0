//! Runs the queue of a worker in batches: after at most a millisecond or 64 payloads the answers are sent, and reads,
//! CANCELs and deadlines are served.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use sidelane_core::{Code, Scratch};
use sidelane_wire::{Fault, HEADER_BYTES, Needs, Written, write_outcome};

use super::busy_poll::BusyPoll;
use super::queue::{Job, Reply};
use super::response_writer::MAX_UNSENT_BYTES;
use super::{Worker, micros};
use crate::buffers::OutputBuf;
use crate::protocol::http::{self, OUTCOME_OFFSET};
use crate::telemetry::{Request, Shed};

/// Longest time of a batch.
pub(crate) const BATCH_TIME: Duration = Duration::from_millis(1);

const BATCH_JOBS: usize = 64;

/// Size of an outcome beyond its payload: headers, a digest, what gzip adds.
const OUTCOME_SLACK: usize = 1024;

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

impl Worker {
    /// Runs one batch; true when jobs are left.
    fn run_batch(&self) -> bool {
        let start = Instant::now();
        let mut now = start;
        let (mut ran, mut run_time) = (0, Duration::ZERO);
        for _ in 0..BATCH_JOBS {
            let Some(job) = self.queue.borrow_mut().pop_front() else { break };
            self.admission.release_slot();
            let started = now;
            let dispatch = AssertUnwindSafe(|| self.dispatch(&job, started, &mut now));
            let has_run = catch_unwind(dispatch).unwrap_or_else(|_| {
                self.scratch.borrow_mut().reset();
                now = Instant::now();
                self.refuse(&job, &Code::InternalPanic.into(), started, Some(micros(started, now)));
                true
            });
            self.answered(job);
            if has_run {
                ran += 1;
                run_time += now - started;
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

    /// Runs the job, or refuses it; true when it ran. `now` advances to its end.
    fn dispatch(&self, job: &Job, started: Instant, now: &mut Instant) -> bool {
        if job.writer.is_closed() {
            self.refuse(job, &Code::Cancelled.into(), started, None);
        } else if job.expires.is_some_and(|expires| expires <= started) {
            let fault = Fault { place: Some("queue"), ..Code::DeadlineExceeded.into() };
            self.refuse(job, &fault, started, None);
        } else if job.writer.unsent() > MAX_UNSENT_BYTES {
            self.shed(Shed::Output);
            self.refuse(job, &self.admission.refusal(Shed::Output).into(), started, None);
        } else {
            self.run(job, started, now);
            return true;
        }
        false
    }

    /// Runs the job, and writes its answer where it is sent from.
    fn run(&self, job: &Job, started: Instant, now: &mut Instant) {
        let scratch = &mut *self.scratch.borrow_mut();
        let queue_us = micros(job.received, started);
        job.writer.answer(|output| {
            let written = self.write_outcome(job, scratch, output);
            *now = Instant::now();
            let run_us = micros(started, *now);
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
                    http::finish_outcome(output, &self.outputs, &written, &job.contract, (queue_us, run_us), framing);
                }
            }
        });
    }

    /// Writes the outcome of the payload to the spare bytes of the output, behind the room for a header.
    fn write_outcome(&self, job: &Job, scratch: &mut Scratch, output: &mut OutputBuf) -> Written {
        let payload = job.payload();
        let (offset, with_canonical) = match job.reply {
            Reply::Framed { with_canonical, .. } => (HEADER_BYTES, with_canonical),
            Reply::Http(_) => (OUTCOME_OFFSET, false),
        };
        let mut target_bytes = payload.len() + payload.len() / 8 + OUTCOME_SLACK;
        let mut result = job.contract.engine.process(scratch, payload);
        loop {
            let target = &mut output.spare(&self.outputs, offset + target_bytes)[offset..];
            match write_outcome(&mut result, with_canonical, target) {
                Ok(written) => return written,
                Err(Needs(bytes)) => target_bytes = bytes.max(target_bytes + OUTCOME_SLACK),
            }
        }
    }
}
