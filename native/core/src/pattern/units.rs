//! What a pattern counts.

/// What one character of a pattern is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Units {
    /// A Unicode code point.
    #[default]
    CodePoints,
    /// A UTF-16 code unit: `x-pattern-units: "utf16"`.
    Utf16,
}
