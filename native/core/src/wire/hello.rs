//! The payload of HELLO, both ways: a list of fields. What a contract's status brings about is the caller's business.

use super::{FINGERPRINT_BYTES, MAX_CLIENT_BYTES, MAX_NAME_BYTES, Violation};

const ASKED: u16 = 1;
const CLIENT: u16 = 2;
const ANSWERED: u16 = 17;
const SERVER: u16 = 18;
const ENGINE: u16 = 19;
const LIMITS: u16 = 20;

const ID_BYTES: usize = 32;

/// A contract that a client wants to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedContract<'a> {
    /// As `sidelane contract show` prints it, as bytes.
    pub id: [u8; ID_BYTES],
    /// Of the digest key; zeros without.
    pub fingerprint: [u8; FINGERPRINT_BYTES],
    /// ASCII.
    pub name: &'a str,
}

/// What a client says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// Name and version; empty when it said none.
    pub client: String,
    /// In the order in which they are to be answered.
    pub contracts: Vec<AskedContract<'a>>,
}

/// What the server says of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnsweredContract {
    /// 0, or the number of `contract.unknown` or `contract.mismatch`.
    pub status: u16,
    /// Names the contract in REQUESTs, with status 0.
    pub index: u16,
    /// Id that the server has under the name; zeros when it has none.
    pub have: [u8; ID_BYTES],
}

/// The caps of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload of a REQUEST.
    pub request_bytes: u32,
    /// Longest payload of an answer.
    pub answer_bytes: u32,
    /// REQUESTs without an answer, on this connection.
    pub in_flight: u32,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello {
    /// In the order of the question.
    pub contracts: Vec<AnsweredContract>,
    /// Name and version.
    pub server: String,
    /// `js` or `native`.
    pub engine: String,
    /// Its caps.
    pub limits: Limits,
}

impl<'a> ClientHello<'a> {
    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for AskedContract { id, fingerprint, name } in &self.contracts {
            push(&mut payload, ASKED, &[id, fingerprint, name.as_bytes()]);
        }
        let client = self.client.as_bytes();
        push(&mut payload, CLIENT, &[&client[..client.len().min(MAX_CLIENT_BYTES)]]);
        payload
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// The client broke the protocol.
    pub fn decode(payload: &'a [u8]) -> Result<Self, Violation> {
        let mut hello = Self::default();
        each(payload, |kind, value| {
            match kind {
                CLIENT if value.len() > MAX_CLIENT_BYTES => return Err(Violation::LongClient),
                CLIENT => hello.client = String::from_utf8_lossy(value).into_owned(),
                ASKED => hello.contracts.push(asked(value)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(hello)
    }
}

impl ServerHello {
    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for AnsweredContract { status, index, have } in &self.contracts {
            push(&mut payload, ANSWERED, &[&status.to_le_bytes(), &index.to_le_bytes(), have]);
        }
        push(&mut payload, SERVER, &[self.server.as_bytes()]);
        push(&mut payload, ENGINE, &[self.engine.as_bytes()]);
        let Limits { request_bytes, answer_bytes, in_flight } = self.limits;
        let limits = [request_bytes.to_le_bytes(), answer_bytes.to_le_bytes(), in_flight.to_le_bytes()];
        push(&mut payload, LIMITS, &[&limits.concat()]);
        payload
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// The server broke the protocol.
    pub fn decode(payload: &[u8]) -> Result<Self, Violation> {
        let mut contracts = Vec::new();
        let (mut server, mut engine, mut limits) = (None, None, None);
        each(payload, |kind, value| {
            match kind {
                ANSWERED => contracts.push(answered(value)?),
                SERVER => server = Some(String::from_utf8_lossy(value).into_owned()),
                ENGINE => engine = Some(value),
                LIMITS => limits = Some(read_limits(value)?),
                _ => {}
            }
            Ok(())
        })?;
        let (Some(server), Some(limits)) = (server, limits) else { return Err(Violation::FieldMissing) };
        let engine = match engine {
            Some(b"js") => "js".to_owned(),
            Some(b"native") => "native".to_owned(),
            _ => return Err(Violation::Engine),
        };
        Ok(Self { contracts, server, engine, limits })
    }
}

fn asked(value: &[u8]) -> Result<AskedContract<'_>, Violation> {
    let (id, rest) = value.split_first_chunk().ok_or(Violation::ContractSize)?;
    let (fingerprint, name) = rest.split_first_chunk().ok_or(Violation::ContractSize)?;
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(Violation::ContractSize);
    }
    match std::str::from_utf8(name) {
        Ok(name) if name.is_ascii() => Ok(AskedContract { id: *id, fingerprint: *fingerprint, name }),
        _ => Err(Violation::ContractName),
    }
}

fn answered(value: &[u8]) -> Result<AnsweredContract, Violation> {
    match value {
        [s0, s1, i0, i1, have @ ..] => Ok(AnsweredContract {
            status: u16::from_le_bytes([*s0, *s1]),
            index: u16::from_le_bytes([*i0, *i1]),
            have: have.try_into().map_err(|_| Violation::ContractSize)?,
        }),
        _ => Err(Violation::ContractSize),
    }
}

fn read_limits(value: &[u8]) -> Result<Limits, Violation> {
    let [a, b, c] = value.as_chunks::<4>().0 else { return Err(Violation::LimitsSize) };
    if value.len() != 12 {
        return Err(Violation::LimitsSize);
    }
    Ok(Limits {
        request_bytes: u32::from_le_bytes(*a),
        answer_bytes: u32::from_le_bytes(*b),
        in_flight: u32::from_le_bytes(*c),
    })
}

fn push(payload: &mut Vec<u8>, kind: u16, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    payload.extend_from_slice(&kind.to_le_bytes());
    payload.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    payload.extend(parts.iter().copied().flatten());
}

/// Visits the fields until one is wrong.
fn each<'a>(
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
