//! Remembers which schema nodes an entry of the tape passes, while branches of unions are tried on it: two bits for each
//! remembered node, in a row for each entry.
//!
//! Twin of `src/engine/js/verdict-memory.ts`.

/// The memory is reused for the next document.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// For each entry, 1 + the number of its row; 0: it has none.
    row_of: Vec<u32>,
    bits: Vec<u8>,
    rows: u32,
}

const KNOWN: u8 = 1;
const PASSED: u8 = 2;

/// More is freed after the payload.
const KEPT_BYTES: usize = 4 << 20;

/// An allocation failed.
pub struct OutOfMemory;

impl Verdicts {
    /// Whether the entry at `at` passes the node of number `node` out of `nodes`; `None`: not remembered.
    pub fn recall(&self, at: usize, node: u32, nodes: u32) -> Option<bool> {
        let row = self.row_of.get(at)?.checked_sub(1)?;
        let bits = self.bits[place(row, node, nodes)] >> (2 * (node % 4));
        (bits & KNOWN != 0).then_some(bits & PASSED != 0)
    }

    /// `entries`: the length of the tape.
    pub fn remember(
        &mut self,
        at: usize,
        (node, nodes): (u32, u32),
        passes: bool,
        entries: usize,
    ) -> Result<(), OutOfMemory> {
        if self.row_of.is_empty() {
            self.row_of.try_reserve(entries).map_err(|_| OutOfMemory)?;
            self.row_of.resize(entries, 0);
        }
        if self.row_of[at] == 0 {
            let row_bytes = row_bytes(nodes);
            self.bits.try_reserve(row_bytes).map_err(|_| OutOfMemory)?;
            self.bits.resize(self.bits.len() + row_bytes, 0);
            self.rows += 1;
            self.row_of[at] = self.rows;
        }
        let verdict = if passes { KNOWN | PASSED } else { KNOWN };
        self.bits[place(self.row_of[at] - 1, node, nodes)] |= verdict << (2 * (node % 4));
        Ok(())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.row_of.clear();
        self.bits.clear();
        self.rows = 0;
    }

    /// Frees what an unusually large document took.
    pub fn shrink(&mut self) {
        if self.bits.capacity() > KEPT_BYTES || size_of::<u32>() * self.row_of.capacity() > KEPT_BYTES {
            *self = Self::default();
        }
    }
}

const fn row_bytes(nodes: u32) -> usize {
    nodes.div_ceil(4) as usize
}

/// The byte of the node's two bits.
const fn place(row: u32, node: u32, nodes: u32) -> usize {
    row as usize * row_bytes(nodes) + node as usize / 4
}
