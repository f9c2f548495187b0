//! Compressing the canonical bytes in one call, with compressors that are kept: making one costs as much as a third of
//! a small payload.
//!
//! Twin of `src/engine/js/compress.ts`.

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{
    BrotliEncoderDestroyInstance, BrotliEncoderMaxCompressedSize, BrotliEncoderOperation, BrotliEncoderParameter,
    BrotliEncoderStateStruct,
};
use libdeflater::{CompressionLvl, Compressor};
use zstd_safe::{CCtx, CParameter, compress_bound};

use crate::dictionary::Dictionary;
use crate::profile::{Codec, Compress};

const LEVELS: usize = 10;

/// Windows of brotli in powers of two: RFC 7932's smallest, and one that every decoder takes.
const BROTLI_WINDOW_BITS: std::ops::RangeInclusive<u32> = 10..=22;

/// A brotli window holds this many bytes less than its power of two.
const BROTLI_WINDOW_GAP: usize = 16;

/// The compressors of one thread, made when first needed.
#[derive(Default)]
pub struct Compressors {
    deflate: [Option<Compressor>; LEVELS],
    zstd: Option<CCtx<'static>>,
}

impl Compressors {
    /// Most bytes that compressing `len` bytes can give; `None` when there is no such level.
    pub fn bound(&mut self, compress: Compress, len: usize) -> Option<usize> {
        match compress.codec {
            Codec::None => Some(len),
            Codec::Gzip => Some(self.deflate(compress)?.gzip_compress_bound(len)),
            Codec::Deflate => Some(self.deflate(compress)?.zlib_compress_bound(len)),
            Codec::DeflateRaw => Some(self.deflate(compress)?.deflate_compress_bound(len)),
            Codec::Zstd => Some(compress_bound(len)),
            Codec::Brotli => Some(BrotliEncoderMaxCompressedSize(len)),
        }
    }

    /// Compresses into `target`, which has room for `bound` bytes; gives the size.
    ///
    /// gzip's header has neither time nor name, and 255 (unknown) for the operating system. A zstd frame says its
    /// content's size and ends with a checksum. All but brotli work without new memory once they are warm; brotli's
    /// encoder cannot be used twice, so that each call takes its tables anew.
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
            Codec::Gzip => self.deflate(compress)?.gzip_compress(bytes, target).ok(),
            Codec::Deflate => self.deflate(compress)?.zlib_compress(bytes, target).ok(),
            Codec::DeflateRaw => self.deflate(compress)?.deflate_compress(bytes, target).ok(),
            Codec::Zstd => self.zstd(compress.level?, dictionary, bytes, target),
            Codec::Brotli => brotli(compress.level?, bytes, target),
        }
    }

    fn deflate(&mut self, compress: Compress) -> Option<&mut Compressor> {
        let level = compress.level?;
        let slot = self.deflate.get_mut(usize::from(level))?;
        if slot.is_none() {
            *slot = Some(Compressor::new(CompressionLvl::new(i32::from(level)).ok()?));
        }
        slot.as_mut()
    }

    /// One frame. A dictionary brings its own level, which is the contract's.
    fn zstd(&mut self, level: u8, dictionary: Option<&Dictionary>, bytes: &[u8], target: &mut [u8]) -> Option<usize> {
        let mut context = match self.zstd.take() {
            Some(context) => context,
            None => {
                let mut context = CCtx::try_create()?;
                context.set_parameter(CParameter::ChecksumFlag(true)).ok()?;
                context
            }
        };
        context.set_parameter(CParameter::CompressionLevel(level.into())).ok()?;
        if let Some(dictionary) = dictionary {
            context.ref_cdict(dictionary.prepared()).ok()?;
        }
        let size = context.compress2(target, bytes).ok();
        // A kept context outlives the contract: it must not hold on to the dictionary, and is dropped if it does.
        if dictionary.is_none() || context.disable_dictionary().is_ok() {
            self.zstd = Some(context);
        }
        size
    }
}

fn brotli(level: u8, bytes: &[u8], target: &mut [u8]) -> Option<usize> {
    let fits = |bits: &u32| (1_usize << bits) - BROTLI_WINDOW_GAP >= bytes.len();
    let window = BROTLI_WINDOW_BITS.into_iter().find(fits).unwrap_or(*BROTLI_WINDOW_BITS.end());
    let mut encoder = BrotliEncoderStateStruct::new(StandardAlloc::default());
    let settings = [
        (BrotliEncoderParameter::BROTLI_PARAM_QUALITY, u32::from(level)),
        (BrotliEncoderParameter::BROTLI_PARAM_LGWIN, window),
        (BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT, u32::try_from(bytes.len()).ok()?),
    ];
    let mut good = settings.into_iter().all(|(parameter, value)| encoder.set_parameter(parameter, value));
    let (mut left, mut read, mut room, mut size) = (bytes.len(), 0, target.len(), 0);
    good =
        good && encoder.compress_stream(
            BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
            &mut left,
            bytes,
            &mut read,
            &mut room,
            target,
            &mut size,
            &mut None,
            &mut |_, _, _, _| (),
        ) && encoder.is_finished();
    BrotliEncoderDestroyInstance(&mut encoder);
    good.then_some(size)
}

#[cfg(test)]
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
                // The highest levels take seconds for what tells nothing new.
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
    fn brotli_gives_a_stream_that_its_decoder_reads_and_the_bound_holds() {
        check(Codec::Brotli, 0..=11, |body| {
            let mut text = Vec::new();
            brotli::Decompressor::new(body, 4096).read_to_end(&mut text).ok()?;
            Some(text)
        });
    }

    #[test]
    fn zstd_gives_one_frame_with_size_and_checksum_and_the_bound_holds() {
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
