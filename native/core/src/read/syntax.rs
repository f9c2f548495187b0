//! Finds where a text stops to be JSON: the first byte that no JSON text has behind the bytes before it, or the text's end.
//! Runs only over refused texts: the scanner (`scan`) keeps no place of its errors.
//!
//! Twin of the errors of `src/json/reader.ts`.

use super::cursor::at;
use super::expectation::Expectation;

/// The place of the error, and what could stand there; `None` for JSON.
pub(super) fn syntax_error(bytes: &[u8]) -> Option<(usize, Expectation)> {
    let mut walker = Walker { bytes, i: 0 };
    let error = walker.document().err()?;
    Some((walker.i, error))
}

struct Walker<'b> {
    bytes: &'b [u8],
    /// Index of the next byte; behind an error that of the byte that is wrong.
    i: usize,
}

type Result = std::result::Result<(), Expectation>;

impl Walker<'_> {
    fn document(&mut self) -> Result {
        // The brackets that close what is open.
        let mut closing = Vec::new();
        let mut expected = Expectation::Value;
        self.skip_space();
        'value: loop {
            match self.byte() {
                b'{' => {
                    self.i += 1;
                    self.skip_space();
                    if !self.take(b'}') {
                        closing.push(b'}');
                        self.key(Expectation::KeyOrEnd)?;
                        expected = Expectation::Value;
                        continue 'value;
                    }
                }
                b'[' => {
                    self.i += 1;
                    self.skip_space();
                    if !self.take(b']') {
                        closing.push(b']');
                        expected = Expectation::ValueOrEnd;
                        continue 'value;
                    }
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.literal(expected)?,
            }
            expected = Expectation::Value;
            loop {
                self.skip_space();
                let Some(bracket) = closing.last().copied() else {
                    return if self.i == self.bytes.len() { Ok(()) } else { Err(Expectation::End) };
                };
                if self.take(b',') {
                    self.skip_space();
                    if bracket == b'}' {
                        self.key(Expectation::Key)?;
                    }
                    continue 'value;
                }
                if !self.take(bracket) {
                    return Err(Expectation::CommaOrEnd);
                }
                closing.pop();
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self, expected: Expectation) -> Result {
        if self.byte() != b'"' {
            return Err(expected);
        }
        self.string()?;
        self.skip_space();
        if !self.take(b':') {
            return Err(Expectation::Colon);
        }
        self.skip_space();
        Ok(())
    }

    fn string(&mut self) -> Result {
        self.i += 1;
        loop {
            match self.byte() {
                b'"' => {
                    self.i += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.i += 1;
                    self.escape()?;
                }
                0..0x20 if self.i < self.bytes.len() => return Err(Expectation::Character),
                0 => return Err(Expectation::Quote),
                _ => self.i += 1,
            }
        }
    }

    /// Behind the backslash.
    fn escape(&mut self) -> Result {
        match self.byte() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.i += 1,
            b'u' => {
                self.i += 1;
                for _ in 0..4 {
                    if !self.byte().is_ascii_hexdigit() {
                        return Err(Expectation::HexDigit);
                    }
                    self.i += 1;
                }
            }
            _ => return Err(Expectation::Escape),
        }
        Ok(())
    }

    fn number(&mut self) -> Result {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result {
        if !self.byte().is_ascii_digit() {
            return Err(Expectation::Digit);
        }
        while self.byte().is_ascii_digit() {
            self.i += 1;
        }
        Ok(())
    }

    fn literal(&mut self, expected: Expectation) -> Result {
        let word: &[u8] = match self.byte() {
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => return Err(expected),
        };
        for byte in word {
            if !self.take(*byte) {
                return Err(Expectation::Literal);
            }
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.i += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.byte() == byte;
        self.i += usize::from(is_next);
        is_next
    }

    /// 0 behind the end.
    fn byte(&self) -> u8 {
        at(self.bytes, self.i)
    }
}
