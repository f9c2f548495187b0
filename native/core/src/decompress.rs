//! Decompresses one zstd frame strictly, for runtimes whose zlib lacks zstd. All runtimes have the other codecs.
//!
//! Twin of the zstd part of `src/engine/decompress.ts`.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, find_frame_compressed_size, get_frame_content_size};

use crate::error::Code;

/// First bytes of a frame (RFC 8878 §3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Windows in powers of two: what every decoder should accept, and zstd's default maximum.
const WINDOW_BITS: std::ops::RangeInclusive<u32> = 23..=27;

/// Growth of an output of unknown size, in bytes.
const STEP: usize = 64 << 10;

/// The content of exactly one frame. An empty `dictionary` is none.
///
/// # Errors
///
/// `codec.corrupt` for damaged bytes, another format, or more than one frame; `limit.output` when the content or the
/// window is beyond `max_bytes`; `internal.panic` without memory.
pub fn decompress_zstd(body: &[u8], max_bytes: usize, dictionary: &[u8]) -> Result<Vec<u8>, Code> {
    // Skippable frames have another magic.
    if !body.starts_with(&MAGIC) || find_frame_compressed_size(body) != Ok(body.len()) {
        return Err(Code::CodecCorrupt);
    }
    let announced = get_frame_content_size(body).map_err(|_| Code::CodecCorrupt)?;
    if announced.is_some_and(|size| size > max_bytes as u64) {
        return Err(Code::LimitOutput);
    }
    let mut context = DCtx::try_create().ok_or(Code::InternalPanic)?;
    let window = max_bytes.checked_ilog2().unwrap_or(0) + 1;
    let window = window.clamp(*WINDOW_BITS.start(), *WINDOW_BITS.end());
    let ready =
        context.set_parameter(DParameter::WindowLogMax(window)).and_then(|_| context.load_dictionary(dictionary));
    ready.map_err(|_| Code::CodecCorrupt)?;

    let mut content = Vec::new();
    let mut input = InBuffer::around(body);
    loop {
        // One byte beyond the limit: output that reaches it is too long.
        let free = announced.map_or(STEP, |size| size as usize + 1).min(max_bytes + 1 - content.len());
        content.try_reserve(free).map_err(|_| Code::InternalPanic)?;
        let at = content.len();
        let mut output = OutBuffer::around_pos(&mut content, at);
        let left = context.decompress_stream(&mut output, &mut input).map_err(code_of)?;
        let grown = content.len() > at;
        if content.len() > max_bytes {
            return Err(Code::LimitOutput);
        }
        if left == 0 {
            return Ok(content);
        }
        // The whole input is present: no progress means that the frame is cut off.
        if !grown && input.pos() == body.len() {
            return Err(Code::CodecCorrupt);
        }
    }
}

/// zstd reports a window beyond the allowed one as too much memory.
fn code_of(code: usize) -> Code {
    if zstd_safe::get_error_name(code).contains("too much memory") { Code::LimitOutput } else { Code::CodecCorrupt }
}
