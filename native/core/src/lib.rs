//! The native engine of sidelane.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod canonical;
mod compress;
mod contract;
#[cfg(feature = "zstd")]
mod decompress;
mod dictionary;
mod digest;
mod error;
mod error_codes;
mod issue;
pub mod json_text;
mod lock;
mod normal_form;
mod normalize;
mod path;
mod pattern;
mod process;
mod profile;
mod read;
mod unicode_tables;
mod validate;

pub use contract::Contract;
#[cfg(feature = "zstd")]
pub use decompress::decompress_zstd;
pub use digest::{DIGEST_BYTES, MIN_KEY_BYTES, hmac_sha256};
pub use error::{Code, ContractError};
pub use issue::{Issue, MAX_ISSUES};
pub use process::{Accepted, FinishError, ProcessError, Processor, ProcessorBuilder, Rejected, Scratch};
pub use profile::{Codec, Compress, DigestName, Limits, Numbers};

/// The single stages, for the tests and benchmarks of this crate. Not part of the API.
#[doc(hidden)]
pub mod stages {
    pub use crate::canonical::Canonical;
    pub use crate::compress::Compressors;
    pub use crate::digest::{Digest, sha256};
    pub use crate::lock::parse_lock;
    pub use crate::normalize::NormBuffers;
    pub use crate::pattern::{Matcher, Pattern};
    pub use crate::read::{ReadError, ReadLimits, Tape, check_text, diagnose, read};
    pub use crate::validate::Validator;
}
