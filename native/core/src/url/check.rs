//! Checks a text as a URL.

use std::borrow::Cow;

use url::Url;

use super::host::{
    authority_range, code_host, decode_host, depends_on_unicode, has_refused_authority, host_range, map_host,
    starts_with,
};
use super::plain::plain_url;
use crate::normalize::trim;

/// A longer host matches no pattern: DNS has none (RFC 1035), and coding it would take quadratic time.
pub const MAX_HOST: usize = 253;

/// What an accepted URL consists of.
pub struct CheckedUrl<'t> {
    /// The text as zod returns it: trimmed, without tab, LF and CR.
    pub output: Cow<'t, str>,
    /// The host in ASCII, lower case; empty without one. `None`: longer than [`MAX_HOST`].
    pub hostname: Option<Cow<'t, str>>,
    /// The scheme.
    pub protocol: Cow<'t, str>,
}

/// Reads a URL; `None` when it is none.
pub fn check_url(text: &str, needs_http_slashes: bool) -> Option<CheckedUrl<'_>> {
    let trimmed = trim(text);
    if needs_http_slashes && !has_http_slashes(trimmed) {
        return None;
    }
    let output: Cow<'_, str> = if trimmed.contains(['\t', '\n', '\r']) {
        trimmed.chars().filter(|char| !matches!(char, '\t' | '\n' | '\r')).collect::<String>().into()
    } else {
        trimmed.into()
    };
    if let Cow::Borrowed(text) = output
        && let Some(plain) = plain_url(text)
    {
        return Some(CheckedUrl { output, hostname: bounded(plain.hostname.into()), protocol: plain.protocol.into() });
    }
    let input = output.trim_matches(|char| char <= ' ');
    if has_refused_authority(input) {
        return None;
    }
    let host = host_range(input).and_then(|range| {
        let decoded = decode_host(&input[range.clone()]);
        depends_on_unicode(&decoded).then_some((range, decoded))
    });
    let (hostname, protocol) = match host {
        None => {
            let url = Url::parse(input).ok()?;
            // The crate drops the host of `file://host/C:/`, which the standard keeps.
            let host = match authority_range(input) {
                Some((authority, true)) => &Url::parse(&input[..authority.end]).ok()?,
                _ => &url,
            };
            (bounded(host.host_str().unwrap_or_default().to_owned().into()), url.scheme().to_owned())
        }
        Some((range, decoded)) => {
            let mapped = map_host(&decoded)?;
            // The parser reads the rest, and whether the host ends in a number. It sees no label that it would decode.
            let labels = mapped.split('.').map(|label| if depends_on_unicode(label) { "x" } else { label });
            let host = labels.collect::<Vec<_>>().join(".");
            let url = Url::parse(&[&input[..range.start], &host, &input[range.end..]].concat()).ok()?;
            // A coded label is longer than its code points.
            let is_short = mapped.chars().count() <= MAX_HOST;
            let hostname = is_short.then(|| code_host(&mapped).into()).and_then(bounded);
            (hostname, url.scheme().to_owned())
        }
    };
    Some(CheckedUrl { output, hostname, protocol: protocol.into() })
}

fn bounded(hostname: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (hostname.len() <= MAX_HOST).then_some(hostname)
}

/// `http://` or `https://` in any case.
fn has_http_slashes(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| starts_with(text, scheme))
}
