//! `x-url` against the tests of the URL standard: the entries without a base of `SIDELANE_SUITES/url`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sidelane_core::stages::check_url;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Hosts that the frozen rule reads otherwise than the standard, whose mapping depends on a version of Unicode: it maps
/// compatibility characters, ignores soft hyphens (whose host is then empty) and refuses noncharacters.
const FROZEN: [&str; 5] =
    ["file://%C2%AD/p", "file://\u{ad}/p", "https://%C2%AD/", "https://\u{ad}/", "https://\u{ffff}y"];

/// Hosts under the frozen rule that are accepted, but as other names.
const OTHER_NAMES: [&str; 4] =
    ["file://a%C2%ADb/p", "file://a\u{ad}b/p", "file://loC𝐀𝐋𝐇𝐨𝐬𝐭/usr/bin", "https://a%C2%ADb/"];

/// serde_json refuses lone surrogates. U+FFFD is as wrong in a host and as right elsewhere.
fn without_surrogates(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_lone =
            part.get(..4).is_some_and(|hex| matches!(hex.as_bytes()[1], b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'))
                && part.starts_with(['d', 'D'])
                && !part[4..].is_empty();
        out.push_str("\\u");
        out.push_str(if is_lone { "fffd" } else { &part[..4] });
        out.push_str(&part[4..]);
    }
    out
}

#[test]
fn the_url_standard_decides_but_for_hosts_under_the_frozen_rule() -> Result<()> {
    let Ok(suites) = std::env::var("SIDELANE_SUITES") else {
        eprintln!("skipped: SIDELANE_SUITES is not set");
        return Ok(());
    };
    let text = fs::read_to_string(PathBuf::from(suites).join("url/urltestdata.json"))?;
    let entries: Vec<Value> = serde_json::from_str(&without_surrogates(&text))?;
    let (mut count, mut different, mut names) = (0, BTreeSet::new(), BTreeSet::new());
    for entry in entries.iter().filter(|entry| entry.is_object() && entry["base"].is_null()) {
        let input = entry["input"].as_str().unwrap_or_default();
        count += 1;
        let checked = check_url(input, false);
        if checked.is_some() == entry["failure"].as_bool().unwrap_or(false) {
            different.insert(input);
        }
        if let (Some(checked), Some(host)) = (checked, entry["hostname"].as_str())
            && checked.hostname.is_some_and(|name| name != host)
        {
            names.insert(input);
        }
    }
    assert!(count > 400, "{count}");
    assert_eq!(different, BTreeSet::from(FROZEN));
    assert_eq!(names, BTreeSet::from(OTHER_NAMES));
    Ok(())
}

#[test]
fn a_plain_url_is_read_as_the_parser_reads_it() {
    for (text, host) in [
        ("https://example.org", Some("example.org")),
        ("http://a-b.c1.example:80?x#y", Some("a-b.c1.example")),
        ("https://example.org:65536/", None),
        ("https://example.org:/", Some("example.org")),
        ("https://example.org:00080/", Some("example.org")),
        ("https://1.2.3/", Some("1.2.0.3")),
        ("https://a.0x7f/", None),
        ("https://EXAMPLE.org/", Some("example.org")),
        ("https://user:pass@example.org/", Some("example.org")),
        ("https://example.org\\x", Some("example.org")),
        ("https://[::1]:8/", Some("[::1]")),
        ("file://[::1]/C:/x", Some("[::1]")),
        ("file://host/C:/x", Some("host")),
        ("https://a b.org/", None),
        ("https://", None),
    ] {
        let checked = check_url(text, false);
        assert_eq!(checked.as_ref().and_then(|url| url.hostname.as_deref()), host, "{text}");
    }
}
