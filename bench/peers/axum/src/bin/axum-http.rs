//! The usual service: JSON in over TCP, serde, gzip by flate2, JSON with the bytes as base64 out.
//!
//! `axum-http none|sha-256` prints its port. The digest is that of the JSON it writes, before compression.

use std::io::Write;

use axum::{Json, Router, http::StatusCode, routing::post, serve::ListenerExt};
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sidelane_axum_peers::{end_with_stdin, order::Order};

#[derive(Serialize)]
struct Reply {
    body: String,
    digest: Option<String>,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    end_with_stdin();
    let hashes = std::env::args().nth(1).as_deref() == Some("sha-256");
    let app = Router::new().route("/orders", post(move |Json(order)| async move { answer(order, hashes) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    axum::serve(listener, app).await
}

fn answer(mut order: Order, hashes: bool) -> Result<Json<Reply>, StatusCode> {
    if !order.normalize_and_check() {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let text = serde_json::to_vec(&order).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let digest = hashes.then(|| format!("{:x}", Sha256::digest(&text)));
    let packed = gzip(&text).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(Reply { body: STANDARD.encode(packed), digest }))
}

fn gzip(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 2), Compression::new(1));
    encoder.write_all(text)?;
    encoder.finish()
}
