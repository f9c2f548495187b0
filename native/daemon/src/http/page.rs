//! The pages: what is there to read beside `process`.

use std::fmt::Write as _;

use sidelane_core::json_text::push_string;

use super::respond::{Ending, write_page};
use super::route::Page;
use crate::contracts::Served;
use crate::service::Service;

const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the Node daemon says too; a test holds both against each other. The version is not known to it.
const OPEN_API: &str = include_str!("openapi.json");

/// Writes a page; its status and the size of its text.
pub fn write(out: &mut Vec<u8>, page: Page, service: &Service, ending: Ending) -> (u16, usize) {
    let (status, kind, text) = match page {
        Page::Health => (200, JSON, "{\"status\":\"ok\"}".to_owned()),
        Page::Ready => {
            let reasons = service.reasons();
            let list: Vec<_> = reasons.iter().map(|reason| format!("\"{reason}\"")).collect();
            let ready = reasons.is_empty();
            let text = format!("{{\"ready\":{ready},\"reasons\":[{}]}}", list.join(","));
            (if ready { 200 } else { 503 }, JSON, text)
        }
        Page::Metrics => (200, PROMETHEUS, service.observer.metrics(service)),
        Page::Contracts => (200, JSON, contracts(service)),
        Page::OpenApi => (200, JSON, OPEN_API.trim_end().replace("VERSION", env!("CARGO_PKG_VERSION"))),
    };
    write_page(out, status, kind, &text, ending);
    (status, text.len())
}

fn contracts(service: &Service) -> String {
    let one = |served: &Served| {
        let Served { name, id, codec, digest, max_bytes, .. } = served;
        let mut text = String::from("{\"name\":");
        push_string(&mut text, name);
        let _ =
            write!(text, ",\"id\":\"{id}\",\"codec\":\"{codec}\",\"digest\":\"{digest}\",\"maxBytes\":{max_bytes}}}");
        text
    };
    let all: Vec<_> = service.table().sorted().into_iter().map(|served| one(served)).collect();
    format!("[{}]", all.join(","))
}
