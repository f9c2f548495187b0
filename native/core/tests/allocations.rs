//! In a steady state a payload that passes takes no memory from the heap: counted, not assumed. Alone in its file, because
//! the count is of the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use sidelane_core::error::ContractError;
use sidelane_core::outcome::Written;
use sidelane_core::process::{Processor, Scratch};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came; the counter touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
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
      "note": { "type": "string", "x-norm": ["trim", "nfc", "collapse"] },
      "lines": { "type": "array", "items": {
        "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] },
        "properties": { "sku": { "type": "string" }, "qty": { "type": "integer", "minimum": 1 } },
        "required": ["qty", "sku"]
      } }
    }
  }
}"##;

/// With a codec that takes no new memory.
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
    format!(
        r#"{{"note":"  two  spaces, caf\u00e9 e\u0301 é {seed} ","id":" ORDER-{seed} ","lines":[{}]}}"#,
        lines.join(",")
    )
}

#[test]
fn a_payload_that_passes_allocates_nothing_once_its_thread_is_warm() -> Result<(), ContractError> {
    for compress in [r#"{"codec":"gzip"}"#, r#"{"codec":"zstd"}"#, r#"{"codec":"zstd","level":9}"#] {
        let processor = Processor::new(lock(compress).as_bytes(), b"", b"")?;
        let mut scratch = Scratch::default();
        let mut target = vec![0; 64 << 10];
        let payloads: Vec<String> = (0..50).map(payload).collect();
        let mut round = || {
            for payload in &payloads {
                for canonical in [false, true] {
                    let written = processor.process(&mut scratch, payload.as_bytes(), canonical, &mut target);
                    assert!(matches!(written, Written::Bytes(_)) && target[0] == 1, "rejected: {}", text(&target));
                }
            }
        };
        round();
        let before = COUNT.load(Ordering::Relaxed);
        round();
        assert_eq!(COUNT.load(Ordering::Relaxed) - before, 0, "{compress}");
    }
    Ok(())
}

fn text(outcome: &[u8]) -> String {
    String::from_utf8_lossy(&outcome[8..400]).into_owned()
}
