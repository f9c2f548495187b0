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

use crate::dictionary::Dictionary;
use crate::profile::{Codec, Compress};

/// The compressors of one thread, created on first use.
#[derive(Default)]
pub struct Compressors {
    #[cfg(feature = "libdeflate")]
    deflate: deflate::Compressors,
    #[cfg(feature = "zstd")]
    zstd: zstd::Compressor,
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
    pub fn bound(&mut self, compress: Compress, len: usize) -> Option<usize> {
        match compress.codec {
            Codec::None => Some(len),
            #[cfg(feature = "libdeflate")]
            Codec::Gzip | Codec::Deflate | Codec::DeflateRaw => self.deflate.bound(compress, len),
            #[cfg(feature = "zstd")]
            Codec::Zstd => Some(zstd::bound(len)),
            #[cfg(feature = "brotli")]
            Codec::Brotli => Some(brotli::bound(len)),
            #[cfg(not(all(feature = "brotli", feature = "libdeflate", feature = "zstd")))]
            _ => None,
        }
    }

    /// Compresses into `target`, which has [`bound`](Self::bound) bytes, and returns the size; `None` without memory,
    /// level or codec.
    ///
    /// All codecs except brotli reuse their memory.
    #[cfg_attr(not(feature = "zstd"), allow(unused_variables))]
    pub fn compress(
        &mut self,
        compress: Compress,
        dictionary: Option<&Dictionary>,
        bytes: &[u8],
        target: &mut [u8],
    ) -> Option<usize> {
        match compress.codec {
            Codec::None => {
                target.get_mut(..bytes.len())?.copy_from_slice(bytes);
                Some(bytes.len())
            }
            #[cfg(feature = "libdeflate")]
            Codec::Gzip | Codec::Deflate | Codec::DeflateRaw => self.deflate.compress(compress, bytes, target),
            #[cfg(feature = "zstd")]
            Codec::Zstd => self.zstd.compress(compress.level?, dictionary, bytes, target),
            #[cfg(feature = "brotli")]
            Codec::Brotli => brotli::compress(compress.level?, bytes, target),
            #[cfg(not(all(feature = "brotli", feature = "libdeflate", feature = "zstd")))]
            _ => None,
        }
    }
}
