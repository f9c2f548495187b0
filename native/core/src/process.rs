//! The whole way of a payload: read → normalize and validate → canonical → digest → compress → outcome. What each stage
//! does is in its own module; here is only their order, and what happens when one says no.
//!
//! Twin of `src/engine/js/index.ts`.

use crate::canonical::{Canonical, Stop};
use crate::compress::Compressors;
use crate::contract::Contract;
use crate::dictionary::Dictionary;
use crate::digest::{DIGEST_BYTES, Digest, MIN_KEY_BYTES};
use crate::error::{Code, ContractError};
use crate::outcome::{ACCEPTED_HEAD, Accepted, Written, push_invalid, push_rejected, write_fault, write_rejected};
use crate::profile::{DigestName, Numbers};
use crate::read::{Fault, ReadLimits, Tape, check_text, data_fault, read};

/// One contract, ready to process payloads on any thread.
#[derive(Debug)]
pub struct Processor {
    contract: Contract,
    limits: ReadLimits,
    digest: Digest,
    dictionary: Option<Dictionary>,
}

/// The memory of one thread. In a steady state no payload that passes asks for more.
#[derive(Default)]
pub struct Scratch {
    tape: Tape<'static>,
    canonical: Canonical,
    compressors: Compressors,
    text: String,
}

/// What stops a payload.
enum Refusal {
    Data(Code, Option<String>),
    Invalid,
    Exhausted,
}

impl Processor {
    /// Compiles a lock file's bytes. `key` belongs to `digest: "hmac-sha-256"`, the bytes of
    /// `dictionary` to the lock's; each is empty without one.
    ///
    /// # Errors
    ///
    /// `contract.*` with a pointer into the lock; `options.invalid` for a missing or short key.
    pub fn new(lock: &[u8], key: &[u8], dictionary: &[u8]) -> Result<Self, ContractError> {
        let contract = Contract::load(lock)?;
        let profile = &contract.profile;
        let dictionary = Dictionary::of(profile, dictionary)?;
        let digest = match profile.digest {
            DigestName::Sha256 => Digest::Sha256,
            DigestName::None => Digest::None,
            DigestName::HmacSha256 => Digest::keyed(key).ok_or_else(|| ContractError {
                code: Code::OptionsInvalid,
                pointer: String::new(),
                message: format!("Expected `digestKey` to be at least {MIN_KEY_BYTES} bytes, got {} bytes.", key.len()),
            })?,
        };
        let limits = ReadLimits {
            max_bytes: profile.limits.max_bytes,
            max_depth: profile.limits.max_depth,
            max_keys: profile.limits.max_keys,
            safe_numbers: profile.numbers == Numbers::Safe,
        };
        Ok(Self { contract, limits, digest, dictionary })
    }

    /// The contract's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.contract.id
    }

    /// Writes the payload's outcome to `target`; `wants_canonical` adds the canonical bytes.
    pub fn process(&self, scratch: &mut Scratch, payload: &[u8], wants_canonical: bool, target: &mut [u8]) -> Written {
        scratch.text.clear();
        match self.canonicalize(scratch, payload) {
            Ok(()) => self.accept(scratch, payload.len(), wants_canonical, target),
            Err(refusal) => {
                match refusal {
                    Refusal::Data(code, pointer) => push_rejected(&mut scratch.text, code, pointer.as_deref()),
                    // The text is there.
                    Refusal::Invalid => {}
                    Refusal::Exhausted => return exhausted(target),
                }
                write_rejected(&scratch.text, target)
            }
        }
    }

    /// All stages up to the canonical form.
    fn canonicalize(&self, scratch: &mut Scratch, payload: &[u8]) -> Result<(), Refusal> {
        let text = check_text(payload, &self.limits)?;
        let mut tape = std::mem::take(&mut scratch.tape).bind(text);
        let result = self.on_tape(&mut tape, &mut scratch.canonical, &mut scratch.text);
        scratch.tape = tape.release();
        result
    }

    fn on_tape(&self, tape: &mut Tape<'_>, canonical: &mut Canonical, text: &mut String) -> Result<(), Refusal> {
        read(tape, &self.limits)?;
        let validator = &self.contract.validator;
        let passes = validator.passes(tape);
        if tape.is_exhausted() {
            return Err(Refusal::Exhausted);
        }
        if !passes {
            // The data model comes first, and equal keys have not been looked for yet.
            if let Some(fault) = data_fault(tape, &self.limits) {
                return Err(fault.into());
            }
            push_invalid(text, &validator.issues(tape));
            return Err(Refusal::Invalid);
        }
        canonical.write(tape).map_err(|stop| match stop {
            Stop::DuplicateKey => data_fault(tape, &self.limits).map_or(Refusal::Exhausted, Refusal::from),
            Stop::Exhausted => Refusal::Exhausted,
        })
    }

    fn accept(&self, scratch: &mut Scratch, in_bytes: usize, wants_canonical: bool, target: &mut [u8]) -> Written {
        let canonical = scratch.canonical.bytes();
        let extra = if wants_canonical { canonical.len() } else { 0 };
        let compress = self.contract.profile.compress;
        let Some(bound) = scratch.compressors.bound(compress, canonical.len()) else { return exhausted(target) };
        let needed = ACCEPTED_HEAD + bound + extra;
        let Some((head, rest)) = target.split_first_chunk_mut::<ACCEPTED_HEAD>() else { return Written::Needs(needed) };
        if rest.len() < bound + extra {
            return Written::Needs(needed);
        }
        let dictionary = self.dictionary.as_ref();
        let Some(body_bytes) = scratch.compressors.compress(compress, dictionary, canonical, &mut rest[..bound]) else {
            return exhausted(target);
        };
        if wants_canonical {
            rest[body_bytes..body_bytes + extra].copy_from_slice(canonical);
        }
        let mut digest = [0; DIGEST_BYTES];
        let digest = self.digest.write(canonical, &mut digest).then_some(digest);
        let canonical_bytes = canonical.len();
        let accepted = Accepted { in_bytes, canonical_bytes, body_bytes, digest, has_canonical: wants_canonical };
        if accepted.write_head(head).is_none() {
            return exhausted(target);
        }
        scratch.canonical.shrink();
        Written::Bytes(ACCEPTED_HEAD + body_bytes + extra)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(code) => Self::Data(code, None),
            Fault::Data(code, pointer) => Self::Data(code, Some(pointer)),
            Fault::Memory => Self::Exhausted,
        }
    }
}

#[cold]
fn exhausted(target: &mut [u8]) -> Written {
    write_fault(Code::InternalPanic, "There is not enough memory for the payload.", target)
}
