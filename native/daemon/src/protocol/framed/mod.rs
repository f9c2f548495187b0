//! The framed protocol: `frame_reader` takes frames from bytes, `handshake` answers HELLO, and this module writes frames.

pub mod frame_reader;
pub mod handshake;

use sidelane_core::{Code, Issue};
use sidelane_wire::{
    Fault, FrameHeader, FrameKind, HEADER_BYTES, Needs, Written, write_fault as write_fault_outcome, write_rejection,
};

use crate::buffers::{BufferPool, OutputBuf};

/// Size of the largest outcome that the daemon writes without an engine.
const MAX_FAULT_BYTES: usize = 1024;

pub fn write_frame(output: &mut OutputBuf, pool: &BufferPool, kind: FrameKind, id: u64, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut header = [0; HEADER_BYTES];
    FrameHeader { length, kind, flags: 0, index: 0, id, a: 0, b: 0 }.write(&mut header);
    output.push(pool, &header);
    output.push(pool, payload);
}

/// Answers a request that did not run with ERROR.
pub fn write_fault(output: &mut OutputBuf, pool: &BufferPool, id: u64, fault: &Fault<'_>, queue_us: u32) {
    write_outcome(output, pool, id, queue_us, |target| write_fault_outcome(fault, target));
}

/// Answers a request whose payload is discarded, because it has more than `max_bytes`, with REJECTED.
pub fn write_too_large(output: &mut OutputBuf, pool: &BufferPool, id: u64, max_bytes: usize) {
    write_outcome(output, pool, id, 0, |target| {
        write_rejection(Code::LimitBytes, &[Issue::too_large(max_bytes)], false, target)
    });
}

fn write_outcome(
    output: &mut OutputBuf,
    pool: &BufferPool,
    id: u64,
    queue_us: u32,
    write: impl FnOnce(&mut [u8]) -> Result<Written, Needs>,
) {
    let spare = output.spare(pool, HEADER_BYTES + MAX_FAULT_BYTES);
    let Some((header, target)) = spare.split_first_chunk_mut() else { return };
    if let Ok(written) = write(target) {
        written.frame_header(id, queue_us, 0).write(header);
        output.advance(HEADER_BYTES + written.size);
    }
}
