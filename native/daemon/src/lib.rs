//! The sidecar: serves contracts on a Unix socket. What is served and how it looks from outside is in `docs/daemon.md`;
//! the bytes of the framed protocol are in `src/wire/WIRE.md`. What a payload becomes is the core's business.
//!
//! Main thread: listens, signals, reload, drain (`start`). Every other thread is a [`lane::Lane`]: it reads the
//! connections that were handed to it, runs their payloads and writes their answers, alone.

#![deny(missing_docs)]

pub mod config;
pub mod contracts;
mod date;
mod door;
pub mod engine;
pub mod fault;
pub mod framed;
pub mod http;
pub mod lane;
pub mod listener;
pub mod log;
pub mod memory;
mod metrics;
pub mod observe;
pub mod ping;
pub mod process;
pub mod scrape;
pub mod service;
pub mod settings;
pub mod socket_path;
pub mod start;
pub mod telemetry;
