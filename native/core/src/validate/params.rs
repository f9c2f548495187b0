//! The `params` of issues, as JSON text. They contain only parts of the contract.

use crate::json_text::{push_numeric, push_primitive, push_string};
use crate::numeric::Numeric;
use crate::profile::{Primitive, TypeName};

/// For keywords without parameters.
pub const NOTHING: &str = "{}";

/// `{ expected }` of a `type` issue.
pub fn types(types: &[TypeName]) -> Box<str> {
    expected(types.iter(), |one, out| push_string(out, one.name()))
}

/// `{ expected }` of a const, enum or discriminator issue.
pub fn values<'a>(values: impl Iterator<Item = &'a Primitive>) -> Box<str> {
    expected(values, |one, out| match one {
        Primitive::Number(number) => push_number(out, *number),
        other => push_primitive(out, other),
    })
}

fn expected<T>(items: impl Iterator<Item = T>, push: impl Fn(T, &mut String)) -> Box<str> {
    let mut text = String::from("{\"expected\":[");
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(',');
        }
        push(item, &mut text);
    }
    text.push_str("]}");
    text.into_boxed_str()
}

/// An integer that no double holds is a string, for readers of JSON without such integers.
fn push_number(out: &mut String, number: Numeric) {
    match number {
        Numeric::Double(_) => push_numeric(out, number),
        Numeric::Integer(integer) => push_string(out, &integer.to_string()),
    }
}

/// `{ limit }` of a number's bound.
pub fn number(limit: Numeric) -> String {
    limited(|out| push_number(out, limit))
}

/// `{ limit }` of a length or a count.
pub fn count(limit: u64) -> String {
    format!("{{\"limit\":{limit}}}")
}

/// `{ limit }` of a pattern.
pub fn pattern(source: &str) -> String {
    limited(|out| push_string(out, source))
}

fn limited(push: impl FnOnce(&mut String)) -> String {
    let mut text = String::from("{\"limit\":");
    push(&mut text);
    text.push('}');
    text
}

/// `{ limit }` of a URL.
pub const URL: &str = r#"{"limit":"url"}"#;

/// `{ expected }` where an array is expected.
pub const ARRAY: &str = r#"{"expected":["array"]}"#;

/// `{ expected }` where an object is expected.
pub const OBJECT: &str = r#"{"expected":["object"]}"#;
