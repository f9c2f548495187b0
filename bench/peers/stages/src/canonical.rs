//! A document to text. None of these libraries writes RFC 8785 (serde_json only sorts the keys): they show what writing costs.

use std::hint::black_box;

use serde_json::Value;

use crate::Failure;
use crate::inputs::Inputs;
use crate::parse::is_equal;
use crate::rounds::Contender;

const STAGE: &str = "canonical";

pub fn contenders(inputs: &Inputs) -> Result<Vec<Contender<'_>>, Failure> {
    let mut plain = Vec::new();
    let mut sonic = Vec::new();
    for text in &inputs.canonical {
        let document: Value = serde_json::from_slice(text)?;
        let other: sonic_rs::Value = sonic_rs::from_slice(text)?;
        let texts = [("serde_json", serde_json::to_vec(&document)?), ("sonic-rs", sonic_rs::to_vec(&other)?)];
        for (id, text) in texts {
            if !is_equal(&document, &serde_json::from_slice(&text)?) {
                return Err(format!("{id} writes another document").into());
            }
        }
        plain.push(document);
        sonic.push(other);
    }
    let mut target = Vec::new();
    let mut other = Vec::new();
    Ok(vec![
        Contender::new(STAGE, "serde_json", move || {
            for document in &plain {
                target.clear();
                black_box(serde_json::to_writer(&mut target, document).is_ok());
            }
        }),
        Contender::new(STAGE, "sonic-rs", move || {
            for document in &sonic {
                other.clear();
                black_box(sonic_rs::to_writer(&mut other, document).is_ok());
            }
        }),
    ])
}
