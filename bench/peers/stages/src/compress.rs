//! Canonical bytes to a gzip member; zstd to a frame. Every state is reused, as the core does.

use std::hint::black_box;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params,
};
use sidelane_core::stages::{Budget, Compressors, Presets, Tables, parse_lock};
use sidelane_core::{Codec, Compress};
use sidelane_deflate::{Container, Encoder};
use zlib_rs::{Deflate, DeflateFlush};
use zstd_safe::{CCtx, CDict, CParameter, DCtx};

use crate::Failure;
use crate::inputs::Inputs;
use crate::rounds::Contender;

const STAGE: &str = "compress";
const GZIP: Compress = Compress { codec: Codec::Gzip, level: Some(1) };
const NO_TIME: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
const DICTIONARY_BYTES: usize = 16 << 10;

/// Compresses into the target and returns the size; `None` where it fails.
type Write<'a> = Box<dyn FnMut(&[u8], &mut [u8]) -> Option<usize> + 'a>;

pub fn contenders(inputs: &Inputs) -> Result<Vec<Contender<'_>>, Failure> {
    let mut writers: Vec<(&'static str, Write<'_>)> = vec![
        ("sidelane-native", core_writer(Tables::default())),
        ("sidelane-dynamic", dynamic()),
        ("libdeflate-1", libdeflate(1)?),
        ("libdeflate-6", libdeflate(6)?),
        ("miniz_oxide-1", miniz()),
        ("zlib-rs-1", zlib_rs(1)),
        ("zlib-rs-2", zlib_rs(2)),
    ];
    if let Some(lock) = &inputs.trained_lock {
        let profile = parse_lock(lock)?;
        let has_table = |text: &Vec<u8>| {
            let ascii = text.is_ascii();
            profile.tables.iter().any(|one| one.ascii == ascii && (one.min_bytes..=one.max_bytes).contains(&text.len()))
        };
        // Elsewhere the engine takes another way, and the row would be one of that way.
        let with_table = inputs.canonical.iter().filter(|text| has_table(text)).count();
        if 2 * with_table > inputs.canonical.len() {
            writers.push(("sidelane-table", core_writer(Tables::new(&profile.tables))));
        }
    }
    let mut rows = Vec::new();
    for (id, write) in writers {
        let mut opener = Decompressor::new();
        let open = |body: &[u8], text: &mut [u8]| opener.gzip_decompress(body, text).ok();
        rows.push(contender(id, &inputs.canonical, write, open)?);
    }
    let mut plain = DCtx::create();
    rows.push(contender("zstd-1", &inputs.canonical, zstd(None)?, |body, text| plain.decompress(text, body).ok())?);
    if let Some(dictionary) = train(&inputs.training) {
        let mut opener = DCtx::create();
        opener.load_dictionary(&dictionary).map_err(zstd_safe::get_error_name)?;
        let open = |body: &[u8], text: &mut [u8]| opener.decompress(text, body).ok();
        rows.push(contender("zstd-1+dictionary", &inputs.canonical, zstd(Some(&dictionary))?, open)?);
    }
    Ok(rows)
}

/// Verified: each body decompresses to its text.
fn contender<'a>(
    id: &'static str,
    texts: &'a [Vec<u8>],
    mut write: Write<'a>,
    mut open: impl FnMut(&[u8], &mut [u8]) -> Option<usize>,
) -> Result<Contender<'a>, Failure> {
    let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
    let mut target = vec![0; 2 * longest + 4096];
    let mut back = vec![0; longest];
    let mut bytes = 0;
    for text in texts {
        let size = write(text, &mut target).ok_or_else(|| format!("{id} does not compress"))?;
        let opened = open(&target[..size], &mut back[..text.len()]);
        if opened != Some(text.len()) || back[..text.len()] != **text {
            return Err(format!("{id}: the body is not that of the canonical bytes").into());
        }
        bytes += size;
    }
    let pass = move || texts.iter().for_each(|text| _ = black_box(write(text, &mut target)));
    Ok(Contender::new(STAGE, id, pass).with_size(bytes))
}

fn core_writer<'a>(tables: Tables) -> Write<'a> {
    let mut compressors = Compressors::default();
    Box::new(move |text, target| {
        compressors.compress(GZIP, Presets { tables: &tables, dictionary: None }, text, target, &Budget::default())
    })
}

fn dynamic<'a>() -> Write<'a> {
    let mut encoder = Encoder::new();
    Box::new(move |text, target| encoder.compress(Container::Gzip, None, text, target))
}

fn libdeflate<'a>(level: i32) -> Result<Write<'a>, Failure> {
    let level = CompressionLvl::new(level).map_err(|_| "libdeflate lacks the level")?;
    let mut compressor = Compressor::new(level);
    Ok(Box::new(move |text, target| compressor.gzip_compress(text, target).ok()))
}

fn miniz<'a>() -> Write<'a> {
    let mut state = CompressorOxide::new(create_comp_flags_from_zip_params(1, -15, 0));
    Box::new(move |text, target| {
        state.reset();
        gzip(text, target, |deflated| match compress(&mut state, text, deflated, TDEFLFlush::Finish) {
            (TDEFLStatus::Done, _, size) => Some(size),
            _ => None,
        })
    })
}

fn zlib_rs<'a>(level: i32) -> Write<'a> {
    let mut state = Deflate::new(level, false, 15);
    Box::new(move |text, target| {
        state.reset();
        gzip(text, target, |deflated| {
            state.compress(text, deflated, DeflateFlush::Finish).ok()?;
            usize::try_from(state.total_out()).ok()
        })
    })
}

fn zstd<'a>(dictionary: Option<&[u8]>) -> Result<Write<'a>, Failure> {
    let mut context = CCtx::create();
    let set = |context: &mut CCtx<'_>, parameter| context.set_parameter(parameter).map_err(zstd_safe::get_error_name);
    set(&mut context, CParameter::CompressionLevel(1))?;
    set(&mut context, CParameter::ChecksumFlag(true))?;
    if let Some(dictionary) = dictionary {
        // Prepared once, as by the engine. The contexts of a run live as long as the process.
        let prepared: &'static CDict<'static> = Box::leak(Box::new(CDict::create(dictionary, 1)));
        context.ref_cdict(prepared).map_err(zstd_safe::get_error_name)?;
    }
    Ok(Box::new(move |text, target| context.compress2(target, text).ok()))
}

/// `None` when there are too few samples.
fn train(samples: &[Vec<u8>]) -> Option<Vec<u8>> {
    let sizes: Vec<usize> = samples.iter().map(Vec::len).collect();
    sidelane_core::train_dictionary(&samples.concat(), &sizes, DICTIONARY_BYTES)
}

/// Header and checksum around a raw deflate stream.
fn gzip(text: &[u8], target: &mut [u8], deflate: impl FnOnce(&mut [u8]) -> Option<usize>) -> Option<usize> {
    let (head, rest) = target.split_first_chunk_mut()?;
    *head = NO_TIME;
    let size = deflate(rest)?;
    let (checksum, rest) = rest.get_mut(size..)?.split_first_chunk_mut()?;
    *checksum = crc32fast::hash(text).to_le_bytes();
    *rest.first_chunk_mut()? = u32::try_from(text.len()).ok()?.to_le_bytes();
    Some(head.len() + size + 8)
}
