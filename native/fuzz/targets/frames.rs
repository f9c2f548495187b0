//! Frames are the same in pieces of any size, and headers are written as they are read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelane_wire::{
    ClientHello, Decoded, FrameKind, HEADER_BYTES, RequestRules, decode, read_preface, trace_from_text, trace_id_of,
};

const REQUEST_CAP: u32 = 4_096;

/// The frames up to the first violation, as text.
fn frames(bytes: &[u8], piece: usize) -> Vec<String> {
    let mut rules = RequestRules::new(REQUEST_CAP);
    let (mut frames, mut buffer, mut is_admitted) = (Vec::new(), Vec::new(), false);
    for piece in bytes.chunks(piece) {
        buffer.extend_from_slice(piece);
        loop {
            let (header, payload) = match decode(&buffer) {
                Decoded::Incomplete(missing) => {
                    assert_eq!(missing + buffer.len(), HEADER_BYTES);
                    break;
                }
                Decoded::Broken(violation) => {
                    frames.push(violation.to_string());
                    return frames;
                }
                Decoded::Partial(header, _) => (header, None),
                Decoded::Complete(header, payload) => (header, Some(payload)),
            };
            if !is_admitted {
                match rules.admit(&header) {
                    Ok(admission) => frames.push(format!("{header:?} {admission:?}")),
                    Err(violation) => {
                        frames.push(violation.to_string());
                        return frames;
                    }
                }
                let mut written = [0; HEADER_BYTES];
                header.write(&mut written);
                assert_eq!(written, buffer[..HEADER_BYTES]);
            }
            let Some(payload) = payload else {
                is_admitted = true;
                break;
            };
            is_admitted = false;
            if header.kind == FrameKind::Hello {
                frames.push(format!("{:?}", ClientHello::decode(payload)));
            }
            let end = HEADER_BYTES + payload.len();
            buffer.drain(..end);
        }
    }
    frames
}

fuzz_target!(|bytes: &[u8]| {
    let _ = read_preface(bytes);
    if let Some(trace) = str::from_utf8(bytes).ok().and_then(trace_from_text) {
        assert!(trace_id_of(&trace).is_some());
    }
    let whole = frames(bytes, bytes.len().max(1));
    for piece in [1, 7, HEADER_BYTES] {
        assert_eq!(frames(bytes, piece), whole);
    }
});
