//! A payload on its way: what waits in the queue, and where its answer goes.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use sidelane_core::error::Code;
use sidelane_core::wire::TRACE_BYTES;
use tokio::sync::oneshot;

use crate::connection::response_writer::ResponseWriter;
use crate::contracts::LoadedContract;
use crate::shared::Reservation;
use crate::telemetry::Protocol;

/// A payload that waits for its turn.
pub struct Job {
    /// Its contract.
    pub loaded: Arc<LoadedContract>,
    /// The payload, from `skip` on.
    pub body: Vec<u8>,
    /// Bytes of the body before the payload.
    pub skip: usize,
    /// The budget that the body takes.
    pub reservation: Reservation,
    /// The answer carries the canonical bytes too.
    pub canonical: bool,
    /// When it was there.
    pub received: Instant,
    /// When it is too late.
    pub expires: Option<Instant>,
    /// Its trace context, for the log.
    pub trace: Option<[u8; TRACE_BYTES]>,
    /// Where the answer goes.
    pub reply: Reply,
}

/// Where an answer goes.
pub enum Reply {
    /// To a framed connection, under this id.
    Framed(Rc<ResponseWriter>, u64),
    /// To whoever holds the [`Pending`].
    Http(oneshot::Sender<Answer>),
}

impl Job {
    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.body.get(self.skip..).unwrap_or_default()
    }

    /// Where it came from.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        match self.reply {
            Reply::Framed(..) => Protocol::Framed,
            Reply::Http(_) => Protocol::Http,
        }
    }

    /// True when nobody waits for the answer any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        match &self.reply {
            Reply::Framed(writer, _) => writer.is_closed(),
            Reply::Http(reply) => reply.is_closed(),
        }
    }
}

/// What a payload of HTTP became.
pub struct Answer {
    /// The outcome, in the layout of `outcome`.
    pub outcome: Vec<u8>,
    /// `None`: accepted.
    pub code: Option<Code>,
    /// What it waited, in µs.
    pub queue_us: u32,
    /// What it took, in µs.
    pub run_us: u32,
}

/// An answer that is to come. Dropping it cancels a payload that still waits.
pub struct Pending(pub(crate) oneshot::Receiver<Answer>);

impl Future for Pending {
    /// `None` when the lane ended before the payload had its turn.
    type Output = Option<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(Result::ok)
    }
}
