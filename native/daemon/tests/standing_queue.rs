//! When a queue that is bounded by time refuses: the cases that both daemons share.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use serde_json::Value;
use sidelane_daemon::worker::standing_queue::StandingQueue;

#[test]
fn the_vectors_hold() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/vectors/queue/standing.json");
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let start = Instant::now();
    for case in vectors["cases"].as_array().unwrap() {
        let queue = StandingQueue::default();
        for step in case["steps"].as_array().unwrap() {
            let at = start + Duration::from_millis(step[0].as_u64().unwrap());
            let is_refused = queue.refuses(step[1].as_bool().unwrap(), || at);
            assert_eq!(Some(is_refused), step[2].as_bool(), "{} at {}", case["name"], step[0]);
        }
    }
}
