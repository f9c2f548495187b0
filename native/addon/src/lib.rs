//! Exports the native engine to Node: converts arguments, calls the core, converts results. All functions are
//! synchronous.
//!
//! Each thread has its own contracts and scratch memory: nothing is shared, and nothing outlives its thread.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{BufferSlice, Either, Error, Result, Status, Uint8Array};
use napi_derive::napi;
use sidelane_core::json_text::push_string;
use sidelane_core::{Contract, ContractError, Interrupt, Processor, Scratch};
use sidelane_wire::{Needs, write_outcome};

#[derive(Default)]
struct Registry {
    /// By handle. Handles are not reused, so a stale one finds nothing.
    processors: Vec<Option<Box<Processor>>>,
    scratch: Scratch,
    calls: u32,
}

thread_local! {
    static REGISTRY: RefCell<Registry> = RefCell::default();
}

/// Keeps panic messages off stderr: they may quote the payload.
#[napi_derive::module_init]
fn init() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// The crate's version; the loader compares it with the package's.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Compiles a lock file for this thread; an empty `key` or `dictionary` means none. JSON text:
/// `{"ok":true,"handle","id"}` or `{"ok":false,"code","pointer","message"}`.
#[napi(catch_unwind)]
pub fn add_contract(lock: &[u8], key: &[u8], dictionary: &[u8]) -> String {
    let built = Contract::load(lock)
        .and_then(|contract| Processor::builder(contract).digest_key(key).dictionary(dictionary).build());
    match built {
        Ok(processor) => REGISTRY.with_borrow_mut(|registry| {
            let handle = registry.processors.len();
            let text = format!("{{\"ok\":true,\"handle\":{handle},\"id\":\"{}\"}}", processor.contract().id());
            registry.processors.push(Some(Box::new(processor)));
            text
        }),
        Err(ContractError { code, pointer, message }) => {
            let mut text = format!("{{\"ok\":false,\"code\":\"{}\",\"pointer\":", code.name());
            push_string(&mut text, &pointer);
            text.push_str(",\"message\":");
            push_string(&mut text, &message);
            text.push('}');
            text
        }
    }
}

/// Frees what `add_contract` of this thread made.
#[napi(catch_unwind)]
pub fn remove_contract(handle: u32) {
    REGISTRY.with_borrow_mut(|registry| {
        if let Some(slot) = registry.processors.get_mut(handle as usize) {
            *slot = None;
        }
    });
}

/// Writes the outcome of `input` to `target`: the bytes written, or the negated size that is needed. `input` and
/// `target` share no memory, and no other thread uses `target`: the caller passes a subarray behind the bytes that
/// threads share. After `limit_ms` the outcome is `deadline.exceeded`; with `looks_ahead` also before a step that cannot be
/// ended in time.
#[napi(catch_unwind)]
pub fn process(
    handle: u32,
    input: &[u8],
    canonical: bool,
    mut target: BufferSlice<'_>,
    limit_ms: Option<f64>,
    looks_ahead: Option<bool>,
) -> Result<i64> {
    if overlaps(input, &target) {
        return Err(Error::new(Status::InvalidArg, "input and target share memory"));
    }
    REGISTRY.with_borrow_mut(|registry| {
        let Registry { processors, scratch, calls, .. } = registry;
        let Some(Some(processor)) = processors.get(handle as usize) else {
            return Err(Error::new(Status::InvalidArg, "no contract has this handle"));
        };
        *calls = calls.wrapping_add(1);
        let limit = limit_ms.map(|ms| Limit {
            end: Instant::now() + Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default(),
            looks_ahead: looks_ahead.unwrap_or(false),
        });
        let interrupt = limit.as_ref().map(|limit| limit as &dyn Interrupt);
        let run = || write_outcome(&mut processor.process_within(scratch, input, interrupt), canonical, &mut target);
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(written)) => Ok(written.size as i64),
            Ok(Err(Needs(size))) => Ok(-(size as i64)),
            Err(panic) => {
                scratch.reset();
                resume_unwind(panic)
            }
        }
    })
}

/// Ends a payload at a time.
struct Limit {
    end: Instant,
    looks_ahead: bool,
}

impl Interrupt for Limit {
    fn is_due(&self, ahead: Duration) -> bool {
        Instant::now() + if self.looks_ahead { ahead } else { Duration::ZERO } >= self.end
    }
}

/// The content of one zstd frame, at most `max_bytes` long; an empty `dictionary` means none. A code instead of bytes
/// names the error.
#[napi(catch_unwind)]
pub fn decompress_zstd(body: &[u8], max_bytes: u32, dictionary: &[u8]) -> Either<Uint8Array, &'static str> {
    match sidelane_core::decompress_zstd(body, max_bytes as usize, dictionary) {
        Ok(content) => Either::A(content.into()),
        Err(code) => Either::B(code.name()),
    }
}

/// A zstd dictionary of at most `max_bytes` that suits the samples, which are one behind the other in `samples`; none when they
/// are too few or too small.
#[napi(catch_unwind)]
pub fn train_dictionary(samples: &[u8], sizes: &[u32], max_bytes: u32) -> Option<Uint8Array> {
    let sizes: Vec<usize> = sizes.iter().map(|&size| size as usize).collect();
    sidelane_core::train_dictionary(samples, &sizes, max_bytes as usize).map(Into::into)
}

/// How often `process` ran on this thread: lets a test see that native code answered.
#[napi(catch_unwind)]
pub fn calls() -> u32 {
    REGISTRY.with_borrow(|registry| registry.calls)
}

fn overlaps(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (a.as_ptr_range(), b.as_ptr_range());
    a.start < b.end && b.start < a.end
}
