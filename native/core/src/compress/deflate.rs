//! gzip, zlib and raw deflate: small payloads at level 1, and those that a table of the contract is for, by
//! `sidelane-deflate`; all others by libdeflate.

use std::fmt;

use libdeflater::{CompressionLvl, Compressor};
use sidelane_deflate::{Container, Encoder, Lengths, Table};

use crate::profile::{Codec, Compress, CompressionTable};

const LEVELS: usize = 10;

/// Payloads up to this size, in bytes, are compressed by `sidelane-deflate`: `cargo bench -p sidelane-deflate --bench encode`
/// compares both.
const SMALL: usize = 8_192;

/// The tables of a contract.
#[derive(Default)]
pub struct Tables(Vec<(CompressionTable, Table)>);

impl fmt::Debug for Tables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(one, _)| one)).finish()
    }
}

impl Tables {
    /// Prepares the codes and the headers.
    pub fn new(tables: &[CompressionTable]) -> Self {
        let prepare = |one: &CompressionTable| {
            let lengths = Lengths { literals: one.literals, distances: one.distances };
            // A lock has complete codes only.
            Some((one.clone(), Table::new(&lengths).ok()?))
        };
        Self(tables.iter().filter_map(prepare).collect())
    }

    /// Most bytes that a table is for.
    fn max_bytes(&self) -> usize {
        self.0.iter().map(|(one, _)| one.max_bytes).max().unwrap_or_default()
    }

    fn find(&self, bytes: &[u8]) -> Option<&Table> {
        let of_size = |one: &CompressionTable| (one.min_bytes..=one.max_bytes).contains(&bytes.len());
        let mut tables = self.0.iter().filter(|(one, _)| of_size(one)).peekable();
        tables.peek()?;
        let ascii = bytes.is_ascii();
        tables.find(|(one, _)| one.ascii == ascii).map(|(_, table)| table)
    }
}

/// The encoder of small payloads, and one compressor for each level, created on first use.
#[derive(Default)]
pub(super) struct Compressors {
    small: Option<Encoder>,
    levels: [Option<Compressor>; LEVELS],
}

impl Compressors {
    pub(super) fn bound(&mut self, compress: Compress, tables: &Tables, len: usize) -> Option<usize> {
        let small = sidelane_deflate::bound(len);
        if is_small(compress, len) {
            return Some(small);
        }
        let compressor = self.at(compress.level?)?;
        let other = match compress.codec {
            Codec::Gzip => compressor.gzip_compress_bound(len),
            Codec::Deflate => compressor.zlib_compress_bound(len),
            _ => compressor.deflate_compress_bound(len),
        };
        Some(if len <= tables.max_bytes() { other.max(small) } else { other })
    }

    /// A gzip header carries no time and no name, and 255 (unknown) as operating system.
    pub(super) fn compress(
        &mut self,
        compress: Compress,
        tables: &Tables,
        bytes: &[u8],
        target: &mut [u8],
    ) -> Option<usize> {
        let table = tables.find(bytes);
        if table.is_some() || is_small(compress, bytes.len()) {
            let container = match compress.codec {
                Codec::Gzip => Container::Gzip,
                Codec::Deflate => Container::Zlib,
                _ => Container::Raw,
            };
            return self.small.get_or_insert_default().compress(container, table, bytes, target);
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
