//! A payload's canonical form is a fixed point: processing it again accepts it and changes no byte.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use sidelane_core::{Contract, Processor, Scratch};

const SCHEMAS: [&str; 4] = [
    r#""numbers":"safe","schema":{}"#,
    r#""numbers":"double","schema":{}"#,
    r#""schema":{"type":"array","items":{"type":"string","x-norm":["lower","nfc","collapse","trim"]}}"#,
    // Edits of failed branches must leave no trace.
    r#""schema":{"type":"array","items":{"anyOf":[
        {"type":"object","x-unknown":"strip","required":["n"],"properties":{
            "a":{"type":"string","x-norm":["upper"]},"d":{"default":{"k":[1]}},"n":{"type":"number","x-coerce":true}}},
        {"type":"object","x-unknown":"strip","properties":{
            "a":{"type":"string","x-coerce":true},"b":{"type":"boolean","x-coerce":true},
            "u":{"type":"string","x-url":{"hostname":"^[a-z.]*$"}}}},
        {"type":"array","items":false,"prefixItems":[{"type":"string","x-norm":["trim"]},{"default":0},{"default":1}]},
        {"type":"string","x-url":{}}]}}"#,
];

thread_local! {
    static STATE: RefCell<(Vec<Processor>, Scratch)> = RefCell::new((SCHEMAS.map(processor).into(), Scratch::default()));
}

fn processor(schema: &str) -> Processor {
    let lock = format!(r#"{{"profile":"p1","unicode":"15.0","name":"fuzz","compress":{{"codec":"none"}},{schema}}}"#);
    let contract = Contract::load(lock.as_bytes()).expect("the lock is valid");
    Processor::builder(contract).build().expect("the contract needs no key")
}

fuzz_target!(|payload: &[u8]| {
    STATE.with_borrow_mut(|(processors, scratch)| {
        for processor in processors {
            let Ok(accepted) = processor.process(scratch, payload) else { continue };
            let (first, digest) = (accepted.canonical().to_vec(), accepted.digest().copied());
            drop(accepted);
            let again = processor.process(scratch, &first).expect("a canonical form is accepted");
            assert_eq!(again.canonical(), first);
            assert_eq!(again.digest().copied(), digest);
            assert_eq!(again.into_body().expect("there is enough memory"), first);
        }
    });
});
