//! The contract as the engine holds it: a checked lock with its id, ready to run. How a payload runs through it is in
//! `process`.

use crate::error::ContractError;
use crate::lock::parse_lock;
use crate::normal_form::normal_form;
use crate::profile::Profile;
use crate::validate::Validator;

/// A contract: what a payload must look like, how it is normalized, and how the result is written.
#[derive(Debug)]
pub struct Contract {
    /// SHA-256 (lower-case hex) of the lock's canonical normal form: equal ids, equal outcomes.
    pub id: String,
    /// The lock, checked, in normal form.
    pub profile: Profile,
    /// The compiled schema.
    pub validator: Validator,
}

impl Contract {
    /// Reads the bytes of a lock file.
    ///
    /// # Errors
    ///
    /// `contract.unsupported` for what is outside profile p1, `contract.invalid` for what is malformed, with a JSON
    /// pointer into the lock.
    pub fn load(lock: &[u8]) -> Result<Self, ContractError> {
        let profile = parse_lock(lock)?;
        let hash = ring::digest::digest(&ring::digest::SHA256, normal_form(&profile).as_bytes());
        let id = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let validator = Validator::new(&profile);
        Ok(Self { id, profile, validator })
    }
}
