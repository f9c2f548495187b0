//! Sets of characters as sorted ranges, and the fixed sets of the grammar (ECMA-262 §22.2.2).

/// The last code point.
pub const LAST: u32 = 0x10_ffff;
/// The last UTF-16 code unit.
pub const LAST_UNIT: u32 = 0xffff;

/// Inclusive ranges, ascending, neither touching nor overlapping. Surrogates count as code points, so the limits see
/// the same numbers as in TypeScript.
pub type Ranges = Vec<(u32, u32)>;

/// The union of ranges in any order.
pub fn merged(mut pairs: Ranges) -> Ranges {
    pairs.sort_unstable();
    let mut ranges: Ranges = Vec::with_capacity(pairs.len());
    for (low, high) in pairs {
        match ranges.last_mut() {
            Some(top) if low <= top.1 + 1 => top.1 = top.1.max(high),
            _ => ranges.push((low, high)),
        }
    }
    ranges
}

/// The complement among the characters up to `last`.
pub fn negated(ranges: &[(u32, u32)], last: u32) -> Ranges {
    let mut rest = Vec::with_capacity(ranges.len() + 1);
    let mut next = 0;
    for &(low, high) in ranges {
        if next < low {
            rest.push((next, low - 1));
        }
        next = high + 1;
    }
    if next <= last {
        rest.push((next, last));
    }
    rest
}

/// The characters that are in both sets.
pub fn intersected(a: &[(u32, u32)], b: &[(u32, u32)]) -> Ranges {
    let mut both = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(&(a_low, a_high)), Some(&(b_low, b_high))) = (a.get(i), b.get(j)) {
        let (low, high) = (a_low.max(b_low), a_high.min(b_high));
        if low <= high {
            both.push((low, high));
        }
        if a_high < b_high {
            i += 1;
        } else {
            j += 1;
        }
    }
    both
}

pub fn overlap(a: &[(u32, u32)], b: &[(u32, u32)]) -> bool {
    let (mut i, mut j) = (0, 0);
    while let (Some(one), Some(other)) = (a.get(i), b.get(j)) {
        if one.1 < other.0 {
            i += 1;
        } else if other.1 < one.0 {
            j += 1;
        } else {
            return true;
        }
    }
    false
}

/// `\d`
pub const DIGITS: &[(u32, u32)] = &[(0x30, 0x39)];

/// `\w`
pub const WORD_CHARACTERS: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];

/// `\s`: WhiteSpace and LineTerminator of ECMA-262, 25 code points.
pub const WHITE_SPACE: &[(u32, u32)] = &[
    (0x09, 0x0d),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
    (0xfeff, 0xfeff),
];

/// What `.` does not match.
pub const LINE_TERMINATORS: &[(u32, u32)] = &[(0x0a, 0x0a), (0x0d, 0x0d), (0x2028, 0x2029)];
