//! The description of an option, and the syntax of its values in flags, environment and file. Values are kept as the JSON
//! that a file would hold; `options_table` lists all options.
//!
//! Twin of `src/server/config/options.ts`.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Value as Json, json};
use sidelane_core::is_contract_name;

/// The greatest integer that JSON holds safely.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

#[derive(Debug)]
pub struct OptionSpec {
    /// With its dashes.
    pub flag: &'static str,
    /// The environment variable.
    pub env: &'static str,
    /// The key in the file; `None`: not allowed there.
    pub key: Option<&'static str>,
    pub kind: Kind,
    /// Completes "Expected `--threads` to be …".
    pub expected: &'static str,
    /// The flag may stand without its value.
    pub value_is_optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Path,
    /// Paths; the flag takes one and may be repeated.
    Paths,
    /// `NAME=FILE`; the flag may be repeated.
    NamedFiles,
    Choice(&'static [&'static str]),
    /// An integer from the first to the second.
    Integer(u64, u64),
    Id,
    /// Numeric ids; the flag takes one and may be repeated.
    Ids,
    OctalMode,
    /// A TCP address of the loopback interface.
    Loopback,
    /// An IP address and a port.
    Address,
    /// DNS names and URIs of certificates; the flag takes one and may be repeated.
    Sans,
    /// A number from 0 to 1.
    Share,
    /// A flag without value; `1` or `0` in the environment.
    Switch,
}

impl Kind {
    /// What separates the values in the environment; `None`: there is one value, and the flag may not be repeated.
    pub const fn separator(self) -> Option<char> {
        match self {
            Self::Paths | Self::NamedFiles | Self::Ids => Some(':'),
            // A URI has a colon.
            Self::Sans => Some(','),
            _ => None,
        }
    }

    /// The value of a flag or variable; `None` when it is invalid.
    pub fn parse(self, text: &str) -> Option<Json> {
        let value = match self {
            Self::Path | Self::Choice(_) | Self::OctalMode | Self::Loopback | Self::Address => json!(text),
            Self::Paths | Self::Sans => json!([text]),
            Self::NamedFiles => {
                let (name, file) = text.split_once('=')?;
                is_contract_name(name).then(|| json!({ name: file }))?
            }
            Self::Integer(..) | Self::Id => json!(digits(text, 16)?),
            Self::Ids => json!([digits(text, 16)?]),
            Self::Share => {
                let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
                let is_plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                (is_plain(whole) && is_plain(part)).then(|| text.parse::<f64>().ok().map(|share| json!(share)))??
            }
            Self::Switch => json!(["0", "1"].iter().position(|known| *known == text)? == 1),
        };
        self.accepts(&value).then_some(value)
    }

    /// True for a valid value of a file.
    pub fn accepts(self, value: &Json) -> bool {
        match (self, value) {
            (Self::Path, value) => is_path(value),
            (Self::Paths, Json::Array(all)) => all.iter().all(is_path),
            (Self::NamedFiles, Json::Object(files)) => files.values().all(is_path),
            (Self::Choice(names), Json::String(text)) => names.contains(&text.as_str()),
            (Self::Integer(min, max), value) => integer(value).is_some_and(|number| (min..=max).contains(&number)),
            (Self::Id, value) => is_id(value),
            (Self::Ids, Json::Array(all)) => all.iter().all(is_id),
            (Self::OctalMode, Json::String(text)) => mode(text).is_some(),
            (Self::Loopback, Json::String(text)) => address(text).is_some(),
            (Self::Address, Json::String(text)) => tcp_address(text).is_some(),
            (Self::Sans, Json::Array(all)) => all.iter().all(|one| one.as_str().is_some_and(is_san)),
            (Self::Share, Json::Number(share)) => share.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)),
            (Self::Switch, Json::Bool(_)) => true,
            _ => false,
        }
    }
}

fn is_path(value: &Json) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty() && !text.contains('\0'))
}

/// 0 to 2^32 - 2: the system reserves the greatest id.
fn is_id(value: &Json) -> bool {
    integer(value).is_some_and(|id| id < u32::MAX.into())
}

fn digits(text: &str, max_digits: usize) -> Option<u64> {
    let is_plain = (1..=max_digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten().filter(|number| *number <= MAX_SAFE)
}

/// `1.0` is an integer, as in JavaScript.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is an integer in range")]
pub fn integer(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        (number.fract() == 0.0 && (0.0..=MAX_SAFE as f64).contains(&number)).then_some(number as u64)
    })
}

pub fn mode(text: &str) -> Option<u32> {
    let octal = text.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(text);
    let is_octal = octal.len() == 3 && octal.bytes().all(|byte| (b'0'..=b'6').contains(&byte));
    is_octal.then(|| u32::from_str_radix(octal, 8).ok()).flatten().filter(|mode| mode & !0o666 == 0)
}

pub fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.rsplit_once(':')?;
    let port = u16::try_from(digits(port, 5)?).ok()?;
    matches!(host, "127.0.0.1" | "[::1]").then(|| format!("{host}:{port}").parse().ok()).flatten()
}

pub fn tcp_address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.rsplit_once(':')?;
    let port = u16::try_from(digits(port, 5)?).ok()?;
    let ip = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => host.parse().map(IpAddr::V6).ok()?,
        None => host.parse().map(IpAddr::V4).ok()?,
    };
    Some(SocketAddr::new(ip, port))
}

/// A DNS name in lower case, or a URI.
fn is_san(text: &str) -> bool {
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let is_scheme = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'.' | b'-');
            text.len() <= 2048
                && scheme.starts_with(|first: char| first.is_ascii_lowercase())
                && scheme.bytes().all(is_scheme)
                && !rest.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
        }
        None => {
            let is_label_byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
            let is_label = |label: &str| {
                !label.is_empty()
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(is_label_byte)
            };
            text.len() <= 253 && text.split('.').all(is_label)
        }
    }
}
