//! Flags, environment and file → what is given of each option. A flag wins over the environment, the environment over the
//! file. Every name and value is checked here; what they mean together is settled in `resolve`.
//!
//! Twin of `src/server/config/read.ts`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde_json::Value as Json;

use super::parsers::Value;
use super::specs::{OptionSpec, SPECS};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To serve.
    Serve,
    /// To say what would be served.
    Check,
    /// To say how it is used.
    Help,
    /// To say which version it is.
    Version,
}

/// What is given, by flag.
pub type RawOptions = BTreeMap<&'static str, Value>;

/// Reads all sources.
///
/// # Errors
///
/// What is wrong, and where.
pub fn read_options(args: &[OsString], env: &[(OsString, OsString)]) -> Result<(Mode, RawOptions), String> {
    let mut flags = RawOptions::new();
    let mode = read_flags(args, &mut flags)?;
    if matches!(mode, Mode::Help | Mode::Version) {
        return Ok((mode, RawOptions::new()));
    }
    let mut raw = read_env(env)?;
    raw.extend(flags);
    if let Some(Value::Path(file)) = raw.get("--config") {
        let mut all = read_file(file)?;
        all.extend(raw);
        raw = all;
    }
    Ok((mode, raw))
}

fn read_flags(args: &[OsString], raw: &mut RawOptions) -> Result<Mode, String> {
    let mut mode = Mode::Serve;
    let mut args = args.iter().peekable();
    while let Some(arg) = args.next() {
        let arg = text_of(arg)?;
        let asked = match arg {
            "--check" => Some(Mode::Check),
            "--help" | "-h" => Some(Mode::Help),
            "--version" | "-v" => Some(Mode::Version),
            _ => None,
        };
        if let Some(asked) = asked {
            // Who asks for help gets it, whatever else is there.
            if matches!(mode, Mode::Serve | Mode::Check) {
                mode = asked;
            }
            continue;
        }
        let (flag, inline) = match arg.split_once('=') {
            Some((flag, value)) if arg.starts_with("--") => (flag, Some(value)),
            _ => (arg, None),
        };
        let spec = SPECS.iter().find(|spec| spec.flag == flag);
        let spec = spec.ok_or_else(|| format!("Unknown option {}", show(flag)))?;
        let Some(metavar) = spec.metavar else {
            if inline.is_some() {
                return Err(format!("Expected `{flag}` without a value"));
            }
            put(raw, spec, Value::Yes(true))?;
            continue;
        };
        let next = match inline {
            Some(value) => Some(value),
            None => match args.next_if(|next| !next.as_encoded_bytes().starts_with(b"--")) {
                Some(next) => Some(text_of(next)?),
                None => None,
            },
        };
        let value = match next {
            Some(text) => parse(spec, flag, text)?,
            None if metavar.starts_with('[') => Value::Alone,
            None => return Err(format!("Expected `{flag}` to be {}, got nothing", spec.kind.expected())),
        };
        put(raw, spec, value)?;
    }
    Ok(mode)
}

fn put(raw: &mut RawOptions, spec: &OptionSpec, value: Value) -> Result<(), String> {
    let value = match raw.remove(spec.flag) {
        Some(before) if spec.kind.is_many() => before.join(value),
        Some(_) => None,
        None => Some(value),
    };
    let value = value.ok_or_else(|| format!("Expected `{}` once", spec.flag))?;
    raw.insert(spec.flag, value);
    Ok(())
}

fn parse(spec: &OptionSpec, name: &str, text: &str) -> Result<Value, String> {
    let wrong = || format!("Expected `{name}` to be {}, got {}", spec.kind.expected(), show(text));
    spec.kind.text(text).ok_or_else(wrong)
}

fn read_env(env: &[(OsString, OsString)]) -> Result<RawOptions, String> {
    let mut raw = RawOptions::new();
    let ours = env.iter().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"SIDELANED_"));
    for (name, text) in ours {
        let name = text_of(name)?;
        let spec = SPECS.iter().find(|spec| spec.env == name);
        let spec = spec.ok_or_else(|| format!("Unknown variable {}", show(name)))?;
        // Set to nothing is not set: a shell or a unit file cannot always leave it out.
        if text.is_empty() {
            continue;
        }
        let text = text_of(text)?;
        let parts: Vec<_> = if spec.kind.is_many() { text.split(':').collect() } else { vec![text] };
        for part in parts {
            put(&mut raw, spec, parse(spec, name, part)?)?;
        }
    }
    Ok(raw)
}

fn read_file(file: &Path) -> Result<RawOptions, String> {
    let name = show(&file.to_string_lossy());
    let cannot = |error: &dyn std::fmt::Display| format!("Cannot read {name}: {error}");
    let bytes = std::fs::read(file).map_err(|error| cannot(&error))?;
    let content: Json = serde_json::from_slice(&bytes).map_err(|error| cannot(&error))?;
    let Json::Object(content) = content else { return Err(format!("Expected {name} to hold a JSON object")) };
    let mut raw = RawOptions::new();
    for (key, json) in content {
        let spec = SPECS.iter().find(|spec| spec.key == Some(&*key));
        let spec = spec.ok_or_else(|| format!("Unknown key {} in {name}", show(&key)))?;
        let value = spec.kind.json(&json).ok_or_else(|| {
            let (expected, got) = (spec.kind.expected(), show(&json.to_string()));
            format!("Expected `{key}` in {name} to be {expected}, got {got}")
        })?;
        raw.insert(spec.flag, value);
    }
    Ok(raw)
}

fn text_of(text: &OsString) -> Result<&str, String> {
    text.to_str().ok_or_else(|| format!("Expected UTF-8, got {}", show(&text.to_string_lossy())))
}

/// The text in back quotes, and not too much of it.
pub(super) fn show(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
