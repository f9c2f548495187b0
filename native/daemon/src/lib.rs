//! The sidecar: serves contracts on a Unix socket. `docs/daemon.md` describes what it serves and how it behaves;
//! `src/wire/WIRE.md` describes the bytes of the framed protocol. Payloads are processed by `sidelane-core`.

#![deny(missing_docs)]

pub mod config;
pub mod connection;
pub mod contracts;
mod date;
pub mod engine;
pub mod fault;
pub mod listener;
pub mod metrics_listener;
pub mod ping;
pub mod process;
pub mod protocol;
pub mod shared;
pub mod socket_path;
pub mod start;
pub mod telemetry;
pub mod worker;
