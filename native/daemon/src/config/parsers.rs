//! What a value of the configuration may be: how it is read from text (flags, environment) and from JSON (file), and what
//! is expected in words. Which option takes which is in `rows`.
//!
//! Twin of `src/server/config/value.ts`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value as Json;

/// The largest integer that a double holds safely: what a JSON file can say.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A path.
    Path,
    /// Paths; the flag takes one, and may be repeated.
    Paths,
    /// `NAME=FILE`; may be repeated.
    NamedFiles,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// An integer from the first to the second.
    Integer(u64, u64),
    /// A numeric id.
    Id,
    /// Numeric ids; the flag takes one, and may be repeated.
    Ids,
    /// An octal mode.
    Mode,
    /// An address on this machine.
    Loopback,
    /// A number from 0 to 1.
    Share,
    /// Nothing; `1` or `0` in the environment.
    Yes,
}

/// A value that is right.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The flag stood without its value.
    Alone,
    /// Of [`Kind::Path`].
    Path(PathBuf),
    /// Of [`Kind::Paths`].
    Paths(Vec<PathBuf>),
    /// Of [`Kind::NamedFiles`].
    NamedFiles(BTreeMap<String, PathBuf>),
    /// Of [`Kind::Choice`].
    Choice(&'static str),
    /// Of [`Kind::Integer`].
    Integer(u64),
    /// Of [`Kind::Id`] and [`Kind::Ids`].
    Ids(Vec<u32>),
    /// Of [`Kind::Mode`].
    Mode(u32),
    /// Of [`Kind::Loopback`].
    Address(SocketAddr),
    /// Of [`Kind::Share`].
    Share(f64),
    /// Of [`Kind::Yes`].
    Yes(bool),
}

impl Kind {
    /// Completes "Expected `--threads` to be …".
    pub fn expected(self) -> String {
        match self {
            Self::Path => "a path".into(),
            Self::Paths => "a path, or in the file an array of paths".into(),
            Self::NamedFiles => "NAME=FILE, or in the file an object of paths by contract name".into(),
            Self::Choice(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
                format!("one of {}", names.join(", "))
            }
            Self::Integer(min, MAX_SAFE) => format!("an integer, at least {min}"),
            Self::Integer(min, max) => format!("an integer from {min} to {max}"),
            Self::Id => "a numeric id".into(),
            Self::Ids => "a numeric uid, or in the file an array of them".into(),
            Self::Mode => "octal, no more than 0666".into(),
            Self::Loopback => "127.0.0.1:PORT or [::1]:PORT".into(),
            Self::Share => "a number from 0 to 1".into(),
            Self::Yes => "1 or 0".into(),
        }
    }

    /// The flag may be repeated, and the environment has several, with ":" between.
    pub const fn is_many(self) -> bool {
        matches!(self, Self::Paths | Self::NamedFiles | Self::Ids)
    }

    /// The value of a text.
    pub fn text(self, text: &str) -> Option<Value> {
        match self {
            Self::Path => path(text).map(Value::Path),
            Self::Paths => Some(Value::Paths(vec![path(text)?])),
            Self::NamedFiles => {
                let (name, file) = text.split_once('=')?;
                let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                let named = (1..=64).contains(&name.len()) && name.bytes().all(is_name);
                named.then_some(Value::NamedFiles(BTreeMap::from([(name.to_owned(), path(file)?)])))
            }
            Self::Choice(names) => names.iter().find(|name| **name == text).map(|name| Value::Choice(name)),
            Self::Integer(min, max) => {
                let number = digits(text, 16)?;
                (min..=max).contains(&number).then_some(Value::Integer(number))
            }
            Self::Id | Self::Ids => id(digits(text, 16)?).map(|id| Value::Ids(vec![id])),
            Self::Mode => {
                let octal = text.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(text);
                let three = octal.len() == 3 && octal.bytes().all(|byte| (b'0'..=b'6').contains(&byte));
                let mode = three.then(|| u32::from_str_radix(octal, 8).ok()).flatten()?;
                (mode & !0o666 == 0).then_some(Value::Mode(mode))
            }
            Self::Loopback => {
                let (host, port) = text.rsplit_once(':')?;
                let port = u16::try_from(digits(port, 5)?).ok()?;
                let known = matches!(host, "127.0.0.1" | "[::1]");
                known.then(|| format!("{host}:{port}").parse().ok()).flatten().map(Value::Address)
            }
            Self::Share => {
                let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
                let plain = [whole, part].iter().all(|one| !one.is_empty() && one.bytes().all(|b| b.is_ascii_digit()));
                plain.then(|| text.parse().ok()).flatten().and_then(share)
            }
            Self::Yes => match text {
                "1" => Some(Value::Yes(true)),
                "0" => Some(Value::Yes(false)),
                _ => None,
            },
        }
    }

    /// The value of what a file says.
    pub fn json(self, json: &Json) -> Option<Value> {
        match (self, json) {
            (Self::Path | Self::Choice(_) | Self::Mode | Self::Loopback, Json::String(text)) => self.text(text),
            (Self::Paths, Json::Array(all)) => {
                all.iter().map(|one| path(one.as_str()?)).collect::<Option<_>>().map(Value::Paths)
            }
            (Self::NamedFiles, Json::Object(files)) => {
                let file = |(name, file): (&String, &Json)| Some((name.clone(), path(file.as_str()?)?));
                files.iter().map(file).collect::<Option<_>>().map(Value::NamedFiles)
            }
            (Self::Integer(min, max), Json::Number(_)) => {
                let number = integer(json)?;
                (min..=max).contains(&number).then_some(Value::Integer(number))
            }
            (Self::Id, Json::Number(_)) => id(integer(json)?).map(|id| Value::Ids(vec![id])),
            (Self::Ids, Json::Array(all)) => {
                all.iter().map(|one| id(integer(one)?)).collect::<Option<_>>().map(Value::Ids)
            }
            (Self::Share, Json::Number(number)) => number.as_f64().and_then(share),
            (Self::Yes, Json::Bool(yes)) => Some(Value::Yes(*yes)),
            _ => None,
        }
    }
}

impl Value {
    /// What this one and a later one are together; `None` for a flag that stands once.
    pub fn join(self, later: Self) -> Option<Self> {
        match (self, later) {
            (Self::Paths(mut all), Self::Paths(more)) => {
                all.extend(more);
                Some(Self::Paths(all))
            }
            (Self::Ids(mut all), Self::Ids(more)) => {
                all.extend(more);
                Some(Self::Ids(all))
            }
            (Self::NamedFiles(mut all), Self::NamedFiles(more)) => {
                all.extend(more);
                Some(Self::NamedFiles(all))
            }
            _ => None,
        }
    }
}

fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.contains('\0')).then(|| text.into())
}

fn digits(text: &str, most: usize) -> Option<u64> {
    let plain = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|number| *number <= MAX_SAFE)
}

/// `1.0` is an integer, as it is in JavaScript.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at before")]
fn integer(json: &Json) -> Option<u64> {
    json.as_u64().or_else(|| {
        let number = json.as_f64()?;
        (number.fract() == 0.0 && (0.0..=MAX_SAFE as f64).contains(&number)).then_some(number as u64)
    })
}

/// 0 to 2^32 - 2: the last one means "nobody" to the system.
fn id(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|id| *id != u32::MAX)
}

fn share(number: f64) -> Option<Value> {
    (0.0..=1.0).contains(&number).then_some(Value::Share(number))
}
