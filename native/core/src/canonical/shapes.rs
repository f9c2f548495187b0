//! The orders of keys that objects had before: documents of one kind have few shapes, so most objects need no sorting.
//! The memory is bounded, and a hash only suggests an order.

use crate::read::Prefix;

/// Orders of keys that were found before, by a hash of the keys: a guess, checked whenever it is used.
#[derive(Debug)]
pub(super) struct Shapes {
    slots: Vec<Shape>,
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    hash: u64,
    count: u8,
    /// By rank: the key's place in the document.
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
    #[inline]
    /// By rank: the places in the document of the keys with this hash.
    pub(super) fn get(&self, hash: u64, count: usize) -> Option<&[u8]> {
        let shape = &self.slots[(hash >> 32) as usize % SHAPES];
        let known = shape.hash == hash && usize::from(shape.count) == count;
        if known { shape.order.get(..count) } else { None }
    }

    /// Keeps an order that was found by sorting; `unordered` are the keys as they stand in the document.
    pub(super) fn put(&mut self, hash: u64, keys: &[(Prefix, u32)], unordered: &[(Prefix, u32)]) {
        let count = keys.len();
        if count > SHAPE_KEYS {
            return;
        }
        let shape = &mut self.slots[(hash >> 32) as usize % SHAPES];
        shape.hash = hash;
        shape.count = count as u8;
        for (place, key) in shape.order.iter_mut().zip(keys) {
            *place = unordered.iter().position(|one| one.1 == key.1).unwrap_or(0) as u8;
        }
    }
}
