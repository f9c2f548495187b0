//! Bytes to a document: libraries that build a tree.

use std::hint::black_box;

use serde_json::{Number, Value};

use crate::Failure;
use crate::inputs::Inputs;
use crate::rounds::Contender;

const STAGE: &str = "parse";

pub fn contenders(inputs: &Inputs) -> Result<Vec<Contender<'_>>, Failure> {
    let payloads = &inputs.payloads;
    for payload in payloads {
        let document: Value = serde_json::from_slice(payload)?;
        let sonic = serde_json::to_value(sonic_rs::from_slice::<sonic_rs::Value>(payload)?)?;
        let mut copy = payload.clone();
        let simd = serde_json::to_value(simd_json::to_borrowed_value(&mut copy)?)?;
        for (id, other) in [("sonic-rs", sonic), ("simd-json", simd)] {
            if !is_equal(&document, &other) {
                return Err(format!("{id} reads another document than serde_json").into());
            }
        }
    }
    let mut copy = Vec::new();
    let mut buffers = simd_json::Buffers::default();
    Ok(vec![
        Contender::new(STAGE, "serde_json", || {
            payloads.iter().for_each(|payload| drop(black_box(serde_json::from_slice::<Value>(payload))));
        }),
        // It writes into its input, so a copy is a part of it.
        Contender::new(STAGE, "simd-json", move || {
            for payload in payloads {
                copy.clear();
                copy.extend_from_slice(payload);
                drop(black_box(simd_json::to_borrowed_value_with_buffers(&mut copy, &mut buffers)));
            }
        }),
        Contender::new(STAGE, "sonic-rs", || {
            payloads.iter().for_each(|payload| drop(black_box(sonic_rs::from_slice::<sonic_rs::Value>(payload))));
        }),
    ])
}

/// Equal documents, however their numbers are held.
pub fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || double(one) == double(other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_equal(value, other)))
        }
        _ => one == other,
    }
}

fn double(number: &Number) -> Option<f64> {
    number.as_f64()
}
