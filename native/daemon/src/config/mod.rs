//! What the daemon is told: flags, environment and file, checked, with defaults → [`Settings`].

mod load_config;
mod parsers;
mod resolve;
pub mod settings;
mod specs;

use std::ffi::OsString;
use std::path::PathBuf;

use self::settings::Settings;
use load_config::{Mode, read_options, show};
use resolve::{default_socket, resolve};

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// To serve.
    Serve(Settings),
    /// To say what would be served.
    Check(Settings),
    /// To ask the daemon at this path how it is.
    Ping(PathBuf),
    /// To say this on stdout.
    Print(String),
}

/// Reads the command line, without the program's name, and the environment.
///
/// # Errors
///
/// What is wrong, and where.
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
    let hint = |message: String| format!("{message}\nTry: --help");
    let (mode, raw) = read_options(&args, &env).map_err(hint)?;
    let settings = || resolve(&raw, &env).map_err(hint);
    Ok(match mode {
        Mode::Help => Command::Print(specs::help()),
        Mode::Version => Command::Print(env!("CARGO_PKG_VERSION").to_owned()),
        Mode::Check => Command::Check(settings()?),
        Mode::Serve => Command::Serve(settings()?),
    })
}

/// `ping [--socket PATH]`: the same names for the socket as those of the daemon, and no other option.
fn ping(args: &[OsString], env: &[(OsString, OsString)]) -> Result<Command, String> {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let args: Vec<_> = args.iter().map(|arg| &**arg).collect();
    let path = match args[..] {
        [] | ["--socket"] => None,
        ["--help" | "-h", ..] => return Ok(Command::Print("Usage: sidelaned ping [--socket PATH]".to_owned())),
        ["--socket", path] => Some(path.to_owned()),
        [one] if one.starts_with("--socket=") => one.strip_prefix("--socket=").map(str::to_owned),
        [one, ..] => return Err(format!("Unknown option {}\nUsage: sidelaned ping [--socket PATH]", show(one))),
    };
    let named = env.iter().find(|(name, text)| args.is_empty() && name == "SIDELANED_SOCKET" && !text.is_empty());
    let path = path.map(PathBuf::from).or_else(|| named.map(|(_, text)| PathBuf::from(text)));
    Ok(Command::Ping(path.unwrap_or_else(|| default_socket(env))))
}
