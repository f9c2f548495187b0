//! Reads what matches one character: a literal, an escape or a class. `parse` reads groups, quantifiers and anchors.
//!
//! Twin of `src/pattern/atoms.ts`.

use super::general_category::general_category;
use super::ranges::{DIGITS, LAST, LAST_UNIT, Ranges, WHITE_SPACE, WORD_CHARACTERS, merged, negated};
use super::units::Units;

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

/// A single character, or a set (`\d`), which cannot start or end a range.
enum Member {
    One(u32),
    Set(Ranges),
}

const HYPHEN: u32 = 0x2d;

impl Member {
    fn add_to(self, pairs: &mut Ranges) {
        match self {
            Self::One(code) => pairs.push((code, code)),
            Self::Set(ranges) => pairs.extend(ranges),
        }
    }
}

const LONE_SURROGATE: &str = "A lone surrogate is refused: no text that is read can hold it.";
const BACK_REFERENCE: &str = "Back-references are refused.";

/// A pattern's text and the position in it.
pub struct Reader {
    text: Vec<u32>,
    /// Index of the next character.
    pub at: usize,
    units: Units,
}

impl Reader {
    pub fn new(source: &str, units: Units) -> Self {
        let text = match units {
            Units::CodePoints => source.chars().map(u32::from).collect(),
            Units::Utf16 => source.encode_utf16().map(u32::from).collect(),
        };
        Self { text, at: 0, units }
    }

    pub fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    /// The character `ahead` of the next one. Half of an astral character is none of the syntax.
    pub fn peek_at(&self, ahead: usize) -> Option<char> {
        let code = *self.text.get(self.at + ahead)?;
        Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    pub fn refused(&self, at: usize, message: impl Into<String>) -> PatternError {
        let position = self.text.iter().take(at).map(|code| 1 + usize::from(*code > LAST_UNIT)).sum();
        PatternError { position, message: message.into() }
    }

    pub fn complement(&self, ranges: &[(u32, u32)]) -> Ranges {
        negated(ranges, if self.units == Units::Utf16 { LAST_UNIT } else { LAST })
    }

    /// A literal or an escape outside a class.
    pub fn character(&mut self) -> Result<Ranges> {
        if self.peek() == Some('{') {
            return Err(self.refused(self.at, "`{` has nothing to repeat. Write `\\{` for the character."));
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
        Ok(if negate { self.complement(&ranges) } else { ranges })
    }

    fn class_part(&mut self, pairs: &mut Ranges) -> Result<()> {
        let low_at = self.at;
        let low = self.member()?;
        let is_range = self.peek() == Some('-') && !matches!(self.peek_at(1), None | Some(']'));
        if !is_range {
            low.add_to(pairs);
            return Ok(());
        }
        self.at += 1;
        let (low, high) = match (low, self.member()?) {
            (Member::One(low), Member::One(high)) => (low, high),
            (low, high) => {
                // `[\w-.]`: a hyphen beside a set is itself (ECMA-262 Annex B).
                low.add_to(pairs);
                pairs.push((HYPHEN, HYPHEN));
                high.add_to(pairs);
                return Ok(());
            }
        };
        if low > high {
            return Err(self.refused(low_at, "The range ends below its start."));
        }
        pairs.push((low, high));
        Ok(())
    }

    fn member(&mut self) -> Result<Member> {
        match self.text.get(self.at) {
            Some(&code) if code == u32::from('\\') => self.escape(),
            Some(&code) => {
                self.at += 1;
                Ok(Member::One(code))
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
            'D' => return Ok(Member::Set(self.complement(DIGITS))),
            's' => return Ok(Member::Set(WHITE_SPACE.to_vec())),
            'S' => return Ok(Member::Set(self.complement(WHITE_SPACE))),
            'w' => return Ok(Member::Set(WORD_CHARACTERS.to_vec())),
            'W' => return Ok(Member::Set(self.complement(WORD_CHARACTERS))),
            _ if letter.is_ascii_punctuation() => return Ok(Member::One(letter.into())),
            'p' | 'P' => return self.property(from, letter == 'P').map(Member::Set),
            'b' | 'B' => "`\\b` and `\\B` in a class are refused. Write `\\x08` for backspace.",
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
        let code = digits.iter().try_fold(0, |code, digit| Some(code * 16 + hex_digit(*digit)?));
        match code {
            Some(code) if !digits.is_empty() => {
                self.at = from + 2 + length;
                Ok(code)
            }
            _ => Err(self.refused(from, format!("Expected {length} hexadecimal digits behind the escape."))),
        }
    }

    fn unicode(&mut self, from: usize) -> Result<u32> {
        if self.text.get(from + 2) == Some(&u32::from('{')) {
            if self.units == Units::Utf16 {
                return Err(self.refused(from, "`\\u{…}` is no UTF-16 code unit. Write `\\uHHHH`."));
            }
            let code = self.braced(from)?;
            return if is_surrogate(code) { Err(self.refused(from, LONE_SURROGATE)) } else { Ok(code) };
        }
        let code = self.hex(from, 4)?;
        if self.units == Units::Utf16 || !is_surrogate(code) {
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
        while let Some(digit) = self.text.get(at).and_then(|one| hex_digit(*one)) {
            code = (code * 16 + digit).min(LAST + 1);
            at += 1;
        }
        if at == from + 3 || code > LAST || self.text.get(at) != Some(&u32::from('}')) {
            return Err(self.refused(from, "Expected a code point up to 10FFFF in `\\u{…}`."));
        }
        self.at = at + 1;
        Ok(code)
    }

    /// `\p{…}` or `\P{…}`, at `from`.
    fn property(&mut self, from: usize, negate: bool) -> Result<Ranges> {
        if self.units == Units::Utf16 {
            return Err(self.refused(from, "`\\p{…}` is about code points, not UTF-16 code units."));
        }
        let braced: String = self.text[from + 2..].iter().map_while(|code| char::from_u32(*code)).take(64).collect();
        let name = braced.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(name, _)| name);
        let value = name.map(|name| {
            let unprefixed = name.strip_prefix("gc=").or_else(|| name.strip_prefix("General_Category="));
            unprefixed.unwrap_or(name)
        });
        let (Some(name), Some(ranges)) = (name, value.and_then(general_category)) else {
            let message = "Expected a general category, such as `\\p{L}`. \
                Write the code points of other properties as a class.";
            return Err(self.refused(from, message));
        };
        self.at = from + 4 + name.len();
        Ok(if negate { self.complement(&ranges) } else { ranges })
    }
}

fn hex_digit(code: u32) -> Option<u32> {
    char::from_u32(code)?.to_digit(16)
}

fn is_surrogate(code: u32) -> bool {
    (0xd800..0xe000).contains(&code)
}
