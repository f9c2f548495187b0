//! brotli (RFC 7932), in Rust. The encoder cannot be reset, so each call allocates its tables.

use crate::budget::Budget;
use brotli::enc::StandardAlloc;
use brotli::enc::encode::{
    BrotliEncoderDestroyInstance, BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct,
};

pub(super) use brotli::enc::encode::BrotliEncoderMaxCompressedSize as bound;

/// Windows in powers of two: the smallest of RFC 7932, and one that every decoder accepts.
const WINDOW_BITS: std::ops::RangeInclusive<u32> = 10..=22;

/// Bytes between two checks of the budget. The encoder collects them up to a block, so they do not change its output; in
/// qualities 0 and 1 they would.
const PIECE_BYTES: usize = 64 << 10;
const FIRST_COLLECTING_LEVEL: u8 = 2;

/// A window holds this many bytes less than its power of two.
const WINDOW_GAP: usize = 16;

pub(super) fn compress(level: u8, bytes: &[u8], target: &mut [u8], budget: &Budget<'_>) -> Option<usize> {
    let fits = |bits: &u32| (1_usize << bits) - WINDOW_GAP >= bytes.len();
    let window = WINDOW_BITS.into_iter().find(fits).unwrap_or(*WINDOW_BITS.end());
    let mut encoder = BrotliEncoderStateStruct::new(StandardAlloc::default());
    let settings = [
        (BrotliEncoderParameter::BROTLI_PARAM_QUALITY, u32::from(level)),
        (BrotliEncoderParameter::BROTLI_PARAM_LGWIN, window),
        (BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT, u32::try_from(bytes.len()).ok()?),
    ];
    let mut good = settings.into_iter().all(|(parameter, value)| encoder.set_parameter(parameter, value));
    let (mut read, mut free, mut size) = (0, target.len(), 0);
    while good && !encoder.is_finished() {
        let rest = bytes.len() - read;
        let is_last = rest <= PIECE_BYTES || level < FIRST_COLLECTING_LEVEL;
        let (operation, mut left) = if is_last {
            (BrotliEncoderOperation::BROTLI_OPERATION_FINISH, rest)
        } else {
            (BrotliEncoderOperation::BROTLI_OPERATION_PROCESS, PIECE_BYTES)
        };
        good = budget.spend_len(left)
            && encoder.compress_stream(
                operation,
                &mut left,
                bytes,
                &mut read,
                &mut free,
                target,
                &mut size,
                &mut None,
                &mut |_, _, _, _| (),
            )
            && (!is_last || encoder.is_finished());
    }
    BrotliEncoderDestroyInstance(&mut encoder);
    good.then_some(size)
}
