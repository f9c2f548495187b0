//! Threads for the payloads of one contract that take too long for the thread of their connection. They start with the first
//! such payload and end when there is none for a second; the system shares the cores between those of all contracts, so that
//! no contract waits for another one's payloads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sidelane_core::Scratch;

/// Time without a task after which a thread ends.
const IDLE: Duration = Duration::from_secs(1);

/// After a payload that was ended on the thread of its connection, the contract's next ones go to the spare threads at once:
/// the threads of connections lose at most a fifth of their time to such payloads of one contract.
const OFFLOAD: Duration = Duration::from_millis(100);

/// Work with the memory of the thread. Dropped without a run when it is removed.
type Run = Box<dyn FnOnce(&mut Scratch) + Send>;

#[derive(Default)]
struct State {
    /// By number: the first one is the oldest.
    tasks: BTreeMap<u64, Run>,
    threads: usize,
    idle: usize,
    last_number: u64,
}

pub struct SpareThreads {
    max_threads: usize,
    state: Mutex<State>,
    wake: Condvar,
    created: Instant,
    /// In ms since `created`.
    offload_until: AtomicU64,
}

impl SpareThreads {
    pub fn new(max_threads: usize) -> Arc<Self> {
        Arc::new(Self {
            max_threads,
            state: Mutex::default(),
            wake: Condvar::new(),
            created: Instant::now(),
            offload_until: AtomicU64::new(0),
        })
    }

    /// True when payloads go to the spare threads without a try.
    pub fn is_offloading(&self, now: Instant) -> bool {
        self.millis(now) < self.offload_until.load(Relaxed)
    }

    /// A payload was ended on the thread of its connection.
    pub fn begin_offloading(&self, now: Instant) {
        self.offload_until.store(self.millis(now + OFFLOAD), Relaxed);
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.created).as_millis()).unwrap_or(u64::MAX)
    }

    /// Tasks that no thread has taken.
    pub fn queued(&self) -> usize {
        self.lock().tasks.len()
    }

    /// Queues a task and returns its number; `None` when the system starts no thread for it.
    pub fn submit(self: &Arc<Self>, run: Run) -> Option<u64> {
        let mut state = self.lock();
        if state.tasks.len() >= state.idle && state.threads < self.max_threads {
            let threads = Arc::clone(self);
            let thread = std::thread::Builder::new().name("spare".to_owned()).spawn(move || threads.work());
            match thread {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads == 0 => return None,
                Err(_) => {}
            }
        }
        state.last_number += 1;
        let number = state.last_number;
        state.tasks.insert(number, run);
        drop(state);
        self.wake.notify_one();
        Some(number)
    }

    /// Drops a task that no thread has taken; false when one has.
    pub fn remove(&self, number: u64) -> bool {
        // It is dropped after the lock.
        let task = self.lock().tasks.remove(&number);
        task.is_some()
    }

    fn work(&self) {
        let mut scratch = Scratch::default();
        while let Some(run) = self.next() {
            // The task handles the panics of its engine.
            if catch_unwind(AssertUnwindSafe(|| run(&mut scratch))).is_err() {
                scratch.reset();
            }
        }
    }

    /// The next task; `None` when the thread ends.
    fn next(&self) -> Option<Run> {
        let mut state = self.lock();
        loop {
            if let Some((_, run)) = state.tasks.pop_first() {
                return Some(run);
            }
            state.idle += 1;
            let (after, timeout) = self.wake.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = after;
            state.idle -= 1;
            if timeout.timed_out() && state.tasks.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::sync::mpsc;

    use super::*;

    #[test]
    fn runs_as_many_tasks_at_a_time_as_there_are_threads_and_drops_removed_ones() {
        let spares = SpareThreads::new(2);
        let (started, starts) = mpsc::channel();
        let gates: Vec<_> = (0..2)
            .map(|number| {
                let (gate, opened) = mpsc::channel::<()>();
                let started = started.clone();
                let run = move |_: &mut Scratch| {
                    started.send(number).unwrap();
                    let _ = opened.recv();
                };
                spares.submit(Box::new(run)).unwrap();
                gate
            })
            .collect();
        let mut running = [starts.recv().unwrap(), starts.recv().unwrap()];
        running.sort_unstable();
        assert_eq!(running, [0, 1]);
        let (kept, dropped) = mpsc::channel::<()>();
        let waiting = spares.submit(Box::new(move |_| drop(kept))).unwrap();
        assert_eq!(spares.queued(), 1);
        assert!(spares.remove(waiting) && !spares.remove(waiting));
        assert!(dropped.recv().is_err());
        let again = started.clone();
        spares.submit(Box::new(move |_| again.send(2).unwrap())).unwrap();
        drop(gates);
        assert_eq!(starts.recv().unwrap(), 2);
    }

    #[test]
    fn offloading_ends() {
        let spares = SpareThreads::new(1);
        let now = Instant::now();
        assert!(!spares.is_offloading(now));
        spares.begin_offloading(now);
        assert!(spares.is_offloading(now + OFFLOAD / 2));
        assert!(!spares.is_offloading(now + OFFLOAD * 2));
    }
}
