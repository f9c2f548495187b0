//! What the connections of a thread share: its number, its admission, and its memory.

use std::cell::RefCell;
use std::sync::Arc;

use super::admission::Admission;
use crate::buffers::BufferPool;
use crate::shared::Shared;
use crate::telemetry::{Request, Shed};

/// Bytes of one read.
const READ_BYTES: usize = 128 << 10;

/// State of one thread without its queue.
pub struct Context {
    /// State of the daemon.
    pub shared: Arc<Shared>,
    /// The thread's number for the observer.
    pub thread: usize,
    /// Which requests are taken.
    pub admission: Admission,
    pub(crate) read_buffer: RefCell<Box<[u8]>>,
    pub(crate) outputs: BufferPool,
    pub(crate) bodies: BufferPool,
}

impl Context {
    pub(super) fn new(shared: Arc<Shared>, thread: usize) -> Self {
        Self {
            admission: Admission::new(Arc::clone(&shared), thread),
            shared,
            thread,
            read_buffer: RefCell::new(vec![0; READ_BYTES].into()),
            outputs: BufferPool::default(),
            bodies: BufferPool::default(),
        }
    }

    /// Reports a refusal.
    pub fn shed(&self, reason: Shed) {
        self.shared.observer.shed(self.thread, reason);
    }

    /// Reports an answered request.
    pub fn report(&self, request: &Request<'_>) {
        self.shared.observer.request(self.thread, request);
    }

    pub(crate) fn transferred(&self, received: usize, sent: usize) {
        self.shared.observer.transferred(self.thread, received, sent);
    }
}
