//! The fast check: one walk over the tape that normalizes strings where the schema says so and answers yes or no.
//! It allocates nothing but the text of strings that change. What is wrong where: `issues`.

use std::sync::atomic::Ordering::Relaxed;

use super::compile::Graph;
use super::node::{Array, Discriminated, Form, NodeId, Number, Object, Scalar, Text, Values};
use super::number::{is_integral, is_multiple};
use crate::normalize::{self, NormBuffers};
use crate::read::{Kind, Tape};

/// A walk in progress.
pub struct Fast<'a, 't, 'd> {
    pub graph: &'a Graph,
    pub tape: &'t mut Tape<'d>,
    pub buffers: &'t mut NormBuffers,
}

impl Fast<'_, '_, '_> {
    /// True when the value at `at` passes `id`.
    ///
    /// Recurses once for each open bracket of the payload, and once more for a union.
    pub fn passes(&mut self, mut id: NodeId, at: usize) -> bool {
        let graph = self.graph;
        let kind = self.tape.kind(at);
        if let Form::Nullable(inner) = &graph.nodes[id as usize].form {
            if kind == Kind::Null {
                return true;
            }
            id = *inner;
        }
        let node = &graph.nodes[id as usize];
        if !node.kinds.admit(kind) {
            return false;
        }
        match &node.form {
            Form::Scalar(scalar) => self.scalar(scalar, kind, at),
            Form::Object(object) => self.object(object, at),
            Form::Array(array) => self.array(array, at),
            Form::Values(values) => self.values(values, kind, at),
            Form::Any => true,
            Form::Discriminated(node) => self.discriminated(node, at),
            Form::Union(union) => union.by_kind[kind as usize].iter().any(|branch| self.passes(*branch, at)),
            // No finished edge leads to a reference, none of a nullable to another.
            Form::Nullable(_) | Form::Ref(_) => false,
        }
    }

    #[inline]
    fn scalar(&mut self, scalar: &Scalar, kind: Kind, at: usize) -> bool {
        match kind {
            Kind::String => scalar.text.free || self.text(&scalar.text, at),
            Kind::Number => {
                let value = self.tape.number(at);
                (!scalar.integral || is_integral(value)) && number_passes(&scalar.number, value)
            }
            _ => true,
        }
    }

    fn text(&mut self, text: &Text, at: usize) -> bool {
        if !text.norm.is_empty() {
            normalize::apply(self.tape, self.buffers, at, text.norm);
        }
        let value = self.tape.text(at);
        length_passes(text, value) && text.patterns.iter().all(|(matcher, _)| matcher.is_match(value))
    }

    pub fn values(&mut self, values: &Values, kind: Kind, at: usize) -> bool {
        match kind {
            Kind::String => {
                if !values.norm.is_empty() {
                    normalize::apply(self.tape, self.buffers, at, values.norm);
                }
                values.table.string(self.tape.text(at)).is_some()
            }
            Kind::Number => values.table.number(self.tape.number(at)).is_some(),
            Kind::Boolean => values.table.boolean(self.tape.boolean(at)).is_some(),
            _ => values.table.null().is_some(),
        }
    }

    fn array(&mut self, array: &Array, at: usize) -> bool {
        let count = self.tape.count(at) as u64;
        if count < array.min || count > array.max {
            return false;
        }
        let end = self.tape.after(at);
        let mut item = at + 1;
        for id in &array.prefix {
            if item == end {
                return true;
            }
            if !self.passes(*id, item) {
                return false;
            }
            item = self.tape.after(item);
        }
        let Some(id) = array.items else { return item == end };
        if matches!(self.graph.nodes[id as usize].form, Form::Any) {
            return true;
        }
        while item != end {
            if !self.passes(id, item) {
                return false;
            }
            item = self.tape.after(item);
        }
        true
    }

    fn object(&mut self, object: &Object, at: usize) -> bool {
        let end = self.tape.after(at);
        let mut key = at + 1;
        let mut slot = &object.next[0];
        let mut required = object.required.len();
        while key != end {
            let value = key + 1;
            let guess = slot.load(Relaxed);
            let found = match object.properties.get(guess as usize) {
                Some(property) if property.name.as_bytes() == self.tape.bytes(key) => Some(guess),
                _ => object.find(self.tape.text(key)).inspect(|number| slot.store(*number, Relaxed)),
            };
            if let Some(number) = found {
                let property = &object.properties[number as usize];
                slot = &object.next[number as usize + 1];
                // Equal keys may still be there; such a document is refused whatever comes out here.
                required = required.wrapping_sub(property.required.into());
                if !self.passes(property.node, value) {
                    return false;
                }
            } else {
                let Some(additional) = object.additional else { return false };
                if object.names.is_some_and(|names| !self.name_passes(names, key)) || !self.passes(additional, value) {
                    return false;
                }
            }
            key = self.tape.after(value);
        }
        required == 0
    }

    /// A key against the string form of `propertyNames`, which carries no norms.
    fn name_passes(&self, id: NodeId, key: usize) -> bool {
        name_passes(self.graph, id, self.tape.text(key))
    }

    fn discriminated(&mut self, node: &Discriminated, at: usize) -> bool {
        match self.tape.member(at, &node.key).and_then(|value| branch_of(self.tape, node, value)) {
            Some(branch) => self.passes(branch, at),
            None => false,
        }
    }
}

/// The branch that the discriminator's value chooses.
pub fn branch_of(tape: &Tape<'_>, node: &Discriminated, value: usize) -> Option<NodeId> {
    match tape.kind(value) {
        Kind::String => node.table.string(tape.text(value)),
        Kind::Number => node.table.number(tape.number(value)),
        Kind::Boolean => node.table.boolean(tape.boolean(value)),
        Kind::Null => node.table.null(),
        _ => None,
    }
}

/// True when the key passes a record's `propertyNames`.
pub fn name_passes(graph: &Graph, id: NodeId, name: &str) -> bool {
    match &graph.nodes[id as usize].form {
        Form::Scalar(scalar) => {
            let text = &scalar.text;
            text.free || length_passes(text, name) && text.patterns.iter().all(|(matcher, _)| matcher.is_match(name))
        }
        Form::Values(values) => values.table.string(name).is_some(),
        _ => false,
    }
}

/// True when the number keeps to the limits.
#[inline]
pub fn number_passes(number: &Number, value: f64) -> bool {
    value >= number.min
        && value <= number.max
        && value > number.above
        && value < number.below
        && number.limits.multiple_of.is_none_or(|divisor| is_multiple(value, divisor))
}

/// True when the text's length in code points keeps to the limits.
#[inline]
fn length_passes(text: &Text, value: &str) -> bool {
    let bytes = value.len() as u64;
    // A code point is one to four bytes, so that most texts need no count.
    let surely = bytes <= text.max && bytes >= text.min.saturating_mul(4);
    surely || (bytes >= text.min && bytes <= text.max.saturating_mul(4) && counted(text, value))
}

fn counted(text: &Text, value: &str) -> bool {
    let points = code_points(value);
    points >= text.min && points <= text.max
}

/// Length in code points.
pub fn code_points(value: &str) -> u64 {
    value.chars().count() as u64
}
