//! The memory that a document takes whose defaults multiply. It is counted for the whole process, so this file has one
//! test.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use sidelane_core::{Code, Contract, ContractError, ProcessError, Processor, Scratch};

struct Measuring;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on unchanged; the counters touch none of the memory.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Measuring = Measuring;

const MIB: usize = 1 << 20;

#[test]
fn defaults_take_no_more_memory_than_the_limit_of_a_document() -> Result<(), ContractError> {
    // 350 thousand times 1 KiB.
    let payload = format!("[{}{{}}]", "{},".repeat(349_520));
    let lock = format!(
        r#"{{"profile":"p1","unicode":"15.0","compress":{{"codec":"none"}},"name":"m","limits":{{"maxBytes":{}}},"schema":{{"type":"array","items":
        {{"type":"object","properties":{{"a":{{"default":"{}"}}}}}}}}}}"#,
        16 * MIB,
        "x".repeat(1024)
    );
    let processor = Processor::builder(Contract::load(lock.as_bytes())?).build()?;
    let mut scratch = Scratch::default();
    let before = NOW.load(Ordering::Relaxed);
    for _ in 0..2 {
        PEAK.store(before, Ordering::Relaxed);
        match processor.process(&mut scratch, payload.as_bytes()).err() {
            Some(ProcessError::Rejected(rejected)) => {
                assert_eq!((rejected.code, rejected.issues.len()), (Code::LimitBytes, 1));
            }
            other => panic!("expected a rejection, got {other:?}"),
        }
        // The document, its copy while it grows, 16 bytes for each value and 8 for each object with defaults.
        assert!(PEAK.load(Ordering::Relaxed) - before < 48 * MIB, "{}", PEAK.load(Ordering::Relaxed) - before);
        assert!(NOW.load(Ordering::Relaxed) - before < 8 * MIB, "{}", NOW.load(Ordering::Relaxed) - before);
    }
    Ok(())
}
