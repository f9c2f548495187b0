//! The content of pages: health, metrics, contracts, OpenAPI.

use std::fmt::Write as _;

use sidelane_core::json_text::push_string;

use super::respond::{ResponseFraming, write_page};
use super::route::Page;
use crate::contracts::LoadedContract;
use crate::shared::Shared;

const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Equal to that of the Node daemon, with a placeholder for the version.
const OPEN_API: &str = include_str!("openapi.json");

/// Writes a page; returns its status and the size of its body.
pub fn write(out: &mut Vec<u8>, page: Page, shared: &Shared, framing: ResponseFraming) -> (u16, usize) {
    let (status, kind, text) = match page {
        Page::Health => (200, JSON, "{\"status\":\"ok\"}".to_owned()),
        Page::Ready => {
            let reasons = shared.reasons();
            let list: Vec<_> = reasons.iter().map(|reason| format!("\"{reason}\"")).collect();
            let ready = reasons.is_empty();
            let text = format!("{{\"ready\":{ready},\"reasons\":[{}]}}", list.join(","));
            (if ready { 200 } else { 503 }, JSON, text)
        }
        Page::Metrics => (200, PROMETHEUS, shared.metrics()),
        Page::Contracts => (200, JSON, contracts(shared)),
        Page::OpenApi => (200, JSON, OPEN_API.trim_end().replace("VERSION", env!("CARGO_PKG_VERSION"))),
    };
    write_page(out, status, kind, &text, framing);
    (status, text.len())
}

fn contracts(shared: &Shared) -> String {
    let one = |contract: &LoadedContract| {
        let LoadedContract { name, id, codec, digest, max_bytes, .. } = contract;
        let mut text = String::from("{\"name\":");
        push_string(&mut text, name);
        let _ =
            write!(text, ",\"id\":\"{id}\",\"codec\":\"{codec}\",\"digest\":\"{digest}\",\"maxBytes\":{max_bytes}}}");
        text
    };
    let all: Vec<_> = shared.registry().sorted().into_iter().map(|contract| one(contract)).collect();
    format!("[{}]", all.join(","))
}
