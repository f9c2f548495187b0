//! The engine that processes payloads: the core, or a replacement in tests and benchmarks.

use sidelane_core::{Accepted, Contract, ContractError, Interrupt, ProcessError, Processor, Scratch};

/// One contract, ready to process payloads on any thread.
pub trait Engine: Send + Sync {
    /// Processes a payload, as [`Processor::process_within`] does.
    fn process<'s>(
        &'s self,
        scratch: &'s mut Scratch,
        payload: &[u8],
        interrupt: &'s dyn Interrupt,
    ) -> Result<Accepted<'s>, ProcessError<'s>>;
}

impl Engine for Processor {
    fn process<'s>(
        &'s self,
        scratch: &'s mut Scratch,
        payload: &[u8],
        interrupt: &'s dyn Interrupt,
    ) -> Result<Accepted<'s>, ProcessError<'s>> {
        self.process_within(scratch, payload, Some(interrupt))
    }
}

/// Makes the engine of a contract from its digest key and its dictionary, each empty without one.
pub type Compile = fn(contract: Contract, key: &[u8], dictionary: &[u8]) -> Result<Box<dyn Engine>, ContractError>;

pub fn native(contract: Contract, key: &[u8], dictionary: &[u8]) -> Result<Box<dyn Engine>, ContractError> {
    Ok(Box::new(Processor::builder(contract).digest_key(key).dictionary(dictionary).build()?))
}
