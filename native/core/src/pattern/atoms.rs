//! Reads what matches one code point: a literal, an escape or a class. `parse` reads groups, quantifiers and anchors.
//!
//! Twin of `src/pattern/atoms.ts`.

use super::ranges::{DIGITS, LAST, Ranges, WHITE_SPACE, WORD_CHARACTERS, merged, negated};

/// A pattern outside the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where the error starts in the pattern's text, in UTF-16 code units.
    pub position: usize,
    /// What is refused and what to write instead. For people; not part of parity.
    pub message: String,
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

pub(super) type Result<T> = std::result::Result<T, PatternError>;

/// A single code point, or a set (`\d`), which cannot end a range.
enum Member {
    One(u32),
    Set(Ranges),
}

const LONE_SURROGATE: &str = "A lone surrogate is refused: no text that is read can hold it.";
const WORD_BOUNDARY: &str = "Word boundaries are refused, and \\b in a class: backspace is \\x08. \
    Write the characters that may stand there.";
const PROPERTY: &str =
    "Unicode properties are refused: they change between versions. Write the code points as a class.";
const BACK_REFERENCE: &str = "Back-references are refused.";

/// A pattern's text and the position in it.
pub struct Reader {
    text: Vec<char>,
    /// Index of the next character.
    pub at: usize,
}

impl Reader {
    pub fn new(source: &str) -> Self {
        Self { text: source.chars().collect(), at: 0 }
    }

    pub fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    /// The character `ahead` of the next one.
    pub fn peek_at(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    pub fn refused(&self, at: usize, message: impl Into<String>) -> PatternError {
        let position = self.text.iter().take(at).map(|one| one.len_utf16()).sum();
        PatternError { position, message: message.into() }
    }

    /// A literal or an escape outside a class.
    pub fn character(&mut self) -> Result<Ranges> {
        if let Some(next @ (']' | '{' | '}')) = self.peek() {
            let message = format!("`{next}` has no start to belong to. Write `\\{next}` for the character.");
            return Err(self.refused(self.at, message));
        }
        Ok(match self.member()? {
            Member::One(code) => vec![(code, code)],
            Member::Set(ranges) => ranges,
        })
    }

    /// `[…]`
    pub fn class(&mut self) -> Result<Ranges> {
        let from = self.at;
        self.at += 1;
        let negate = self.peek() == Some('^');
        self.at += usize::from(negate);
        if self.peek() == Some(']') {
            return Err(self.refused(from, "An empty class is refused. Write `[\\s\\S]` for any character."));
        }
        let mut pairs = Vec::new();
        loop {
            match self.peek() {
                None => {
                    return Err(self.refused(from, "The class is never closed. Write `\\[` for the character."));
                }
                Some(']') => break,
                Some(_) => self.class_part(&mut pairs)?,
            }
        }
        self.at += 1;
        let ranges = merged(pairs);
        Ok(if negate { negated(&ranges) } else { ranges })
    }

    fn class_part(&mut self, pairs: &mut Ranges) -> Result<()> {
        let low_at = self.at;
        let low = self.member()?;
        let is_range = self.peek() == Some('-') && !matches!(self.peek_at(1), None | Some(']'));
        if !is_range {
            match low {
                Member::One(code) => pairs.push((code, code)),
                Member::Set(ranges) => pairs.extend(ranges),
            }
            return Ok(());
        }
        self.at += 1;
        let high_at = self.at;
        let high = self.member()?;
        let hint = "A set cannot end a range. Write `\\-` for the hyphen.";
        let Member::One(low) = low else { return Err(self.refused(low_at, hint)) };
        let Member::One(high) = high else { return Err(self.refused(high_at, hint)) };
        if low > high {
            return Err(self.refused(low_at, "The range ends below its start."));
        }
        pairs.push((low, high));
        Ok(())
    }

    fn member(&mut self) -> Result<Member> {
        match self.peek() {
            Some('\\') => self.escape(),
            Some(code) => {
                self.at += 1;
                Ok(Member::One(code.into()))
            }
            None => Err(self.refused(self.at, "The pattern ends too early.")),
        }
    }

    fn escape(&mut self) -> Result<Member> {
        let from = self.at;
        let Some(letter) = self.peek_at(1) else {
            return Err(self.refused(from, "The backslash escapes nothing. Write `\\\\` for the character."));
        };
        match letter {
            'x' => return self.hex(from, 2).map(Member::One),
            'u' => return self.unicode(from).map(Member::One),
            _ => self.at += 2,
        }
        let refusal = match letter {
            't' => return Ok(Member::One(0x09)),
            'n' => return Ok(Member::One(0x0a)),
            'v' => return Ok(Member::One(0x0b)),
            'f' => return Ok(Member::One(0x0c)),
            'r' => return Ok(Member::One(0x0d)),
            'd' => return Ok(Member::Set(DIGITS.to_vec())),
            'D' => return Ok(Member::Set(negated(DIGITS))),
            's' => return Ok(Member::Set(WHITE_SPACE.to_vec())),
            'S' => return Ok(Member::Set(negated(WHITE_SPACE))),
            'w' => return Ok(Member::Set(WORD_CHARACTERS.to_vec())),
            'W' => return Ok(Member::Set(negated(WORD_CHARACTERS))),
            _ if letter.is_ascii_punctuation() => return Ok(Member::One(letter.into())),
            'b' | 'B' => WORD_BOUNDARY,
            'p' | 'P' => PROPERTY,
            'c' => "Control escapes are refused. Write `\\xHH`.",
            'k' | '1'..='9' => BACK_REFERENCE,
            '0' => "`\\0` is refused. Write `\\x00`.",
            _ => "The escape has no meaning. Write the character itself.",
        };
        Err(self.refused(from, refusal))
    }

    /// `\xHH` or `\uHHHH`, at `from`.
    fn hex(&mut self, from: usize, length: usize) -> Result<u32> {
        let digits = self.text.get(from + 2..from + 2 + length).unwrap_or_default();
        let code = digits.iter().try_fold(0, |code, digit| Some(code * 16 + digit.to_digit(16)?));
        match code {
            Some(code) if !digits.is_empty() => {
                self.at = from + 2 + length;
                Ok(code)
            }
            _ => Err(self.refused(from, format!("Expected {length} hexadecimal digits behind the escape."))),
        }
    }

    fn unicode(&mut self, from: usize) -> Result<u32> {
        if self.text.get(from + 2) == Some(&'{') {
            let code = self.braced(from)?;
            return if is_surrogate(code) { Err(self.refused(from, LONE_SURROGATE)) } else { Ok(code) };
        }
        let code = self.hex(from, 4)?;
        if !is_surrogate(code) {
            return Ok(code);
        }
        let is_pair =
            code < 0xdc00 && self.peek() == Some('\\') && self.peek_at(1) == Some('u') && self.peek_at(2) != Some('{');
        if is_pair {
            let low = self.hex(self.at, 4)?;
            if (0xdc00..0xe000).contains(&low) {
                return Ok(0x1_0000 + ((code & 0x3ff) << 10) + (low & 0x3ff));
            }
        }
        Err(self.refused(from, LONE_SURROGATE))
    }

    /// `\u{…}`, at `from`.
    fn braced(&mut self, from: usize) -> Result<u32> {
        let mut code = 0;
        let mut at = from + 3;
        while let Some(digit) = self.text.get(at).and_then(|one| one.to_digit(16)) {
            code = (code * 16 + digit).min(LAST + 1);
            at += 1;
        }
        if at == from + 3 || code > LAST || self.text.get(at) != Some(&'}') {
            return Err(self.refused(from, "Expected a code point up to 10FFFF in `\\u{…}`."));
        }
        self.at = at + 1;
        Ok(code)
    }
}

fn is_surrogate(code: u32) -> bool {
    (0xd800..0xe000).contains(&code)
}
