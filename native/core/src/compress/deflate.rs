//! gzip, zlib and raw deflate by libdeflate.

use libdeflater::{CompressionLvl, Compressor};

use crate::profile::{Codec, Compress};

const LEVELS: usize = 10;

/// One compressor for each level, created on first use.
#[derive(Default)]
pub(super) struct Compressors([Option<Compressor>; LEVELS]);

impl Compressors {
    pub(super) fn bound(&mut self, compress: Compress, len: usize) -> Option<usize> {
        let compressor = self.at(compress.level?)?;
        Some(match compress.codec {
            Codec::Gzip => compressor.gzip_compress_bound(len),
            Codec::Deflate => compressor.zlib_compress_bound(len),
            _ => compressor.deflate_compress_bound(len),
        })
    }

    /// A gzip header carries no time and no name, and 255 (unknown) as operating system.
    pub(super) fn compress(&mut self, compress: Compress, bytes: &[u8], target: &mut [u8]) -> Option<usize> {
        let compressor = self.at(compress.level?)?;
        let size = match compress.codec {
            Codec::Gzip => compressor.gzip_compress(bytes, target),
            Codec::Deflate => compressor.zlib_compress(bytes, target),
            _ => compressor.deflate_compress(bytes, target),
        };
        size.ok()
    }

    fn at(&mut self, level: u8) -> Option<&mut Compressor> {
        let slot = self.0.get_mut(usize::from(level))?;
        if slot.is_none() {
            *slot = Some(Compressor::new(CompressionLvl::new(i32::from(level)).ok()?));
        }
        slot.as_mut()
    }
}
