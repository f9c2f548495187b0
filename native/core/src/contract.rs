//! A loaded contract: a checked lock with its id and its compiled schema.

use crate::digest::{DIGEST_BYTES, sha256, to_hex};
use crate::error::ContractError;
use crate::lock::{normal_form, parse_lock};
use crate::profile::{Compress, DigestName, Limits, Profile};
use crate::validate::Validator;

/// The schema and normalization of payloads, and the codec and digest of the result.
///
/// [`Processor::builder`](crate::Processor::builder) makes a processor of it.
#[derive(Debug)]
pub struct Contract {
    id: String,
    id_bytes: [u8; DIGEST_BYTES],
    pub(crate) profile: Profile,
    pub(crate) validator: Validator,
}

impl Contract {
    /// Reads and compiles the bytes of a lock file.
    ///
    /// # Errors
    ///
    /// `contract.unsupported` for what is outside profile p1, `contract.invalid` for what is malformed, with a JSON
    /// pointer into the lock.
    pub fn load(lock: &[u8]) -> Result<Self, ContractError> {
        let profile = parse_lock(lock)?;
        let id_bytes = sha256(normal_form(&profile).as_bytes());
        let validator = Validator::new(&profile);
        Ok(Self { id: to_hex(&id_bytes), id_bytes, profile, validator })
    }

    /// The name in the lock: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// SHA-256 of the [normal form](Self::normal_form) in lower-case hex: equal ids, equal outcomes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id as bytes.
    #[must_use]
    pub const fn id_bytes(&self) -> &[u8; DIGEST_BYTES] {
        &self.id_bytes
    }

    /// The limits of a payload.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.profile.limits
    }

    /// How the canonical form is compressed.
    #[must_use]
    pub const fn compress(&self) -> Compress {
        self.profile.compress
    }

    /// How the canonical form is hashed.
    #[must_use]
    pub const fn digest(&self) -> DigestName {
        self.profile.digest
    }

    /// True when [`ProcessorBuilder::digest_key`](crate::ProcessorBuilder::digest_key) is required.
    #[must_use]
    pub fn needs_digest_key(&self) -> bool {
        self.profile.digest == DigestName::HmacSha256
    }

    /// Path of the dictionary, relative to the lock's folder. With one,
    /// [`ProcessorBuilder::dictionary`](crate::ProcessorBuilder::dictionary) is required.
    #[must_use]
    pub fn dictionary_path(&self) -> Option<&str> {
        self.profile.dictionary.as_ref().map(|dictionary| &*dictionary.path)
    }

    /// Canonical JSON (RFC 8785) of everything that can change an outcome.
    #[must_use]
    pub fn normal_form(&self) -> String {
        normal_form(&self.profile)
    }
}
