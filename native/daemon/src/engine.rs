//! What turns a payload into an outcome. In the daemon it is the core; a test or a measurement may bring its own.

use sidelane_core::error::ContractError;
use sidelane_core::outcome::Written;
use sidelane_core::process::{Processor, Scratch};

/// One contract, ready on every thread.
pub trait Engine: Send + Sync {
    /// Writes the payload's outcome to `target`, as [`Processor::process`] does.
    fn process(&self, scratch: &mut Scratch, payload: &[u8], canonical: bool, target: &mut [u8]) -> Written;
}

impl Engine for Processor {
    fn process(&self, scratch: &mut Scratch, payload: &[u8], canonical: bool, target: &mut [u8]) -> Written {
        Processor::process(self, scratch, payload, canonical, target)
    }
}

/// Makes the engine of a lock's bytes, its digest key and its dictionary (each empty without one).
pub type Compile = fn(lock: &[u8], key: &[u8], dictionary: &[u8]) -> Result<Box<dyn Engine>, ContractError>;

/// The core.
///
/// # Errors
///
/// As [`Processor::new`].
pub fn native(lock: &[u8], key: &[u8], dictionary: &[u8]) -> Result<Box<dyn Engine>, ContractError> {
    Ok(Box::new(Processor::new(lock, key, dictionary)?))
}
