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
fn arrays_and_objects_around_an_edit_are_not_copied() -> Result<()> {
    let branch = |last: usize| {
        json!({ "type": "object", "x-unknown": "strip", "required": ["b", "z"],
            "properties": { "b": { "type": "array", "items": { "type": "string", "x-norm": ["upper"] } }, "z": { "const": last } } })
    };
    let processor = processor(&json!({ "type": "object", "additionalProperties": true, "properties": {
        "coerced": { "type": "object", "additionalProperties": { "type": "number", "x-coerce": true } },
        "filled": { "type": "array", "items": { "type": "object", "additionalProperties": true, "properties": { "b": { "default": [0] } } } },
        "items": { "type": "array", "prefixItems": [true, { "default": "x" }], "items": false },
        "stripped": { "type": "array", "items": { "type": "object", "x-unknown": "strip", "properties": { "a": true } } },
        "trimmed": { "type": "array", "items": { "type": "object", "additionalProperties": { "type": "string", "x-norm": ["trim"] } } },
        "tried": { "anyOf": [branch(1), branch(2), true] },
    } }))?;
    let mut scratch = Scratch::default();
    // Longer than the length that an entry can note.
    let long = "x".repeat(70_000);
    let copied = format!(r#"[{{"a":"{long}","b":[1,{{}},[],"é"]}}]"#);
    for (payload, expected) in [
        (r#"{"coerced":{"a":1,"b":"2"},"x":[1]}"#, r#"{"coerced":{"a":1,"b":2},"x":[1]}"#),
        (
            r#"{"filled":[{"a":[{}]},{"b":[1],"c":2},{}]}"#,
            r#"{"filled":[{"a":[{}],"b":[0]},{"b":[1],"c":2},{"b":[0]}]}"#,
        ),
        (r#"{"a":{},"items":[[1]]}"#, r#"{"a":{},"items":[[1],"x"]}"#),
        (r#"{"stripped":[{"a":{"b":1}},{"a":[2],"z":0}]}"#, r#"{"stripped":[{"a":{"b":1}},{"a":[2]}]}"#),
        (r#"{"trimmed":[{"a":"b","c":" d"},{"e":"f "}]}"#, r#"{"trimmed":[{"a":"b","c":"d"},{"e":"f"}]}"#),
        (r#"{"trimmed":[{"a":"b","c":"d"}]}"#, r#"{"trimmed":[{"a":"b","c":"d"}]}"#),
        (r#"{"tried":{"a":0,"b":["i"],"z":2}}"#, r#"{"tried":{"b":["I"],"z":2}}"#),
        (r#"{"tried":{"a":0,"b":["i"],"z":3}}"#, r#"{"tried":{"a":0,"b":["i"],"z":3}}"#),
        (
            r#"{"x":[{"a":[1,2.0],"b":"\u0041"},{"b":1,"a":[-0]},[1e3,"é"]]}"#,
            r#"{"x":[{"a":[1,2],"b":"A"},{"a":[0],"b":1},[1000,"é"]]}"#,
        ),
        (&copied, &copied),
    ] {
        // The root has to be an object.
        let text = |value: &str| {
            if value.starts_with('[') { format!(r#"{{"y":{value},"z":{value}}}"#) } else { value.to_owned() }
        };
        assert_eq!(canonical(&processor, &mut scratch, &text(payload))?, text(expected));
        let spaced = spread(&text(payload));
        assert_eq!(canonical(&processor, &mut scratch, &spaced)?, text(expected), "{spaced}");
        assert_eq!(canonical(&processor, &mut scratch, &text(expected))?, text(expected));
    }
    Ok(())
}

/// The same document with white space around every token outside strings.
fn spread(document: &str) -> String {
    let (mut spread, mut in_string) = (String::new(), false);
    for character in document.chars() {
        in_string ^= character == '"';
        match character {
            '{' | '[' | ',' | ':' | '}' | ']' if !in_string => spread.extend(['\n', character, ' ']),
            _ => spread.push(character),
        }
    }
    spread
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
