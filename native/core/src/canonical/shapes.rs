//! A bounded cache of key orders: documents of one kind have few object shapes, so most objects need no sorting.

use crate::read::Prefix;

/// Key orders of earlier objects by a hash of the keys. Different keys may have the same hash, so the writer checks
/// each order.
#[derive(Debug)]
pub(super) struct Shapes {
    slots: Vec<Shape>,
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    hash: u64,
    count: u8,
    /// By rank: the key's position in the document.
    order: [u8; SHAPE_KEYS],
}

const SHAPES: usize = 64;
const SHAPE_KEYS: usize = 39;

impl Default for Shapes {
    fn default() -> Self {
        Self { slots: vec![Shape { hash: 0, count: 0, order: [0; SHAPE_KEYS] }; SHAPES] }
    }
}

impl Shapes {
    /// By rank: the positions in the document of the keys with this hash.
    #[inline]
    pub(super) fn get(&self, hash: u64, count: usize) -> Option<&[u8]> {
        let shape = &self.slots[(hash >> 32) as usize % SHAPES];
        let known = shape.hash == hash && usize::from(shape.count) == count;
        if known { shape.order.get(..count) } else { None }
    }

    /// Stores an order; `unordered` are the keys in document order.
    pub(super) fn put(&mut self, hash: u64, keys: &[(Prefix, u32)], unordered: &[(Prefix, u32)]) {
        let count = keys.len();
        if count > SHAPE_KEYS {
            return;
        }
        let shape = &mut self.slots[(hash >> 32) as usize % SHAPES];
        shape.hash = hash;
        shape.count = count as u8;
        for (position, key) in shape.order.iter_mut().zip(keys) {
            *position = unordered.iter().position(|one| one.1 == key.1).unwrap_or(0) as u8;
        }
    }
}
