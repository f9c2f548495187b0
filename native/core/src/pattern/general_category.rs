//! The code points of a general category, frozen at Unicode 15.0: what `\p{…}` of a pattern means.
//!
//! Twin of `src/pattern/general-category.ts`.

use super::general_category_table::{CATEGORY_ALIASES, CATEGORY_LETTERS, CATEGORY_NAMES, CATEGORY_RUNS};
use super::ranges::Ranges;

/// The set of a category or a group of them, by its short or long name (`Lu`, `Letter`); `None` for other names.
pub fn general_category(name: &str) -> Option<Ranges> {
    let (_, categories) = CATEGORY_ALIASES.iter().find(|(alias, _)| *alias == name)?;
    let names = CATEGORY_NAMES.split(' ').zip(CATEGORY_LETTERS.bytes());
    let wanted: Vec<u8> =
        names.filter(|(name, _)| categories.split(' ').any(|one| one == *name)).map(|(_, letter)| letter).collect();
    let mut ranges: Ranges = Vec::new();
    let mut runs = CATEGORY_RUNS.bytes().peekable();
    let mut from = 0;
    while let Some(letter) = runs.next() {
        let mut length = 0;
        while let Some(digit) = runs.peek().and_then(|one| digit(*one)) {
            length = length * 36 + digit;
            runs.next();
        }
        let end = from + length.max(1);
        if wanted.contains(&letter) {
            match ranges.last_mut() {
                Some(top) if top.1 + 1 == from => top.1 = end - 1,
                _ => ranges.push((from, end - 1)),
            }
        }
        from = end;
    }
    Some(ranges)
}

/// The value of a digit in base 36; upper-case letters name categories.
fn digit(one: u8) -> Option<u32> {
    match one {
        b'0'..=b'9' => Some(u32::from(one - b'0')),
        b'a'..=b'z' => Some(u32::from(one - b'a') + 10),
        _ => None,
    }
}
