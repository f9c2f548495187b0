//! The frames of one connection on their way out. Sending is the business of `peer`.

use sidelane_core::wire::{HEAD_BYTES, Kind};

use crate::worker::buffer_pool::Pool;

/// Bytes of a buffer when it is made.
const FIRST: usize = 64 << 10;

/// Frames on their way out: written in place, sent from the front.
#[derive(Default)]
pub struct OutputBuf {
    /// As long as it was ever used, so that no byte is cleared twice.
    bytes: Vec<u8>,
    /// The first frame that is not wholly sent begins here.
    frame: usize,
    /// Sent up to here.
    sent: usize,
    /// Filled up to here.
    end: usize,
}

impl OutputBuf {
    /// Bytes that wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.end - self.sent
    }

    /// Nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What waits.
    #[must_use]
    pub fn waiting(&self) -> &[u8] {
        &self.bytes[self.sent..self.end]
    }

    /// At least `size` bytes behind the end, to be filled and then counted by [`Self::filled`].
    pub fn room(&mut self, buffer_pool: &Pool, size: usize) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes = buffer_pool.take();
        }
        if self.bytes.len() - self.end < size && self.frame > 0 {
            self.bytes.copy_within(self.frame..self.end, 0);
            self.sent -= self.frame;
            self.end -= self.frame;
            self.frame = 0;
        }
        if self.bytes.len() - self.end < size {
            let wanted = (self.end + size).max(FIRST).max(self.bytes.len() * 2);
            self.bytes.resize(wanted, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// The first `size` bytes of the room are part of the output now.
    pub fn filled(&mut self, size: usize) {
        self.end += size;
    }

    /// Adds bytes.
    pub fn push(&mut self, buffer_pool: &Pool, bytes: &[u8]) {
        self.room(buffer_pool, bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.filled(bytes.len());
    }

    /// The first `size` bytes of what waits have been sent. Returns how many answers to requests are wholly gone now.
    pub fn consumed(&mut self, buffer_pool: &Pool, size: usize) -> u32 {
        self.sent += size;
        let mut answers = 0;
        while let Some(head) = self.bytes[self.frame..self.sent].first_chunk::<HEAD_BYTES>() {
            let frame = HEAD_BYTES + u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
            if self.frame + frame > self.sent {
                break;
            }
            self.frame += frame;
            let is_answer = (Kind::Accepted as u8..=Kind::Error as u8).contains(&head[4]);
            answers += u32::from(is_answer && head[8..16] != [0; 8]);
        }
        if self.is_empty() {
            std::mem::take(self).give_to(buffer_pool);
        }
        answers
    }

    /// Gives its memory back.
    pub fn give_to(self, buffer_pool: &Pool) {
        buffer_pool.give(self.bytes);
    }
}
