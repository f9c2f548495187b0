//! The client's half of the protocol: writes a client's HELLO, reads a server's, and checks a server's frames. The tests
//! of the daemon use it too.

use sidelane_wire::{
    ClientHello, ContractRequest, ContractStatus, FrameHeader, FrameKind, MAX_CLIENT_BYTES, RequestRules, ServerHello,
    ServerLimits, Violation,
};

type Result<T> = std::result::Result<T, String>;

const MAX_ID: u64 = (1 << 53) - 1;

/// Checks one header of a server's frame; an error tells which rule the server broke.
pub fn admit_answer(header: &FrameHeader, answer_cap: u32) -> Result<()> {
    let FrameHeader { kind, flags, id, length, .. } = *header;
    if matches!(kind, FrameKind::Request | FrameKind::Cancel) {
        return Err(Violation::Kind(kind as u8).to_string());
    }
    if flags != 0 {
        return Err(Violation::Flags(flags, kind as u8).to_string());
    }
    if id > MAX_ID {
        return Err(Violation::HugeId.to_string());
    }
    match kind {
        FrameKind::Accepted | FrameKind::Rejected if id == 0 => Err("an answer has id 0".into()),
        FrameKind::Accepted | FrameKind::Rejected | FrameKind::Error if length > answer_cap => {
            Err(format!("an answer has {length} bytes, more than the cap of {answer_cap}"))
        }
        FrameKind::Accepted | FrameKind::Rejected | FrameKind::Error => Ok(()),
        FrameKind::Goaway if length > 0 => Err(Violation::Payload.to_string()),
        FrameKind::Goaway => Ok(()),
        // The sizes of the other kinds have the same bounds on both sides.
        _ => RequestRules::new(0).admit(header).map(drop).map_err(|violation| violation.to_string()),
    }
}

/// The payload of a client's HELLO.
pub fn encode_hello(hello: &ClientHello<'_>) -> Vec<u8> {
    let mut payload = Vec::new();
    for ContractRequest { id, fingerprint, name } in &hello.contracts {
        push_field(&mut payload, 1, &[&id[..], fingerprint, name.as_bytes()].concat());
    }
    let client = hello.client.as_bytes();
    push_field(&mut payload, 2, &client[..client.len().min(MAX_CLIENT_BYTES)]);
    payload
}

/// The HELLO of a server.
pub fn decode_hello(mut payload: &[u8]) -> Result<ServerHello> {
    let mut contracts = Vec::new();
    let (mut server, mut engine, mut limits) = (None, None, None);
    while !payload.is_empty() {
        let (kind, value, rest) = split_field(payload).ok_or_else(|| Violation::FieldEnd.to_string())?;
        match kind {
            17 => contracts.push(read_status(value).ok_or_else(|| Violation::ContractSize.to_string())?),
            18 => server = Some(String::from_utf8_lossy(value).into_owned()),
            19 => engine = Some(value),
            20 => limits = Some(read_limits(value)?),
            _ => {}
        }
        payload = rest;
    }
    let (Some(server), Some(limits)) = (server, limits) else { return Err("HELLO lacks SERVER or LIMITS".into()) };
    let engine = match engine {
        Some(b"js") => "js".to_owned(),
        Some(b"native") => "native".to_owned(),
        _ => return Err("HELLO names no engine".into()),
    };
    Ok(ServerHello { contracts, server, engine, limits })
}

fn push_field(payload: &mut Vec<u8>, kind: u16, value: &[u8]) {
    payload.extend(kind.to_le_bytes());
    payload.extend((value.len() as u16).to_le_bytes());
    payload.extend(value);
}

/// The kind and the value of the first field, and what follows it.
fn split_field(payload: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let ([k0, k1, l0, l1], behind) = payload.split_first_chunk()?;
    let (value, rest) = behind.split_at_checked(u16::from_le_bytes([*l0, *l1]).into())?;
    Some((u16::from_le_bytes([*k0, *k1]), value, rest))
}

fn read_status(value: &[u8]) -> Option<ContractStatus> {
    let ([s0, s1, i0, i1], have) = value.split_first_chunk()?;
    let (status, index) = (u16::from_le_bytes([*s0, *s1]), u16::from_le_bytes([*i0, *i1]));
    Some(ContractStatus { status, index, have: have.try_into().ok()? })
}

fn read_limits(value: &[u8]) -> Result<ServerLimits> {
    let ([request_bytes, answer_bytes, in_flight], []) = value.as_chunks::<4>() else {
        return Err("LIMITS is of wrong size".into());
    };
    let [request_bytes, answer_bytes, in_flight] =
        [request_bytes, answer_bytes, in_flight].map(|bytes| u32::from_le_bytes(*bytes));
    Ok(ServerLimits { request_bytes, answer_bytes, in_flight })
}
