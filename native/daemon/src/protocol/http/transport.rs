//! The bytes of a connection that speaks HTTP, in and out, each way with its time.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::{Connection, End};

const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// What came of waiting for bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadEvent {
    Bytes,
    /// The client has ended its writing side.
    Ended,
    /// The time is over.
    Late,
    /// The end of the daemon has begun.
    Draining,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Sends all answers that there are, then waits for more bytes.
    pub(super) async fn fill(&mut self, until: Instant, heeds_draining: bool) -> Result<ReadEvent, End> {
        self.flush().await?;
        self.input.drain(..self.at);
        self.at = 0;
        if self.ended {
            return Ok(ReadEvent::Ended);
        }
        if self.input.is_empty() {
            // A silent connection holds nothing.
            self.access.give_buffer(std::mem::take(&mut self.input));
        }
        poll_fn(|context| {
            if let Poll::Ready(read) = self.poll_read(context) {
                return Poll::Ready(match read {
                    Ok(0) => {
                        self.ended = true;
                        Ok(ReadEvent::Ended)
                    }
                    Ok(_) => Ok(ReadEvent::Bytes),
                    Err(_) => Err(End::Cut),
                });
            }
            if heeds_draining && self.draining.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(ReadEvent::Draining));
            }
            self.poll_alarm(context, until).map(|()| Ok(ReadEvent::Late))
        })
        .await
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        let Self { stream, access, input, .. } = self;
        access.with_room(|room| {
            let mut room = ReadBuf::new(room);
            ready!(pin!(stream).poll_read(context, &mut room))?;
            let read = room.filled();
            if !read.is_empty() {
                if input.capacity() == 0 {
                    *input = access.take_buffer();
                }
                input.extend_from_slice(read);
                access.transferred(read.len(), 0);
            }
            Poll::Ready(Ok(read.len()))
        })
    }

    /// Sends what there is.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        while self.sent < self.output.len() {
            let until = Instant::now() + WRITE_TIMEOUT;
            let sent = poll_fn(|context| match pin!(&mut self.stream).poll_write(context, &self.output[self.sent..]) {
                Poll::Ready(Ok(sent)) if sent > 0 => Poll::Ready(Ok(sent)),
                Poll::Ready(_) => Poll::Ready(Err(End::Cut)),
                Poll::Pending => self.poll_alarm(context, until).map(|()| Err(End::Cut)),
            });
            let sent = sent.await?;
            self.sent += sent;
            self.access.transferred(0, sent);
        }
        if self.output.capacity() > 0 {
            self.sent = 0;
            self.access.give_buffer(std::mem::take(&mut self.output));
        }
        Ok(())
    }

    /// Ends the writing side, and reads past what still comes, so that the client sees the answer and not a reset.
    pub(super) async fn linger(&mut self) {
        let until = Instant::now() + LINGER_TIMEOUT;
        let mut is_shut = false;
        poll_fn(|context| {
            if !is_shut {
                if ready!(pin!(&mut self.stream).poll_shutdown(context)).is_err() {
                    return Poll::Ready(());
                }
                is_shut = true;
            }
            // As for a body that never pauses.
            while Instant::now() < until {
                let Self { stream, access, .. } = self;
                let read = access.with_room(|room| {
                    let mut room = ReadBuf::new(room);
                    pin!(stream).poll_read(context, &mut room).map_ok(|()| room.filled().len())
                });
                match read {
                    Poll::Ready(Ok(size)) if size > 0 => {}
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending => return self.poll_alarm(context, until),
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Ready when it is later than `until`. The timer is set again only when it is too late for that, or has rung.
    fn poll_alarm(&mut self, context: &mut Context<'_>, until: Instant) -> Poll<()> {
        let until = tokio::time::Instant::from_std(until);
        if self.alarm.deadline() > until {
            self.alarm.as_mut().reset(until);
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            if tokio::time::Instant::now() >= until {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(until);
        }
    }
}
