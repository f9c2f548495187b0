//! HELLO: what a client asks for, and the indices that its contracts get on the connection.

use std::sync::Arc;

use sidelane_core::error::Code;
use sidelane_core::wire::{AnsweredContract, AskedContract, Limits, ServerHello};

use crate::contracts::{ContractRegistry, LoadedContract};

/// The contracts of a connection, by index.
pub(super) struct Indices {
    registry: Arc<ContractRegistry>,
    raw: Vec<Arc<LoadedContract>>,
}

impl Indices {
    pub(super) fn new(registry: Arc<ContractRegistry>) -> Self {
        Self { registry, raw: Vec::new() }
    }

    pub(super) fn get(&self, index: u16) -> Option<&Arc<LoadedContract>> {
        self.raw.get(usize::from(index))
    }

    /// The answer to a HELLO.
    pub(super) fn greet(&mut self, asked: &[AskedContract<'_>], limits: Limits) -> Vec<u8> {
        let contracts: Vec<_> = asked.iter().map(|one| self.answer(one)).collect();
        let server = concat!("sidelaned/", env!("CARGO_PKG_VERSION")).to_owned();
        ServerHello { contracts, server, engine: "native".to_owned(), limits }.encode()
    }

    fn answer(&mut self, asked: &AskedContract<'_>) -> AnsweredContract {
        let by_name = || self.registry.all().iter().rev().filter(|one| &*one.name == asked.name);
        let Some(last) = by_name().next() else {
            return AnsweredContract { status: Code::ContractUnknown.wire(), index: 0, have: [0; 32] };
        };
        match by_name().find(|one| one.id_bytes == asked.id) {
            Some(loaded) if loaded.fingerprint == asked.fingerprint => {
                let loaded = Arc::clone(loaded);
                match self.index_of(loaded) {
                    Some(index) => AnsweredContract { status: 0, index, have: asked.id },
                    None => AnsweredContract { status: Code::ContractUnknown.wire(), index: 0, have: [0; 32] },
                }
            }
            // The contract is the right one, the key is not: the id says so.
            Some(loaded) => AnsweredContract { status: Code::ContractMismatch.wire(), index: 0, have: loaded.id_bytes },
            None => AnsweredContract { status: Code::ContractMismatch.wire(), index: 0, have: last.id_bytes },
        }
    }

    /// The index of the contract, an old one or the next; `None` when there is no next.
    fn index_of(&mut self, loaded: Arc<LoadedContract>) -> Option<u16> {
        let known = self.raw.iter().position(|one| Arc::ptr_eq(one, &loaded));
        let index = u16::try_from(known.unwrap_or(self.raw.len())).ok()?;
        if known.is_none() {
            self.raw.push(loaded);
        }
        Some(index)
    }
}
