//! The fair peer: the core of the sidecar behind Axum on a Unix socket, payload in, outcome out, both as they are.
//!
//! `axum-raw SOCKET LOCK` prints a line when it listens.

use std::{cell::RefCell, sync::Arc};

use axum::{Router, body::Bytes, routing::post};
use sidelane_axum_peers::end_with_stdin;
use sidelane_core::{
    outcome::Written,
    process::{Processor, Scratch},
};

thread_local! {
    static SPACE: RefCell<(Scratch, Vec<u8>)> = RefCell::new((Scratch::default(), vec![0; 64 * 1024]));
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    end_with_stdin();
    let mut args = std::env::args().skip(1);
    let (Some(socket), Some(lock)) = (args.next(), args.next()) else {
        return Err(std::io::Error::other("Expected SOCKET LOCK"));
    };
    let processor =
        Processor::new(&std::fs::read(lock)?, &[], &[]).map_err(|error| std::io::Error::other(error.message))?;
    let processor = Arc::new(processor);
    let app = Router::new().route("/process", post(move |payload| async move { answer(&processor, &payload) }));
    let listener = tokio::net::UnixListener::bind(socket)?;
    println!("listening");
    axum::serve(listener, app).await
}

fn answer(processor: &Processor, payload: &Bytes) -> Bytes {
    SPACE.with_borrow_mut(|(scratch, target)| {
        loop {
            match processor.process(scratch, payload, false, target) {
                Written::Bytes(count) => return Bytes::copy_from_slice(&target[..count]),
                Written::Needs(count) => target.resize(count, 0),
            }
        }
    })
}
