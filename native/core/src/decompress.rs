//! Reading a zstd frame strictly: for runtimes whose own zlib has no zstd. The other codecs every runtime reads itself.
//!
//! Twin of the zstd part of `src/engine/decompress.ts`.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, find_frame_compressed_size, get_frame_content_size};

use crate::error::Code;

/// First bytes of a frame (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Windows in powers of two: what every decoder should take, and the most that zstd takes by default.
const WINDOW_BITS: std::ops::RangeInclusive<u32> = 23..=27;

/// How the output grows while its size is not known.
const STEP: usize = 64 << 10;

/// The content of exactly one frame. An empty `dictionary` is none.
///
/// # Errors
///
/// `codec.corrupt` for damaged bytes, another format, or more than one frame; `limit.output` when the content, or the
/// window that reading it takes, is beyond `max_bytes`; `internal.panic` without memory.
pub fn decompress_zstd(body: &[u8], max_bytes: usize, dictionary: &[u8]) -> Result<Vec<u8>, Code> {
    // Skippable frames have another magic, and nothing to say.
    if !body.starts_with(&MAGIC) || find_frame_compressed_size(body) != Ok(body.len()) {
        return Err(Code::CodecCorrupt);
    }
    let said = get_frame_content_size(body).map_err(|_| Code::CodecCorrupt)?;
    if said.is_some_and(|said| said > max_bytes as u64) {
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
        // One byte more than allowed: what reaches it is too much.
        let room = said.map_or(STEP, |said| said as usize + 1).min(max_bytes + 1 - content.len());
        content.try_reserve(room).map_err(|_| Code::InternalPanic)?;
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
        // Input is never late, so that standing still means that some is missing.
        if !grown && input.pos() == body.len() {
            return Err(Code::CodecCorrupt);
        }
    }
}

/// A window beyond the one allowed is a matter of memory, all else one of damage.
fn code_of(code: usize) -> Code {
    if zstd_safe::get_error_name(code).contains("too much memory") { Code::LimitOutput } else { Code::CodecCorrupt }
}

#[cfg(test)]
mod tests {
    use super::decompress_zstd as zstd;
    use crate::error::Code;

    fn frame(bytes: &[u8], level: i32) -> Vec<u8> {
        let mut target = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
        assert!(zstd_safe::compress(&mut target, bytes, level).is_ok());
        target
    }

    #[test]
    fn one_frame_is_read_and_two_are_not() {
        let text = b"{\"a\":1}".repeat(1000);
        let one = frame(&text, 3);
        assert_eq!(zstd(&one, text.len(), b"").as_deref(), Ok(&text[..]));
        assert_eq!(zstd(&[&one[..], &one[..]].concat(), 1 << 20, b""), Err(Code::CodecCorrupt));
        assert_eq!(zstd(&[&one[..], b"\0"].concat(), 1 << 20, b""), Err(Code::CodecCorrupt));
        assert_eq!(zstd(&one[..one.len() - 1], 1 << 20, b""), Err(Code::CodecCorrupt));
        assert_eq!(zstd(b"", 1 << 20, b""), Err(Code::CodecCorrupt));
        assert_eq!(zstd(&frame(b"", 1), 1, b"").as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = frame(&vec![0; 32 << 20], 19);
        assert!(bomb.len() < 4096);
        assert_eq!(zstd(&bomb, 1 << 20, b""), Err(Code::LimitOutput));
        assert_eq!(zstd(&bomb, (32 << 20) - 1, b""), Err(Code::LimitOutput));
        assert_eq!(zstd(&bomb, 32 << 20, b"").map(|content| content.len()), Ok(32 << 20));
    }
}
