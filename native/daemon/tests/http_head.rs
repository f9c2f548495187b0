//! The parser of request heads.

use sidelane_daemon::protocol::http::head::{Head, Scanner, Violation};

/// The path of a request whose bytes arrive in pieces of this size.
fn path(bytes: &str, piece: usize) -> Result<Option<String>, Violation> {
    let mut scanner = Scanner::default();
    for end in (piece..bytes.len()).step_by(piece).chain([bytes.len()]) {
        if let Some(size) = scanner.scan(&bytes.as_bytes()[..end])? {
            let head = Head::parse(&bytes.as_bytes()[..size], &scanner)?;
            return Ok(Some(String::from_utf8_lossy(head.path).into_owned()));
        }
    }
    Ok(None)
}

#[test]
fn the_path_of_a_target_in_absolute_form_is_used() {
    let cases = [
        ("/a?b", Some("/a")),
        ("http://x/a/b?c", Some("/a/b")),
        ("HTTP://x:80/", Some("/")),
        ("http://x", Some("/")),
        ("http://x?a", Some("/")),
        ("http:///a", None),
        ("https://x/a", None),
        ("x:80", None),
        ("*", None),
    ];
    for (target, expected) in cases {
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
        for piece in [1, 5, request.len()] {
            assert_eq!(path(&request, piece).ok().flatten().as_deref(), expected, "{target}");
        }
    }
}

#[test]
fn at_most_eight_empty_lines_precede_a_request() {
    for piece in [1, 2, 3, 100] {
        let request = "GET / HTTP/1.1\r\nHost:\r\n\r\n";
        assert_eq!(path(&format!("{}{request}", "\r\n".repeat(8)), piece), Ok(Some("/".into())));
        assert!(path(&format!("{}{request}", "\r\n".repeat(9)), piece).is_err());
    }
}
