//! gzip, zlib and raw deflate: small payloads at level 1 by `sidelane-deflate`, all others by libdeflate.

use libdeflater::{CompressionLvl, Compressor};
use sidelane_deflate::{Container, Encoder};

use crate::profile::{Codec, Compress};

const LEVELS: usize = 10;

/// Payloads up to this size, in bytes, are compressed by `sidelane-deflate`: `cargo bench -p sidelane-deflate --bench encode`
/// compares both.
const SMALL: usize = 8_192;

/// The encoder of small payloads, and one compressor for each level, created on first use.
#[derive(Default)]
pub(super) struct Compressors {
    small: Option<Encoder>,
    levels: [Option<Compressor>; LEVELS],
}

impl Compressors {
    pub(super) fn bound(&mut self, compress: Compress, len: usize) -> Option<usize> {
        if is_small(compress, len) {
            return Some(sidelane_deflate::bound(len));
        }
        let compressor = self.at(compress.level?)?;
        Some(match compress.codec {
            Codec::Gzip => compressor.gzip_compress_bound(len),
            Codec::Deflate => compressor.zlib_compress_bound(len),
            _ => compressor.deflate_compress_bound(len),
        })
    }

    /// A gzip header carries no time and no name, and 255 (unknown) as operating system.
    pub(super) fn compress(&mut self, compress: Compress, bytes: &[u8], target: &mut [u8]) -> Option<usize> {
        if is_small(compress, bytes.len()) {
            let container = match compress.codec {
                Codec::Gzip => Container::Gzip,
                Codec::Deflate => Container::Zlib,
                _ => Container::Raw,
            };
            return self.small.get_or_insert_default().compress(container, None, bytes, target);
        }
        let compressor = self.at(compress.level?)?;
        let size = match compress.codec {
            Codec::Gzip => compressor.gzip_compress(bytes, target),
            Codec::Deflate => compressor.zlib_compress(bytes, target),
            _ => compressor.deflate_compress(bytes, target),
        };
        size.ok()
    }

    fn at(&mut self, level: u8) -> Option<&mut Compressor> {
        let slot = self.levels.get_mut(usize::from(level))?;
        if slot.is_none() {
            *slot = Some(Compressor::new(CompressionLvl::new(i32::from(level)).ok()?));
        }
        slot.as_mut()
    }
}

fn is_small(compress: Compress, len: usize) -> bool {
    compress.level == Some(1) && len <= SMALL
}
