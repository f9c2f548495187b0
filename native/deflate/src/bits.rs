//! Writes bits, the least significant bit first (RFC 1951, 3.1.1).

use alloc::boxed::Box;

/// Bytes of a block at most: a literal takes 14 bits, and 32,768 of them are scanned at once.
const CAPACITY: usize = 1 << 16;

/// The output of a block. A position has 16 bits and eight bytes follow the last one, so no store needs a check.
pub(crate) type Buffer = [u8; CAPACITY + 8];

pub(crate) fn buffer() -> Box<Buffer> {
    Box::new([0; CAPACITY + 8])
}

/// Bits of a byte that is not full, at most seven: the next block begins with them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pending {
    bits: u64,
    pub(crate) count: u32,
}

/// Bits in front of the next flush, and where that flush stores them.
pub(crate) struct BitWriter<'a> {
    bytes: &'a mut Buffer,
    position: u16,
    bits: u64,
    count: u32,
}

impl<'a> BitWriter<'a> {
    /// Starts with the bits that another block left.
    pub(crate) fn new(bytes: &'a mut Buffer, Pending { bits, count }: Pending) -> Self {
        Self { bytes, position: 0, bits, count }
    }

    /// Adds the low `count` bits of `bits`; the others are zero. At most 56 bits fit between two flushes.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: u64, count: u32) {
        debug_assert!(self.count + count < 64 && bits >> count == 0);
        self.bits |= bits << (self.count & 63);
        self.count += count;
    }

    /// Stores all whole bytes; at most seven bits remain. The shift would leave 64 bits as they are: 63 are pending at most.
    #[inline(always)]
    pub(crate) fn flush(&mut self) {
        let at = usize::from(self.position);
        self.bytes[at..at + 8].copy_from_slice(&self.bits.to_le_bytes());
        self.position += (self.count >> 3) as u16;
        self.bits >>= self.count & 56;
        self.count &= 7;
    }

    /// Fills the last byte with zeros.
    pub(crate) fn align(&mut self) {
        self.count = self.count.next_multiple_of(8);
        self.flush();
    }

    /// Copies bytes to a byte boundary.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.count, 0);
        let at = usize::from(self.position);
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self.position += bytes.len() as u16;
    }

    /// Bytes that are stored, and the bits behind them.
    pub(crate) fn finish(self) -> (usize, Pending) {
        (usize::from(self.position), Pending { bits: self.bits, count: self.count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_three_bits_may_be_pending() {
        let mut buffer = buffer();
        let mut bits = BitWriter::new(&mut buffer, Pending { bits: 0x55, count: 7 });
        bits.put((1 << 56) - 1, 56);
        bits.flush();
        let (bytes, Pending { bits, count }) = bits.finish();
        assert_eq!((&buffer[..bytes], bits, count), (&[0xd5, 255, 255, 255, 255, 255, 255][..], 0x7f, 7));
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "self.count + count < 64")]
    fn sixty_four_bits_do_not_fit() {
        BitWriter::new(&mut buffer(), Pending { bits: 0, count: 7 }).put(0, 57);
    }
}
