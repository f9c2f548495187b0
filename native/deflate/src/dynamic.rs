//! Codes of the payload itself.

use crate::codes::{Codes, DISTANCE_LIMIT, LITERAL_LIMIT};
use crate::header::Header;
use crate::lengths::{CodeLengths, assign};
use crate::sequences::Sequences;

/// Sets the codes of all symbols that a scan counted, and returns their header.
pub(crate) fn codes(sequences: &Sequences, codes: &mut Codes) -> Header {
    let literals = assign(sequences.literal_counts(), LITERAL_LIMIT);
    let distances = if sequences.all().is_empty() {
        // A block without distances sends a code that is not used: some decoders want one.
        CodeLengths::from_lengths(&[1])
    } else {
        assign(sequences.distance_counts(), DISTANCE_LIMIT)
    };
    codes.set(&literals, &distances);
    Header::new(&literals, &distances)
}
