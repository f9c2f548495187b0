//! Reads flags, environment and file, and checks their names and values. A flag overrides the environment, the environment
//! the file. `resolve` checks the combination of options.
//!
//! Twin of `src/server/config/load-config.ts`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde_json::Value as Json;

use super::options_table::SPECS;
use super::parsers::{Kind, OptionSpec};
use crate::texts::{config as texts, json_type};
use crate::{file_kinds, regular_file};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Serve,
    Check,
    Help,
    Version,
}

/// Values by flag; null for a flag without its optional value.
pub type RawOptions = BTreeMap<&'static str, Json>;

/// Reads all sources; the error names what is invalid.
pub fn read_options(args: &[OsString], env: &[(OsString, OsString)]) -> Result<(Mode, RawOptions), String> {
    let mut flags = RawOptions::new();
    let mode = read_command_line(args, &mut flags)?;
    if matches!(mode, Mode::Help | Mode::Version) {
        return Ok((mode, RawOptions::new()));
    }
    let mut raw = read_env(env)?;
    raw.extend(flags);
    if let Some(file) = raw.get("--config").and_then(Json::as_str) {
        let mut all = read_file(file)?;
        all.extend(raw);
        raw = all;
    }
    Ok((mode, raw))
}

fn read_command_line(args: &[OsString], raw: &mut RawOptions) -> Result<Mode, String> {
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
            // Help and version override the other options.
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
        let spec = spec.ok_or_else(|| texts::unknown_option(show(flag)))?;
        if spec.kind == Kind::Switch {
            if inline.is_some() {
                return Err(texts::expected_no_value(flag));
            }
            set_option(raw, spec, Json::Bool(true))?;
            continue;
        }
        let next = match inline {
            Some(value) => Some(value),
            None => match args.next_if(|next| !next.as_encoded_bytes().starts_with(b"--")) {
                Some(next) => Some(text_of(next)?),
                None => None,
            },
        };
        let value = match next {
            Some(text) => parse(spec, flag, text)?,
            None if spec.value_is_optional => Json::Null,
            None => return Err(texts::expected_value(format!("`{flag}`"), spec.expected, "nothing")),
        };
        set_option(raw, spec, value)?;
    }
    Ok(mode)
}

fn set_option(raw: &mut RawOptions, spec: &OptionSpec, value: Json) -> Result<(), String> {
    match (raw.get_mut(spec.flag), value) {
        (None, value) => {
            raw.insert(spec.flag, value);
        }
        (Some(Json::Array(all)), Json::Array(more)) => all.extend(more),
        (Some(Json::Object(all)), Json::Object(more)) => all.extend(more),
        _ => return Err(texts::expected_once(spec.flag)),
    }
    Ok(())
}

fn parse(spec: &OptionSpec, name: &str, text: &str) -> Result<Json, String> {
    let wrong = || texts::expected_value(format!("`{name}`"), spec.expected, show(text));
    spec.kind.parse(text).ok_or_else(wrong)
}

fn read_env(env: &[(OsString, OsString)]) -> Result<RawOptions, String> {
    let mut raw = RawOptions::new();
    let ours = env.iter().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"SIDELANED_"));
    for (name, text) in ours {
        let name = text_of(name)?;
        let spec = SPECS.iter().find(|spec| spec.env == name);
        let spec = spec.ok_or_else(|| texts::unknown_variable(show(name)))?;
        // An empty variable counts as unset: shells and unit files cannot always omit it.
        if text.is_empty() {
            continue;
        }
        let text = text_of(text)?;
        let parts: Vec<_> = match spec.kind.separator() {
            Some(separator) => text.split(separator).collect(),
            None => vec![text],
        };
        for part in parts {
            set_option(&mut raw, spec, parse(spec, name, part)?)?;
        }
    }
    Ok(raw)
}

/// Any file may be named by mistake, so no message holds a part of it but the name of a key that looks like an option.
fn read_file(file: &str) -> Result<RawOptions, String> {
    let name = show(file);
    let bytes = regular_file::read(Path::new(file), file_kinds::CONFIG)?;
    let Ok(Json::Object(content)) = serde_json::from_slice(&bytes) else { return Err(texts::expected_object(name)) };
    let mut raw = RawOptions::new();
    for (key, json) in content {
        let spec = SPECS.iter().find(|spec| spec.key == Some(&*key));
        let spec = spec.ok_or_else(|| texts::unknown_key(key_name(&key), &name))?;
        if !spec.kind.accepts(&json) {
            return Err(texts::expected_value(format!("`{key}` in {name}"), spec.expected, type_of(&json)));
        }
        raw.insert(spec.flag, json);
    }
    Ok(raw)
}

fn key_name(key: &str) -> String {
    let is_name =
        (1..=24).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'));
    if is_name { show(key) } else { texts::HIDDEN_KEY.to_owned() }
}

const fn type_of(json: &Json) -> &'static str {
    match json {
        Json::Null => json_type::NULL,
        Json::Bool(_) => json_type::BOOLEAN,
        Json::Number(_) => json_type::NUMBER,
        Json::String(_) => json_type::STRING,
        Json::Array(_) => json_type::ARRAY,
        Json::Object(_) => json_type::OBJECT,
    }
}

fn text_of(text: &OsString) -> Result<&str, String> {
    text.to_str().ok_or_else(|| format!("Expected UTF-8, got {}", show(&text.to_string_lossy())))
}

/// The text in back quotes, at most 64 characters.
pub(super) fn show(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
