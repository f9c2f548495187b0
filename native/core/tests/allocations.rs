//! Counts the allocations of accepted payloads: none on a warm thread. Each thread has a count of its own: that of the test
//! harness allocates meanwhile.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sidelane_core::{Contract, ContractError, Processor, Scratch};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count_one() {
    COUNT.set(COUNT.get() + 1);
}

// SAFETY: every call is passed on unchanged; the counter touches none of the memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_one();
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LOCK: &str = r##"{
  "profile": "p1", "unicode": "15.0", "name": "orders",
  "schema": {
    "type": "object", "additionalProperties": false, "required": ["id", "lines"],
    "properties": {
      "id": { "type": "string", "minLength": 3, "pattern": "^[a-z0-9-]+$", "x-norm": ["trim", "lower"] },
      "page": { "type": "string", "x-url": { "hostname": "^[a-z.]+$", "protocol": "^https?$" } },
      "tags": { "type": "array", "items": { "anyOf": [
        { "type": "object", "x-unknown": "strip", "required": ["n", "x"], "properties": {
          "n": { "type": "string", "x-coerce": true, "x-norm": ["upper"] }, "x": { "type": "number", "x-coerce": true } } },
        { "type": "object", "x-unknown": "strip", "required": ["n"], "properties": {
          "n": { "type": "string", "x-norm": ["upper"] }, "on": { "type": "boolean", "x-coerce": true },
          "size": { "type": "integer", "default": 3 }, "a": { "default": { "k": ["v"] } } } }
      ] } },
      "pair": { "type": "array", "items": false, "prefixItems": [{ "type": "string", "x-coerce": true }, { "default": 7 }] },
      "note": { "type": "string", "x-norm": ["trim", "nfc", "collapse"] },
      "lines": { "type": "array", "items": {
        "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] },
        "properties": { "sku": { "type": "string" }, "qty": { "type": "integer", "minimum": 1 } },
        "required": ["qty", "sku"]
      } }
    }
  }
}"##;

fn lock(compress: &str) -> String {
    LOCK.replacen("\"name\"", &format!("\"compress\": {compress}, \"name\""), 1)
}

fn payload(seed: usize) -> String {
    let lines: Vec<String> = (0..20)
        .map(|line| {
            let (sku, price) = (line * 7 + seed, line as f64 + 0.25);
            format!(
                r#"{{"sku":"A-{sku}","qty":{},"price":{price},"z\u0061":1e2,"gift":true,"as":"{line}\n"}}"#,
                line + 1
            )
        })
        .collect();
    let tags: Vec<String> = (0..10)
        .map(|tag| {
            format!(
                r#"{{"n":"tag {tag} ß","on":"{seed}","drop":{{"z":1,"a":[{tag}]}},"x":"{}"}}"#,
                if tag % 2 == 0 { "no" } else { "0x1f" }
            )
        })
        .collect();
    let (tags, page) = (tags.join(","), " https://example.org/a?b \\n");
    format!(
        r#"{{"tags":[{tags}],"pair":[{seed}],"page":"{page}","note":"  two  spaces, caf\u00e9 e\u0301 é {seed} ","id":" ORDER-{seed} ","lines":[{}]}}"#,
        lines.join(",")
    )
}

#[test]
fn an_accepted_payload_allocates_nothing_on_a_warm_thread() -> Result<(), ContractError> {
    let none = r#"{"codec":"none"}"#;
    let all = [none, r#"{"codec":"gzip"}"#, r#"{"codec":"zstd"}"#, r#"{"codec":"zstd","level":9}"#];
    let all = if cfg!(all(feature = "libdeflate", feature = "zstd")) { &all[..] } else { &all[..1] };
    for compress in all {
        let processor = Processor::builder(Contract::load(lock(compress).as_bytes())?).build()?;
        let mut scratch = Scratch::default();
        let mut out = vec![0; 64 << 10];
        let payloads: Vec<String> = (0..50).map(payload).collect();
        let mut round = || {
            for payload in &payloads {
                let size = match processor.process(&mut scratch, payload.as_bytes()) {
                    Ok(mut accepted) => accepted.finish_into(&mut out),
                    Err(error) => panic!("rejected: {error}"),
                };
                assert!(size.is_ok_and(|size| size > 0));
            }
        };
        round();
        let before = COUNT.get();
        round();
        assert_eq!(COUNT.get() - before, 0, "{compress}");
    }
    Ok(())
}
