//! The lexical depth: open brackets outside strings, never counted below 0; a backslash escapes only inside a string.

/// The opening brackets: index and depth inside of each.
fn brackets(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    bytes.iter().enumerate().filter_map(move |(index, byte)| {
        if is_escaped {
            is_escaped = false;
            return None;
        }
        match byte {
            b'"' => in_string = !in_string,
            b'\\' => is_escaped = in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                return Some((index, depth));
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        None
    })
}

/// The most open brackets at one place.
pub(crate) fn depth_of(bytes: &[u8]) -> usize {
    brackets(bytes).map(|(_, depth)| depth).max().unwrap_or(0)
}

/// The index of the first bracket that is open inside `max_depth` others.
pub(super) fn excess_bracket(bytes: &[u8], max_depth: usize) -> Option<usize> {
    brackets(bytes).find(|(_, depth)| *depth > max_depth).map(|(index, _)| index)
}
