//! Writes bits into a byte slice, the least significant bit first (RFC 1951, 3.1.1).

/// Bits in front of the next flush, and where that flush writes.
///
/// The target needs eight bytes behind the last byte that is written: a flush stores the whole buffer.
pub(crate) struct BitWriter<'a> {
    target: &'a mut [u8],
    position: usize,
    buffer: u64,
    count: u32,
}

/// A state of a writer.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    position: usize,
    buffer: u64,
    count: u32,
}

impl Mark {
    pub(crate) fn position(&self) -> usize {
        self.position
    }
}

/// Bytes of the target behind the end of the output.
pub(crate) const SLACK: usize = 8;

impl<'a> BitWriter<'a> {
    pub(crate) fn new(target: &'a mut [u8], position: usize) -> Self {
        Self { target, position, buffer: 0, count: 0 }
    }

    /// Adds the low `count` bits of `bits`; the others are zero. At most 56 bits fit between two flushes.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: u64, count: u32) {
        debug_assert!(self.count + count <= 64 && (count == 64 || bits >> count == 0));
        self.buffer |= bits << (self.count & 63);
        self.count += count;
    }

    /// Stores all whole bytes; at most seven bits remain. False when the target is full.
    #[inline(always)]
    #[must_use]
    pub(crate) fn flush(&mut self) -> bool {
        let Some(slot) = self.target.get_mut(self.position..).and_then(|rest| rest.first_chunk_mut::<8>()) else {
            // The caller gives up; what it still puts must not overflow.
            (self.buffer, self.count) = (0, 0);
            return false;
        };
        *slot = self.buffer.to_le_bytes();
        self.position += (self.count >> 3) as usize;
        self.buffer >>= self.count & 56;
        self.count &= 7;
        true
    }

    /// Moves the writer out, so that its state can stay in registers; the caller moves it back.
    pub(crate) fn take(&mut self) -> BitWriter<'a> {
        core::mem::replace(self, Self::new(&mut [], 0))
    }

    /// Bytes that are stored.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The state after a flush, to come back to.
    pub(crate) fn mark(&self) -> Mark {
        Mark { position: self.position, buffer: self.buffer, count: self.count }
    }

    /// Forgets all that was written since the mark.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        Mark { position: self.position, buffer: self.buffer, count: self.count } = mark;
    }

    /// Bits that are not stored yet; after a flush at most seven.
    pub(crate) fn pending(&self) -> u32 {
        self.count
    }

    /// Fills the last byte with zeros and returns the position behind it.
    pub(crate) fn align(&mut self) -> Option<usize> {
        self.count = self.count.next_multiple_of(8);
        self.flush().then_some(self.position)
    }

    /// Copies bytes. Only at a byte boundary, with nothing pending.
    pub(crate) fn copy(&mut self, bytes: &[u8]) -> Option<()> {
        debug_assert_eq!(self.count, 0);
        self.target.get_mut(self.position..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
        self.position += bytes.len();
        Some(())
    }
}
