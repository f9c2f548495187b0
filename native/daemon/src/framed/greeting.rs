//! HELLO: what a client asks for, and the indices that its contracts get on the connection.

use std::sync::Arc;

use sidelane_core::error::Code;
use sidelane_core::wire::{AnsweredContract, AskedContract, Limits, ServerHello};

use crate::contracts::{Served, Table};

/// The contracts of a connection, by index.
pub(super) struct Indices {
    table: Arc<Table>,
    given: Vec<Arc<Served>>,
}

impl Indices {
    pub(super) fn new(table: Arc<Table>) -> Self {
        Self { table, given: Vec::new() }
    }

    pub(super) fn get(&self, index: u16) -> Option<&Arc<Served>> {
        self.given.get(usize::from(index))
    }

    /// The answer to a HELLO.
    pub(super) fn greet(&mut self, asked: &[AskedContract<'_>], limits: Limits) -> Vec<u8> {
        let contracts: Vec<_> = asked.iter().map(|one| self.answer(one)).collect();
        let server = concat!("sidelaned/", env!("CARGO_PKG_VERSION")).to_owned();
        ServerHello { contracts, server, engine: "native".to_owned(), limits }.encode()
    }

    fn answer(&mut self, asked: &AskedContract<'_>) -> AnsweredContract {
        let by_name = || self.table.all().iter().rev().filter(|one| &*one.name == asked.name);
        let Some(last) = by_name().next() else {
            return AnsweredContract { status: Code::ContractUnknown.wire(), index: 0, have: [0; 32] };
        };
        match by_name().find(|one| one.id_bytes == asked.id) {
            Some(served) if served.fingerprint == asked.fingerprint => {
                let served = Arc::clone(served);
                match self.index_of(served) {
                    Some(index) => AnsweredContract { status: 0, index, have: asked.id },
                    None => AnsweredContract { status: Code::ContractUnknown.wire(), index: 0, have: [0; 32] },
                }
            }
            // The contract is the right one, the key is not: the id says so.
            Some(served) => AnsweredContract { status: Code::ContractMismatch.wire(), index: 0, have: served.id_bytes },
            None => AnsweredContract { status: Code::ContractMismatch.wire(), index: 0, have: last.id_bytes },
        }
    }

    /// The index of the contract, an old one or the next; `None` when there is no next.
    fn index_of(&mut self, served: Arc<Served>) -> Option<u16> {
        let known = self.given.iter().position(|one| Arc::ptr_eq(one, &served));
        let index = u16::try_from(known.unwrap_or(self.given.len())).ok()?;
        if known.is_none() {
            self.given.push(served);
        }
        Some(index)
    }
}
