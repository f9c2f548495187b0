//! The description of an option; `options_table` lists all of them.

use super::parsers::Kind;

#[derive(Debug)]
pub struct OptionSpec {
    /// With its dashes.
    pub flag: &'static str,
    /// The environment variable.
    pub env: &'static str,
    /// The key in the file; `None`: not allowed there.
    pub key: Option<&'static str>,
    pub kind: Kind,
    /// Completes "Expected `--threads` to be …".
    pub expected: &'static str,
    /// The flag may stand without its value.
    pub value_is_optional: bool,
}
