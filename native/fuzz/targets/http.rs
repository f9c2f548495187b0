//! The head and the chunked body of a request are the same in pieces of any size.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelane_daemon::protocol::http::chunks::{Chunks, Step};
use sidelane_daemon::protocol::http::head::{Head, Scanner, Violation};

/// A head's size and scanner; `None` when it is incomplete.
type Scanned = Result<Option<(usize, Scanner)>, Violation>;

fn scan(bytes: &[u8], piece: usize) -> Scanned {
    let mut scanner = Scanner::default();
    let mut arrived = 0;
    while arrived < bytes.len() {
        arrived = bytes.len().min(arrived + piece);
        if let Some(size) = scanner.scan(&bytes[..arrived])? {
            return Ok(Some((size, scanner)));
        }
    }
    Ok(None)
}

/// The size; `None` for a violation.
fn size_of(scanned: &Scanned) -> Option<Option<usize>> {
    scanned.as_ref().ok().map(|found| found.as_ref().map(|(size, _)| *size))
}

/// The body and the size of its chunked form; `None` when it is incomplete.
fn dechunk(bytes: &[u8], piece: usize) -> Result<Option<(Vec<u8>, usize)>, Violation> {
    let mut chunks = Chunks::default();
    let (mut body, mut at, mut arrived) = (Vec::new(), 0, 0);
    loop {
        let size = match chunks.step(&bytes[at..arrived])? {
            Step::Data(size) => {
                body.extend_from_slice(&bytes[at..at + size]);
                size
            }
            Step::Framing(size) => size,
            Step::End(size) => return Ok(Some((body, at + size))),
            Step::More if arrived == bytes.len() => return Ok(None),
            Step::More => {
                arrived = bytes.len().min(arrived + piece);
                0
            }
        };
        at += size;
    }
}

fuzz_target!(|bytes: &[u8]| {
    let head = scan(bytes, bytes.len().max(1));
    let body = dechunk(bytes, bytes.len().max(1));
    // Which violation is found first depends on the pieces; whether there is one does not.
    for piece in [1, 5] {
        assert_eq!(size_of(&scan(bytes, piece)), size_of(&head));
        assert_eq!(dechunk(bytes, piece).ok(), body.as_ref().ok().cloned());
    }
    if let Ok(Some((size, scanner))) = head {
        let _ = Head::parse(&bytes[..size], &scanner);
    }
});
