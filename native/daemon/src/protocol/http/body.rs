//! The body of a request as it comes: kept within its limits, or read past.

use std::time::{Duration, Instant};

use sidelane_core::error::Code;
use sidelane_core::wire::TRACE_BYTES;
use tokio::io::{AsyncRead, AsyncWrite};

use super::chunks::{Chunks, Step};
use super::connection::{Asked, Connection, End, LATE};
use super::head::{Length, malformed};
use super::respond::Problem;
use super::transport::ReadEvent;
use crate::contracts::LoadedContract;
use crate::shared::Reservation;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a body becomes while it arrives.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) reservation: Reservation,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// The body, when it is there; `None` when the request has its answer already.
    pub(super) async fn body(
        &mut self,
        asked: &Asked,
        loaded: &LoadedContract,
        trace: Option<&[u8; TRACE_BYTES]>,
    ) -> Result<Option<Body>, End> {
        let known = match asked.length {
            Length::Known(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
            Length::Chunked => 0,
        };
        let mut body = match self.reserve(loaded, 0, known) {
            Ok(reservation) => Body { bytes: Vec::new(), reservation },
            Err(problem) => {
                self.refuse(asked, Some(loaded), trace, &problem)?;
                self.discard_body(asked, Chunks::default(), asked.length, true).await?;
                return Ok(None);
            }
        };
        if asked.expects_continue {
            self.output.extend_from_slice(CONTINUE);
        }
        if asked.length == Length::Chunked {
            return self.chunked_body(asked, loaded, body, trace).await;
        }
        // Memory comes with the first byte: a promise needs none.
        if known > 0 && self.at == self.input.len() {
            self.fill_body(asked, false).await?;
        }
        body.bytes = self.access.take_buffer();
        body.bytes.reserve_exact(known);
        loop {
            let size = (self.input.len() - self.at).min(known - body.bytes.len());
            body.bytes.extend_from_slice(&self.input[self.at..self.at + size]);
            self.at += size;
            if body.bytes.len() == known {
                return Ok(Some(body));
            }
            self.fill_body(asked, false).await?;
        }
    }

    async fn chunked_body(
        &mut self,
        asked: &Asked,
        loaded: &LoadedContract,
        mut body: Body,
        trace: Option<&[u8; TRACE_BYTES]>,
    ) -> Result<Option<Body>, End> {
        let mut chunks = Chunks::default();
        body.bytes = self.access.take_buffer();
        loop {
            match chunks.step(&self.input[self.at..]) {
                Ok(Step::Data(size)) => {
                    match self.reserve(loaded, body.bytes.len(), size) {
                        Ok(more) => body.reservation.merge(more),
                        Err(problem) => {
                            self.refuse(asked, Some(loaded), trace, &problem)?;
                            self.access.give_buffer(body.bytes);
                            drop(body.reservation);
                            self.at += size;
                            self.discard_body(asked, chunks, Length::Chunked, true).await?;
                            return Ok(None);
                        }
                    }
                    body.bytes.extend_from_slice(&self.input[self.at..self.at + size]);
                    self.at += size;
                }
                Ok(Step::Aside(size)) => self.at += size,
                Ok(Step::End(size)) => {
                    self.at += size;
                    return Ok(Some(body));
                }
                Ok(Step::More) => self.fill_body(asked, false).await?,
                Err(violation) => self.violated(violation, asked.since)?,
            }
        }
    }

    /// Room for `more` bytes behind `size`.
    fn reserve(&self, loaded: &LoadedContract, size: usize, more: usize) -> Result<Reservation, Problem> {
        if size.saturating_add(more) > loaded.max_bytes {
            return Err(Problem { closes: true, ..Problem::of(Code::LimitBytes) });
        }
        self.access.shared().reserve(more).map_err(|refusal| {
            self.access.shared().observer.shed(self.access.thread(), refusal.reason);
            Problem { retry_after_ms: refusal.retry_after_ms, ..Problem::of(Code::Overloaded) }
        })
    }

    /// Reads what is left of a body, and forgets it.
    pub(super) async fn discard_body(
        &mut self,
        asked: &Asked,
        mut chunks: Chunks,
        length: Length,
        is_answered: bool,
    ) -> Result<(), End> {
        let Length::Known(mut left) = length else {
            loop {
                match chunks.step(&self.input[self.at..]) {
                    Ok(Step::Data(size) | Step::Aside(size)) => self.at += size,
                    Ok(Step::End(size)) => {
                        self.at += size;
                        return Ok(());
                    }
                    Ok(Step::More) => self.fill_body(asked, is_answered).await?,
                    Err(_) if is_answered => return Err(End::Finish),
                    Err(violation) => self.violated(violation, asked.since)?,
                }
            }
        };
        loop {
            let here = self.input.len() - self.at;
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(here);
            self.at += size;
            left -= size as u64;
            if left == 0 {
                return Ok(());
            }
            self.fill_body(asked, is_answered).await?;
        }
    }

    /// More of a body.
    async fn fill_body(&mut self, asked: &Asked, is_answered: bool) -> Result<(), End> {
        let until = asked.since + REQUEST_TIMEOUT;
        match self.fill(until, false).await? {
            // A body that never pauses never lets the alarm ring.
            ReadEvent::Bytes if Instant::now() < until => Ok(()),
            _ if is_answered => Err(End::Finish),
            ReadEvent::Ended => self.violated(malformed("The request ends early."), asked.since),
            _ => self.violated(LATE, asked.since),
        }
    }
}
