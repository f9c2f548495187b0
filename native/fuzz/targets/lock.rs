//! A lock loads or is refused with a pointer; a loaded contract keeps its id through its normal form, and processes
//! payloads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelane_core::{Contract, Processor, Scratch};

const PAYLOADS: [&str; 8] = [
    "null",
    "true",
    "-0.5",
    "12",
    r#"" Ab é ""#,
    "[[],{},\"a\",1]",
    r#"{"a":{"a":{"a":[1]}},"b":"x"}"#,
    r#"{"":"","type":"a"}"#,
];

fuzz_target!(|lock: &[u8]| {
    let contract = match Contract::load(lock) {
        Ok(contract) => contract,
        Err(error) => {
            assert!(error.pointer.is_empty() || error.pointer.starts_with('/'));
            return;
        }
    };
    // The normal form lacks the path of a dictionary.
    if contract.dictionary_path().is_none() {
        let again = Contract::load(contract.normal_form().as_bytes()).expect("a normal form is a lock");
        assert_eq!((again.id(), again.normal_form()), (contract.id(), contract.normal_form()));
    }
    let Ok(processor) = Processor::builder(contract).digest_key(&[7; 16]).build() else { return };
    let mut scratch = Scratch::default();
    for payload in PAYLOADS {
        let _ = processor.process(&mut scratch, payload.as_bytes());
    }
});
