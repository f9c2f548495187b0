//! A finding about the data of a payload.
//!
//! Twin of `src/contract/issue.ts`.

use crate::error::Code;

/// Most issues that one rejection lists.
pub const MAX_ISSUES: usize = 32;

/// One finding about the data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issue {
    /// The code of the rejection.
    pub code: Code,
    /// RFC 6901; each key is cut at 128 code points, then escaped.
    pub pointer: String,
    /// The schema keyword that failed; `None` for a fault of the data model (`parse.*`, `limit.keys`, `number.*`).
    pub keyword: Option<&'static str>,
    /// JSON text of an object, from the contract and never from the payload; `None` without a keyword.
    pub params: Option<String>,
}

impl Issue {
    /// A fault of the data model.
    pub(crate) fn of_data(code: Code, pointer: String) -> Self {
        Self { code, pointer, keyword: None, params: None }
    }

    /// A violation of the schema.
    pub(crate) fn of_schema(pointer: String, keyword: &'static str, params: String) -> Self {
        Self { code: Code::ValidateFailed, pointer, keyword: Some(keyword), params: Some(params) }
    }
}
