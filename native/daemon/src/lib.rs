//! The sidecar: serves contracts on a Unix socket. `docs/daemon.md` describes what it serves and how it behaves;
//! `src/wire/WIRE.md` describes the bytes of the framed protocol. `sidelane-core` processes the payloads.
//!
//! The main thread listens, handles signals, reloads and drains (`start`). A worker thread reads its connections, processes
//! their payloads and writes their answers. A payload that takes longer than a slice moves to a spare thread of its contract.
//!
//! Order of the modules, each of which uses only those before it: `log_level`, `texts`, `file_kinds`, `regular_file`,
//! `buffers`, `socket_path`, `config`, `crash`, `telemetry`, `tcp_listener`, `engine`, `contract_input`, `spare_threads`, `contracts`,
//! `evicting_set`, `tls` (its `peers`, `files` and `stream`), `shared`, `protocol`, `worker`, `connection`, `threads`,
//! `tls` (its `handshake` and `acceptor`), `metrics_listener`, `listener`, `notify`, `process`, `ping`, `signals`, `start`.

pub mod buffers;
pub mod config;
mod connection;
pub mod contract_input;
pub mod contracts;
pub mod crash;
pub mod engine;
mod evicting_set;
pub mod file_kinds;
pub mod listener;
pub mod log_level;
pub mod metrics_listener;
pub mod notify;
pub mod ping;
pub mod process;
pub mod protocol;
pub mod regular_file;
pub mod shared;
pub mod signals;
pub mod socket_path;
mod spare_threads;
pub mod start;
pub mod tcp_listener;
pub mod telemetry;
pub mod texts;
pub mod threads;
pub mod tls;
pub mod worker;
