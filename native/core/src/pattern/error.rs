//! The error of a pattern.

/// A pattern outside the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where the error starts in the pattern's text, in UTF-16 code units.
    pub position: usize,
    /// What is refused and what to write instead. For people; not part of parity.
    pub message: String,
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

/// Result of parsing a part.
pub(super) type Result<T> = std::result::Result<T, PatternError>;
