//! The fast path: one walk over the tape that edits the document (coercion, normalization, dropped members, defaults)
//! and returns whether it passes. What it adds goes to memory that is reused. `slow_path` lists the issues.

use std::sync::atomic::Ordering::Relaxed;

use super::coerce::coerce;
use super::compile::Graph;
use super::node::{Array, Check, DEFAULTED, Discriminated, NodeId, Number, Object, Scalar, Text, Union, Values};
use super::number::{divides, violations};
use crate::normalize::{self, NormBuffers};
use crate::numeric::Numeric;
use crate::read::{Kind, Tape};

/// The state of a walk.
pub struct Fast<'a, 't, 'd> {
    pub graph: &'a Graph,
    pub tape: &'t mut Tape<'d>,
    pub buffers: &'t mut NormBuffers,
}

impl Fast<'_, '_, '_> {
    /// True when the value at `at` passes the node `id`.
    ///
    /// Recurses once for each open bracket of the payload and once for each union.
    pub fn passes(&mut self, mut id: NodeId, at: usize) -> bool {
        let graph = self.graph;
        let kind = self.tape.kind(at);
        if let Check::Nullable(inner) = &graph.nodes[id as usize].check {
            if kind == Kind::Null {
                return true;
            }
            id = *inner;
        }
        let node = &graph.nodes[id as usize];
        if !node.kinds.admit(kind) {
            return false;
        }
        match &node.check {
            Check::Scalar(scalar) => self.scalar(scalar, kind, at),
            Check::Object(object) => self.object(object, id, at),
            Check::Array(array) => self.array(array, id, at),
            Check::Values(values) => self.values(values, kind, at),
            Check::Any => true,
            Check::Discriminated(node) => self.discriminated(node, at),
            Check::Union(union) => self.union(union, kind, at),
            Check::Coerced(to, scalar) => coerce(self.tape, *to, at) && self.scalar(scalar, self.tape.kind(at), at),
            // No edge of the compiled graph leads to a reference, and none from a nullable to another.
            Check::Nullable(_) | Check::Ref(_) => false,
        }
    }

    /// The first branch in the author's order that passes decides what is edited.
    fn union(&mut self, union: &Union, kind: Kind, at: usize) -> bool {
        let branches = &union.by_kind[kind as usize];
        if !union.edits {
            return branches.iter().any(|branch| self.passes(*branch, at));
        }
        self.tape.begin_union();
        let passes = branches.iter().any(|branch| {
            let mark = self.tape.mark();
            let passes = self.passes(*branch, at);
            if !passes {
                self.tape.undo(mark);
            }
            passes
        });
        self.tape.end_union();
        passes
    }

    #[inline]
    fn scalar(&mut self, scalar: &Scalar, kind: Kind, at: usize) -> bool {
        match kind {
            Kind::String => scalar.text.free || self.text(&scalar.text, at),
            Kind::Number => {
                let value = self.tape.numeric(at);
                (!scalar.integral || value.is_integral()) && number_passes(&scalar.number, value)
            }
            _ => true,
        }
    }

    fn text(&mut self, text: &Text, at: usize) -> bool {
        if !text.norm.is_empty() {
            normalize::apply(self.tape, self.buffers, at, text.norm);
        }
        if let Some(url) = &text.url
            && !url.apply(self.tape, at)
        {
            return false;
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
            Kind::Number => values.table.number(self.tape.numeric(at)).is_some(),
            Kind::Boolean => values.table.boolean(self.tape.boolean(at)).is_some(),
            _ => values.table.null().is_some(),
        }
    }

    fn array(&mut self, array: &Array, node: NodeId, at: usize) -> bool {
        let count = self.tape.count(at) as u64;
        if count < array.min || count > array.max {
            return false;
        }
        if let Some(Some(_)) = array.defaults.get(count as usize) {
            self.tape.fill(at, node);
        }
        let end = self.tape.index_after(at);
        let mut item = at + 1;
        for id in &array.prefix {
            if item == end {
                return true;
            }
            if !self.passes(*id, item) {
                return false;
            }
            item = self.tape.index_after(item);
        }
        let Some(id) = array.items else { return item == end };
        if matches!(self.graph.nodes[id as usize].check, Check::Any) {
            return true;
        }
        while item != end {
            if !self.passes(id, item) {
                return false;
            }
            item = self.tape.index_after(item);
        }
        true
    }

    fn object(&mut self, object: &Object, node: NodeId, at: usize) -> bool {
        let end = self.tape.index_after(at);
        let mut key = at + 1;
        let mut slot = &object.next[0];
        let mut missing = object.weight;
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
                // May wrap around with duplicate keys; such a document is refused anyway.
                missing = missing.wrapping_sub(property.weight);
                if !self.passes(property.node, value) {
                    return false;
                }
            } else {
                let Some(additional) = object.additional else {
                    if !object.strips {
                        return false;
                    }
                    self.tape.drop_member(at, key);
                    key = self.tape.index_after(value);
                    continue;
                };
                if object.names.is_some_and(|names| !self.name_passes(names, key)) || !self.passes(additional, value) {
                    return false;
                }
            }
            key = self.tape.index_after(value);
        }
        if missing >= DEFAULTED {
            self.tape.fill(at, node);
        }
        missing % DEFAULTED == 0
    }

    /// Checks a key against `propertyNames`, which never normalizes.
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

/// The branch that the discriminator's value selects.
pub fn branch_of(tape: &Tape<'_>, node: &Discriminated, value: usize) -> Option<NodeId> {
    match tape.kind(value) {
        Kind::String => node.table.string(tape.text(value)),
        Kind::Number => node.table.number(tape.numeric(value)),
        Kind::Boolean => node.table.boolean(tape.boolean(value)),
        Kind::Null => node.table.null(),
        _ => None,
    }
}

/// True when the key passes a record's `propertyNames`.
pub fn name_passes(graph: &Graph, id: NodeId, name: &str) -> bool {
    match &graph.nodes[id as usize].check {
        Check::Scalar(scalar) => {
            let text = &scalar.text;
            text.free || length_passes(text, name) && text.patterns.iter().all(|(matcher, _)| matcher.is_match(name))
        }
        Check::Values(values) => values.table.string(name).is_some(),
        _ => false,
    }
}

/// True when the number is within the limits.
#[inline]
pub fn number_passes(number: &Number, value: Numeric) -> bool {
    let Numeric::Double(value) = value else { return violations(&number.limits, value).next().is_none() };
    value >= number.min
        && value <= number.max
        && value > number.above
        && value < number.below
        && number.limits.multiple_of.is_none_or(|divisor| divides(divisor, Numeric::Double(value)))
}

/// True when the text's length in code points is within the limits.
#[inline]
fn length_passes(text: &Text, value: &str) -> bool {
    let bytes = value.len() as u64;
    // A code point has one to four bytes, so most texts need no count.
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
