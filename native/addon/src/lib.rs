//! The door of the native engine for Node: converts, calls the core, converts. All functions are synchronous.
//!
//! Each thread has its own contracts and scratch memory, so nothing is shared and nothing outlives its thread.

use std::cell::RefCell;

use napi::bindgen_prelude::{BufferSlice, Either, Error, Result, Status, Uint8Array};
use napi_derive::napi;
use sidelane_core::decompress::zstd;
use sidelane_core::error::ContractError;
use sidelane_core::json_text::push_string;
use sidelane_core::outcome::Written;
use sidelane_core::process::{Processor, Scratch};

#[derive(Default)]
struct Registry {
    /// By handle. A place is never given out twice, so that a stale handle reaches nothing.
    processors: Vec<Option<Box<Processor>>>,
    scratch: Scratch,
    calls: u32,
}

thread_local! {
    static REGISTRY: RefCell<Registry> = RefCell::default();
}

/// A panic's text may quote the payload: it must not reach stderr.
#[napi_derive::module_init]
fn init() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// The crate's version, which the loader compares with the package's.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Compiles a lock file for this thread; an empty `key` is none, and so is an empty `dictionary`. JSON text: `{"ok":true,"handle","id"}` or
/// `{"ok":false,"code","pointer","message"}`.
#[napi(catch_unwind)]
pub fn add_contract(lock: &[u8], key: &[u8], dictionary: &[u8]) -> String {
    match Processor::new(lock, key, dictionary) {
        Ok(processor) => REGISTRY.with_borrow_mut(|registry| {
            let handle = registry.processors.len();
            let text = format!("{{\"ok\":true,\"handle\":{handle},\"id\":\"{}\"}}", processor.id());
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

/// Gives up what `add_contract` of this thread made.
#[napi(catch_unwind)]
pub fn remove_contract(handle: u32) {
    REGISTRY.with_borrow_mut(|registry| {
        if let Some(place) = registry.processors.get_mut(handle as usize) {
            *place = None;
        }
    });
}

/// Writes the outcome of `input` to `target` from `offset` on: the bytes written, or the negated size of the room that
/// is needed. `input` and `target` share no memory.
#[napi(catch_unwind)]
pub fn process(handle: u32, input: &[u8], canonical: bool, mut target: BufferSlice<'_>, offset: u32) -> Result<i64> {
    let room = target.get_mut(offset as usize..).unwrap_or_default();
    if overlaps(input, room) {
        return Err(Error::new(Status::InvalidArg, "input and target share memory"));
    }
    REGISTRY.with_borrow_mut(|registry| {
        let Registry { processors, scratch, calls, .. } = registry;
        let Some(Some(processor)) = processors.get(handle as usize) else {
            return Err(Error::new(Status::InvalidArg, "no contract has this handle"));
        };
        *calls = calls.wrapping_add(1);
        Ok(match processor.process(scratch, input, canonical, room) {
            Written::Bytes(count) => count as i64,
            Written::Needs(count) => -(count as i64),
        })
    })
}

/// The content of one zstd frame, at most `max_bytes` long; an empty `dictionary` is none. A code in place of bytes says
/// what is wrong.
#[napi(catch_unwind)]
pub fn decompress_zstd(body: &[u8], max_bytes: u32, dictionary: &[u8]) -> Either<Uint8Array, &'static str> {
    match zstd(body, max_bytes as usize, dictionary) {
        Ok(content) => Either::A(content.into()),
        Err(code) => Either::B(code.name()),
    }
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
