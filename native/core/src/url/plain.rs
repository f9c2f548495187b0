//! A quick look at the URLs that most texts are: `http` or `https`, two slashes, a lower-case ASCII host that is no
//! address, perhaps a port. The URL parser refuses nothing that may follow them.

/// A URL whose parts are those of the text.
pub struct PlainUrl<'t> {
    pub hostname: &'t str,
    pub protocol: &'t str,
}

/// The URL, or `None` when the parser must decide.
pub fn plain_url(text: &str) -> Option<PlainUrl<'_>> {
    let protocol = ["https", "http"].into_iter().find(|one| text.starts_with(one))?;
    let rest = text[protocol.len()..].strip_prefix("://")?;
    let end = rest.find(|char| !matches!(char, 'a'..='z' | '0'..='9' | '-' | '.')).unwrap_or(rest.len());
    let (hostname, rest) = rest.split_at(end);
    // A last label that begins with a letter makes no IPv4 address.
    let last = hostname.rsplit('.').next()?;
    if !last.starts_with(|char: char| char.is_ascii_lowercase()) || hostname.split('.').any(is_special) {
        return None;
    }
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse::<u16>().ok()?;
            &rest[end..]
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(PlainUrl { hostname, protocol })
}

/// Empty, or a label that means other characters.
fn is_special(label: &str) -> bool {
    label.is_empty() || label.starts_with("xn--")
}
