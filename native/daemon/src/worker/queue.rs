//! The queue of a worker: payloads that wait for their turn, first in, first out.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use sidelane_wire::TRACE_BYTES;

use super::response_writer::ResponseWriter;
use crate::contracts::LoadedContract;
use crate::protocol::http::ResponseFraming;
use crate::shared::Reservation;
use crate::telemetry::{Protocol, Request};

pub struct Job {
    pub contract: Arc<LoadedContract>,
    /// The payload, from `skip` on; empty while a spare thread has it.
    pub body: Vec<u8>,
    pub payload_bytes: usize,
    /// Bytes of the body before the payload.
    pub skip: usize,
    /// The bytes that the body takes of the budget.
    pub reservation: Option<Reservation>,
    pub received: Instant,
    pub expires: Option<Instant>,
    /// Its trace context, for the log.
    pub trace: Option<[u8; TRACE_BYTES]>,
    /// The connection that waits for the answer.
    pub writer: Rc<ResponseWriter>,
    pub reply: Reply,
}

#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Framed {
        id: u64,
        /// The answer carries the canonical bytes.
        with_canonical: bool,
    },
    Http(ResponseFraming),
}

impl Reply {
    /// The id of a framed request.
    pub const fn id(self) -> Option<u64> {
        match self {
            Self::Framed { id, .. } => Some(id),
            Self::Http(_) => None,
        }
    }
}

impl Job {
    pub fn payload(&self) -> &[u8] {
        self.body.get(self.skip..).unwrap_or_default()
    }

    /// What is known of the request before it runs.
    pub fn facts(&self) -> Request<'_> {
        let protocol = match self.reply {
            Reply::Framed { .. } => Protocol::Framed,
            Reply::Http(_) => Protocol::Http,
        };
        let facts = Request::new(protocol, self.contract.label(), self.payload_bytes);
        Request { trace: self.trace.as_ref(), ..facts }
    }
}
