//! Splits the bytes of a client into frames, however they arrive. A [`FrameHandler`] decides by the header, before the
//! payload gets memory, and receives whole frames.

use std::time::Instant;

use sidelane_wire::{FrameHeader, HEADER_BYTES, PREFACE_BYTES, Preface, Violation, read_preface};

/// Receives what a [`FrameReader`] reads. An error ends the reading.
pub trait FrameHandler {
    /// Why nothing more is read.
    type Error: From<Violation>;

    /// The preface: the client's version, or `None` for another protocol.
    fn on_preface(&mut self, version: Option<u16>) -> Result<(), Self::Error>;

    /// A header; `is_whole`: its payload has arrived. Returns false to discard the payload.
    fn on_header(&mut self, header: &FrameHeader, is_whole: bool) -> Result<bool, Self::Error>;

    /// A frame that was not discarded; its header was read at `since`.
    fn on_frame(&mut self, header: &FrameHeader, payload: Payload<'_>, since: Instant) -> Result<(), Self::Error>;
}

/// The payload of a whole frame.
pub enum Payload<'a> {
    /// In the buffer that was read.
    Borrowed(&'a [u8]),
    /// Collected from several reads.
    Owned(Vec<u8>),
}

impl Payload<'_> {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// A frame whose payload has not arrived.
struct Partial {
    header: FrameHeader,
    is_kept: bool,
    payload: Vec<u8>,
    missing: usize,
    since: Instant,
}

/// Reads the preface and the frames of one client.
#[derive(Default)]
pub struct FrameReader {
    has_preface: bool,
    /// The beginning of the preface or of a header.
    carried: Vec<u8>,
    partial: Option<Partial>,
    partial_since: Option<Instant>,
    last_frame: Option<Instant>,
}

impl FrameReader {
    /// True when the preface was read.
    #[must_use]
    pub const fn has_preface(&self) -> bool {
        self.has_preface
    }

    /// When the last frame began.
    #[must_use]
    pub const fn last_frame(&self) -> Option<Instant> {
        self.last_frame
    }

    /// Since when a frame is incomplete.
    #[must_use]
    pub const fn partial_since(&self) -> Option<Instant> {
        self.partial_since
    }

    /// Restarts the time of an incomplete frame: nothing was read in the meantime.
    pub fn restart_partial(&mut self, now: Instant) {
        self.partial_since = self.partial_since.map(|_| now);
    }

    /// Drops an incomplete frame.
    pub fn discard_partial(&mut self) {
        self.partial_since = None;
        self.partial = None;
    }

    /// Reads bytes that arrived at `now`.
    ///
    /// # Errors
    ///
    /// Those of the handler.
    pub fn read<H: FrameHandler>(&mut self, mut bytes: &[u8], now: Instant, handler: &mut H) -> Result<(), H::Error> {
        if !self.has_preface && !self.preface(&mut bytes, handler)? {
            return Ok(());
        }
        while !bytes.is_empty() {
            bytes = if self.partial.is_some() {
                self.continue_frame(bytes, handler)?
            } else {
                self.start_frame(bytes, now, handler)?
            };
        }
        if self.partial.is_none() && self.carried.is_empty() {
            self.partial_since = None;
        } else {
            self.partial_since.get_or_insert(now);
        }
        Ok(())
    }

    /// True when the preface is complete.
    fn preface<H: FrameHandler>(&mut self, bytes: &mut &[u8], handler: &mut H) -> Result<bool, H::Error> {
        self.carry(bytes, PREFACE_BYTES);
        match read_preface(&self.carried) {
            Preface::Version(version) => handler.on_preface(Some(version))?,
            Preface::Foreign => handler.on_preface(None)?,
            _ => return Ok(false),
        }
        self.carried.clear();
        self.has_preface = true;
        Ok(true)
    }

    /// Moves bytes to the carried ones until there are `wanted`.
    fn carry(&mut self, bytes: &mut &[u8], wanted: usize) {
        let (taken, rest) = bytes.split_at(bytes.len().min(wanted - self.carried.len()));
        self.carried.extend_from_slice(taken);
        *bytes = rest;
    }

    /// Starts a frame; returns the bytes behind it.
    fn start_frame<'a, H: FrameHandler>(
        &mut self,
        mut bytes: &'a [u8],
        now: Instant,
        handler: &mut H,
    ) -> Result<&'a [u8], H::Error> {
        let header = if let Some(header) = bytes.first_chunk().filter(|_| self.carried.is_empty()) {
            self.partial_since = None;
            bytes = &bytes[HEADER_BYTES..];
            FrameHeader::read(header)
        } else {
            self.carry(&mut bytes, HEADER_BYTES);
            let Some(header) = self.carried.first_chunk() else { return Ok(bytes) };
            let header = FrameHeader::read(header);
            self.carried.clear();
            header
        };
        let header = header?;
        let length = header.length as usize;
        let is_whole = bytes.len() >= length;
        let is_kept = handler.on_header(&header, is_whole)?;
        if is_whole {
            let (payload, rest) = bytes.split_at(length);
            self.partial_since = None;
            self.end_frame(&header, is_kept, Payload::Borrowed(payload), now, handler)?;
            return Ok(rest);
        }
        let payload = if is_kept { Vec::with_capacity(length) } else { Vec::new() };
        // An earlier read may have brought the beginning of the header.
        self.partial_since.get_or_insert(now);
        self.partial = Some(Partial { header, is_kept, payload, missing: length, since: now });
        Ok(bytes)
    }

    /// Continues the incomplete frame; returns the bytes behind it.
    fn continue_frame<'a, H: FrameHandler>(&mut self, bytes: &'a [u8], handler: &mut H) -> Result<&'a [u8], H::Error> {
        let Some(partial) = &mut self.partial else { return Ok(bytes) };
        let (taken, rest) = bytes.split_at(bytes.len().min(partial.missing));
        partial.missing -= taken.len();
        if partial.is_kept {
            partial.payload.extend_from_slice(taken);
        }
        if partial.missing == 0
            && let Some(Partial { header, is_kept, payload, since, .. }) = self.partial.take()
        {
            self.partial_since = None;
            self.end_frame(&header, is_kept, Payload::Owned(payload), since, handler)?;
        }
        Ok(rest)
    }

    fn end_frame<H: FrameHandler>(
        &mut self,
        header: &FrameHeader,
        is_kept: bool,
        payload: Payload<'_>,
        since: Instant,
        handler: &mut H,
    ) -> Result<(), H::Error> {
        self.last_frame = Some(since);
        if is_kept { handler.on_frame(header, payload, since) } else { Ok(()) }
    }
}
