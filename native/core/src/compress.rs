//! Compressing the canonical bytes in one call, with compressors that are kept: making one costs as much as a third of
//! a small payload. The codecs that this engine lacks are told when a contract is added (`process`).
//!
//! Twin of `src/engine/js/compress.ts`.

use libdeflater::{CompressionLvl, Compressor};

use crate::profile::{Codec, Compress};

const LEVELS: usize = 10;

/// The compressors of one thread, by level, made when first needed.
#[derive(Default)]
pub struct Compressors {
    by_level: [Option<Compressor>; LEVELS],
}

/// True for the codecs that this engine has.
#[must_use]
pub const fn has_codec(codec: Codec) -> bool {
    matches!(codec, Codec::Gzip | Codec::Deflate | Codec::DeflateRaw | Codec::None)
}

impl Compressors {
    /// Most bytes that compressing `len` bytes can give; `None` when there is no such codec or level.
    pub fn bound(&mut self, compress: Compress, len: usize) -> Option<usize> {
        match compress.codec {
            Codec::None => Some(len),
            Codec::Gzip => Some(self.at(compress)?.gzip_compress_bound(len)),
            Codec::Deflate => Some(self.at(compress)?.zlib_compress_bound(len)),
            Codec::DeflateRaw => Some(self.at(compress)?.deflate_compress_bound(len)),
            Codec::Zstd | Codec::Brotli => None,
        }
    }

    /// Compresses into `target`, which has room for `bound` bytes; gives the size.
    ///
    /// gzip's header has neither time nor name, and 255 (unknown) for the operating system.
    pub fn compress(&mut self, compress: Compress, bytes: &[u8], target: &mut [u8]) -> Option<usize> {
        match compress.codec {
            Codec::None => {
                target.get_mut(..bytes.len())?.copy_from_slice(bytes);
                Some(bytes.len())
            }
            Codec::Gzip => self.at(compress)?.gzip_compress(bytes, target).ok(),
            Codec::Deflate => self.at(compress)?.zlib_compress(bytes, target).ok(),
            Codec::DeflateRaw => self.at(compress)?.deflate_compress(bytes, target).ok(),
            Codec::Zstd | Codec::Brotli => None,
        }
    }

    fn at(&mut self, compress: Compress) -> Option<&mut Compressor> {
        let level = compress.level?;
        let slot = self.by_level.get_mut(usize::from(level))?;
        if slot.is_none() {
            *slot = Some(Compressor::new(CompressionLvl::new(i32::from(level)).ok()?));
        }
        slot.as_mut()
    }
}
