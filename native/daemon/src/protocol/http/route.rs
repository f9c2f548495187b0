//! What a request asks for: the paths, their methods, and the headers of `process`. Nothing is answered here.
//!
//! Twin of `src/server/http/routes.ts`.

use std::sync::Arc;

use sidelane_core::error::Code;
use sidelane_core::wire::{TRACE_BYTES, trace_from_text};

use super::head::{Head, Singleton, number};
use super::respond::Problem;
use crate::contracts::{ContractRegistry, LoadedContract};

const MAX_DEADLINE_MS: u64 = 60_000;

/// What is there to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// `/healthz`
    Health,
    /// `/readyz`
    Ready,
    /// `/metrics`
    Metrics,
    /// `/v1/contracts`
    Contracts,
    /// `/openapi.json`
    OpenApi,
}

impl Page {
    const ALL: [Self; 5] = [Self::Health, Self::Ready, Self::Metrics, Self::Contracts, Self::OpenApi];

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Health => "/healthz",
            Self::Ready => "/readyz",
            Self::Metrics => "/metrics",
            Self::Contracts => "/v1/contracts",
            Self::OpenApi => "/openapi.json",
        }
    }

    fn at(path: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.path().as_bytes() == path)
    }

    /// A place that is kept for health and metrics has it.
    const fn is_health(self) -> bool {
        matches!(self, Self::Health | Self::Ready | Self::Metrics)
    }
}

/// What a request asks for.
pub enum Route {
    /// A page.
    Page(Page),
    /// To process a payload.
    Process {
        /// With this contract.
        loaded: Arc<LoadedContract>,
        /// Within so many ms.
        deadline_ms: u64,
        /// For this trace.
        trace: Option<[u8; TRACE_BYTES]>,
    },
    /// Nothing that there is: the contract, as far as that was known, and what is wrong.
    Refused(Option<Arc<LoadedContract>>, Problem),
}

/// What the head asks for. Without a table: health and metrics only.
pub fn route(head: &Head<'_>, registry: Option<&ContractRegistry>, deadline_ms: u64) -> Route {
    let page = Page::at(head.path);
    let Some(registry) = registry else {
        return match page.filter(|page| page.is_health()) {
            Some(page) => of_page(head, page),
            None => Route::Refused(None, Problem { closes: true, ..Problem::of(Code::Overloaded) }),
        };
    };
    if let Some(page) = page {
        return of_page(head, page);
    }
    let name = head.path.strip_prefix(b"/v1/contracts/").and_then(|rest| rest.strip_suffix(b"/process"));
    match name {
        Some(name) if !name.is_empty() && !name.contains(&b'/') => of_contract(head, name, registry, deadline_ms),
        _ => Route::Refused(None, Problem::of(Code::ProtocolNotFound)),
    }
}

fn of_page(head: &Head<'_>, page: Page) -> Route {
    match head.method {
        b"GET" | b"HEAD" => Route::Page(page),
        _ => Route::Refused(None, Problem { allow: Some("GET, HEAD"), ..Problem::of(Code::ProtocolMethod) }),
    }
}

fn of_contract(head: &Head<'_>, name: &[u8], registry: &ContractRegistry, default_ms: u64) -> Route {
    if head.method != b"POST" {
        return Route::Refused(None, Problem { allow: Some("POST"), ..Problem::of(Code::ProtocolMethod) });
    }
    let Some(loaded) = find(registry, name).map(Arc::clone) else {
        return Route::Refused(None, Problem::of(Code::ContractUnknown));
    };
    if head.encoded {
        let detail = Some("Content-Encoding must be identity.");
        return Route::Refused(Some(loaded), Problem { detail, ..Problem::of(Code::CodecUnknown) });
    }
    let deadline_ms = match head.deadline {
        Singleton::Absent => Some(default_ms),
        Singleton::One(digits) => number(digits, 5).filter(|ms| (1..=MAX_DEADLINE_MS).contains(ms)),
        Singleton::Several => None,
    };
    let Some(deadline_ms) = deadline_ms else {
        let detail = Some("Sidelane-Deadline-Ms must be an integer from 1 to 60000.");
        return Route::Refused(Some(loaded), Problem { detail, ..Problem::of(Code::OptionsInvalid) });
    };
    let trace = match head.trace {
        Singleton::One(text) => std::str::from_utf8(text).ok().and_then(trace_from_text),
        _ => None,
    };
    Route::Process { loaded, deadline_ms, trace }
}

fn find<'a>(registry: &'a ContractRegistry, name: &[u8]) -> Option<&'a Arc<LoadedContract>> {
    let name = std::str::from_utf8(name).ok()?;
    // Some clients escape the "@" in a path, though it needs none.
    let unescaped;
    let name = if name.contains('%') {
        unescaped = name.replace("%40", "@");
        &unescaped
    } else {
        name
    };
    match name.split_once('@') {
        // An id has no "@", so a second one finds nothing.
        Some((name, id)) => registry.find(name, Some(id)),
        None => registry.find(name, None),
    }
}
