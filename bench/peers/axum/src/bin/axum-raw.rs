//! The closest peer: the core of the sidecar behind Axum on a Unix socket, with payloads and outcomes as raw bytes.
//!
//! `axum-raw SOCKET LOCK` prints a line when it listens.

use std::{cell::RefCell, sync::Arc};

use axum::{Router, body::Bytes, routing::post};
use sidelane_axum_peers::end_with_stdin;
use sidelane_core::{Contract, Processor, Scratch};
use sidelane_wire::{Needs, write_outcome};

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
    let contract = Contract::load(&std::fs::read(lock)?).map_err(std::io::Error::other)?;
    let processor = Arc::new(Processor::builder(contract).build().map_err(std::io::Error::other)?);
    let app = Router::new().route("/process", post(move |payload| async move { answer(&processor, &payload) }));
    let listener = tokio::net::UnixListener::bind(socket)?;
    println!("listening");
    axum::serve(listener, app).await
}

fn answer(processor: &Processor, payload: &Bytes) -> Bytes {
    SPACE.with_borrow_mut(|(scratch, target)| {
        let mut result = processor.process(scratch, payload);
        loop {
            match write_outcome(&mut result, false, target) {
                Ok(written) => return Bytes::copy_from_slice(&target[..written.size]),
                Err(Needs(size)) => target.resize(size, 0),
            }
        }
    })
}
