//! Bytes of a framed connection on their way out.

pub(crate) mod output_buf;
pub mod response_writer;
