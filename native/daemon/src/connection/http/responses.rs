//! The responses of an HTTP connection that no job writes: refusals, violations and pages.

use std::time::Instant;

use sidelane_core::Code;
use sidelane_wire::TRACE_BYTES;

use super::{Exchange, HttpSession, Purpose, State};
use crate::connection::session::Close;
use crate::contracts::LoadedContract;
use crate::protocol::http::head::Violation;
use crate::protocol::http::{Problem, ResponseFraming};
use crate::shared::Reservation;
use crate::telemetry::{Label, PageRequest, Protocol, Request};
use crate::worker::admission::Refusal;

impl HttpSession {
    /// Takes budget for `more` bytes of a body that has `size`.
    pub(super) fn reserve(&self, contract: &LoadedContract, size: usize, more: usize) -> Result<Reservation, Problem> {
        if size.saturating_add(more) > contract.max_bytes {
            return Err(Problem { closes: true, max_bytes: contract.max_bytes, ..Code::LimitBytes.into() });
        }
        let peer = self.writer.stream.peer();
        self.worker.admission.acquire_bytes(more, peer).map_err(|refusal| self.overloaded(refusal))
    }

    pub(super) fn overloaded(&self, refusal: Refusal) -> Problem {
        self.worker.shed(refusal.reason);
        Problem { retry_after_ms: refusal.retry_after_ms, ..Code::Overloaded.into() }
    }

    /// Answers a request that does not run. Fails when the connection ends with it.
    pub(super) fn refuse(
        &self,
        exchange: &Exchange,
        label: Option<Label<'_>>,
        trace: Option<&[u8; TRACE_BYTES]>,
        problem: &Problem,
    ) -> Result<(), Close> {
        // A client that expects 100 Continue may or may not send the body: the next request cannot be found.
        let framing = self.framing(exchange, problem.closes || exchange.expects_continue);
        let size = self.respond(|out| problem.write(out, framing));
        match label {
            Some(label) => {
                let request = Request::new(Protocol::Http, label, exchange.in_bytes);
                self.worker.report(&Request { code: Some(problem.code), trace, ..request });
            }
            None => self.report_unknown_page(problem, size, exchange.since),
        }
        if framing.close { Err(Close::Drain) } else { Ok(()) }
    }

    /// Ends a connection without the input that it needs: with a response, unless it is idle or has responded.
    pub(super) fn fail(&mut self, violation: Violation) -> Close {
        match &self.state {
            State::Head { since: Some(since), .. } => self.violation(violation, *since, false),
            State::Body { exchange, purpose: Purpose::Process(_) | Purpose::Page(_) } => {
                self.violation(violation, exchange.since, exchange.framing.head_only)
            }
            _ => Close::Drain,
        }
    }

    /// Answers an invalid request.
    pub(super) fn violation(&self, violation: Violation, since: Instant, head_only: bool) -> Close {
        let framing = ResponseFraming { head_only, close: true };
        let problem = Problem::from(violation);
        let size = self.respond(|out| problem.write(out, framing));
        self.report_unknown_page(&problem, size, since);
        Close::Drain
    }

    fn report_unknown_page(&self, problem: &Problem, size: usize, since: Instant) {
        let (status, code) = (problem.status, Some(problem.code));
        self.worker.shared.observer.page(&PageRequest { path: "", status, code, size, time: since.elapsed() });
    }

    pub(super) fn framing(&self, exchange: &Exchange, closes: bool) -> ResponseFraming {
        let close = exchange.framing.close || closes || self.worker.shared.is_draining();
        ResponseFraming { close, ..exchange.framing }
    }

    /// Writes a response to memory of the pool, then to the output.
    pub(super) fn respond<T>(&self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut response = self.worker.bodies.acquire_empty();
        let result = write(&mut response);
        self.write(&response);
        self.claim_count();
        self.worker.bodies.release(response);
        result
    }

    pub(super) fn write(&self, bytes: &[u8]) {
        self.writer.write(|output, pool| output.push(pool, bytes));
    }
}
