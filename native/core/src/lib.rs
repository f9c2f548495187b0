#![doc = include_str!("../README.md")]
//!
//! # Modules
//!
//! Each uses only those before it: `budget`, `error_codes`, `error`, `numeric`, `pattern`, `profile`, `json_text`, `pointer`,
//! `digest`, `contract_name`, `read`, `issue`, `unicode_tables`, `normalize`, `url`, `lock`, `validate`, `canonical`,
//! `dictionary`, `compress`,
//! `decompress`, `contract`, `process`. Their names are those of their TypeScript twins.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod budget;
mod canonical;
mod compress;
mod contract;
mod contract_name;
#[cfg(feature = "zstd")]
mod decompress;
mod dictionary;
mod digest;
mod error;
mod error_codes;
mod issue;
pub mod json_text;
mod lock;
mod normalize;
mod numeric;
mod pattern;
mod pointer;
mod process;
mod profile;
mod read;
mod unicode_tables;
mod url;
mod validate;

pub use budget::Interrupt;
pub use contract::Contract;
pub use contract_name::is_contract_name;
#[cfg(feature = "zstd")]
pub use decompress::decompress_zstd;
#[cfg(feature = "train")]
pub use dictionary::train_dictionary;
pub use digest::{DIGEST_BYTES, MIN_KEY_BYTES, hmac_sha256};
pub use error::{Code, ContractError};
pub use issue::{Issue, MAX_ISSUES};
pub use process::{Accepted, FinishError, ProcessError, Processor, ProcessorBuilder, Rejected, Scratch};
pub use profile::{Codec, Compress, DigestName, Limits};

/// The single stages, for the tests and benchmarks of this crate. Not part of the API.
#[doc(hidden)]
pub mod stages {
    pub use crate::budget::Budget;
    pub use crate::canonical::Canonical;
    pub use crate::compress::{Compressors, Presets, Tables};
    pub use crate::digest::{Digest, sha256, to_hex};
    pub use crate::lock::parse_lock;
    pub use crate::normalize::{NormBuffers, apply as normalize};
    pub use crate::numeric::is_integral;
    pub use crate::pattern::{Matcher, Pattern, Units, cost as pattern_cost};
    pub use crate::profile::{NormOp, NormOps};
    pub use crate::read::{LOCK_LIMITS, LargeIntegers, ReadError, ReadLimits, Tape, check_text, diagnose, flag, read};
    pub use crate::url::check_url;
    pub use crate::validate::{Validator, is_multiple};
}
