//! Routes requests: paths, methods, and the headers of `process`.
//!
//! Twin of `src/server/http/routes.ts`.

use std::sync::Arc;

use sidelane_core::Code;
use sidelane_wire::{TRACE_BYTES, trace_from_text};

use super::head::{Head, Singleton, number};
use super::respond::Problem;
use crate::contracts::{ContractRegistry, LoadedContract};
use crate::texts::http as texts;

const MAX_DEADLINE_MS: u64 = 60_000;

/// A resource beside the contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Health,
    Ready,
    Metrics,
    Contracts,
    OpenApi,
}

impl Page {
    const ALL: [Self; 5] = [Self::Health, Self::Ready, Self::Metrics, Self::Contracts, Self::OpenApi];

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

    /// True for what every connection may ask for.
    const fn is_health(self) -> bool {
        matches!(self, Self::Health | Self::Ready | Self::Metrics)
    }
}

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Full,
    /// Health and metrics: other resources do not exist.
    Monitoring,
    /// Health and metrics, once: for everything else there are too many connections.
    Excess,
}

pub enum Route {
    Page(Page),
    Process {
        contract: Arc<LoadedContract>,
        deadline_ms: u64,
        trace: Option<[u8; TRACE_BYTES]>,
    },
    /// Refuse the request: its contract, if known, and the problem.
    Refused(Option<Arc<LoadedContract>>, Problem),
}

/// Routes a request.
pub fn route(head: &Head<'_>, access: Access, registry: &ContractRegistry, deadline_ms: u64) -> Route {
    let page = Page::at(head.path);
    if access != Access::Full && !page.is_some_and(Page::is_health) {
        return Route::Refused(
            None,
            match access {
                Access::Excess => Problem { closes: true, ..Code::Overloaded.into() },
                _ => Code::ProtocolNotFound.into(),
            },
        );
    }
    if let Some(page) = page {
        return of_page(head, page);
    }
    let name = head.path.strip_prefix(b"/v1/contracts/").and_then(|rest| rest.strip_suffix(b"/process"));
    match name {
        Some(name) if !name.is_empty() && !name.contains(&b'/') => of_contract(head, name, registry, deadline_ms),
        _ => Route::Refused(None, Problem::from(Code::ProtocolNotFound)),
    }
}

fn of_page(head: &Head<'_>, page: Page) -> Route {
    match head.method {
        b"GET" | b"HEAD" => Route::Page(page),
        _ => Route::Refused(None, Problem { allow: Some("GET, HEAD"), ..Code::ProtocolMethod.into() }),
    }
}

fn of_contract(head: &Head<'_>, name: &[u8], registry: &ContractRegistry, default_ms: u64) -> Route {
    if head.method != b"POST" {
        return Route::Refused(None, Problem { allow: Some("POST"), ..Code::ProtocolMethod.into() });
    }
    let Some(contract) = find(registry, name).map(Arc::clone) else {
        return Route::Refused(None, Problem::from(Code::ContractUnknown));
    };
    if head.encoded {
        let detail = Some(texts::CONTENT_ENCODING);
        return Route::Refused(Some(contract), Problem { detail, ..Code::CodecUnknown.into() });
    }
    let deadline_ms = match head.deadline {
        Singleton::Absent => Some(default_ms),
        Singleton::One(digits) => number(digits, 5).filter(|ms| (1..=MAX_DEADLINE_MS).contains(ms)),
        Singleton::Several => None,
    };
    let Some(deadline_ms) = deadline_ms else {
        let detail = Some(texts::DEADLINE);
        return Route::Refused(Some(contract), Problem { detail, ..Code::OptionsInvalid.into() });
    };
    let trace = match head.trace {
        Singleton::One(text) => std::str::from_utf8(text).ok().and_then(trace_from_text),
        _ => None,
    };
    Route::Process { contract, deadline_ms, trace }
}

fn find<'a>(registry: &'a ContractRegistry, name: &[u8]) -> Option<&'a Arc<LoadedContract>> {
    let name = std::str::from_utf8(name).ok()?;
    // Some clients escape the "@", although a path may contain it.
    let unescaped;
    let name = if name.contains('%') {
        unescaped = name.replace("%40", "@");
        &unescaped
    } else {
        name
    };
    match name.split_once('@') {
        // An id has no "@": a second one matches no contract.
        Some((name, id)) => registry.find(name, Some(id)),
        None => registry.find(name, None),
    }
}
