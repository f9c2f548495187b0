//! The payload of HELLO: a list of fields. This is the server's half; `tests/support/client.rs` has the client's.

use sidelane_core::is_contract_name;

use crate::key_fingerprint::FINGERPRINT_BYTES;
use crate::violation::{MAX_CLIENT_BYTES, Violation};

const CONTRACT: u16 = 1;
const CLIENT: u16 = 2;
const STATUS: u16 = 17;
const SERVER: u16 = 18;
const ENGINE: u16 = 19;
const LIMITS: u16 = 20;

const ID_BYTES: usize = 32;

/// Longest name of a contract.
const MAX_NAME_BYTES: usize = 64;

/// A contract that a client wants to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractRequest<'a> {
    /// The contract's id as bytes.
    pub id: [u8; ID_BYTES],
    /// Of the digest key; zeros without one.
    pub fingerprint: [u8; FINGERPRINT_BYTES],
    /// One that a contract may have.
    pub name: &'a str,
}

/// The HELLO of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// Name and version; may be empty.
    pub client: String,
    /// The server answers in this order.
    pub contracts: Vec<ContractRequest<'a>>,
}

/// The server's answer for one contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractStatus {
    /// 0, or the number of `contract.unknown` or `contract.mismatch`.
    pub status: u16,
    /// Names the contract in REQUESTs; meaningful with status 0.
    pub index: u16,
    /// Id of the server's contract by this name; zeros without one.
    pub have: [u8; ID_BYTES],
}

/// The caps of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Longest payload of a REQUEST.
    pub request_bytes: u32,
    /// Longest payload of an answer.
    pub answer_bytes: u32,
    /// Unanswered REQUESTs of this connection.
    pub in_flight: u32,
}

/// The HELLO of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello {
    /// In the order of the client's list.
    pub contracts: Vec<ContractStatus>,
    /// Name and version.
    pub server: String,
    /// `js` or `native`.
    pub engine: String,
    /// The caps.
    pub limits: ServerLimits,
}

impl<'a> ClientHello<'a> {
    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// The client broke the protocol.
    pub fn decode(payload: &'a [u8]) -> Result<Self, Violation> {
        let mut hello = Self::default();
        for_each_field(payload, |kind, value| {
            match kind {
                CLIENT if value.len() > MAX_CLIENT_BYTES => return Err(Violation::LongClient),
                CLIENT => hello.client = String::from_utf8_lossy(value).into_owned(),
                CONTRACT => hello.contracts.push(read_contract(value)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(hello)
    }
}

impl ServerHello {
    /// Writes the payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for ContractStatus { status, index, have } in &self.contracts {
            push_field(&mut payload, STATUS, &[&status.to_le_bytes(), &index.to_le_bytes(), have]);
        }
        push_field(&mut payload, SERVER, &[self.server.as_bytes()]);
        push_field(&mut payload, ENGINE, &[self.engine.as_bytes()]);
        let ServerLimits { request_bytes, answer_bytes, in_flight } = self.limits;
        let limits = [request_bytes.to_le_bytes(), answer_bytes.to_le_bytes(), in_flight.to_le_bytes()];
        push_field(&mut payload, LIMITS, &[&limits.concat()]);
        payload
    }
}

fn read_contract(value: &[u8]) -> Result<ContractRequest<'_>, Violation> {
    let (id, rest) = value.split_first_chunk().ok_or(Violation::ContractSize)?;
    let (fingerprint, name) = rest.split_first_chunk().ok_or(Violation::ContractSize)?;
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(Violation::ContractSize);
    }
    match std::str::from_utf8(name) {
        Ok(name) if is_contract_name(name) => Ok(ContractRequest { id: *id, fingerprint: *fingerprint, name }),
        _ => Err(Violation::ContractName),
    }
}

fn push_field(payload: &mut Vec<u8>, kind: u16, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    payload.extend_from_slice(&kind.to_le_bytes());
    payload.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    payload.extend(parts.iter().copied().flatten());
}

/// Visits the fields up to the first error.
fn for_each_field<'a>(
    mut rest: &'a [u8],
    mut visit: impl FnMut(u16, &'a [u8]) -> Result<(), Violation>,
) -> Result<(), Violation> {
    while !rest.is_empty() {
        let ([k0, k1, l0, l1], behind) = rest.split_first_chunk().ok_or(Violation::FieldEnd)?;
        let length = usize::from(u16::from_le_bytes([*l0, *l1]));
        let (value, next) = behind.split_at_checked(length).ok_or(Violation::FieldEnd)?;
        visit(u16::from_le_bytes([*k0, *k1]), value)?;
        rest = next;
    }
    Ok(())
}
