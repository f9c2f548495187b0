//! The layout of outcomes, byte by byte.

use serde_json::{Value, json};
use sidelane_core::{Code, Contract, DIGEST_BYTES, Processor, Scratch};
use sidelane_wire::{
    ACCEPTED_HEADER_BYTES, Fault, FrameKind, Needs, Outcome, TEXT_HEADER_BYTES, Written, write_fault, write_outcome,
    write_rejection,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn processor(schema: Value, digest: &str) -> Result<Processor> {
    let compress = json!({ "codec": "none" });
    let lock = json!({
        "profile": "p1", "unicode": "15.0", "name": "test", "schema": schema, "digest": digest, "compress": compress,
    });
    let contract = Contract::load(lock.to_string().as_bytes())?;
    Ok(Processor::builder(contract).digest_key(&[7; 16]).build()?)
}

/// Writes to a target of no bytes first, then to one of the size that is asked for.
fn written(mut write: impl FnMut(&mut [u8]) -> std::result::Result<Written, Needs>) -> Result<(Written, Vec<u8>)> {
    let Err(Needs(size)) = write(&mut []) else { return Err("no outcome has no bytes".into()) };
    let mut target = vec![0xaa; size];
    assert_eq!(write(&mut target[..size - 1]), Err(Needs(size)));
    let written = write(&mut target).map_err(|Needs(more)| format!("asked for {size}, then for {more}"))?;
    target.truncate(written.size);
    Ok((written, target))
}

fn outcome(processor: &Processor, payload: &[u8], canonical: bool) -> Result<(Written, Vec<u8>)> {
    let mut scratch = Scratch::default();
    let mut result = processor.process(&mut scratch, payload);
    written(|target| write_outcome(&mut result, canonical, target))
}

#[test]
fn an_accepted_outcome_has_its_fixed_layout() -> Result<()> {
    let payload = br#" {"b":[1.0,"x\u0041"], "a":null}"#;
    let canonical = br#"{"a":null,"b":[1,"xA"]}"#;
    let digest: [u8; DIGEST_BYTES] =
        *Processor::builder(Contract::load(br#"{"profile":"p1","unicode":"15.0","name":"test","schema":{}}"#)?)
            .build()?
            .process(&mut Scratch::default(), payload)
            .map_err(|error| error.to_string())?
            .digest()
            .ok_or("no digest")?;
    let (written, bytes) = outcome(&processor(json!({}), "sha-256")?, payload, true)?;
    assert_eq!(bytes[..4], [1, 3, 0, 0]);
    assert_eq!(bytes[4..8], (payload.len() as u32).to_le_bytes());
    assert_eq!(bytes[8..12], (canonical.len() as u32).to_le_bytes());
    assert_eq!(bytes[12..16], (canonical.len() as u32).to_le_bytes());
    assert_eq!(bytes[16..48], digest);
    assert_eq!(bytes[ACCEPTED_HEADER_BYTES..], [&canonical[..], canonical].concat());
    let body_bytes = canonical.len() as u32;
    let accepted = Outcome::Accepted {
        in_bytes: payload.len() as u32,
        canonical_bytes: body_bytes,
        body_bytes,
        digest: Some(digest),
    };
    assert_eq!(written, Written { size: bytes.len(), outcome: accepted });
    assert_eq!((written.code(), written.issues(), &bytes[written.body()]), (None, None, &canonical[..]));
    let header = written.frame_header(7, 8, 9);
    assert_eq!((header.kind, header.length, header.index), (FrameKind::Accepted, bytes.len() as u32, 0));
    assert_eq!((header.id, header.a, header.b), (7, 8, 9));

    let (_, plain) = outcome(&processor(json!({}), "sha-256")?, payload, false)?;
    assert_eq!((plain[1], plain.len()), (1, ACCEPTED_HEADER_BYTES + canonical.len()));
    let (_, none) = outcome(&processor(json!({}), "none")?, b"1", false)?;
    assert_eq!((none[1], &none[16..48]), (0, &[0; DIGEST_BYTES][..]));
    let (_, keyed) = outcome(&processor(json!({}), "hmac-sha-256")?, b"1", false)?;
    assert_eq!((keyed[1], &keyed[16..48]), (1, &sidelane_core::hmac_sha256(&[7; 16], b"1")[..]));
    Ok(())
}

#[test]
fn a_rejected_outcome_is_the_json_text_of_the_twin() -> Result<()> {
    let processor = processor(json!({ "type": "integer", "maximum": 3 }), "sha-256")?;
    let issues = r#""issues":[{"code":"validate.failed","pointer":"","keyword":"maximum","params":{"limit":3}}],"truncated":false"#;
    let cases = [
        ("4", Code::ValidateFailed, issues),
        (
            "{",
            Code::ParseSyntax,
            r#""issues":[{"code":"parse.syntax","pointer":"","params":{"offset":1,"line":1,"column":2,"expected":"key-or-end"}}],"truncated":false"#,
        ),
        (
            r#"{"a\n":1,"a\n":2}"#,
            Code::ParseDuplicateKey,
            r#""issues":[{"code":"parse.duplicate_key","pointer":"/a\n","params":{"offset":9,"line":1,"column":10}}],"truncated":false"#,
        ),
    ];
    for (payload, code, issues) in cases {
        let text = format!(r#"{{"code":"{}",{issues}}}"#, code.name());
        let (written, bytes) = outcome(&processor, payload.as_bytes(), true)?;
        assert_eq!(bytes[..4], [2, 0, 0, 0]);
        assert_eq!(bytes[4..TEXT_HEADER_BYTES], (text.len() as u32).to_le_bytes());
        assert_eq!(str::from_utf8(&bytes[TEXT_HEADER_BYTES..])?, text);
        assert_eq!(written, Written { size: bytes.len(), outcome: Outcome::Rejected { code } });
        assert_eq!(written.issues().map(|range| &bytes[range]), Some(issues.as_bytes()));
        assert_eq!((written.body_bytes(), written.frame_header(1, 0, 0).index), (0, code.wire()));
    }
    let (_, bytes) = written(|target| write_rejection(Code::LimitBytes, &[], false, target))?;
    assert_eq!(bytes[TEXT_HEADER_BYTES..], *br#"{"code":"limit.bytes","issues":[],"truncated":false}"#);
    Ok(())
}

#[test]
fn a_fault_has_its_message_and_what_is_known_besides() -> Result<()> {
    let queue = Fault { place: Some("queue"), ..Code::DeadlineExceeded.into() };
    let full = Fault { retry_after_ms: Some(40), ..Code::Overloaded.into() };
    let told = Fault { message: "a \"quote\"", ..Code::ProtocolViolation.into() };
    let cases = [
        (Code::Cancelled.into(), r#""cancelled","message":"The caller cancelled the call.""#),
        (queue, r#""deadline.exceeded","message":"The deadline passed.","params":{"where":"queue"}"#),
        (full, r#""overloaded","message":"The placement is full.","retryAfterMs":40"#),
        (told, r#""protocol.violation","message":"a \"quote\"""#),
    ];
    for (fault, text) in cases {
        let (written, bytes) = written(|target| write_fault(&fault, target))?;
        assert_eq!(bytes[..4], [3, 0, 0, 0]);
        assert_eq!(str::from_utf8(&bytes[TEXT_HEADER_BYTES..])?, format!(r#"{{"code":{text}}}"#));
        let Fault { code, retry_after_ms, .. } = fault;
        assert_eq!(written, Written { size: bytes.len(), outcome: Outcome::Fault { code, retry_after_ms } });
        assert_eq!(written.frame_header(1, 0, 0).kind, FrameKind::Error);
    }
    Ok(())
}
