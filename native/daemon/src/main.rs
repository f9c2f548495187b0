//! `sidelaned`: reads its options and serves. `docs/daemon.md` describes them.

use std::process::ExitCode;

use sidelane_daemon::config::{self, Command};
use sidelane_daemon::start::{self, Failure};
use sidelane_daemon::telemetry::recorder::Telemetry;
use sidelane_daemon::{engine, ping, process};

fn main() -> ExitCode {
    process::harden();
    std::panic::catch_unwind(run).unwrap_or_else(|_| fail(1, "ended by a fault of its own"))
}

fn run() -> ExitCode {
    match config::read(std::env::args_os().skip(1), std::env::vars_os()) {
        Ok(Command::Serve(settings)) => {
            let telemetry = Telemetry::start(&settings);
            match start::serve(settings, engine::native, telemetry) {
                Ok(()) => ExitCode::SUCCESS,
                Err(Failure::System(message)) => fail(1, &message),
                Err(Failure::Contracts(message)) => fail(2, &message),
            }
        }
        Ok(Command::Check(settings)) => match start::check(&settings, engine::native) {
            Ok(text) => print(&text),
            Err(message) => fail(2, &message),
        },
        Ok(Command::Ping(path)) => ping::ping(&path),
        Ok(Command::Print(text)) => print(&text),
        Err(message) => fail(2, &message),
    }
}

#[allow(clippy::print_stdout, reason = "the output of the command")]
fn print(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("sidelaned: {message}");
    ExitCode::from(code)
}
