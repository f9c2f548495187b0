//! HTTP/1.1: `head` and `chunks` parse requests, `route` interprets them, `respond` and `page` write responses. The two
//! parsers take any bytes and never panic, which the fuzz targets check.

pub mod chunks;
pub mod head;
pub(crate) mod page;
mod respond;
pub(crate) mod route;

pub use respond::ResponseFraming;
pub(crate) use respond::{OUTCOME_OFFSET, Problem, finish_outcome, write_fault};
