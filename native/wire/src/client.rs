//! The client's half of the protocol, for tests: HELLO the other way round, and the rules for a server's frames.

use std::fmt;

use crate::hello::{CLIENT, CONTRACT, ENGINE, LIMITS, SERVER, STATUS, for_each_field, push_field};
use crate::rules::{MAX_ID, check_common};
use crate::{
    ClientHello, ContractRequest, ContractStatus, FrameHeader, FrameKind, MAX_CLIENT_BYTES, ServerHello, ServerLimits,
    Violation,
};

/// How a server breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerViolation {
    /// In a way that clients can, too.
    Common(Violation),
    /// An answer longer than the cap: its length, and the cap.
    LongAnswer(u32, u32),
    /// ACCEPTED or REJECTED with id 0.
    ZeroAnswer,
    /// A LIMITS field of wrong size.
    LimitsSize,
    /// A HELLO without SERVER or LIMITS.
    FieldMissing,
    /// A HELLO without a known engine.
    Engine,
}

impl From<Violation> for ServerViolation {
    fn from(violation: Violation) -> Self {
        Self::Common(violation)
    }
}

impl fmt::Display for ServerViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common(violation) => violation.fmt(f),
            Self::LongAnswer(length, cap) => write!(f, "an answer has {length} bytes, more than the cap of {cap}"),
            Self::ZeroAnswer => f.write_str("an answer has id 0"),
            Self::LimitsSize => f.write_str("LIMITS is of wrong size"),
            Self::FieldMissing => f.write_str("HELLO lacks SERVER or LIMITS"),
            Self::Engine => f.write_str("HELLO names no engine"),
        }
    }
}

/// Checks one header of a server's frame.
///
/// # Errors
///
/// The server broke a rule.
pub fn admit_answer(header: &FrameHeader, answer_cap: u32) -> Result<(), ServerViolation> {
    match header.kind {
        FrameKind::Accepted | FrameKind::Rejected | FrameKind::Error => {
            if header.flags != 0 {
                return Err(Violation::Flags(header.flags, header.kind as u8).into());
            }
            if header.id > MAX_ID {
                return Err(Violation::HugeId.into());
            }
            if header.id == 0 && header.kind != FrameKind::Error {
                return Err(ServerViolation::ZeroAnswer);
            }
            if header.length > answer_cap {
                return Err(ServerViolation::LongAnswer(header.length, answer_cap));
            }
            Ok(())
        }
        FrameKind::Hello | FrameKind::Ping | FrameKind::Pong | FrameKind::Goaway => Ok(check_common(header)?),
        kind => {
            check_common(header)?;
            Err(Violation::Kind(kind as u8).into())
        }
    }
}

impl ClientHello<'_> {
    /// Writes the payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for ContractRequest { id, fingerprint, name } in &self.contracts {
            push_field(&mut payload, CONTRACT, &[id, fingerprint, name.as_bytes()]);
        }
        let client = self.client.as_bytes();
        push_field(&mut payload, CLIENT, &[&client[..client.len().min(MAX_CLIENT_BYTES)]]);
        payload
    }
}

impl ServerHello {
    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// The server broke the protocol.
    pub fn decode(payload: &[u8]) -> Result<Self, ServerViolation> {
        let mut contracts = Vec::new();
        let (mut server, mut engine, mut limits) = (None, None, None);
        for_each_field(payload, |kind, value| {
            match kind {
                STATUS => contracts.push(read_status(value)?),
                SERVER => server = Some(String::from_utf8_lossy(value).into_owned()),
                ENGINE => engine = Some(value),
                LIMITS => limits = Some(read_limits(value)?),
                _ => {}
            }
            Ok::<_, ServerViolation>(())
        })?;
        let (Some(server), Some(limits)) = (server, limits) else { return Err(ServerViolation::FieldMissing) };
        let engine = match engine {
            Some(b"js") => "js".to_owned(),
            Some(b"native") => "native".to_owned(),
            _ => return Err(ServerViolation::Engine),
        };
        Ok(Self { contracts, server, engine, limits })
    }
}

fn read_status(value: &[u8]) -> Result<ContractStatus, Violation> {
    match value {
        [s0, s1, i0, i1, have @ ..] => Ok(ContractStatus {
            status: u16::from_le_bytes([*s0, *s1]),
            index: u16::from_le_bytes([*i0, *i1]),
            have: have.try_into().map_err(|_| Violation::ContractSize)?,
        }),
        _ => Err(Violation::ContractSize),
    }
}

fn read_limits(value: &[u8]) -> Result<ServerLimits, ServerViolation> {
    let ([request_bytes, answer_bytes, in_flight], []) = value.as_chunks::<4>() else {
        return Err(ServerViolation::LimitsSize);
    };
    let [request_bytes, answer_bytes, in_flight] =
        [request_bytes, answer_bytes, in_flight].map(|b| u32::from_le_bytes(*b));
    Ok(ServerLimits { request_bytes, answer_bytes, in_flight })
}
