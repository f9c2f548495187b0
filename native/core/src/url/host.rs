//! The host of a URL, and the frozen rule of hosts that depend on a Unicode version.
//!
//! IDNA tables change with the Unicode version. A host of a special scheme that is not ASCII once its percent escapes are
//! decoded, or that has a label beginning with `xn--`, is therefore read by a rule of our own: lower, then NFC (both
//! pinned to Unicode 15.0), then each label that is not ASCII coded by RFC 3492. A label `xn--…` is kept as it is.

use std::borrow::Cow;
use std::ops::Range;

use crate::normalize::lower_nfc;

/// True when the text begins with `ascii` in any case.
pub fn starts_with(text: &str, ascii: &str) -> bool {
    text.as_bytes().get(..ascii.len()).is_some_and(|start| start.eq_ignore_ascii_case(ascii.as_bytes()))
}

/// The special scheme (WHATWG URL, 4.2) that the text begins with, and its colon.
fn special_scheme(input: &str) -> Option<&'static str> {
    ["http:", "https:", "ws:", "wss:", "ftp:", "file:"].into_iter().find(|one| starts_with(input, one))
}

/// True for the authorities of other schemes that the standard refuses and the crate accepts: a backslash in the host or
/// behind the port, or no host behind an `@`. Credentials may hold backslashes.
pub fn has_refused_authority(input: &str) -> bool {
    let (_, after_scheme) = input.split_once(':').unwrap_or_default();
    let Some(rest) = after_scheme.strip_prefix("//").filter(|_| special_scheme(input).is_none()) else { return false };
    let authority = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
    let (host, has_credentials) = authority.rsplit_once('@').map_or((authority, false), |(_, host)| (host, true));
    host.contains('\\') || (has_credentials && host.is_empty())
}

/// Where credentials, host and port of a special scheme stand (WHATWG URL, 4.2), and whether the scheme is `file`, which
/// has only a host. `None` where there is none.
pub fn authority_range(input: &str) -> Option<(Range<usize>, bool)> {
    let is_slash = |char: char| matches!(char, '/' | '\\');
    let scheme = special_scheme(input)?;
    let is_file = scheme == "file:";
    let rest = &input[scheme.len()..];
    let slashes = rest.len() - rest.trim_start_matches(is_slash).len();
    // `file:` has a host behind exactly two slashes.
    if is_file && slashes != 2 {
        return None;
    }
    let start = scheme.len() + slashes;
    let end = input[start..].find(['/', '\\', '?', '#']).map_or(input.len(), |length| start + length);
    Some((start..end, is_file))
}

/// Where the host of a special scheme stands; `None` where there is none, or an IPv6 address.
pub fn host_range(input: &str) -> Option<Range<usize>> {
    let (Range { start, end }, is_file) = authority_range(input)?;
    let from = if is_file { start } else { input[start..end].rfind('@').map_or(start, |at| start + at + 1) };
    if input[from..].starts_with('[') {
        return None;
    }
    let port = if is_file { None } else { input[from..end].find(':') };
    Some(from..port.map_or(end, |port| from + port))
}

/// Percent-decodes; bytes that are not UTF-8 become U+FFFD, which no host may have.
pub fn decode_host(host: &str) -> Cow<'_, str> {
    if !host.contains('%') {
        return host.into();
    }
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| byte == b'%').and_then(|hex| {
            let digit = |byte: u8| (byte as char).to_digit(16);
            Some((digit(hex[0])? * 16 + digit(hex[1])?) as u8)
        });
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// True when the frozen rule reads the host.
pub fn depends_on_unicode(host: &str) -> bool {
    !host.is_ascii() || host.split('.').any(|label| starts_with(label, "xn--"))
}

/// The host in lower case and NFC; `None` when it has a forbidden code point, or a label that would be coded twice.
pub fn map_host(host: &str) -> Option<String> {
    let mapped = lower_nfc(host);
    let is_coded_twice = |label: &str| label.starts_with("xn--") && !label.is_ascii();
    let is_refused = mapped.is_empty() || mapped.contains(is_forbidden) || mapped.split('.').any(is_coded_twice);
    (!is_refused).then_some(mapped)
}

/// A mapped host in ASCII. Takes quadratic time.
pub fn code_host(mapped: &str) -> String {
    let code = |label: &str| if label.is_ascii() { label.to_owned() } else { format!("xn--{}", punycode(label)) };
    mapped.split('.').map(code).collect::<Vec<_>>().join(".")
}

/// Forbidden domain code points (WHATWG URL, 3.3), and what stands for broken UTF-8.
fn is_forbidden(char: char) -> bool {
    char <= ' ' || char == '\u{7f}' || char == '\u{fffd}' || "\"#%/:<>?@[\\]^`{|}".contains(char)
}

/// RFC 3492, section 6.3.
fn punycode(label: &str) -> String {
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = output.len() as u32;
    if basic > 0 {
        output.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128, 0_u64, 72_u64, basic);
    while (handled as usize) < points.len() {
        let next = points.iter().copied().filter(|point| *point >= n).min().unwrap_or(n);
        delta += u64::from(next - n) * u64::from(handled + 1);
        n = next;
        for point in &points {
            delta += u64::from(*point < n);
            if *point != n {
                continue;
            }
            let mut q = delta;
            let mut k = 36;
            loop {
                let t = if k <= bias { 1 } else { (k - bias).min(26) };
                if q < t {
                    break;
                }
                output.push(digit(t + (q - t) % (36 - t)));
                q = (q - t) / (36 - t);
                k += 36;
            }
            output.push(digit(q));
            bias = adapt(delta, u64::from(handled + 1), handled == basic);
            delta = 0;
            handled += 1;
        }
        delta += 1;
        n += 1;
    }
    output
}

fn digit(value: u64) -> char {
    char::from(if value < 26 { b'a' + value as u8 } else { b'0' + (value - 26) as u8 })
}

fn adapt(delta: u64, count: u64, first: bool) -> u64 {
    let mut rest = if first { delta / 700 } else { delta / 2 };
    rest += rest / count;
    let mut k = 0;
    while rest > 455 {
        rest /= 35;
        k += 36;
    }
    k + 36 * rest / (rest + 38)
}
