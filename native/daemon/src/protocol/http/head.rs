//! Parses the head of a request (RFC 9112), strictly: `test/vectors/http` holds the verdicts. `route` interprets the result.
//!
//! It reads each byte once and borrows from the input. hyper and httparse accept bare LF, so that a second pass over the head
//! would have to find what they accept.

use crate::texts::http as texts;

/// Most bytes of a head.
pub const MAX_HEAD_BYTES: usize = 8_192;

const MAX_FIELDS: usize = 64;

/// Most empty lines before a request line.
const MAX_EMPTY_LINES: usize = 8;

/// Why the bytes are no valid request; contains nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    pub status: u16,
    pub detail: &'static str,
}

pub const fn malformed(detail: &'static str) -> Violation {
    Violation { status: 400, detail }
}

pub const fn too_large(detail: &'static str) -> Violation {
    Violation { status: 431, detail }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Known(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

impl Length {
    /// The size by the head; 0 for a chunked body.
    pub fn known(self) -> usize {
        match self {
            Self::Known(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
            Self::Chunked => 0,
        }
    }
}

/// The value of a field that may occur once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Singleton<'a> {
    #[default]
    Absent,
    One(&'a [u8]),
    Several,
}

#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub method: &'a [u8],
    /// The path of the target, without its query.
    pub path: &'a [u8],
    pub length: Length,
    /// The client waits for "100 Continue" before it sends the body.
    pub expects_continue: bool,
    /// The connection ends after the response.
    pub close: bool,
    /// `Content-Encoding` is not `identity`.
    pub encoded: bool,
    pub deadline: Singleton<'a>,
    pub trace: Singleton<'a>,
}

/// Finds the end of a head that arrives in pieces; reads each byte once.
#[derive(Debug, Default)]
pub struct Scanner {
    at: usize,
    /// Start of the current line.
    line: usize,
    lines: usize,
    empty_lines: usize,
}

impl Scanner {
    /// The size of the head, from the empty lines before it to the one behind it; `None` while it is incomplete. `bytes`
    /// start at the same position in every call.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, Violation> {
        let end = bytes.len().min(MAX_HEAD_BYTES);
        while let Some(more) = bytes[self.at..end].iter().position(|byte| *byte == b'\n') {
            let stop = self.at + more;
            if stop == 0 || bytes[stop - 1] != b'\r' {
                return Err(malformed(texts::BARE_LINE_FEED));
            }
            self.at = stop + 1;
            let is_empty = stop == self.line + 1;
            self.line = self.at;
            if !is_empty {
                self.lines += 1;
            } else if self.lines > 0 {
                return Ok(Some(self.at));
            } else {
                // RFC 9112 §2.2: empty lines before a request line are ignored.
                self.empty_lines += 1;
                if self.empty_lines > MAX_EMPTY_LINES {
                    return Err(malformed(texts::EMPTY_LINES));
                }
            }
        }
        self.at = end;
        if bytes.len() > MAX_HEAD_BYTES {
            return Err(too_large(texts::HEAD_TOO_LONG));
        }
        Ok(None)
    }

    /// True when only empty lines have arrived.
    pub fn is_blank(&self) -> bool {
        self.lines == 0 && self.line == self.at
    }

    fn fields(&self) -> usize {
        self.lines.saturating_sub(1)
    }
}

/// The fields that matter; the others are checked only.
#[derive(Default)]
struct Seen<'a> {
    host: Singleton<'a>,
    length: Singleton<'a>,
    coding: Singleton<'a>,
    expects: bool,
    expects_other: bool,
    close: bool,
    encoded: bool,
    deadline: Singleton<'a>,
    trace: Singleton<'a>,
}

impl<'a> Head<'a> {
    /// Parses a head that the scanner found.
    pub fn parse(bytes: &'a [u8], scanner: &Scanner) -> Result<Self, Violation> {
        let bytes = &bytes[2 * scanner.empty_lines..];
        let mut lines = bytes.strip_suffix(b"\r\n").unwrap_or(bytes).split_inclusive(|byte| *byte == b'\n');
        let mut line = || lines.next().map(|line| line.strip_suffix(b"\r\n").unwrap_or(line));
        let (method, target, old) = request_line(line().unwrap_or_default())?;
        if scanner.fields() > MAX_FIELDS {
            return Err(too_large(texts::TOO_MANY_FIELDS));
        }
        let mut seen = Seen::default();
        while let Some(line) = line() {
            let (name, value) = read_field(line).ok_or(malformed(texts::FIELD))?;
            seen.take(name, value);
        }
        // RFC 9112 §3.2: an empty value is valid.
        if !(matches!(seen.host, Singleton::One(_)) || (old && seen.host == Singleton::Absent)) {
            return Err(malformed(texts::HOST));
        }
        let length = seen.length(old)?;
        if seen.expects_other && !old {
            return Err(Violation { status: 417, detail: texts::EXPECTATION });
        }
        Ok(Self {
            method,
            path: path_of(target)?,
            length,
            expects_continue: seen.expects && !old && length != Length::Known(0),
            close: old || seen.close,
            encoded: seen.encoded,
            deadline: seen.deadline,
            trace: seen.trace,
        })
    }
}

/// The method, the target, and whether the version is HTTP/1.0.
fn request_line(line: &[u8]) -> Result<(&[u8], &[u8], bool), Violation> {
    const MALFORMED: Violation = malformed(texts::REQUEST_LINE);
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(MALFORMED);
    };
    let [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] = version else {
        return Err(MALFORMED);
    };
    let visible = |byte: &u8| (0x21..=0x7e).contains(byte);
    if !is_token(method) || target.is_empty() || !target.iter().all(visible) {
        return Err(MALFORMED);
    }
    let old = match (major, minor) {
        (b'1', b'1') => false,
        (b'1', b'0') => true,
        _ => return Err(Violation { status: 505, detail: texts::VERSION }),
    };
    Ok((method, target, old))
}

/// The path of a target in origin form or absolute form (RFC 9112 §3.2). The authority of the latter overrides `Host`, and
/// the daemon serves every authority.
fn path_of(target: &[u8]) -> Result<&[u8], Violation> {
    const SCHEME: &[u8] = b"http://";
    let is_end = |byte: &u8| matches!(byte, b'/' | b'?');
    let path = match target.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => {
            let end = rest.iter().position(is_end).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            if authority.is_empty() {
                return Err(malformed(texts::TARGET));
            }
            path
        }
        _ if target[0] != b'/' => return Err(malformed(texts::TARGET)),
        _ => target,
    };
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    Ok(if path.is_empty() { b"/" } else { path })
}

/// Name and value of a field line; `None` when it is malformed.
pub fn read_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    (is_token(name) && value.iter().all(|byte| is_text(*byte))).then(|| (name, trim(value)))
}

/// True for bytes of a field value: no controls.
pub const fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= 0x20 && byte != 0x7f)
}

/// True for bytes of a token, with which every request starts.
pub const fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let others = matches!(byte as u8, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        table[byte] = others || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn has_close(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|option| trim(option).eq_ignore_ascii_case(b"close"))
}

impl<'a> Seen<'a> {
    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match name.len() {
            4 if is(b"host") => self.host.add(value),
            6 if is(b"expect") => {
                let known = value.eq_ignore_ascii_case(b"100-continue");
                self.expects |= known;
                self.expects_other |= !known;
            }
            10 if is(b"connection") => self.close |= has_close(value),
            11 if is(b"traceparent") => self.trace.add(value),
            14 if is(b"content-length") => self.length.add(value),
            // As node:http reads it.
            16 if is(b"proxy-connection") => self.close |= has_close(value),
            16 if is(b"content-encoding") => self.encoded |= !value.eq_ignore_ascii_case(b"identity"),
            17 if is(b"transfer-encoding") => self.coding.add(value),
            20 if is(b"sidelane-deadline-ms") => self.deadline.add(value),
            _ => {}
        }
    }

    fn length(&self, old: bool) -> Result<Length, Violation> {
        match (self.length, self.coding) {
            (Singleton::Absent, Singleton::Absent) => Ok(Length::Known(0)),
            (Singleton::Absent, Singleton::One(coding)) if !old && coding.eq_ignore_ascii_case(b"chunked") => {
                Ok(Length::Chunked)
            }
            (Singleton::Absent, _) => Err(malformed(texts::TRANSFER_CODING)),
            (Singleton::One(digits), Singleton::Absent) => match number(digits, 15) {
                Some(bytes) => Ok(Length::Known(bytes)),
                None => Err(malformed(texts::CONTENT_LENGTH)),
            },
            (Singleton::Several, Singleton::Absent) => Err(malformed(texts::CONTENT_LENGTH)),
            _ => Err(malformed(texts::TWO_LENGTHS)),
        }
    }
}

impl<'a> Singleton<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = if *self == Self::Absent { Self::One(value) } else { Self::Several };
    }
}

/// A decimal number of at most `most` digits.
pub fn number(digits: &[u8], most: usize) -> Option<u64> {
    let plain = (1..=most).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
