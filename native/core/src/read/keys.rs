//! The canonical order of keys: by UTF-16 code units (RFC 8785 §3.2.3), derived from UTF-8 bytes.
//!
//! UTF-8 bytes sort by code point. UTF-16 units sort the same, with one exception: U+E000 to U+FFFF, whose UTF-8 starts
//! with EE or EF, come after the astral code points, whose UTF-8 starts with F0 to F4. EE and EF never continue a
//! character, so lifting them above F4 everywhere turns the byte order into the UTF-16 order.

use std::cmp::Ordering;

/// Compares two keys in canonical order.
pub fn compare_keys(a: &str, b: &str) -> Ordering {
    compare_bytes(a.as_bytes(), b.as_bytes())
}

/// Compares the UTF-8 bytes of two keys in canonical order.
pub(crate) fn compare_bytes(a: &[u8], b: &[u8]) -> Ordering {
    match a.iter().zip(b).find(|(x, y)| x != y) {
        Some((x, y)) => utf16_rank(*x).cmp(&utf16_rank(*y)),
        None => a.len().cmp(&b.len()),
    }
}

const fn utf16_rank(byte: u8) -> u8 {
    if byte == 0xee || byte == 0xef { byte + 0x10 } else { byte }
}

/// The first eight bytes of a key as a number. Different prefixes order their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Prefix(u64);

impl Prefix {
    /// The prefix of the key of `len` bytes at `at` in `source`.
    #[inline(always)]
    pub(crate) fn of(source: &[u8], at: usize, len: usize) -> Self {
        let word = match source.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => near_end(source, at),
        };
        let unused = 64 - 8 * len.min(8) as u32;
        let word = word & u64::MAX.checked_shl(unused).unwrap_or(0);
        if word & 0x8080_8080_8080_8080 == 0 { Self(word) } else { Self(utf16_ranks(word)) }
    }

    /// Adds the prefix to a hash.
    #[inline(always)]
    pub(crate) fn mix(self, hash: u64) -> u64 {
        (hash.rotate_left(5) ^ self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

#[cold]
fn near_end(source: &[u8], at: usize) -> u64 {
    let mut chunk = [0; 8];
    for (to, from) in chunk.iter_mut().zip(source.iter().skip(at)) {
        *to = *from;
    }
    u64::from_be_bytes(chunk)
}

#[cold]
fn utf16_ranks(word: u64) -> u64 {
    u64::from_be_bytes(word.to_be_bytes().map(utf16_rank))
}

/// A key that keys of documents are compared with: one of up to 16 bytes without a loop.
#[derive(Debug)]
pub(crate) struct KnownKey {
    len: usize,
    /// The first 16 bytes, and where they are bytes of the key.
    word: u128,
    mask: u128,
}

impl KnownKey {
    pub(crate) fn new(key: &str) -> Self {
        let mut chunk = [0; 16];
        chunk.iter_mut().zip(key.bytes()).for_each(|(to, from)| *to = from);
        let mask = u128::MAX.checked_shr(128 - 8 * key.len().min(16) as u32).unwrap_or(0);
        Self { len: key.len(), word: u128::from_le_bytes(chunk), mask }
    }

    /// True when the `len` bytes at `at` in `source` are `key`, of which this was made.
    #[inline(always)]
    pub(crate) fn is_at(&self, key: &str, source: &[u8], at: usize, len: usize) -> bool {
        if len != self.len {
            return false;
        }
        match source.get(at..).and_then(<[u8]>::first_chunk::<16>) {
            Some(chunk) if len <= 16 => u128::from_le_bytes(*chunk) & self.mask == self.word,
            _ => source.get(at..at + len) == Some(key.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KnownKey, Prefix, compare_keys};

    #[test]
    fn known_keys_are_equal_to_themselves_alone() {
        let keys = ["", "a", "b", "é", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnopq", "abcdefghijklmnopr"];
        for known in keys {
            for key in keys {
                for behind in ["", "\"", "\":0,\"abcdefghijklmnopqr\""] {
                    let document = format!("\"{key}{behind}");
                    let is_equal = KnownKey::new(known).is_at(known, document.as_bytes(), 1, key.len());
                    assert_eq!(is_equal, known == key, "{known:?} in {document:?}");
                }
            }
        }
    }

    #[test]
    fn keys_and_prefixes_sort_by_utf_16_units() {
        let keys = [
            "",
            "a",
            "a\0",
            "\u{7f}",
            "é",
            "\u{d7ff}",
            "\u{10000}",
            "\u{10ffff}",
            "\u{e000}",
            "\u{ffff}",
            "abcdefgh",
            "abcdefghi",
            "abcdefgh\u{fffd}",
            "abcdefgh\u{1f600}",
            "1",
            "10",
            "9",
            "aé",
            "a\u{e000}",
            "a\u{1f600}b",
        ];
        for a in keys {
            for b in keys {
                let expected = a.encode_utf16().cmp(b.encode_utf16());
                assert_eq!(compare_keys(a, b), expected, "{a:?} {b:?}");
                let [x, y] = [a, b].map(|key| Prefix::of(format!("{key}\"~~~~~~~~").as_bytes(), 0, key.len()));
                assert!(x == y || x.cmp(&y) == expected, "{a:?} {b:?}");
                assert_eq!(y, Prefix::of(b.as_bytes(), 0, b.len()));
            }
        }
    }
}
