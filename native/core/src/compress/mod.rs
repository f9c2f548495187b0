//! Compresses the canonical bytes in one call. The compressors are kept: creating one costs up to a third of the time of a
//! small payload.
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
#[must_use]
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

#[cfg(all(test, feature = "brotli", feature = "zstd"))]
mod tests {
    use std::io::Read;

    use super::{Codec, Compress, Compressors};

    fn texts() -> Vec<Vec<u8>> {
        let mut noise = 0x2545_f491_u32;
        let mut random = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        let mut texts: Vec<Vec<u8>> = vec![b"0".to_vec(), b"{\"a\":1}".repeat(900), vec![b' '; 3 << 20]];
        texts.extend([1, 1000, 4096, 131_071, 131_073, 1 << 20].map(|len| (0..len).map(|_| random()).collect()));
        texts
    }

    fn check(codec: Codec, levels: std::ops::RangeInclusive<u8>, read: fn(&[u8]) -> Option<Vec<u8>>) {
        let mut compressors = Compressors::default();
        for bytes in texts() {
            for level in levels.clone() {
                // The highest levels take seconds, and the smaller texts cover them.
                if level > 9 && bytes.len() > 200_000 {
                    continue;
                }
                let compress = Compress { codec, level: Some(level) };
                let mut target = vec![0; compressors.bound(compress, bytes.len()).unwrap_or(0)];
                let size = compressors.compress(compress, None, &bytes, &mut target);
                let size = size.unwrap_or_else(|| panic!("{} bytes at level {level}", bytes.len()));
                assert!(read(&target[..size]).as_deref() == Some(&bytes[..]), "{} bytes at level {level}", bytes.len());
            }
        }
    }

    #[test]
    fn brotli_output_is_within_its_bound_and_decodes() {
        check(Codec::Brotli, 0..=11, |body| {
            let mut text = Vec::new();
            brotli::Decompressor::new(body, 4096).read_to_end(&mut text).ok()?;
            Some(text)
        });
    }

    #[test]
    fn zstd_output_is_one_frame_with_size_and_checksum_within_its_bound() {
        check(Codec::Zstd, 1..=19, |body| {
            let size = zstd_safe::get_frame_content_size(body).ok()??;
            assert_eq!(zstd_safe::find_frame_compressed_size(body), Ok(body.len()));
            assert_eq!(body[4] & 4, 4, "no checksum");
            let mut text = Vec::with_capacity(usize::try_from(size).ok()?);
            zstd_safe::decompress(&mut text, body).ok()?;
            Some(text)
        });
    }
}
