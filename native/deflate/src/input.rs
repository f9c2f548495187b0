//! The bytes that are scanned, copied to where reading needs no check.

/// Bytes of one scan: every distance is within the window.
pub(crate) const MAX_SCAN: usize = 32_768;

/// Bytes of a match that are compared at once.
pub(crate) const STEP: usize = 16;

/// A position has 16 bits, and [`STEP`] bytes can be read at each.
pub(crate) struct Input {
    bytes: [u8; (1 << 16) + STEP],
    length: usize,
}

impl Input {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; (1 << 16) + STEP], length: 0 }
    }

    /// Copies at most [`MAX_SCAN`] bytes. A read that starts inside of them and passes their end reads zeros there, never
    /// bytes of an earlier input.
    pub(crate) fn set(&mut self, bytes: &[u8]) {
        self.bytes[..bytes.len()].copy_from_slice(bytes);
        self.bytes[bytes.len()..][..STEP].fill(0);
        self.length = bytes.len();
    }

    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    #[inline(always)]
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.bytes[at]
    }

    /// Eight bytes as a number, the first one lowest.
    #[inline(always)]
    pub(crate) fn eight(&self, at: usize) -> u64 {
        let mut read = [0; 8];
        read.copy_from_slice(&self.bytes[at..at + 8]);
        u64::from_le_bytes(read)
    }

    /// Those that are scanned.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
