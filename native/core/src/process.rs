//! The stages of a payload in their order: read → normalize and validate → canonical, within the limits → digest, then
//! compress.
//!
//! Twin of `src/engine/js/index.ts`.

use std::fmt;

use crate::budget::{Budget, Interrupt};
use crate::canonical::{Canonical, WriteError};
use crate::compress::{Compressors, Presets, Tables, is_available};
use crate::contract::Contract;
use crate::dictionary::Dictionary;
use crate::digest::{DIGEST_BYTES, Digest, MIN_KEY_BYTES};
use crate::error::{Code, ContractError};
use crate::issue::Issue;
use crate::normalize::NormBuffers;
use crate::profile::DigestName;
use crate::read::{ReadError, ReadLimits, Tape, check_text, diagnose, read};

/// One contract, ready to process payloads on any thread.
#[derive(Debug)]
pub struct Processor {
    contract: Contract,
    limits: ReadLimits,
    digest: Digest,
    dictionary: Option<Dictionary>,
    tables: Tables,
}

/// Adds to a contract what its lock only names.
#[derive(Debug)]
pub struct ProcessorBuilder<'a> {
    contract: Contract,
    digest_key: &'a [u8],
    dictionary: &'a [u8],
}

/// The reusable memory of one thread, for the processors of all contracts.
///
/// Once it is warm, an accepted payload allocates nothing, except with brotli and for unusual URLs.
#[derive(Default)]
pub struct Scratch {
    tape: Tape<'static>,
    buffers: NormBuffers,
    canonical: Canonical,
    compressors: Compressors,
    issues: Vec<Issue>,
}

/// A payload that keeps to the contract. Its canonical bytes are in the scratch memory; the body is written by
/// [`finish_into`](Self::finish_into).
pub struct Accepted<'s> {
    processor: &'s Processor,
    scratch: &'s mut Scratch,
    in_bytes: usize,
    max_body_len: usize,
    digest: Option<[u8; DIGEST_BYTES]>,
    budget: Budget<'s>,
}

/// Why a payload breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected<'s> {
    /// `limit.*`, `parse.*`, `number.*` or `validate.failed`.
    pub code: Code,
    /// One; for the schema at most [`MAX_ISSUES`](crate::MAX_ISSUES).
    pub issues: &'s [Issue],
    /// True when there are more issues than listed.
    pub truncated: bool,
}

/// Why there is no [`Accepted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessError<'s> {
    /// The payload breaks the contract: it does so on every try.
    Rejected(Rejected<'s>),
    /// An allocation failed; the payload may be valid.
    OutOfMemory,
    /// The [`Interrupt`] was due; the payload may be valid.
    Interrupted,
}

/// Why [`Accepted::finish_into`] wrote no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinishError {
    /// The output has less than [`Accepted::max_body_len`] bytes.
    TooSmall {
        /// Bytes that suffice.
        needed: usize,
    },
    /// An allocation failed.
    OutOfMemory,
    /// The [`Interrupt`] was due.
    Interrupted,
}

/// Why a stage stops a payload. The issues are in the scratch memory.
enum StageError {
    Rejected { code: Code, truncated: bool },
    OutOfMemory,
    Interrupted,
}

impl<'a> ProcessorBuilder<'a> {
    /// The key of `digest: "hmac-sha-256"`; other contracts ignore it.
    #[must_use]
    pub const fn digest_key(mut self, key: &'a [u8]) -> Self {
        self.digest_key = key;
        self
    }

    /// The bytes of the file at [`Contract::dictionary_path`]; contracts without one ignore it.
    #[must_use]
    pub const fn dictionary(mut self, bytes: &'a [u8]) -> Self {
        self.dictionary = bytes;
        self
    }

    /// Prepares key and dictionary.
    ///
    /// # Errors
    ///
    /// `options.invalid` for a missing or short key, `contract.invalid` for a missing or different dictionary,
    /// `codec.unavailable` for a codec whose feature this build lacks.
    pub fn build(self) -> Result<Processor, ContractError> {
        let Self { contract, digest_key, dictionary } = self;
        let profile = &contract.profile;
        let codec = profile.compress.codec;
        if !is_available(codec) {
            let message = format!("This build lacks the codec {}.", codec.name());
            return Err(ContractError { code: Code::CodecUnavailable, pointer: "/compress/codec".into(), message });
        }
        let dictionary = Dictionary::load(profile, dictionary)?;
        let digest = match profile.digest {
            DigestName::Sha256 => Digest::Sha256,
            DigestName::None => Digest::None,
            DigestName::HmacSha256 => Digest::keyed(digest_key).ok_or_else(|| {
                let got = digest_key.len();
                let message = format!("Expected `digestKey` to be at least {MIN_KEY_BYTES} bytes, got {got} bytes.");
                ContractError { code: Code::OptionsInvalid, pointer: String::new(), message }
            })?,
        };
        let limits = ReadLimits::of(profile);
        let tables = Tables::new(&profile.tables);
        Ok(Processor { contract, limits, digest, dictionary, tables })
    }
}

impl Processor {
    /// Starts from a contract that needs neither key nor dictionary, or adds them.
    #[must_use]
    pub const fn builder<'a>(contract: Contract) -> ProcessorBuilder<'a> {
        ProcessorBuilder { contract, digest_key: &[], dictionary: &[] }
    }

    /// The contract.
    #[must_use]
    pub const fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Reads, normalizes, validates and canonicalizes a payload.
    ///
    /// # Errors
    ///
    /// The payload breaks the contract, or an allocation failed.
    pub fn process<'s>(&'s self, scratch: &'s mut Scratch, payload: &[u8]) -> Result<Accepted<'s>, ProcessError<'s>> {
        self.process_within(scratch, payload, None)
    }

    /// As [`process`](Self::process), until `interrupt` is due. It is asked between the stages of a large payload and every
    /// few thousand steps within one, also by [`Accepted::finish_into`].
    ///
    /// # Errors
    ///
    /// The payload breaks the contract, an allocation failed, or `interrupt` was due.
    pub fn process_within<'s>(
        &'s self,
        scratch: &'s mut Scratch,
        payload: &[u8],
        interrupt: Option<&'s dyn Interrupt>,
    ) -> Result<Accepted<'s>, ProcessError<'s>> {
        scratch.issues.clear();
        let budget = Budget::new(interrupt);
        if let Err(error) = self.canonicalize(scratch, payload, &budget) {
            scratch.canonical.shrink();
            return Err(match error {
                StageError::Rejected { code, truncated } => {
                    ProcessError::Rejected(Rejected { code, issues: &scratch.issues, truncated })
                }
                StageError::OutOfMemory => ProcessError::OutOfMemory,
                StageError::Interrupted => ProcessError::Interrupted,
            });
        }
        let canonical = scratch.canonical.bytes();
        let digest = self.digest.of(canonical, &budget);
        if budget.is_over() {
            return Err(ProcessError::Interrupted);
        }
        let bound = scratch.compressors.bound(self.contract.profile.compress, &self.tables, canonical.len());
        let max_body_len = bound.ok_or(ProcessError::OutOfMemory)?;
        Ok(Accepted { processor: self, scratch, in_bytes: payload.len(), max_body_len, digest, budget })
    }

    fn canonicalize(&self, scratch: &mut Scratch, payload: &[u8], budget: &Budget<'_>) -> Result<(), StageError> {
        let Scratch { tape: memory, buffers, canonical, issues, .. } = scratch;
        let text = check_text(payload, &self.limits).map_err(|error| self.refuse(error, payload, issues))?;
        let mut tape = std::mem::take(memory).bind(text);
        tape.set_budget(budget.clone());
        let result = self.canonicalize_tape(&mut tape, buffers, canonical, issues);
        let is_over = tape.budget.is_over();
        *memory = tape.release();
        buffers.shrink();
        if is_over { Err(StageError::Interrupted) } else { result }
    }

    fn canonicalize_tape(
        &self,
        tape: &mut Tape<'_>,
        buffers: &mut NormBuffers,
        canonical: &mut Canonical,
        issues: &mut Vec<Issue>,
    ) -> Result<(), StageError> {
        let document = tape.document().as_bytes();
        read(tape, &self.limits).map_err(|error| self.refuse(error, document, issues))?;
        let validator = &self.contract.validator;
        let passes = validator.passes(tape, buffers);
        if tape.is_exhausted() {
            return Err(StageError::OutOfMemory);
        }
        if !passes {
            // Duplicate keys are not found by reading, and the data model is reported before the schema.
            if let Some(error) = diagnose(tape, &self.limits) {
                return Err(self.refuse(error, document, issues));
            }
            let truncated = validator.collect_issues(tape, buffers, issues);
            return Err(StageError::Rejected { code: Code::ValidateFailed, truncated });
        }
        canonical.write(tape, validator, &self.limits).map_err(|error| {
            let otherwise = match error {
                WriteError::OutOfMemory => return StageError::OutOfMemory,
                WriteError::Interrupted => return StageError::Interrupted,
                // `diagnose` locates it.
                WriteError::DuplicateKey => ReadError::OutOfMemory,
                WriteError::TooLarge => ReadError::Text(Code::LimitBytes),
            };
            match diagnose(tape, &self.limits) {
                Some(error) => self.refuse(error, document, issues),
                None => self.refuse_document(otherwise, issues),
            }
        })?;
        // Only defaults add brackets and members: what they make has to be readable by the contract again.
        if canonical.exceeds_keys() || tape.depth() + validator.deepest_default() > self.limits.max_depth {
            self.read_again(canonical.bytes(), &tape.budget).map_err(|error| self.refuse_document(error, issues))?;
        }
        Ok(())
    }

    #[cold]
    fn read_again(&self, document: &[u8], budget: &Budget<'_>) -> Result<(), ReadError> {
        let mut tape = Tape::default().bind(check_text(document, &self.limits)?);
        tape.set_budget(budget.clone());
        read(&mut tape, &self.limits)
    }

    /// The error of a payload.
    #[cold]
    fn refuse(&self, error: ReadError, payload: &[u8], issues: &mut Vec<Issue>) -> StageError {
        let params = error.params(payload, &self.limits);
        StageError::of_reading(error, params, issues)
    }

    /// The error of the document made of a payload.
    #[cold]
    fn refuse_document(&self, error: ReadError, issues: &mut Vec<Issue>) -> StageError {
        let params = error.document_params(&self.limits);
        StageError::of_reading(error, params, issues)
    }
}

impl StageError {
    fn of_reading(error: ReadError, params: Option<String>, issues: &mut Vec<Issue>) -> Self {
        let (code, pointer) = match error {
            ReadError::Text(code) => (code, String::new()),
            ReadError::Data { code, pointer, .. } => (code, pointer),
            ReadError::OutOfMemory => return Self::OutOfMemory,
            ReadError::Interrupted => return Self::Interrupted,
        };
        issues.push(Issue::of_reading(code, pointer, params));
        Self::Rejected { code, truncated: false }
    }
}

impl Accepted<'_> {
    /// Size of the payload, in bytes.
    #[must_use]
    pub const fn in_bytes(&self) -> usize {
        self.in_bytes
    }

    /// The canonical form (RFC 8785).
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        self.scratch.canonical.bytes()
    }

    /// Digest of the canonical form; `None` with `digest: "none"`.
    #[must_use]
    pub const fn digest(&self) -> Option<&[u8; DIGEST_BYTES]> {
        self.digest.as_ref()
    }

    /// Most bytes that the body can have: what [`finish_into`](Self::finish_into) needs.
    #[must_use]
    pub const fn max_body_len(&self) -> usize {
        self.max_body_len
    }

    /// Compresses the canonical form into `out` and returns the size of the body.
    ///
    /// # Errors
    ///
    /// `out` has less than [`max_body_len`](Self::max_body_len) bytes, or an allocation failed. Both may be tried
    /// again.
    pub fn finish_into(&mut self, out: &mut [u8]) -> Result<usize, FinishError> {
        if out.len() < self.max_body_len {
            return Err(FinishError::TooSmall { needed: self.max_body_len });
        }
        let Scratch { canonical, compressors, .. } = &mut *self.scratch;
        let Processor { contract, dictionary, tables, .. } = self.processor;
        let presets = Presets { tables, dictionary: dictionary.as_ref() };
        let size = compressors.compress(contract.profile.compress, presets, canonical.bytes(), out, &self.budget);
        if self.budget.is_over() {
            return Err(FinishError::Interrupted);
        }
        size.ok_or(FinishError::OutOfMemory)
    }

    /// The body in memory of its own.
    ///
    /// # Errors
    ///
    /// [`FinishError::OutOfMemory`].
    pub fn into_body(mut self) -> Result<Vec<u8>, FinishError> {
        let mut body = Vec::new();
        body.try_reserve_exact(self.max_body_len).map_err(|_| FinishError::OutOfMemory)?;
        body.resize(self.max_body_len, 0);
        let size = self.finish_into(&mut body)?;
        body.truncate(size);
        Ok(body)
    }
}

impl Drop for Accepted<'_> {
    fn drop(&mut self) {
        self.scratch.canonical.shrink();
    }
}

impl fmt::Debug for Accepted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.canonical().len();
        formatter.debug_struct("Accepted").field("canonical_bytes", &bytes).finish_non_exhaustive()
    }
}

impl Scratch {
    /// Drops all memory. Required after a panic inside [`Processor::process`] or [`Accepted::finish_into`] that was
    /// caught: what it left behind is unspecified.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

impl fmt::Display for ProcessError<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(Rejected { code, .. }) => write!(formatter, "{}: {}", code.name(), code.message()),
            Self::OutOfMemory => formatter.write_str("not enough memory for the payload"),
            Self::Interrupted => formatter.write_str("the processing was interrupted"),
        }
    }
}

impl std::error::Error for ProcessError<'_> {}

impl fmt::Display for FinishError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall { needed } => write!(formatter, "the output needs {needed} bytes"),
            Self::OutOfMemory => formatter.write_str("not enough memory for the body"),
            Self::Interrupted => formatter.write_str("the processing was interrupted"),
        }
    }
}

impl std::error::Error for FinishError {}
