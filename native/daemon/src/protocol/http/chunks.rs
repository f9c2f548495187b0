//! Parses a chunked body (RFC 9112 §7.1), however it arrives. Extensions and trailers are checked, counted and discarded.

use super::head::{Violation, is_text, malformed, read_field, too_large};

/// Most bytes of all extensions, and of all trailers.
const MAX_META_BYTES: usize = 1_024;
const MAX_SIZE_DIGITS: usize = 8;
/// Bytes that an incomplete line may have beyond those that count.
const LINE_SLACK: usize = 16;

/// The position in a chunked body.
#[derive(Debug, Default)]
pub struct Chunks {
    place: Place,
    extension_bytes: usize,
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
    ///
    /// # Errors
    ///
    /// The framing is malformed or too large.
    pub fn step(&mut self, bytes: &[u8]) -> Result<Step, Violation> {
        if let Place::Data(left) = self.place {
            let size = left.min(bytes.len());
            self.place = if size == left { Place::DataEnd } else { Place::Data(left - size) };
            return Ok(if size == 0 { Step::More } else { Step::Data(size) });
        }
        let Some(stop) = bytes.iter().position(|byte| *byte == b'\n') else {
            return self.unfinished(bytes).map(|()| Step::More);
        };
        let line = bytes[..stop].strip_suffix(b"\r").ok_or(malformed("A line of the body ends with a bare LF."))?;
        let is_end = self.take(line)?;
        Ok(if is_end { Step::End(stop + 1) } else { Step::Framing(stop + 1) })
    }

    /// Reads a line; true for the last one.
    fn take(&mut self, line: &[u8]) -> Result<bool, Violation> {
        match self.place {
            Place::Size => {
                let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                let (size, extension) = line.split_at(digits);
                let marked = extension.is_empty() || extension[0] == b';';
                if !(1..=MAX_SIZE_DIGITS).contains(&digits) || !marked || !extension.iter().all(|byte| is_text(*byte)) {
                    return Err(malformed("The size of a chunk is malformed."));
                }
                self.extension_bytes += extension.len();
                if self.extension_bytes > MAX_META_BYTES {
                    return Err(self.oversize());
                }
                let size = size.iter().fold(0, |size, digit| size << 4 | hex(*digit));
                self.place = if size == 0 { Place::Trailer } else { Place::Data(size) };
                Ok(false)
            }
            Place::DataEnd if line.is_empty() => {
                self.place = Place::Size;
                Ok(false)
            }
            Place::DataEnd | Place::Data(_) => Err(malformed("A chunk is longer than its size.")),
            Place::Trailer if line.is_empty() => Ok(true),
            Place::Trailer => {
                self.trailer_bytes += line.len() + 2;
                if self.trailer_bytes > MAX_META_BYTES {
                    return Err(self.oversize());
                }
                read_field(line).map(|_| false).ok_or(malformed("A trailer is malformed."))
            }
        }
    }

    /// Checks a line whose end has not arrived.
    fn unfinished(&self, line: &[u8]) -> Result<(), Violation> {
        let counted = match self.place {
            Place::DataEnd if line.len() > 1 || line.first().is_some_and(|byte| *byte != b'\r') => {
                return Err(malformed("A chunk is longer than its size."));
            }
            Place::Size => {
                let digits = line.iter().take(MAX_SIZE_DIGITS).take_while(|byte| byte.is_ascii_hexdigit()).count();
                let marked = line.get(digits).is_none_or(|byte| matches!(byte, b';' | b'\r'));
                if !line.is_empty() && (digits == 0 || !marked) {
                    return Err(malformed("The size of a chunk is malformed."));
                }
                self.extension_bytes
            }
            _ => self.trailer_bytes,
        };
        if counted + line.len() > MAX_META_BYTES + LINE_SLACK { Err(self.oversize()) } else { Ok(()) }
    }

    fn oversize(&self) -> Violation {
        too_large(match self.place {
            Place::Trailer => "The trailers have more than 1024 bytes.",
            _ => "Chunk extensions have more than 1024 bytes.",
        })
    }
}

const fn hex(digit: u8) -> usize {
    (match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }) as usize
}
