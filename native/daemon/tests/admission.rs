//! The bounds of the queues.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;

use sidelane_daemon::telemetry::Shed;
use sidelane_daemon::worker::Worker;
use support::Daemon;

#[test]
fn the_queues_of_all_workers_count_together() {
    let daemon = Daemon::scripted(|settings| (settings.threads, settings.max_queue) = (2, 2));
    let [first, second] = [0, 1].map(|thread| Worker::new(Arc::clone(&daemon.shared), thread));
    for worker in [&first, &second] {
        worker.admission.acquire_slot().unwrap();
    }
    for worker in [&first, &second] {
        assert_eq!(worker.admission.acquire_slot().unwrap_err().reason, Shed::Queue);
        assert_eq!(worker.admission.check_slot().unwrap_err().reason, Shed::Queue);
    }
    assert_eq!(daemon.shared.queued(), 2);
}
