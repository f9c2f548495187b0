//! `sidelaned`: reads its options and serves. `docs/daemon.md` describes them.

use std::process::ExitCode;

use sidelane_daemon::config::{self, Command};
use sidelane_daemon::signals::Signals;
use sidelane_daemon::start::{self, Failure};
use sidelane_daemon::telemetry::recorder::Telemetry;
use sidelane_daemon::telemetry::{Event, Observer as _};
use sidelane_daemon::texts::config as texts;
use sidelane_daemon::{crash, engine, ping, process};

fn main() -> ExitCode {
    process::harden();
    std::panic::catch_unwind(|| start::block_on(run()).unwrap_or_else(|error| fail(1, &error.to_string())))
        .unwrap_or_else(|_| own_fault())
}

async fn run() -> std::io::Result<ExitCode> {
    let mut signals = Signals::subscribe()?;
    let read = || config::read(std::env::args_os().skip(1), std::env::vars_os());
    let Some(command) = signals.while_starting(read).await? else { return Ok(own_fault()) };
    Ok(match command {
        Ok(Command::Serve(settings)) => {
            process::limit_core_dumps(settings.allow_core_dumps);
            let found = match settings.crash_dir.as_deref().map(|path| (path, crash::install(path))) {
                Some((_, Ok(found))) => found,
                Some((path, Err(error))) => return Ok(fail(2, &texts::cannot_use_crash_dir(path.display(), error))),
                None => 0,
            };
            let telemetry = Telemetry::start(&settings);
            if found > 0 {
                telemetry.event(Event::CrashReports(found));
            }
            match start::serve(settings, engine::native, telemetry, signals).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(Failure::System(message)) => fail(1, &message),
                Err(Failure::Contracts(message)) => fail(2, &message),
            }
        }
        Ok(Command::Check(settings)) => {
            match signals.while_starting(move || start::check(&settings, engine::native)).await? {
                Some(Ok(text)) => print(&text),
                Some(Err(message)) => fail(2, &message),
                None => own_fault(),
            }
        }
        Ok(Command::Ping(path, question)) => {
            signals.while_starting(move || ping::ping(&path, question)).await?.unwrap_or_else(own_fault)
        }
        Ok(Command::Print(text)) => print(&text),
        Err(message) => fail(2, &message),
    })
}

fn print(text: &str) -> ExitCode {
    process::print(text);
    ExitCode::SUCCESS
}

fn own_fault() -> ExitCode {
    fail(1, "ended by a fault of its own")
}

fn fail(code: u8, message: &str) -> ExitCode {
    process::print_error(message);
    ExitCode::from(code)
}
