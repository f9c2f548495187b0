//! The memory of a thread's connections: held while there is data, shared by all in between. Nothing is asked of the
//! allocator in a steady state, and nothing stays with a connection that is silent.

use std::cell::{Cell, RefCell};

/// A buffer that grew beyond this is not kept.
const LARGEST_KEPT: usize = 256 << 10;

/// Bytes of all buffers that are kept.
const KEPT: usize = 512 << 10;

/// Buffers that nobody uses just now.
#[derive(Default)]
pub struct Pool {
    free: RefCell<Vec<Vec<u8>>>,
    kept: Cell<usize>,
}

impl Pool {
    /// A buffer that was used before, as it was given back, or an empty one.
    pub fn take(&self) -> Vec<u8> {
        let Some(buffer) = self.free.borrow_mut().pop() else { return Vec::new() };
        self.kept.set(self.kept.get() - buffer.capacity());
        buffer
    }

    /// Keeps the buffer for others, if there is room.
    pub fn give(&self, buffer: Vec<u8>) {
        let size = buffer.capacity();
        if size == 0 || size > LARGEST_KEPT || self.kept.get() + size > KEPT {
            return;
        }
        self.kept.set(self.kept.get() + size);
        self.free.borrow_mut().push(buffer);
    }
}
