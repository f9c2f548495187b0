//! HELLO: the contracts that a client asks for, and the indices that they get on its connection.

use std::sync::Arc;

use sidelane_core::Code;
use sidelane_wire::{ContractRequest, ContractStatus, ServerHello, ServerLimits};

use crate::contracts::{ContractRegistry, LoadedContract};

/// The contracts of a connection, by index.
pub struct ContractIndices {
    registry: Arc<ContractRegistry>,
    contracts: Vec<Arc<LoadedContract>>,
}

impl ContractIndices {
    /// Without contracts; HELLO adds those of the registry.
    pub const fn new(registry: Arc<ContractRegistry>) -> Self {
        Self { registry, contracts: Vec::new() }
    }

    pub fn generation(&self) -> u64 {
        self.registry.generation
    }

    /// Most bytes of an answer's payload.
    pub fn answer_cap(&self) -> usize {
        self.registry.answer_cap()
    }

    pub fn get(&self, index: u16) -> Option<&Arc<LoadedContract>> {
        self.contracts.get(usize::from(index))
    }

    /// The payload of the answer to a HELLO.
    pub fn respond(&mut self, requests: &[ContractRequest<'_>], limits: ServerLimits) -> Vec<u8> {
        let contracts = requests.iter().map(|request| self.status_of(request)).collect();
        let server = concat!("sidelaned/", env!("CARGO_PKG_VERSION")).to_owned();
        ServerHello { contracts, server, engine: "native".to_owned(), limits }.encode()
    }

    fn status_of(&mut self, request: &ContractRequest<'_>) -> ContractStatus {
        let failed = |code: Code, have| ContractStatus { status: code.wire(), index: 0, have };
        let by_name = || self.registry.all().iter().rev().filter(|one| &*one.name == request.name);
        let Some(last) = by_name().next() else { return failed(Code::ContractUnknown, [0; 32]) };
        let Some(contract) = by_name().find(|one| one.id_bytes == request.id) else {
            return failed(Code::ContractMismatch, last.id_bytes);
        };
        if contract.fingerprint != request.fingerprint {
            // The client sees its own id, and concludes that the keys differ.
            return failed(Code::ContractMismatch, contract.id_bytes);
        }
        let contract = Arc::clone(contract);
        match self.index_of(contract) {
            Some(index) => ContractStatus { status: 0, index, have: request.id },
            None => failed(Code::ContractUnknown, [0; 32]),
        }
    }

    /// The index of the contract, which may be new; `None` without a free one.
    fn index_of(&mut self, contract: Arc<LoadedContract>) -> Option<u16> {
        let known = self.contracts.iter().position(|one| Arc::ptr_eq(one, &contract));
        let index = u16::try_from(known.unwrap_or(self.contracts.len())).ok()?;
        if known.is_none() {
            self.contracts.push(contract);
        }
        Some(index)
    }
}
