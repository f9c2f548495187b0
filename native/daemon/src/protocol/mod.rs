//! The protocols of the socket.

pub(crate) mod detect;
pub mod framed;
pub mod http;
