//! The framed protocol against the vectors that the TypeScript twin reads too (`test/vectors/wire`).

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sidelane_wire::client::admit_answer;
use sidelane_wire::{
    self as wire, Admission, ClientHello, ContractRequest, ContractStatus, Decoded, FrameHeader, HEADER_BYTES, Preface,
    RequestRules, ServerHello, ServerLimits, decode,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A client checks that the payload of an answer is an outcome; this crate has no client.
const CLIENTS_ONLY: &str = "an answer is not an outcome of its kind and size";

fn vectors(name: &str) -> Result<Vec<Value>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/vectors/wire").join(name);
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2).map(std::str::from_utf8);
    pairs.map(|pair| Ok(u8::from_str_radix(pair?, 16)?)).collect()
}

fn array<const N: usize>(value: &Value, key: &str) -> Result<[u8; N]> {
    bytes(text(value, key))?.try_into().map_err(|_| format!("{key} is of wrong size").into())
}

fn number(value: &Value, key: &str) -> u32 {
    value[key].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

fn seen(header: &FrameHeader, payload: &[u8], oversize: bool) -> Value {
    let FrameHeader { length, kind, flags, index, id, a, b } = *header;
    let payload = if oversize { String::new() } else { hex(payload) };
    let mut frame =
        json!({ "kind": kind as u8, "flags": flags, "index": index, "id": id, "a": a, "b": b, "payload": payload });
    if oversize {
        frame["oversize"] = length.into();
    }
    frame
}

/// The frames of the bytes and the violation that ends them, read in pieces of `size` bytes as a daemon does.
fn read(vector: &Value, all: &[u8], size: usize) -> (Vec<Value>, Value) {
    let mut rules = RequestRules::new(number(vector, "requestCap"));
    let mut admit = |header: &FrameHeader| match text(vector, "side") {
        "server" => rules.admit(header).map_err(|violation| violation.to_string()),
        _ => match admit_answer(header, number(vector, "answerCap")) {
            Ok(()) => Ok(Admission::Read),
            Err(violation) => Err(violation.to_string()),
        },
    };
    let mut frames = Vec::new();
    let mut buffer = Vec::new();
    let mut admitted: Option<Admission> = None;
    for piece in all.chunks(size) {
        buffer.extend_from_slice(piece);
        loop {
            let (header, payload) = match decode(&buffer) {
                Decoded::Incomplete(missing) => {
                    assert_eq!(missing, HEADER_BYTES - buffer.len());
                    break;
                }
                Decoded::Broken(violation) => return (frames, violation.to_string().into()),
                Decoded::Partial(header, _) => (header, None),
                Decoded::Complete(header, payload) => (header, Some(payload)),
            };
            let admission = match admitted.take().map_or_else(|| admit(&header), Ok) {
                Ok(admission) => admission,
                Err(violation) => return (frames, violation.into()),
            };
            let Some(payload) = payload else {
                admitted = Some(admission);
                break;
            };
            frames.push(seen(&header, payload, admission == Admission::Discard));
            let end = HEADER_BYTES + payload.len();
            buffer.drain(..end);
        }
    }
    (frames, Value::Null)
}

#[test]
fn frames_are_read_as_the_vectors_say_in_pieces_of_any_size() -> Result<()> {
    for vector in vectors("frames.json")? {
        if vector["violation"] == CLIENTS_ONLY {
            continue;
        }
        let all = bytes(text(&vector, "bytes"))?;
        for size in 1..=all.len() {
            let (frames, violation) = read(&vector, &all, size);
            assert_eq!(json!(frames), vector["frames"], "{}", text(&vector, "description"));
            assert_eq!(violation, vector["violation"], "{}", text(&vector, "description"));
        }
    }
    Ok(())
}

#[test]
fn headers_are_written_as_they_are_read() -> Result<()> {
    for vector in vectors("frames.json")? {
        let all = bytes(text(&vector, "bytes"))?;
        if let Decoded::Complete(header, _) = decode(&all) {
            let mut target = [0xee; HEADER_BYTES];
            header.write(&mut target);
            assert_eq!(target, all[..HEADER_BYTES]);
        }
    }
    Ok(())
}

fn client_hello(value: &Value) -> Result<ClientHello<'_>> {
    let contracts = value["contracts"].as_array().into_iter().flatten().map(|one| {
        Ok(ContractRequest { id: array(one, "id")?, fingerprint: array(one, "fingerprint")?, name: text(one, "name") })
    });
    Ok(ClientHello { client: text(value, "client").into(), contracts: contracts.collect::<Result<_>>()? })
}

fn server_hello(value: &Value) -> Result<ServerHello> {
    let contracts = value["contracts"].as_array().into_iter().flatten().map(|one| {
        let status = u16::try_from(number(one, "status"))?;
        let index = u16::try_from(number(one, "index"))?;
        Ok(ContractStatus { status, index, have: array(one, "have")? })
    });
    let limits = &value["limits"];
    Ok(ServerHello {
        contracts: contracts.collect::<Result<_>>()?,
        server: text(value, "server").into(),
        engine: text(value, "engine").into(),
        limits: ServerLimits {
            request_bytes: number(limits, "requestBytes"),
            answer_bytes: number(limits, "answerBytes"),
            in_flight: number(limits, "inFlight"),
        },
    })
}

#[test]
fn hellos_are_read_and_written_as_the_vectors_have_them() -> Result<()> {
    for vector in vectors("hellos.json")? {
        let payload = bytes(text(&vector, "bytes"))?;
        let description = text(&vector, "description");
        let (violation, encoded) = if text(&vector, "side") == "client" {
            let hello = ClientHello::decode(&payload);
            assert!(hello.is_err() || hello == Ok(client_hello(&vector["hello"])?), "{description}");
            (hello.as_ref().err().map(ToString::to_string), hello.ok().map(|hello| hello.encode()))
        } else {
            let hello = ServerHello::decode(&payload);
            assert!(hello.is_err() || hello == Ok(server_hello(&vector["hello"])?), "{description}");
            (hello.as_ref().err().map(ToString::to_string), hello.ok().map(|hello| hello.encode()))
        };
        assert_eq!(json!(violation), vector["violation"], "{description}");
        if vector["encodes"] == true {
            assert_eq!(encoded, Some(payload), "{description}");
        }
    }
    Ok(())
}

#[test]
fn prefaces_are_distinguished_from_other_bytes() -> Result<()> {
    for vector in vectors("prefaces.json")? {
        let found = match wire::read_preface(&bytes(text(&vector, "bytes"))?) {
            Preface::Incomplete => json!("more"),
            Preface::Foreign => json!("foreign"),
            Preface::Version(version) => json!({ "version": version }),
        };
        assert_eq!(found, vector["expect"], "{}", text(&vector, "bytes"));
    }
    assert_eq!(wire::read_preface(&wire::preface()), Preface::Version(wire::PROTOCOL_VERSION));
    Ok(())
}

#[test]
fn a_traceparent_becomes_the_bytes_of_the_vectors() -> Result<()> {
    for vector in vectors("traces.json")? {
        let found = wire::trace_from_text(text(&vector, "text"));
        let found = found.map(|found| json!({ "bytes": hex(&found), "traceId": wire::trace_id_of(&found) }));
        assert_eq!(json!(found), vector["expect"], "{}", text(&vector, "text"));
    }
    assert_eq!(wire::trace_id_of(&[0; wire::TRACE_BYTES]), None);
    Ok(())
}

#[test]
fn fingerprints_match_the_vectors() -> Result<()> {
    for vector in vectors("keys.json")? {
        assert_eq!(hex(&wire::fingerprint(&bytes(text(&vector, "key"))?)), text(&vector, "fingerprint"));
    }
    Ok(())
}
