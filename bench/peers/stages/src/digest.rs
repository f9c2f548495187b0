//! SHA-256 of the canonical bytes.

use std::hint::black_box;

use ring::digest::{SHA256, digest};
use sha2::{Digest as _, Sha256};
use sidelane_core::stages::{Budget, Digest};

use crate::Failure;
use crate::inputs::Inputs;
use crate::rounds::Contender;

const STAGE: &str = "digest";

pub fn contenders(inputs: &Inputs) -> Result<Vec<Contender<'_>>, Failure> {
    let texts = &inputs.canonical;
    for text in texts {
        let expected = Sha256::digest(text);
        let own = Digest::Sha256.of(text, &Budget::default());
        if digest(&SHA256, text).as_ref() != expected.as_slice()
            || own.as_ref().map(<[u8; 32]>::as_slice) != Some(&expected)
        {
            return Err("two implementations of SHA-256 differ".into());
        }
    }
    Ok(vec![
        Contender::new(STAGE, "sidelane-native", || {
            texts.iter().for_each(|text| _ = black_box(Digest::Sha256.of(text, &Budget::default())));
        }),
        Contender::new(STAGE, "ring", || texts.iter().for_each(|text| _ = black_box(digest(&SHA256, text)))),
        Contender::new(STAGE, "sha2", || texts.iter().for_each(|text| _ = black_box(Sha256::digest(text)))),
    ])
}
