//! The sidecar: serves contracts on a Unix socket. `docs/daemon.md` describes what it serves and how it behaves;
//! `src/wire/WIRE.md` describes the bytes of the framed protocol. `sidelane-core` processes the payloads.
//!
//! The main thread listens, handles signals, reloads and drains (`start`). Every other thread runs one worker: it reads its
//! connections, processes their payloads and writes their answers.
//!
//! Order of the modules, each of which uses only those before it: `log_level`, `texts`, `file_kinds`, `regular_file`,
//! `buffers`, `socket_path`, `config`, `telemetry`, `engine`, `contracts`, `shared`, `protocol`, `worker`, `connection`, `threads`, `metrics_listener`,
//! `listener`, `process`, `ping`, `signals`, `start`.

pub mod buffers;
pub mod config;
mod connection;
pub mod contracts;
pub mod engine;
pub mod file_kinds;
pub mod listener;
pub mod log_level;
pub mod metrics_listener;
pub mod ping;
pub mod process;
pub mod protocol;
pub mod regular_file;
pub mod shared;
pub mod signals;
pub mod socket_path;
pub mod start;
pub mod telemetry;
pub mod texts;
pub mod threads;
pub mod worker;
