//! A bounded cache of key orders: documents of one kind have few object shapes, so most objects need no sorting.

use crate::read::Prefix;

/// Key orders of earlier objects whose keys differ in their prefixes: the prefixes alone tell the order.
#[derive(Debug)]
pub(super) struct Shapes {
    slots: Vec<Shape>,
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    count: u8,
    /// In document order.
    prefixes: [Prefix; SHAPE_KEYS],
    /// By rank: the key's position in the document.
    order: [u8; SHAPE_KEYS],
}

const SHAPES: usize = 64;
const SHAPE_KEYS: usize = 39;

impl Default for Shapes {
    fn default() -> Self {
        let empty = Shape { count: 0, prefixes: [Prefix::default(); SHAPE_KEYS], order: [0; SHAPE_KEYS] };
        Self { slots: vec![empty; SHAPES] }
    }
}

impl Shapes {
    /// By rank: the positions in the document of the keys with these prefixes and this hash of them.
    #[inline(always)]
    pub(super) fn get(&self, hash: u64, unordered: &[(Prefix, u32)]) -> Option<&[u8]> {
        let count = unordered.len();
        let shape = &self.slots[(hash >> 32) as usize % SHAPES];
        let prefixes = shape.prefixes.get(..count)?;
        let is_known =
            usize::from(shape.count) == count && prefixes.iter().zip(unordered).all(|(one, key)| *one == key.0);
        if is_known { shape.order.get(..count) } else { None }
    }

    /// Stores the order `keys` of `unordered`, which are in document order.
    pub(super) fn put(&mut self, hash: u64, keys: &[(Prefix, u32)], unordered: &[(Prefix, u32)]) {
        if keys.len() > SHAPE_KEYS || keys.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return;
        }
        let shape = &mut self.slots[(hash >> 32) as usize % SHAPES];
        shape.count = keys.len() as u8;
        for (prefix, key) in shape.prefixes.iter_mut().zip(unordered) {
            *prefix = key.0;
        }
        for (position, key) in shape.order.iter_mut().zip(keys) {
            *position = unordered.iter().position(|one| one.1 == key.1).unwrap_or(0) as u8;
        }
    }
}
