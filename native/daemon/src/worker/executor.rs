//! Runs the queue of a lane, a slice at a time: after at most a millisecond or 64 payloads the answers are sent, and
//! reads, CANCELs and deadlines get their turn.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use sidelane_core::error::Code;
use sidelane_core::outcome::{Written, write_fault};
use sidelane_core::process::Scratch;
use sidelane_core::wire::{HEAD_BYTES, Head, Kind};

use super::buffer_pool::Pool;
use super::busy_poll::BusyPoll;
use super::job::{Answer, Job, Reply};
use super::{Worker, micros};
use crate::connection::output_buf::OutputBuf;
use crate::connection::response_writer::OUTPUT_HARD;
use crate::fault::{Fault, body_bytes, code_of};
use crate::telemetry::{Request, Shed};

const BATCH_TIME: Duration = Duration::from_millis(1);
const BATCH_JOBS: usize = 64;

/// What an outcome takes beyond its payload: the heads, a digest, what gzip adds.
const SLACK: usize = 1024;

/// Room for any fault.
const FAULT_ROOM: usize = 512;

/// Runs the lane's queue for ever.
pub(super) async fn run(worker: Rc<Worker>) {
    let mut busy_poll = BusyPoll::new(Duration::from_micros(worker.shared.settings.spin_us));
    loop {
        poll_fn(|context| {
            if worker.queue.borrow().is_empty() {
                worker.sleeper.set(Some(context.waker().clone()));
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

/// Memory that an outcome is written to.
trait OutcomeTarget {
    /// At least `size` bytes; the same ones again as long as no more are asked for.
    fn room(&mut self, size: usize) -> &mut [u8];
}

/// Behind the place of a frame's header, in the connection's output.
struct FrameRoom<'a>(&'a mut OutputBuf, &'a Pool);

impl OutcomeTarget for FrameRoom<'_> {
    fn room(&mut self, size: usize) -> &mut [u8] {
        &mut self.0.room(self.1, HEAD_BYTES + size)[HEAD_BYTES..]
    }
}

impl OutcomeTarget for Vec<u8> {
    fn room(&mut self, size: usize) -> &mut [u8] {
        if self.len() < size {
            self.resize(size, 0);
        }
        self
    }
}

impl Worker {
    /// True when more waits.
    fn run_batch(&self) -> bool {
        let begin = Instant::now();
        let mut now = begin;
        let (mut ran, mut worked) = (0, Duration::ZERO);
        for _ in 0..BATCH_JOBS {
            let Some(job) = self.queue.borrow_mut().pop_front() else { break };
            self.shared.leave();
            let started = now;
            if self.dispatch(job, started, &mut now) {
                ran += 1;
                worked += now - started;
            }
            if now - begin >= BATCH_TIME {
                break;
            }
        }
        if ran > 0 {
            self.shared.learn(ran, worked);
        }
        self.flush();
        !self.queue.borrow().is_empty()
    }

    /// Sends what the connections have got.
    pub(crate) fn flush(&self) {
        let mut touched = self.touched.take();
        for writer in touched.drain(..) {
            writer.touched.set(false);
            writer.flush();
        }
        // The list's memory is used again.
        self.touched.replace(touched);
    }

    /// Runs the job, or says why not; true when it ran. `now` is put forward.
    fn dispatch(&self, job: Job, started: Instant, now: &mut Instant) -> bool {
        if job.is_abandoned() {
            self.refuse(job, Code::Cancelled, &Fault::Plain, started);
            return false;
        }
        if job.expires.is_some_and(|expires| expires <= started) {
            self.refuse(job, Code::DeadlineExceeded, &Fault::InQueue, started);
            return false;
        }
        if let Reply::Framed(writer, _) = &job.reply
            && writer.waiting() > OUTPUT_HARD
        {
            self.shed(Shed::OutputBuf);
            let refusal = self.shared.refusal(Shed::OutputBuf);
            self.refuse(job, Code::Overloaded, &refusal.into(), started);
            return false;
        }
        self.run(job, started, now);
        true
    }

    fn run(&self, job: Job, started: Instant, now: &mut Instant) {
        let scratch = &mut *self.scratch.borrow_mut();
        let queue_us = micros(job.received, started);
        match &job.reply {
            Reply::Framed(writer, id) => {
                let output = &mut *writer.output.borrow_mut();
                let mut room = FrameRoom(output, &self.outputs);
                let size = write_outcome(&job, scratch, writer.answer_cap(), &mut room);
                *now = Instant::now();
                let run_us = micros(started, *now);
                let code = self.tell(&job, &room.room(size)[..size], queue_us, run_us);
                let head = Head {
                    length: u32::try_from(size).unwrap_or(u32::MAX),
                    kind: kind_of(room.room(size)),
                    flags: 0,
                    index: code.map_or(0, Code::wire),
                    id: *id,
                    a: queue_us,
                    b: run_us,
                };
                if let Some(place) = output.room(&self.outputs, HEAD_BYTES + size).first_chunk_mut() {
                    head.write(place);
                }
                output.filled(HEAD_BYTES + size);
                writer.answered();
            }
            Reply::Http(_) => {
                let mut outcome = Vec::new();
                let size = write_outcome(&job, scratch, usize::MAX, &mut outcome);
                outcome.truncate(size);
                *now = Instant::now();
                let run_us = micros(started, *now);
                let code = self.tell(&job, &outcome, queue_us, run_us);
                self.shared.count_in_flight(-1);
                if let Reply::Http(reply) = job.reply {
                    // Whoever waited may have gone in the meantime.
                    let _ = reply.send(Answer { outcome, code, queue_us, run_us });
                }
                self.bodies.give(job.body);
                return;
            }
        }
        self.bodies.give(job.body);
        if let Reply::Framed(writer, _) = job.reply {
            self.touch(writer);
        }
    }

    /// Tells the observer of an outcome; its code.
    fn tell(&self, job: &Job, outcome: &[u8], queue_us: u32, run_us: u32) -> Option<Code> {
        let code = code_of(outcome);
        let request = Request {
            loaded: Some(&job.loaded),
            protocol: job.protocol(),
            code,
            in_bytes: job.payload().len(),
            out_bytes: body_bytes(outcome),
            queue_us,
            run_us,
            ran: true,
            trace: job.trace.as_ref(),
        };
        self.shared.observer.request(self.thread, &request);
        code
    }
}

/// Writes the payload's outcome to the room, or why there is none; its size.
fn write_outcome(job: &Job, scratch: &mut Scratch, cap: usize, room: &mut impl OutcomeTarget) -> usize {
    let payload = job.payload();
    let copies = if job.canonical { 2 } else { 1 };
    let mut wanted = copies * (payload.len() + payload.len() / 8) + SLACK;
    loop {
        let target = room.room(wanted);
        let engine = AssertUnwindSafe(|| job.loaded.engine.process(scratch, payload, job.canonical, target));
        match catch_unwind(engine) {
            Ok(Written::Bytes(size)) if size <= cap => return size,
            // What would do is more than what it will be.
            Ok(Written::Needs(size)) if size > wanted && size / 2 <= cap => wanted = size,
            Ok(_) => return write(room, Code::LimitOutput, "The answer is longer than the connection allows."),
            Err(_) => {
                // Its state is anyone's guess.
                *scratch = Scratch::default();
                return write(room, Code::InternalPanic, Code::InternalPanic.message());
            }
        }
    }
}

fn write(room: &mut impl OutcomeTarget, code: Code, message: &str) -> usize {
    match write_fault(code, message, room.room(FAULT_ROOM)) {
        Written::Bytes(size) => size,
        // Such a short text fits.
        Written::Needs(_) => 0,
    }
}

/// The kinds of outcomes are 1, 2 and 3, in the order of those of answers.
fn kind_of(outcome: &[u8]) -> Kind {
    match outcome.first() {
        Some(1) => Kind::Accepted,
        Some(2) => Kind::Rejected,
        _ => Kind::Error,
    }
}
