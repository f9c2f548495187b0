//! The head of a request, from its bytes: strict, and the same verdicts as the Node daemon (`test/vectors/http`). What the
//! request asks for is decided in `route`.
//!
//! Twin of `src/server/http/head.ts`. It reads each byte once and keeps views only. No library does it: those that were
//! looked at take bare LF, or need the head to be looked at a second time to find what they let pass.

/// Most bytes of a head.
pub const MAX_HEAD_BYTES: usize = 8_192;

const MAX_FIELDS: usize = 64;

/// What makes a request no request, said without a byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The HTTP status.
    pub status: u16,
    /// What was wrong.
    pub detail: &'static str,
}

/// 400.
pub const fn malformed(detail: &'static str) -> Violation {
    Violation { status: 400, detail }
}

/// 431.
pub const fn too_large(detail: &'static str) -> Violation {
    Violation { status: 431, detail }
}

/// The size of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Known(u64),
    /// Only its end tells.
    Chunked,
}

/// A field that makes sense once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Singleton<'a> {
    /// It is not there.
    #[default]
    Absent,
    /// Its value.
    One(&'a [u8]),
    /// It is there more than once.
    Several,
}

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method, as it stands there.
    pub method: &'a [u8],
    /// The target without its query.
    pub path: &'a [u8],
    /// The size of the body.
    pub length: Length,
    /// The client waits for "100 Continue" before it sends the body.
    pub expects_continue: bool,
    /// The connection ends with the answer.
    pub close: bool,
    /// There is a `Content-Encoding` other than `identity`.
    pub encoded: bool,
    /// `Sidelane-Deadline-Ms`
    pub deadline: Singleton<'a>,
    /// `traceparent`
    pub trace: Singleton<'a>,
}

/// Finds the end of a head that grows: each byte is looked at once.
#[derive(Debug, Default)]
pub struct Scanner {
    at: usize,
    line: usize,
    lines: usize,
}

impl Scanner {
    /// The size of the head with its empty line; `None`: not all there. `bytes` begin where they began before.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, Violation> {
        let end = bytes.len().min(MAX_HEAD_BYTES);
        while let Some(more) = bytes[self.at..end].iter().position(|byte| *byte == b'\n') {
            let stop = self.at + more;
            if stop == 0 || bytes[stop - 1] != b'\r' {
                return Err(malformed("A line ends with a bare LF."));
            }
            self.at = stop + 1;
            self.lines += 1;
            if stop == self.line + 1 {
                return Ok(Some(self.at));
            }
            self.line = self.at;
        }
        self.at = end;
        if bytes.len() > MAX_HEAD_BYTES {
            return Err(too_large("The head has more than 8192 bytes."));
        }
        Ok(None)
    }

    /// Header fields of the head that was found.
    fn fields(&self) -> usize {
        self.lines.saturating_sub(2)
    }
}

/// Fields that decide what the head means; the others are checked and forgotten.
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
    /// Reads a head that the scanner found, with its empty line.
    pub fn read(bytes: &'a [u8], scanner: &Scanner) -> Result<Self, Violation> {
        let mut lines = bytes.strip_suffix(b"\r\n").unwrap_or(bytes).split_inclusive(|byte| *byte == b'\n');
        let mut line = || lines.next().map(|line| line.strip_suffix(b"\r\n").unwrap_or(line));
        let (method, target, old) = request_line(line().unwrap_or_default())?;
        if scanner.fields() > MAX_FIELDS {
            return Err(too_large("There are more than 64 header fields."));
        }
        let mut seen = Seen::default();
        while let Some(line) = line() {
            let (name, value) = read_field(line).ok_or(malformed("A header field is malformed."))?;
            seen.take(name, value);
        }
        let host_is_right = match seen.host {
            Singleton::One(host) => old || !host.is_empty(),
            Singleton::Absent => old,
            Singleton::Several => false,
        };
        if !host_is_right {
            return Err(malformed("Expected one Host."));
        }
        let length = seen.length(old)?;
        if seen.expects_other && !old {
            return Err(Violation { status: 417, detail: "Nothing but 100-continue can be expected." });
        }
        Ok(Self {
            method,
            path: target.split(|byte| *byte == b'?').next().unwrap_or_default(),
            length,
            expects_continue: seen.expects && !old && length != Length::Known(0),
            close: old || seen.close,
            encoded: seen.encoded,
            deadline: seen.deadline,
            trace: seen.trace,
        })
    }
}

/// Method, target, and whether it is HTTP/1.0.
fn request_line(line: &[u8]) -> Result<(&[u8], &[u8], bool), Violation> {
    const MALFORMED: Violation = malformed("The request line is malformed.");
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
        _ => return Err(Violation { status: 505, detail: "Only HTTP/1.1 is spoken here." }),
    };
    if target[0] != b'/' {
        return Err(malformed("The target does not begin with a slash."));
    }
    Ok((method, target, old))
}

/// A field line as name and value; `None` for one that is malformed.
pub fn read_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    (is_token(name) && value.iter().all(|byte| is_text(*byte))).then(|| (name, trim(value)))
}

/// Bytes beyond ASCII may stand in a value, controls may not.
pub const fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= 0x20 && byte != 0x7f)
}

/// True for a byte that may begin a request.
pub const fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

const TOKEN: [bool; 256] = {
    let mut registry = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        registry[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"!#$%&'*+.^_`|~-";
    let mut at = 0;
    while at < others.len() {
        registry[others[at] as usize] = true;
        at += 1;
    }
    registry
};

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
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
            10 if is(b"connection") => {
                let mut options = value.split(|byte| *byte == b',');
                self.close |= options.any(|option| trim(option).eq_ignore_ascii_case(b"close"));
            }
            11 if is(b"traceparent") => self.trace.add(value),
            14 if is(b"content-length") => self.length.add(value),
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
            (Singleton::Absent, _) => Err(malformed("The only transfer coding is one \"chunked\".")),
            (Singleton::One(digits), Singleton::Absent) => match number(digits, 15) {
                Some(bytes) => Ok(Length::Known(bytes)),
                None => Err(malformed("Content-Length is malformed.")),
            },
            (Singleton::Several, Singleton::Absent) => Err(malformed("Content-Length is malformed.")),
            _ => Err(malformed("Content-Length and Transfer-Encoding exclude each other.")),
        }
    }
}

impl<'a> Singleton<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = if *self == Self::Absent { Self::One(value) } else { Self::Several };
    }
}

/// Plain digits, so many at most.
pub fn number(digits: &[u8], most: usize) -> Option<u64> {
    let plain = (1..=most).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
