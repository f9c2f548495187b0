//! CPU time of a worker for each payload of 4 KB, with an engine that skips the payload and accepts a string of 1,300 bytes,
//! and with the core: `cargo bench -p sidelane-daemon`

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program of its own")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use sidelane_core::{Accepted, Contract, Interrupt, ProcessError, Processor, Scratch};
use sidelane_daemon::engine::{Compile, Engine};
use support::{Client, Daemon, ORDER, request};

const PAYLOADS: u64 = 100_000;

const STRING: &str = r#"{"profile":"p1","unicode":"15.0","name":"any","digest":"none","compress":{"codec":"none"},"schema":{"type":"string"}}"#;

const FILLER: &[u8] = &{
    let mut text = [b'.'; 1_300];
    text[0] = b'"';
    text[1_299] = b'"';
    text
};

/// CPU time of the worker at its last short payload, in ns.
static CPU: AtomicU64 = AtomicU64::new(0);

fn note_cpu() {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    CPU.store(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64, Relaxed);
}

struct Null(Processor);

impl Engine for Null {
    fn process<'s>(
        &'s self,
        scratch: &'s mut Scratch,
        payload: &[u8],
        _: &'s dyn Interrupt,
    ) -> Result<Accepted<'s>, ProcessError<'s>> {
        if payload.len() < 100 {
            note_cpu();
        }
        self.0.process(scratch, FILLER)
    }
}

struct Core(Processor);

impl Engine for Core {
    fn process<'s>(
        &'s self,
        scratch: &'s mut Scratch,
        payload: &[u8],
        interrupt: &'s dyn Interrupt,
    ) -> Result<Accepted<'s>, ProcessError<'s>> {
        if payload.len() < 100 {
            note_cpu();
        }
        self.0.process_within(scratch, payload, Some(interrupt))
    }
}

fn processor(lock: &str) -> Processor {
    Processor::builder(Contract::load(lock.as_bytes()).unwrap()).build().unwrap()
}

/// CPU time so far, taken by a short payload.
fn cpu(client: &mut Client) -> u64 {
    client.call(r#"{"n":"time"}"#);
    CPU.load(Relaxed)
}

fn measure(name: &str, compile: Compile, depth: u64) {
    let daemon = Daemon::start(compile, |_| {});
    let mut client = daemon.client();
    let items: Vec<_> = (0..63)
        .map(|n| format!(r#"{{"sku":"A-{n:04}","text":"Item number {n} of some order","n":{}}}"#, n * 7919 % 1_000))
        .collect();
    let payload = format!(r#"{{"n":"order","items":[{}]}}"#, items.join(","));
    let payload = &payload.as_bytes();
    let round = |client: &mut Client| {
        let first = client.last_id + 1;
        client.last_id += depth;
        client.send(&(first..first + depth).flat_map(|id| request(id, payload)).collect::<Vec<_>>());
        for _ in 0..depth {
            client.read();
        }
    };
    (0..2_000 / depth).for_each(|_| round(&mut client));
    let (before, began) = (cpu(&mut client), Instant::now());
    (0..PAYLOADS / depth).for_each(|_| round(&mut client));
    let (used, took) = (cpu(&mut client) - before, began.elapsed());
    let count = PAYLOADS / depth * depth;
    println!(
        "{name:5} depth {depth:3}: {:6.2} µs CPU a payload of {} bytes, {:7.0} payloads a CPU second, {:6.0} a second",
        used as f64 / count as f64 / 1e3,
        payload.len(),
        count as f64 * 1e9 / used as f64,
        count as f64 / took.as_secs_f64(),
    );
}

fn main() {
    for depth in [1, 8, 64] {
        measure("null", |_, _, _| Ok(Box::new(Null(processor(STRING)))), depth);
    }
    for depth in [1, 8, 64] {
        // The frame cap admits 4 KB, and this contract does, too.
        let compile: Compile = |_, _, _| {
            let lock = ORDER.replace(r#""maxBytes":1000"#, r#""maxBytes":5000"#);
            Ok(Box::new(Core(processor(&lock))))
        };
        measure("core", compile, depth);
    }
}
