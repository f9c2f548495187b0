//! Memory for connections: a pool of buffers for each thread, and the output buffer of a connection. Buffers are held while
//! they contain data, so that idle connections hold none and busy ones do not ask the allocator.

use std::cell::{Cell, RefCell};

/// A larger buffer is not kept in the pool.
const MAX_KEPT_BYTES: usize = 256 << 10;

/// Most bytes of all buffers in the pool.
const MAX_POOL_BYTES: usize = 512 << 10;

/// Initial size of an output buffer.
const INITIAL_OUTPUT_BYTES: usize = 64 << 10;

/// Free buffers of one thread.
#[derive(Default)]
pub struct BufferPool {
    free: RefCell<Vec<Vec<u8>>>,
    kept_bytes: Cell<usize>,
}

impl BufferPool {
    /// A buffer with its previous content, or a new one.
    pub fn acquire(&self) -> Vec<u8> {
        let Some(buffer) = self.free.borrow_mut().pop() else { return Vec::new() };
        self.kept_bytes.set(self.kept_bytes.get() - buffer.capacity());
        buffer
    }

    /// A buffer without content.
    pub fn acquire_empty(&self) -> Vec<u8> {
        let mut buffer = self.acquire();
        buffer.clear();
        buffer
    }

    /// Keeps the buffer, within the limits of the pool.
    pub fn release(&self, buffer: Vec<u8>) {
        let size = buffer.capacity();
        if size == 0 || size > MAX_KEPT_BYTES || self.kept_bytes.get() + size > MAX_POOL_BYTES {
            return;
        }
        self.kept_bytes.set(self.kept_bytes.get() + size);
        self.free.borrow_mut().push(buffer);
    }
}

/// Bytes on their way to the transport: written in place at the end, sent from the front.
#[derive(Default)]
pub struct OutputBuf {
    /// Keeps its greatest length, so that no byte is zeroed twice.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl OutputBuf {
    /// Number of unsent bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.end - self.start
    }

    /// True without unsent bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The unsent bytes.
    #[must_use]
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// At least `size` bytes behind the end. [`Self::advance`] makes them part of the output.
    pub fn spare(&mut self, pool: &BufferPool, size: usize) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes = pool.acquire();
        }
        if self.bytes.len() - self.end < size && self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.bytes.len() - self.end < size {
            let wanted = (self.end + size).max(INITIAL_OUTPUT_BYTES).max(self.bytes.len() * 2);
            self.bytes.resize(wanted, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Adds the first `size` bytes of the spare ones to the output.
    pub fn advance(&mut self, size: usize) {
        self.end += size;
    }

    /// Adds `size` of the spare bytes, from `offset` on, to the output.
    pub fn advance_from(&mut self, offset: usize, size: usize) {
        let from = self.end + offset;
        if self.is_empty() {
            self.start = from;
            self.end = from;
        } else {
            self.bytes.copy_within(from..from + size, self.end);
        }
        self.end += size;
    }

    /// Appends bytes.
    pub fn push(&mut self, pool: &BufferPool, bytes: &[u8]) {
        self.spare(pool, bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.advance(bytes.len());
    }

    /// Removes the first `size` bytes, which were sent.
    pub fn consume(&mut self, pool: &BufferPool, size: usize) {
        self.start += size;
        if self.is_empty() {
            std::mem::take(self).release(pool);
        }
    }

    /// Gives its memory to the pool.
    pub fn release(self, pool: &BufferPool) {
        pool.release(self.bytes);
    }
}
