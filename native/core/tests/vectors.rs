//! Locks and validation against the vectors that the TypeScript twins read too (`test/vectors/lock`, `…/validate`).

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sidelane_core::contract::Contract;
use sidelane_core::normal_form::normal_form;
use sidelane_core::read::{self, Fault, ReadLimits, Tape};
use sidelane_core::validate::Validation;

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

/// A lock's text as it stands, as an object, or in pieces with how often each is repeated.
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
        Ok(contract) => serde_json::json!({ "normalForm": normal_form(&contract.profile), "id": contract.id }),
        Err(fault) => serde_json::json!({ "code": fault.code.name(), "pointer": fault.pointer }),
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
fn lock_fields_are_read_as_the_vectors_say() -> Result<()> {
    check_locks("fields.json")
}

#[test]
fn locks_have_the_normal_form_and_the_id_of_the_vectors() -> Result<()> {
    check_locks("normal-form.json")
}

#[test]
fn locks_outside_the_profile_are_refused_where_the_vectors_say() -> Result<()> {
    check_locks("refused.json")
}

fn rejected(code: &str, issues: &str, truncated: bool) -> String {
    format!(r#"{{"ok":false,"code":"{code}","issues":[{issues}],"truncated":{truncated}}}"#)
}

fn validation_text(validation: &Validation) -> String {
    let issues: Vec<String> = validation
        .issues
        .iter()
        .map(|issue| {
            let mut text = String::new();
            issue.push_json(&mut text);
            text
        })
        .collect();
    rejected("validate.failed", &issues.join(","), validation.truncated)
}

/// The verdict of the cold path, after the fast one has agreed.
fn payload_outcome(contract: &Contract, payload: &str) -> String {
    let limits = &contract.profile.limits;
    let limits = ReadLimits {
        max_bytes: limits.max_bytes,
        max_depth: limits.max_depth,
        max_keys: limits.max_keys,
        safe_numbers: contract.profile.numbers == sidelane_core::profile::Numbers::Safe,
    };
    let mut tape = Tape::default().bind(payload);
    let read = read::check_text(payload.as_bytes(), &limits).and_then(|_| read::read(&mut tape, &limits));
    match read.err().or_else(|| read::data_fault(&tape, &limits)) {
        Some(Fault::Refused(code)) => return rejected(code.name(), "", false),
        Some(Fault::Data(code, pointer)) => {
            let issue = serde_json::json!({ "code": code.name(), "pointer": pointer });
            return rejected(code.name(), &issue.to_string(), false);
        }
        Some(Fault::Memory) => return "no memory".into(),
        None => {}
    }
    let passes = contract.validator.passes(&mut tape);
    let validation = contract.validator.issues(&mut tape);
    assert_eq!(passes, validation.issues.is_empty(), "fast check and issues disagree on {payload}");
    if passes { r#"{"ok":true}"#.into() } else { validation_text(&validation) }
}

#[test]
fn payloads_get_the_issue_lists_of_the_vectors() -> Result<()> {
    let mut tests = 0;
    for file in fs::read_dir(folder("validate"))? {
        for vector in vectors(file?.path())? {
            let numbers = vector["numbers"].as_str().unwrap_or("safe");
            let lock = serde_json::json!({
                "profile": "p1", "unicode": "15.0", "name": "vector", "numbers": numbers, "schema": vector["schema"],
            });
            let contract = Contract::load(lock.to_string().as_bytes())?;
            for test in vector["tests"].as_array().into_iter().flatten() {
                tests += 1;
                let mut expected = test["outcome"].clone();
                if let Some(outcome) = expected.as_object_mut() {
                    outcome.remove("canonical");
                }
                let got: Value = serde_json::from_str(&payload_outcome(&contract, text(test, "text")))?;
                // As text: the order of keys counts.
                let title = format!("{}: {}", text(&vector, "description"), text(test, "description"));
                assert_eq!(got.to_string(), expected.to_string(), "{title}");
            }
        }
    }
    assert!(tests > 200);
    Ok(())
}
