//! What stands around the blocks: nothing, zlib (RFC 1950) or gzip (RFC 1952).

/// The format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// The blocks alone (RFC 1951).
    Raw,
    /// Two bytes ahead, Adler-32 behind (RFC 1950).
    Zlib,
    /// Ten bytes ahead, CRC-32 and length behind (RFC 1952).
    Gzip,
}

impl Container {
    /// gzip: no name, no time, "fastest algorithm", system unknown. zlib: a window of 32 KiB, "fastest algorithm".
    pub(crate) const fn head(self) -> &'static [u8] {
        match self {
            Self::Raw => &[],
            Self::Zlib => &[0x78, 0x01],
            Self::Gzip => &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255],
        }
    }

    pub(crate) const fn tail_size(self) -> usize {
        match self {
            Self::Raw => 0,
            Self::Zlib => 4,
            Self::Gzip => 8,
        }
    }

    /// The checksum, and for gzip the length, in the first [`tail_size`](Self::tail_size) bytes.
    pub(crate) fn tail(self, input: &[u8]) -> [u8; 8] {
        let mut tail = [0; 8];
        match self {
            Self::Raw => {}
            Self::Zlib => tail[..4].copy_from_slice(&simd_adler32::adler32(&input).to_be_bytes()),
            Self::Gzip => {
                tail[..4].copy_from_slice(&crc32fast::hash(input).to_le_bytes());
                // Modulo 2^32.
                tail[4..].copy_from_slice(&(input.len() as u32).to_le_bytes());
            }
        }
        tail
    }
}
