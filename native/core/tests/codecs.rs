//! Codecs at every level against their decoders, and the strict decompressor of zstd frames.

#![cfg(all(feature = "brotli", feature = "zstd"))]

use std::io::Read;

use sidelane_core::stages::{Budget, Compressors, Presets, Tables};
use sidelane_core::{Code, Codec, Compress, decompress_zstd};

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
    let tables = Tables::default();
    let presets = Presets { tables: &tables, dictionary: None };
    for bytes in texts() {
        for level in levels.clone() {
            // The highest levels take seconds, and the smaller texts cover them.
            if level > 9 && bytes.len() > 200_000 {
                continue;
            }
            let compress = Compress { codec, level: Some(level) };
            let mut target = vec![0; compressors.bound(compress, &tables, bytes.len()).unwrap_or(0)];
            let size = compressors.compress(compress, presets, &bytes, &mut target, &Budget::default());
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

fn frame(bytes: &[u8], level: i32) -> Vec<u8> {
    let mut target = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    assert!(zstd_safe::compress(&mut target, bytes, level).is_ok());
    target
}

#[test]
fn exactly_one_frame_is_decompressed() {
    let text = b"{\"a\":1}".repeat(1000);
    let one = frame(&text, 3);
    assert_eq!(decompress_zstd(&one, text.len(), b"").as_deref(), Ok(&text[..]));
    assert_eq!(decompress_zstd(&[&one[..], &one[..]].concat(), 1 << 20, b""), Err(Code::CodecCorrupt));
    assert_eq!(decompress_zstd(&[&one[..], b"\0"].concat(), 1 << 20, b""), Err(Code::CodecCorrupt));
    assert_eq!(decompress_zstd(&one[..one.len() - 1], 1 << 20, b""), Err(Code::CodecCorrupt));
    assert_eq!(decompress_zstd(b"", 1 << 20, b""), Err(Code::CodecCorrupt));
    assert_eq!(decompress_zstd(&frame(b"", 1), 1, b"").as_deref(), Ok(&b""[..]));
}

#[test]
fn output_beyond_the_limit_is_refused() {
    let bomb = frame(&vec![0; 32 << 20], 19);
    assert!(bomb.len() < 4096);
    assert_eq!(decompress_zstd(&bomb, 1 << 20, b""), Err(Code::LimitOutput));
    assert_eq!(decompress_zstd(&bomb, (32 << 20) - 1, b""), Err(Code::LimitOutput));
    assert_eq!(decompress_zstd(&bomb, 32 << 20, b"").map(|content| content.len()), Ok(32 << 20));
}
