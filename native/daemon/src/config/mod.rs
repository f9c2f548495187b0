//! The configuration: flags, environment and file become [`Settings`](settings::Settings).

mod load_config;
mod options_table;
mod parsers;
pub(crate) mod resolve;
pub mod settings;

use std::ffi::OsString;
use std::path::PathBuf;

use self::settings::Settings;
use crate::texts::config as texts;
use load_config::{Mode, read_options, show};
use resolve::{default_socket, resolve};

#[derive(Clone, Debug)]
pub enum Command {
    Serve(Settings),
    Check(Settings),
    /// Asks the daemon at this path.
    Ping(PathBuf, Probe),
    /// Prints this to stdout.
    Print(String),
}

/// What `ping` asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Whether it is ready for requests.
    Ready,
    /// Whether it answers at all.
    Live,
}

const PING_USAGE: &str = "Usage: sidelaned ping [--live] [--socket PATH]";

/// Reads the command line, without the name of the program, and the environment; the error names what is invalid.
pub fn read(
    args: impl IntoIterator<Item = OsString>,
    env: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Command, String> {
    let args: Vec<_> = args.into_iter().collect();
    let env: Vec<_> = env.into_iter().collect();
    if let Some((first, rest)) = args.split_first()
        && first == "ping"
    {
        return ping(rest, &env);
    }
    let hint = |message: String| format!("{message}\n{}", texts::TRY_HELP);
    let (mode, raw) = read_options(&args, &env).map_err(hint)?;
    let settings = || resolve(&raw, &env).map_err(hint);
    Ok(match mode {
        Mode::Help => Command::Print(options_table::HELP.to_owned()),
        Mode::Version => Command::Print(env!("CARGO_PKG_VERSION").to_owned()),
        Mode::Check => Command::Check(settings()?),
        Mode::Serve => Command::Serve(settings()?),
    })
}

/// `ping [--live] [--socket PATH]`: `--socket` and its variable, and no other option.
fn ping(args: &[OsString], env: &[(OsString, OsString)]) -> Result<Command, String> {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let probe = if args.iter().any(|arg| arg == "--live") { Probe::Live } else { Probe::Ready };
    let args: Vec<_> = args.iter().map(|arg| &**arg).filter(|arg| *arg != "--live").collect();
    let path = match args[..] {
        [] | ["--socket"] => None,
        ["--help" | "-h", ..] => return Ok(Command::Print(PING_USAGE.to_owned())),
        ["--socket", path] => Some(path.to_owned()),
        [one] if one.starts_with("--socket=") => one.strip_prefix("--socket=").map(str::to_owned),
        [one, ..] => {
            return Err(format!("{}\n{PING_USAGE}", texts::unknown_option(show(one))));
        }
    };
    let named = env.iter().find(|(name, text)| args.is_empty() && name == "SIDELANED_SOCKET" && !text.is_empty());
    let path = path.map(PathBuf::from).or_else(|| named.map(|(_, text)| PathBuf::from(text)));
    Ok(Command::Ping(path.unwrap_or_else(|| default_socket(env)), probe))
}
