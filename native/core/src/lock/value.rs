//! The value tree of a lock file. Payloads have a [`Tape`] instead.
//!
//! Twin of `src/json/value.ts`.

use crate::json_text::{push_number, push_primitive, push_string};
use crate::numeric::{MAX_SAFE, Numeric, parse_int64};
use crate::profile::Primitive;
use crate::read::{Kind, Tape, compare_keys};

/// A JSON value.
#[derive(Debug)]
pub enum Value {
    Primitive(Primitive),
    Array(Vec<Self>),
    Object(Object),
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        if let Self::Primitive(Primitive::String(text)) = self { Some(text) } else { None }
    }

    pub const fn number(&self) -> Option<Numeric> {
        if let Self::Primitive(Primitive::Number(number)) = self { Some(*number) } else { None }
    }

    pub const fn boolean(&self) -> Option<bool> {
        if let Self::Primitive(Primitive::Boolean(value)) = self { Some(*value) } else { None }
    }

    /// A number that a double holds.
    pub const fn double(&self) -> Option<f64> {
        match self.number() {
            Some(Numeric::Double(number)) => Some(number),
            _ => None,
        }
    }

    /// The value at `at`. Recurses once for each open bracket; the reader bounds their number.
    pub fn of(tape: &Tape<'_>, at: usize) -> Self {
        let primitive = match tape.kind(at) {
            Kind::Array => {
                let mut items = Vec::with_capacity(tape.count(at));
                let mut item = at + 1;
                while item < tape.index_after(at) {
                    items.push(Self::of(tape, item));
                    item = tape.index_after(item);
                }
                return Self::Array(items);
            }
            Kind::Object => return Self::Object(Object::of(tape, at)),
            Kind::Null => Primitive::Null,
            Kind::Boolean => Primitive::Boolean(tape.boolean(at)),
            // −0 is 0.
            Kind::Number => Primitive::Number(match tape.numeric(at) {
                Numeric::Double(number) => Numeric::Double(number + 0.0),
                integer => integer,
            }),
            Kind::String | Kind::Key => Primitive::String(tape.text(at).into()),
        };
        Self::Primitive(primitive)
    }
}

impl Value {
    /// Turns the 64-bit integers below into the nearest doubles.
    pub fn round_integers(&mut self) {
        self.map_numbers(&|number| Numeric::Double(number.to_double()));
    }

    /// Turns the doubles whose canonical text is that of a 64-bit integer into that integer: what the canonical text of
    /// the value is read as.
    pub fn keep_integers(&mut self) {
        self.map_numbers(&|number| match number {
            Numeric::Double(double) if double.abs() > MAX_SAFE => {
                let mut text = String::new();
                push_number(&mut text, double);
                parse_int64(&text).map_or(number, Numeric::Integer)
            }
            _ => number,
        });
    }

    fn map_numbers(&mut self, convert: &impl Fn(Numeric) -> Numeric) {
        match self {
            Self::Primitive(Primitive::Number(number)) => *number = convert(*number),
            Self::Primitive(_) => {}
            Self::Array(items) => items.iter_mut().for_each(|item| item.map_numbers(convert)),
            Self::Object(object) => object.members.iter_mut().for_each(|(_, value)| value.map_numbers(convert)),
        }
    }
}

impl Value {
    /// Canonical text (RFC 8785).
    pub fn canonical_text(&self) -> String {
        let mut text = String::new();
        self.push_to(&mut text);
        text
    }

    fn push_to(&self, out: &mut String) {
        match self {
            Self::Primitive(value) => push_primitive(out, value),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.push_to(out);
                }
                out.push(']');
            }
            Self::Object(object) => {
                out.push('{');
                for (index, (key, value)) in object.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    push_string(out, key);
                    out.push(':');
                    value.push_to(out);
                }
                out.push('}');
            }
        }
    }
}

/// Members in canonical key order (UTF-16 code units), each key once.
#[derive(Debug)]
pub struct Object {
    members: Vec<(Box<str>, Value)>,
}

impl Object {
    fn of(tape: &Tape<'_>, at: usize) -> Self {
        let mut members = Vec::with_capacity(tape.count(at));
        let mut key = at + 1;
        while key < tape.index_after(at) {
            members.push((tape.text(key).into(), Value::of(tape, key + 1)));
            key = tape.index_after(key + 1);
        }
        members.sort_by(|a: &(Box<str>, _), b| compare_keys(&a.0, &b.0));
        Self { members }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        let at = self.members.binary_search_by(|(one, _)| compare_keys(one, key)).ok()?;
        Some(&self.members[at].1)
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Key and value, in canonical key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter().map(|(key, value)| (&**key, value))
    }
}

/// Canonical text of a value. Recurses once for each open bracket.
pub fn push_value(out: &mut String, value: &Value) {
    match value {
        Value::Primitive(primitive) => push_primitive(out, primitive),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                out.push(if index > 0 { ',' } else { '[' });
                push_value(out, item);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Object(object) => {
            for (index, (key, value)) in object.iter().enumerate() {
                out.push(if index > 0 { ',' } else { '{' });
                push_string(out, key);
                out.push(':');
                push_value(out, value);
            }
            out.push_str(if object.members.is_empty() { "{}" } else { "}" });
        }
    }
}

/// Canonical text of a value without children.
pub fn primitive_text(value: &Primitive) -> String {
    let mut text = String::new();
    push_primitive(&mut text, value);
    text
}
