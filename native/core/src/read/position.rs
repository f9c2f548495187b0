//! Positions in a payload.
//!
//! Twin of `src/json/position.ts`.

/// Where a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// In bytes, from 0.
    pub offset: usize,
    /// From 1. Lines end with LF, CR LF or CR.
    pub line: usize,
    /// In code points, from 1.
    pub column: usize,
}

impl Position {
    /// The position behind well-formed UTF-8. No position is between the CR and the LF of one line end.
    pub fn behind(prefix: &[u8]) -> Self {
        let (mut line, mut line_start) = (1, 0);
        for (i, byte) in prefix.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && prefix.get(i + 1) != Some(&b'\n')) {
                line += 1;
                line_start = i + 1;
            }
        }
        let is_start = |byte: &&u8| **byte & 0xc0 != 0x80;
        Self { offset: prefix.len(), line, column: 1 + prefix[line_start..].iter().filter(is_start).count() }
    }
}
