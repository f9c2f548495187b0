//! Codes of the payload itself.

use crate::codes::{DISTANCE_LIMIT, LITERAL_LIMIT, SymbolCodes};
use crate::header::Header;
use crate::lengths::{CodeLengths, assign};
use crate::tokens::Tokens;

/// Sets the codes of all symbols that a scan counted, and returns their header.
pub(crate) fn codes(tokens: &Tokens, codes: &mut SymbolCodes) -> Header {
    let literals = assign(tokens.literal_counts(), LITERAL_LIMIT);
    let distances = if tokens.distance_counts().iter().all(|&count| count == 0) {
        // A block without distances sends a code that is not used: some decoders want one.
        CodeLengths::from_lengths(&[1])
    } else {
        assign(tokens.distance_counts(), DISTANCE_LIMIT)
    };
    codes.set(&literals, &distances);
    Header::new(&literals, &distances)
}
