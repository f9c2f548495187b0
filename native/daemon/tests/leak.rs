//! The leak watch, with the series that the Node daemon passes, too.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use serde_json::{Value, json};
use sidelane_daemon::telemetry::leak::{LeakChange, LeakWatch};

#[test]
fn a_leak_is_found_and_a_warm_up_or_a_sawtooth_is_none() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/vectors/leak/series.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert!(cases.len() > 10);
    for case in &cases {
        let number = |name: &str| case[name].as_u64().unwrap();
        let mut watch = LeakWatch::new(Duration::from_millis(number("windowMs")), number("bytesPerHour"));
        let mut changes = Vec::new();
        for (at, bytes) in case["bytes"].as_array().unwrap().iter().enumerate() {
            let now = (at as u64 * number("stepMs")) as f64;
            if !watch.is_due(now) {
                continue;
            }
            match watch.sample(now, bytes.as_f64().unwrap()) {
                Some(LeakChange::Suspected(rate)) => {
                    changes.push(json!({ "at": at, "kind": "suspected", "bytesPerHour": rate as u64 }));
                }
                Some(LeakChange::Ended) => changes.push(json!({ "at": at, "kind": "ended" })),
                None => {}
            }
        }
        assert_eq!(Value::from(changes), case["changes"], "{}", case["name"]);
    }
}
