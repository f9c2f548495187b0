//! URLs as zod 4.6.7 checks them: the WHATWG URL parser decides, except for host names that depend on a Unicode version
//! (`host`).
//!
//! The files in order, each of which uses only those before it: `host`, `plain`, `check`.
//!
//! Twin of `src/engine/js/url.ts`.

mod check;
mod host;
mod plain;

pub use check::check_url;

use std::borrow::Cow;

use crate::pattern::Matcher;
use crate::profile::UrlLimits;
use crate::read::Tape;

/// The source of zod's own pattern of http and https. Beside it zod asks for `://`, which the URL parser does not.
const HTTP_PROTOCOL: &str = "^https?$";

/// The compiled `x-url` of a node.
#[derive(Debug)]
pub struct UrlRule {
    hostname: Option<Matcher>,
    protocol: Option<Matcher>,
    needs_slashes: bool,
}

impl UrlRule {
    /// Compiles the patterns.
    pub fn new(limits: &UrlLimits) -> Self {
        let needs_slashes = limits.protocol.as_ref().is_some_and(|one| one.source() == HTTP_PROTOCOL);
        let [hostname, protocol] = [&limits.hostname, &limits.protocol].map(|one| one.as_ref().map(Matcher::new));
        Self { hostname, protocol, needs_slashes }
    }

    /// True when the string at `at` passes; then it is as zod returns it.
    pub fn apply(&self, tape: &mut Tape<'_>, at: usize) -> bool {
        let (text, budget) = (tape.text(at), &tape.budget);
        if !budget.spend_len(text.len()) {
            return false;
        }
        let Some(url) = check_url(text, self.needs_slashes) else { return false };
        let hostname_passes =
            |one: &Matcher| url.hostname.as_ref().is_some_and(|hostname| one.is_match(hostname, budget));
        let passes = self.hostname.as_ref().is_none_or(hostname_passes)
            && self.protocol.as_ref().is_none_or(|one| one.is_match(&url.protocol, budget));
        if !passes {
            return false;
        }
        match url.output {
            Cow::Borrowed(output) if output.len() == text.len() => {}
            Cow::Borrowed(output) => {
                // Only the start was trimmed off before it.
                let (from, len) = (output.as_ptr() as usize - text.as_ptr() as usize, output.len());
                tape.narrow(at, from, len);
            }
            Cow::Owned(output) => tape.replace(at, &output, true),
        }
        true
    }
}
