//! A finding about the data of a payload.
//!
//! Twin of `src/model/issue.ts`.

use crate::error::Code;
use crate::read::too_large_params;

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
    /// The schema keyword that failed; `None` for `limit.*`, `parse.*` and `number.*`.
    pub keyword: Option<&'static str>,
    /// JSON text of an object: what the contract asks for, and for `limit.*`, `parse.*` and `number.*` where the payload is
    /// wrong. Never anything of the payload.
    pub params: Option<String>,
}

impl Issue {
    /// The issue of a payload, read or not, that has more than `max_bytes`.
    #[must_use]
    pub fn too_large(max_bytes: usize) -> Self {
        Self::of_reading(Code::LimitBytes, String::new(), Some(too_large_params(max_bytes)))
    }

    /// An error of reading.
    pub(crate) fn of_reading(code: Code, pointer: String, params: Option<String>) -> Self {
        Self { code, pointer, keyword: None, params }
    }

    /// A violation of the schema.
    pub(crate) fn of_schema(pointer: String, keyword: &'static str, params: String) -> Self {
        Self { code: Code::ValidateFailed, pointer, keyword: Some(keyword), params: Some(params) }
    }
}
