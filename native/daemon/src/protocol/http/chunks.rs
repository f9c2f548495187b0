//! Parses a chunked body (RFC 9112 §7.1), however it arrives. Extensions and trailers are checked, counted and discarded.

use super::head::{Violation, is_text, is_token_byte, malformed, read_field, too_large};
use crate::texts::http as texts;

/// Most bytes of the names and values of one chunk's extensions, as in `node:http`.
const MAX_EXTENSION_BYTES: usize = 16_384;
/// Bytes of the names and values of all trailers that are too many, as in `node:http`.
const TRAILER_BYTES: usize = 8_192;
const MAX_SIZE_DIGITS: usize = 8;
/// Bytes that a line may have beyond those that count.
const LINE_SLACK: usize = 1_024;

#[derive(Debug, Default)]
pub struct Chunks {
    place: Place,
    trailer_bytes: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Size,
    Data(usize),
    DataEnd,
    Trailer,
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This many bytes of the body.
    Data(usize),
    /// This many bytes of framing.
    Framing(usize),
    /// This many bytes of framing, the last ones.
    End(usize),
    /// More bytes are needed.
    More,
}

impl Chunks {
    /// What the first of `bytes` are. They start behind the previous step.
    pub fn step(&mut self, bytes: &[u8]) -> Result<Step, Violation> {
        if let Place::Data(left) = self.place {
            let size = left.min(bytes.len());
            self.place = if size == left { Place::DataEnd } else { Place::Data(left - size) };
            return Ok(if size == 0 { Step::More } else { Step::Data(size) });
        }
        let Some(stop) = bytes.iter().position(|byte| *byte == b'\n') else {
            return self.unfinished(bytes).map(|()| Step::More);
        };
        let line = bytes[..stop].strip_suffix(b"\r").ok_or(malformed(texts::CHUNK_LINE))?;
        self.check_len(line)?;
        let is_end = self.take(line)?;
        Ok(if is_end { Step::End(stop + 1) } else { Step::Framing(stop + 1) })
    }

    /// Reads a line; true for the last one.
    fn take(&mut self, line: &[u8]) -> Result<bool, Violation> {
        match self.place {
            Place::Size => {
                let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                let (size, extension) = line.split_at(digits);
                if !(1..=MAX_SIZE_DIGITS).contains(&digits) {
                    return Err(malformed(texts::CHUNK_SIZE));
                }
                let counted = extension_bytes(extension).ok_or(malformed(texts::CHUNK_SIZE))?;
                if counted > MAX_EXTENSION_BYTES {
                    return Err(self.oversize());
                }
                let size = size
                    .iter()
                    .filter_map(|digit| char::from(*digit).to_digit(16))
                    .fold(0, |size, digit| size << 4 | digit as usize);
                self.place = if size == 0 { Place::Trailer } else { Place::Data(size) };
                Ok(false)
            }
            Place::DataEnd if line.is_empty() => {
                self.place = Place::Size;
                Ok(false)
            }
            Place::DataEnd | Place::Data(_) => Err(malformed(texts::CHUNK_END)),
            Place::Trailer if line.is_empty() => Ok(true),
            Place::Trailer => {
                let (name, value) = read_field(line).ok_or(malformed(texts::FIELD))?;
                if name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"transfer-encoding") {
                    return Err(malformed(texts::TWO_LENGTHS));
                }
                self.trailer_bytes += name.len() + value.len();
                if self.trailer_bytes >= TRAILER_BYTES { Err(self.oversize()) } else { Ok(false) }
            }
        }
    }

    /// Checks a line whose end has not arrived.
    fn unfinished(&self, line: &[u8]) -> Result<(), Violation> {
        match self.place {
            Place::DataEnd if line.len() > 1 || line.first().is_some_and(|byte| *byte != b'\r') => {
                return Err(malformed(texts::CHUNK_END));
            }
            Place::Size => {
                let digits = line.iter().take(MAX_SIZE_DIGITS).take_while(|byte| byte.is_ascii_hexdigit()).count();
                let marked = line.get(digits).is_none_or(|byte| matches!(byte, b';' | b'\r'));
                if !line.is_empty() && (digits == 0 || !marked) {
                    return Err(malformed(texts::CHUNK_SIZE));
                }
            }
            _ => {}
        }
        self.check_len(line)
    }

    /// Bounds what is kept of a line that arrives in parts.
    fn check_len(&self, line: &[u8]) -> Result<(), Violation> {
        let most = match self.place {
            Place::Trailer => TRAILER_BYTES.saturating_sub(self.trailer_bytes),
            _ => MAX_EXTENSION_BYTES,
        };
        if line.len() > most + LINE_SLACK { Err(self.oversize()) } else { Ok(()) }
    }

    fn oversize(&self) -> Violation {
        too_large(match self.place {
            Place::Trailer => texts::HEAD_TOO_LONG,
            _ => texts::EXTENSIONS_TOO_LONG,
        })
    }
}

/// The bytes of the names and values of a chunk's extensions; `None` where they break the grammar of `node:http`: names and
/// values may be empty, but not all of an extension.
fn extension_bytes(mut extensions: &[u8]) -> Option<usize> {
    let mut counted = 0;
    while let Some(rest) = extensions.strip_prefix(b";") {
        let name = token_len(rest);
        if rest.is_empty() || rest[0] == b' ' {
            return None;
        }
        counted += name;
        extensions = &rest[name..];
        if let Some(value) = extensions.strip_prefix(b"=") {
            let token = token_len(value);
            let quoted = match value[token..].strip_prefix(b"\"") {
                Some(rest) => 1 + quoted_len(rest)?,
                None => 0,
            };
            let len = token + quoted;
            counted += len;
            extensions = &value[len..];
        }
    }
    extensions.is_empty().then_some(counted)
}

fn token_len(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_token_byte(**byte)).count()
}

/// The length of a quoted string behind its first quote; `None` where it does not end.
fn quoted_len(bytes: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if !is_text(*byte) => return None,
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
