//! Locks and validation against the vectors that the TypeScript twins read too (`test/vectors/lock`, `…/validate`).

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sidelane_core::stages::{
    NormBuffers, ReadError, ReadLimits, Tape, Validator, check_text, diagnose, parse_lock, read,
};
use sidelane_core::{Code, Contract, Issue, ProcessError, Processor, Rejected, Scratch};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/vectors").join(name)
}

fn vectors(path: PathBuf) -> Result<Vec<Value>> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// A lock as text, as an object, or as pairs of a text and its number of repetitions.
fn lock_text(vector: &Value) -> String {
    match (&vector["lock"], &vector["lockParts"]) {
        (Value::Null, Value::Array(parts)) => parts
            .iter()
            .map(|part| part[0].as_str().unwrap_or_default().repeat(part[1].as_u64().unwrap_or(0) as usize))
            .collect(),
        (Value::String(text), _) => text.clone(),
        (lock, _) => lock.to_string(),
    }
}

fn lock_outcome(lock: &str) -> Value {
    match Contract::load(lock.as_bytes()) {
        Ok(contract) => serde_json::json!({ "normalForm": contract.normal_form(), "id": contract.id() }),
        Err(error) => serde_json::json!({ "code": error.code.name(), "pointer": error.pointer }),
    }
}

fn check_locks(name: &str) -> Result<()> {
    let vectors = vectors(folder("lock").join(name))?;
    assert!(vectors.len() > 50);
    for vector in vectors {
        assert_eq!(lock_outcome(&lock_text(&vector)), vector["expect"], "{}", text(&vector, "description"));
    }
    Ok(())
}

#[test]
fn lock_fields_match_the_vectors() -> Result<()> {
    check_locks("fields.json")
}

#[test]
fn normal_forms_and_ids_match_the_vectors() -> Result<()> {
    check_locks("normal-form.json")
}

#[test]
fn errors_of_locks_match_the_vectors() -> Result<()> {
    check_locks("refused.json")
}

fn rejected(code: &str, issues: &str, truncated: bool) -> String {
    format!(r#"{{"ok":false,"code":"{code}","issues":[{issues}],"truncated":{truncated}}}"#)
}

fn issue_text(issue: &Issue) -> String {
    let Issue { code, pointer, keyword, params, .. } = issue;
    let keyword = keyword.map(|keyword| format!(r#","keyword":"{keyword}""#)).unwrap_or_default();
    read_issue_text(*code, pointer, &keyword, params.as_deref())
}

fn read_issue_text(code: Code, pointer: &str, keyword: &str, params: Option<&str>) -> String {
    let (pointer, params) = (Value::from(pointer), params.unwrap_or_default());
    format!(r#"{{"code":"{}","pointer":{pointer}{keyword},"params":{params}}}"#, code.name())
}

/// The outcome of a payload that the schema accepts.
fn accepted_outcome(lock: &[u8], payload: &str) -> Result<String> {
    // A build may lack the codec that a lock has by default.
    let members = lock.trim_ascii_start().strip_prefix(b"{").ok_or("a lock is an object")?;
    let lock = [br#"{"compress":{"codec":"none"},"#, members].concat();
    let processor = Processor::builder(Contract::load(&lock)?).build()?;
    let mut scratch = Scratch::default();
    match processor.process(&mut scratch, payload.as_bytes()) {
        Ok(accepted) => {
            let text = Value::from(str::from_utf8(accepted.canonical())?);
            Ok(format!(r#"{{"ok":true,"canonical":{text}}}"#))
        }
        Err(ProcessError::Rejected(Rejected { code, issues, truncated, .. })) => {
            let issues: Vec<String> = issues.iter().map(issue_text).collect();
            Ok(rejected(code.name(), &issues.join(","), truncated))
        }
        Err(error) => Err(error.to_string().into()),
    }
}

/// The verdict of the slow path; the fast path must agree.
fn payload_outcome(lock: &[u8], payload: &str) -> Result<String> {
    let profile = parse_lock(lock)?;
    let limits = ReadLimits::of(&profile);
    let mut tape = Tape::default().bind(payload);
    let result = check_text(payload.as_bytes(), &limits).and_then(|_| read(&mut tape, &limits));
    if let Some(error) = result.err().or_else(|| diagnose(&tape, &limits)) {
        let params = error.params(payload.as_bytes(), &limits);
        let (code, pointer) = match &error {
            ReadError::Text(code) => (*code, ""),
            ReadError::Data { code, pointer, .. } => (*code, pointer.as_str()),
            ReadError::OutOfMemory | ReadError::Interrupted => return Err("not enough memory".into()),
        };
        return Ok(rejected(code.name(), &read_issue_text(code, pointer, "", params.as_deref()), false));
    }
    let (validator, mut buffers, mut issues) = (Validator::new(&profile), NormBuffers::default(), Vec::new());
    let passes = validator.passes(&mut tape, &mut buffers);
    let truncated = validator.collect_issues(&mut tape, &mut buffers, &mut issues);
    assert_eq!(passes, issues.is_empty(), "fast and slow path disagree on {payload}");
    if passes {
        return accepted_outcome(lock, payload);
    }
    let issues: Vec<String> = issues.iter().map(issue_text).collect();
    Ok(rejected("validate.failed", &issues.join(","), truncated))
}

#[test]
fn issues_match_the_vectors() -> Result<()> {
    let mut tests = 0;
    for file in fs::read_dir(folder("validate"))? {
        for vector in vectors(file?.path())? {
            let numbers = vector["numbers"].as_str().unwrap_or("safe");
            // JSON.parse of the TypeScript twin would round the numbers of some schemas: those are texts.
            let schema = match &vector["schemaText"] {
                Value::String(text) => text.clone(),
                _ => vector["schema"].to_string(),
            };
            let limits = if vector["limits"].is_null() { "{}".into() } else { vector["limits"].to_string() };
            let lock = format!(
                r#"{{"profile":"p1","unicode":"15.0","name":"vector","numbers":"{numbers}","limits":{limits},"schema":{schema}}}"#
            );
            for test in vector["tests"].as_array().into_iter().flatten() {
                tests += 1;
                let expected = &test["outcome"];
                let mut got: Value = serde_json::from_str(&payload_outcome(lock.as_bytes(), text(test, "text"))?)?;
                // Not every vector has the canonical form.
                if expected["canonical"].is_null()
                    && let Some(outcome) = got.as_object_mut()
                {
                    outcome.remove("canonical");
                }
                // As text: the order of keys counts.
                let title = format!("{}: {}", text(&vector, "description"), text(test, "description"));
                assert_eq!(got.to_string(), expected.to_string(), "{title}");
            }
        }
    }
    assert!(tests > 200);
    Ok(())
}

#[test]
fn the_codes_match_the_vectors() -> Result<()> {
    let codes = Code::ALL.iter().map(|code| {
        assert_eq!(Code::from_name(code.name()), Some(*code));
        serde_json::json!({
            "code": code.name(), "wire": code.wire(), "status": code.status(), "message": code.message(),
        })
    });
    assert_eq!(codes.collect::<Vec<_>>(), vectors(folder("wire").join("codes.json"))?);
    assert_eq!(Code::from_name("no.such"), None);
    Ok(())
}
