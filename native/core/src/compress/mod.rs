//! Compresses the canonical bytes in one call. The compressors are kept: creating one costs up to a third of the time
//! of a small payload.
//!
//! Twin of `src/engine/js/compress.ts`.

#[cfg(feature = "brotli")]
mod brotli;
#[cfg(feature = "libdeflate")]
mod deflate;
#[cfg(feature = "zstd")]
mod zstd;

use std::time::Duration;

use crate::budget::Budget;
use crate::dictionary::Dictionary;
#[cfg(not(feature = "libdeflate"))]
use crate::profile::CompressionTable;
use crate::profile::{Codec, Compress};

#[cfg(feature = "libdeflate")]
pub use deflate::Tables;

/// The tables of a contract: nothing without an encoder for them.
#[cfg(not(feature = "libdeflate"))]
#[derive(Debug, Default)]
pub struct Tables;

#[cfg(not(feature = "libdeflate"))]
impl Tables {
    /// Nothing is prepared.
    pub const fn new(_: &[CompressionTable]) -> Self {
        Self
    }
}

/// The compressors of one thread, created on first use.
#[derive(Default)]
pub struct Compressors {
    #[cfg(feature = "libdeflate")]
    deflate: deflate::Compressors,
    #[cfg(feature = "zstd")]
    zstd: zstd::Compressor,
}

/// What the contract was given beside its codec, prepared.
#[derive(Clone, Copy)]
pub struct Presets<'a> {
    /// Of gzip, deflate and deflate-raw.
    pub tables: &'a Tables,
    /// Of zstd.
    pub dictionary: Option<&'a Dictionary>,
}

/// Less is not worth a question.
const SHORT: Duration = Duration::from_millis(1);

/// About how long a codec takes, by its nanoseconds a byte on a core of 2020.
///
/// Twin of `src/engine/js/compress.ts`.
fn expected_time(Compress { codec, level }: Compress, len: usize) -> Duration {
    let level = level.unwrap_or(0);
    let nanos = match (codec, level) {
        (Codec::None, _) => 0,
        (Codec::Gzip | Codec::Deflate | Codec::DeflateRaw, 0..=6) => 15,
        (Codec::Gzip | Codec::Deflate | Codec::DeflateRaw, _) => 60,
        (Codec::Zstd, 0..=4) => 6,
        (Codec::Zstd, 5..=12) => 60,
        (Codec::Zstd, _) => 600,
        (Codec::Brotli, 0..=4) => 15,
        (Codec::Brotli, 5..=9) => 60,
        (Codec::Brotli, _) => 1200,
    };
    Duration::from_nanos(nanos * len as u64)
}

/// True when this build has the codec.
pub const fn is_available(codec: Codec) -> bool {
    match codec {
        Codec::None => true,
        Codec::Gzip | Codec::Deflate | Codec::DeflateRaw => cfg!(feature = "libdeflate"),
        Codec::Zstd => cfg!(feature = "zstd"),
        Codec::Brotli => cfg!(feature = "brotli"),
    }
}

impl Compressors {
    /// Most bytes that compressing `len` bytes can give; `None` without memory, level or codec.
    #[cfg_attr(not(feature = "libdeflate"), allow(unused_variables))]
    pub fn bound(&mut self, compress: Compress, tables: &Tables, len: usize) -> Option<usize> {
        match compress.codec {
            Codec::None => Some(len),
            #[cfg(feature = "libdeflate")]
            Codec::Gzip | Codec::Deflate | Codec::DeflateRaw => self.deflate.bound(compress, tables, len),
            #[cfg(feature = "zstd")]
            Codec::Zstd => Some(zstd::bound(len)),
            #[cfg(feature = "brotli")]
            Codec::Brotli => Some(brotli::bound(len)),
            #[cfg(not(all(feature = "brotli", feature = "libdeflate", feature = "zstd")))]
            _ => None,
        }
    }

    /// Compresses into `target`, which has [`bound`](Self::bound) bytes, and returns the size; `None` without memory,
    /// level or codec, and when the budget is over.
    ///
    /// All codecs except brotli reuse their memory. Only brotli can be ended before it is done.
    #[cfg_attr(not(all(feature = "libdeflate", feature = "zstd")), allow(unused_variables))]
    pub fn compress(
        &mut self,
        compress: Compress,
        Presets { tables, dictionary }: Presets<'_>,
        bytes: &[u8],
        target: &mut [u8],
        budget: &Budget<'_>,
    ) -> Option<usize> {
        let time = expected_time(compress, bytes.len());
        if time >= SHORT && !budget.ask(time) {
            return None;
        }
        match compress.codec {
            Codec::None => {
                target.get_mut(..bytes.len())?.copy_from_slice(bytes);
                Some(bytes.len())
            }
            #[cfg(feature = "libdeflate")]
            Codec::Gzip | Codec::Deflate | Codec::DeflateRaw => self.deflate.compress(compress, tables, bytes, target),
            #[cfg(feature = "zstd")]
            Codec::Zstd => self.zstd.compress(compress.level?, dictionary, bytes, target),
            #[cfg(feature = "brotli")]
            Codec::Brotli => brotli::compress(compress.level?, bytes, target, budget),
            #[cfg(not(all(feature = "brotli", feature = "libdeflate", feature = "zstd")))]
            _ => None,
        }
    }
}
