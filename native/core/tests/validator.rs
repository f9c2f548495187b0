//! What the validation vectors do not cover: normalized values, the guess of the next key, hostile documents. `vectors`
//! covers the issues.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidelane_core::stages::{LargeIntegers, NormBuffers, ReadLimits, Tape, Validator, parse_lock, read};
use sidelane_core::{ContractError, Processor, Scratch};

const LIMITS: ReadLimits =
    ReadLimits { max_bytes: 1 << 21, max_depth: 120, max_keys: 1_000_000, large_integers: LargeIntegers::Refuse };

/// Generous for an unoptimized build on a busy machine: what is not linear takes minutes.
const TIME_LIMIT: Duration = Duration::from_secs(20);

fn validator(schema: &Value) -> Result<Validator, ContractError> {
    let lock = json!({
        "profile": "p1", "unicode": "15.0", "name": "test", "limits": { "maxDepth": 120 }, "schema": schema,
    });
    Ok(Validator::new(&parse_lock(lock.to_string().as_bytes())?))
}

/// The verdict of the fast path; the slow path must agree.
fn passes(validator: &Validator, payload: &str) -> bool {
    let (mut tape, mut buffers, mut issues) = (Tape::default().bind(payload), NormBuffers::default(), Vec::new());
    assert_eq!(read(&mut tape, &LIMITS), Ok(()));
    let passes = validator.passes(&mut tape, &mut buffers);
    validator.collect_issues(&mut tape, &mut buffers, &mut issues);
    assert_eq!(issues.is_empty(), passes);
    passes
}

/// The last string of the document after the fast path.
fn last_text(validator: &Validator, payload: &str) -> String {
    let mut tape = Tape::default().bind(payload);
    assert_eq!(read(&mut tape, &LIMITS), Ok(()));
    validator.passes(&mut tape, &mut NormBuffers::default());
    tape.text(tape.len() - 1).to_owned()
}

/// Runs the test on the small stack of a worker thread and bounds its time.
fn within_time_on_a_small_stack(
    test: impl FnOnce() -> Result<(), ContractError> + Send + 'static,
) -> Result<(), ContractError> {
    let start = Instant::now();
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(test).map_err(std::io::Error::other);
    let result = thread.map(|thread| thread.join());
    assert!(start.elapsed() < TIME_LIMIT, "took {:?}", start.elapsed());
    match result {
        Ok(Ok(result)) => result,
        _ => panic!("the thread could not run"),
    }
}

fn array_of(item: &str, bytes: usize) -> String {
    let mut text = String::from("[");
    while text.len() + item.len() + 1 < bytes {
        text.push_str(item);
        text.push(',');
    }
    text + item + "]"
}

/// Definitions d0, d1 …: each leads to the next, and the last back to d0 through an array.
fn chain(length: usize, link: impl Fn(Value) -> Value) -> Value {
    let reference = |number: usize| json!({ "$ref": format!("#/$defs/d{number}") });
    let mut defs = serde_json::Map::new();
    for number in 0..length {
        defs.insert(format!("d{number}"), link(reference(number + 1)));
    }
    defs.insert(format!("d{length}"), json!({ "type": "array", "items": reference(0) }));
    json!({ "$defs": defs, "$ref": "#/$defs/d0" })
}

#[test]
fn the_normalized_value_is_checked() -> Result<(), ContractError> {
    let validator =
        validator(&json!({ "type": "string", "minLength": 2, "x-norm": ["trim", "lower"], "pattern": "^[a-z]" }))?;
    assert!(passes(&validator, r#"" AB ""#));
    assert!(!passes(&validator, r#"" A ""#));
    assert_eq!(last_text(&validator, r#"" AB ""#), "ab");
    Ok(())
}

#[test]
fn the_selected_branch_decides_what_is_normalized() -> Result<(), ContractError> {
    let branch = |kind: &str, norm: &str| {
        let properties = json!({ "t": { "const": kind }, "x": { "type": "string", "x-norm": [norm] } });
        json!({ "type": "object", "properties": properties, "required": ["t"] })
    };
    let validator = validator(&json!({ "oneOf": [branch("a", "lower"), branch("b", "trim")] }))?;
    assert_eq!(last_text(&validator, r#"{"t":"a","x":" X "}"#), " x ");
    assert_eq!(last_text(&validator, r#"{"t":"b","x":" X "}"#), "X");
    assert_eq!(last_text(&validator, r#"{"t":"c","x":" X "}"#), " X ");
    Ok(())
}

#[test]
fn an_enum_is_looked_up_after_normalizing() -> Result<(), ContractError> {
    let validator = validator(&json!({ "anyOf": [{ "enum": ["a", "b"], "x-norm": ["lower"] }, { "type": "null" }] }))?;
    assert!(passes(&validator, r#""B""#));
    assert!(passes(&validator, "null"));
    assert!(!passes(&validator, r#""C""#));
    Ok(())
}

#[test]
fn the_order_of_members_changes_no_verdict() -> Result<(), ContractError> {
    let validator = validator(&json!({
        "type": "object",
        "properties": { "a": { "type": "integer" }, "b": { "type": "string" }, "c": { "type": "null" } },
        "required": ["a", "b"],
        "additionalProperties": { "type": "boolean" },
    }))?;
    for _ in 0..3 {
        assert!(passes(&validator, r#"{"a":1,"b":"x","c":null,"d":true}"#));
        assert!(passes(&validator, r#"{"d":true,"c":null,"b":"x","a":1}"#));
        assert!(passes(&validator, r#"{"b":"x","a":1}"#));
        assert!(!passes(&validator, r#"{"b":1,"a":1}"#));
        assert!(!passes(&validator, r#"{"c":null,"b":"x"}"#));
        assert!(!passes(&validator, r#"{"a":1,"b":"x","d":null}"#));
    }
    Ok(())
}

#[test]
fn duplicate_keys_do_not_panic() -> Result<(), ContractError> {
    let validator = validator(&json!({ "type": "object", "properties": { "a": true }, "required": ["a"] }))?;
    let mut tape = Tape::default().bind(r#"{"a":1,"a":2,"a":3}"#);
    assert_eq!(read(&mut tape, &LIMITS), Ok(()));
    validator.passes(&mut tape, &mut NormBuffers::default());
    Ok(())
}

#[test]
fn threads_share_a_processor_and_own_a_scratch() {
    const fn is_shared<T: Send + Sync>() {}
    const fn is_sent<T: Send>() {}
    is_shared::<Processor>();
    is_sent::<Scratch>();
}

#[test]
fn chains_of_definitions_need_no_stack_and_linear_time() -> Result<(), ContractError> {
    within_time_on_a_small_stack(|| {
        let deep = "[".repeat(120) + &"]".repeat(120);
        let wide = array_of("[]", 1 << 20);
        for schema in [
            chain(3000, |next| next),
            chain(1800, |next| json!({ "anyOf": [next] })),
            chain(1600, |next| json!({ "anyOf": [next, { "type": "null" }] })),
        ] {
            let validator = validator(&schema)?;
            assert!(passes(&validator, &deep));
            assert!(passes(&validator, &wide));
        }
        Ok(())
    })
}

#[test]
fn the_cost_of_a_small_object_is_independent_of_the_number_of_properties() -> Result<(), ContractError> {
    within_time_on_a_small_stack(|| {
        let names = (0..1000).map(|number| (format!("property_{number}"), json!({ "type": "string" })));
        let properties: serde_json::Map<String, Value> = names.collect();
        let validator =
            validator(&json!({ "type": "array", "items": { "type": "object", "properties": properties } }))?;
        assert!(passes(&validator, &array_of("{}", 1 << 20)));
        assert!(passes(&validator, &array_of(r#"{"property_7":"","property_999":"","other":0}"#, 1 << 20)));
        Ok(())
    })
}

#[test]
fn the_largest_fan_out_stays_linear() -> Result<(), ContractError> {
    within_time_on_a_small_stack(|| {
        let branches: Vec<Value> = (0..256)
            .map(|number| json!({ "type": "object", "properties": { "k": { "const": number } }, "required": ["k"] }))
            .collect();
        let validator = validator(&json!({ "type": "array", "items": { "anyOf": branches } }))?;
        assert!(passes(&validator, &array_of(r#"{"a":1,"bb":2,"k":255}"#, 1 << 18)));
        assert!(!passes(&validator, &array_of(r#"{"a":1,"bb":2,"k":256}"#, 1 << 18)));
        Ok(())
    })
}

#[test]
fn the_deepest_schema_loads_on_a_small_stack() -> Result<(), ContractError> {
    within_time_on_a_small_stack(|| {
        let mut schema = json!({ "type": "integer" });
        for _ in 0..60 {
            schema = json!({ "anyOf": [{ "type": "string" }, schema] });
        }
        let unions = validator(&schema)?;
        assert!(passes(&unions, "1"));
        let mut schema = json!({ "type": "integer" });
        for _ in 0..120 {
            schema = json!({ "type": "array", "items": schema });
        }
        let arrays = validator(&schema)?;
        assert!(passes(&arrays, &("[".repeat(120) + &"]".repeat(120))));
        Ok(())
    })
}
