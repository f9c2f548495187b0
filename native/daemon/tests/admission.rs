//! The bounds of a worker's queue.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;

use sidelane_daemon::telemetry::Shed;
use sidelane_daemon::worker::Worker;
use support::Daemon;

#[test]
fn the_queue_of_another_worker_does_not_count() {
    let daemon = Daemon::scripted(|settings| (settings.threads, settings.max_queue) = (2, 2));
    let [first, second] = [0, 1].map(|thread| Worker::new(Arc::clone(&daemon.shared), thread));
    for _ in 0..2 {
        first.admission.acquire_slot().unwrap();
    }
    assert_eq!(first.admission.acquire_slot().unwrap_err().reason, Shed::Queue);
    second.admission.acquire_slot().unwrap();
    assert_eq!(daemon.shared.queued(), 3);
}
