//! Edits of documents that the vectors do not cover: hostile documents, and memory that is used again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidelane_core::{Contract, ProcessError, Processor, Scratch};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Generous for an unoptimized build on a busy machine: what is not linear takes minutes.
const TIME_LIMIT: Duration = Duration::from_secs(20);

fn processor(schema: &Value) -> Result<Processor> {
    let lock = json!({
        "profile": "p1", "unicode": "15.0", "name": "test", "schema": schema, "compress": { "codec": "none" },
        "limits": { "maxBytes": 2_000_000, "maxKeys": 1_000_000 },
    });
    Ok(Processor::builder(Contract::load(lock.to_string().as_bytes())?).build()?)
}

fn canonical(processor: &Processor, scratch: &mut Scratch, payload: &str) -> Result<String> {
    let accepted = processor.process(scratch, payload.as_bytes()).map_err(|error| error.to_string())?;
    Ok(str::from_utf8(accepted.canonical())?.to_owned())
}

fn array_of(item: &str, bytes: usize) -> String {
    format!("[{}]", vec![item; bytes / (item.len() + 1)].join(","))
}

#[test]
fn what_failed_branches_edited_takes_no_memory_and_linear_time() -> Result<()> {
    // Every branch upper-cases and strips all of the array before the last item refuses it.
    let branch = |last: usize| {
        let item = json!({ "type": "object", "x-unknown": "strip", "properties": {
            "a": { "type": "string", "x-norm": ["upper"] }, "n": { "type": "string", "x-coerce": true }, "d": { "default": last } } });
        json!({ "type": "object", "x-unknown": "strip", "required": ["list", "z"], "properties": { "list": { "type": "array", "items": item }, "z": { "const": last } } })
    };
    let processor = processor(&json!({ "anyOf": (0..30).map(branch).collect::<Vec<_>>() }))?;
    let list = array_of(r#"{"x":0,"a":"abc","n":12}"#, 1 << 18);
    let (mut scratch, start) = (Scratch::default(), Instant::now());
    for last in [29, 0] {
        let written = canonical(&processor, &mut scratch, &format!(r#"{{"y":1,"list":{list},"z":{last}}}"#))?;
        let item = format!(r#"{{"a":"ABC","d":{last},"n":"12"}}"#);
        assert!(written.starts_with(&format!(r#"{{"list":[{item},{item},"#)));
        assert!(written.ends_with(&format!(r#",{item}],"z":{last}}}"#)));
    }
    let refused = processor.process(&mut scratch, format!(r#"{{"list":{list},"z":30}}"#).as_bytes());
    let Err(ProcessError::Rejected(rejected)) = refused else { return Err("accepted".into()) };
    assert_eq!(rejected.code.name(), "validate.failed");
    assert!(start.elapsed() < TIME_LIMIT, "took {:?}", start.elapsed());
    Ok(())
}

#[test]
fn dropped_members_are_checked_in_linear_time() -> Result<()> {
    let processor = processor(&json!({ "type": "object", "x-unknown": "strip", "properties": { "k": true } }))?;
    let mut scratch = Scratch::default();
    let members: Vec<String> =
        (0..40_000).rev().map(|number| format!(r#""m{number:05}":{{"b":1,"a":[{{}}]}}"#)).collect();
    let members = members.join(",");
    let start = Instant::now();
    assert_eq!(
        canonical(&processor, &mut scratch, &format!(r#"{{{members},"k":[2,{{"b":1,"a":2}}]}}"#))?,
        r#"{"k":[2,{"a":2,"b":1}]}"#
    );
    let refused =
        processor.process(&mut scratch, format!(r#"{{{members},"x":{{"b":1,"a":[{{"q":1,"q":1}}]}}}}"#).as_bytes());
    let Err(ProcessError::Rejected(rejected)) = refused else { return Err("accepted".into()) };
    assert_eq!((rejected.code.name(), &*rejected.issues[0].pointer), ("parse.duplicate_key", "/x/a/0/q"));
    assert!(start.elapsed() < TIME_LIMIT, "took {:?}", start.elapsed());
    Ok(())
}

#[test]
fn long_hosts_take_linear_time() -> Result<()> {
    let hostname = processor(&json!({ "type": "string", "x-url": { "hostname": "^.*$" } }))?;
    let any = processor(&json!({ "type": "string", "x-url": {} }))?;
    let mut scratch = Scratch::default();
    let start = Instant::now();
    for host in ["é".repeat(400_000), "%C3%A9".repeat(150_000), "a".repeat(900_000), "é.".repeat(300_000)] {
        let payload = format!(r#""https://{host}/""#);
        assert_eq!(canonical(&any, &mut scratch, &payload)?, payload);
        assert!(hostname.process(&mut scratch, payload.as_bytes()).is_err());
    }
    assert!(start.elapsed() < TIME_LIMIT, "took {:?}", start.elapsed());
    Ok(())
}
