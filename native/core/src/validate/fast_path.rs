//! The fast path: one walk over the tape that edits the document (coercion, normalization, dropped members, defaults)
//! and returns whether it passes. What it adds goes to memory that is reused. `slow_path` lists the issues.

use std::sync::atomic::Ordering::Relaxed;

use super::coerce::coerce;
use super::compile::Graph;
use super::node::{
    Array, Check, Choice, DEFAULTED, Discriminated, NodeId, Number, Object, Scalar, Text, Union, ValueTable, Values,
};
use super::number::{divides, violations};
use crate::normalize::{self, NormBuffers};
use crate::numeric::Numeric;
use crate::read::{Kind, Tape};

/// The state of a walk.
pub struct Fast<'a, 't, 'd> {
    pub graph: &'a Graph,
    pub tape: &'t mut Tape<'d>,
    pub buffers: &'t mut NormBuffers,
    /// Branches of a union are tried, and verdicts are remembered.
    pub tries: bool,
}

impl Fast<'_, '_, '_> {
    /// [`passes`](Self::passes) for an item or a member: the check of a scalar takes no call.
    #[inline(always)]
    fn value(&mut self, id: NodeId, at: usize) -> bool {
        let graph = self.graph;
        let node = &graph.nodes[id as usize];
        let Check::Scalar(scalar) = &node.check else { return self.passes(id, at) };
        let kind = self.tape.kind(at);
        node.kinds.admit(kind) && self.tape.budget.spend(1) && self.scalar(scalar, kind, at)
    }

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
        if !node.kinds.admit(kind) || !self.tape.budget.spend(1) {
            return false;
        }
        match &node.check {
            Check::Scalar(scalar) => self.scalar(scalar, kind, at),
            Check::Object(object) => self.container(at, |fast| fast.object(object, id, at)),
            Check::Array(array) => self.container(at, |fast| fast.array(array, id, at)),
            Check::Values(values) => self.values(values, kind, at),
            Check::Any => true,
            Check::Discriminated(node) => self.discriminated(node, at),
            Check::Union(union) => self.union(union, kind, at),
            Check::Remembered(number, inner) => self.remembered((*number, graph.remembered), *inner, at),
            Check::Coerced(to, scalar) => coerce(self.tape, *to, at) && self.scalar(scalar, self.tape.kind(at), at),
            // No edge of the compiled graph leads to a reference, and none from a nullable to another.
            Check::Nullable(_) | Check::Ref(_) => false,
        }
    }

    /// Notes on the array or object at `at` whether `walk` changes what is in it.
    #[inline(always)]
    fn container(&mut self, at: usize, walk: impl FnOnce(&mut Self) -> bool) -> bool {
        let changes = self.tape.changes();
        let passes = walk(self);
        if self.tape.changes() != changes {
            self.tape.forget_text(at);
        }
        passes
    }

    /// The first candidate in the author's order that passes decides what is edited.
    pub fn union(&mut self, union: &Union, kind: Kind, at: usize) -> bool {
        let candidates = self.candidates(&union.by_kind[kind as usize], at);
        if self.graph.remembered != 0 {
            return self.try_remembering(candidates, union.edits, at);
        }
        if !union.edits {
            return candidates.iter().any(|candidate| self.passes(*candidate, at));
        }
        self.tape.begin_union();
        let found = self.first_that_passes(candidates, at).is_some();
        self.tape.end_union();
        found
    }

    /// A remembered verdict edits nothing: the candidates are tried for their verdicts alone, all edits are undone, and
    /// the candidate that passes is walked once more.
    fn try_remembering(&mut self, candidates: &[NodeId], edits: bool, at: usize) -> bool {
        let tries = std::mem::replace(&mut self.tries, true);
        if !edits {
            let passes = candidates.iter().any(|candidate| self.passes(*candidate, at));
            self.tries = tries;
            return passes;
        }
        self.tape.begin_union();
        let mark = self.tape.mark();
        let found = self.first_that_passes(candidates, at);
        self.tries = tries;
        let passes = found.is_some_and(|found| {
            if !tries {
                self.tape.undo(mark);
            }
            tries || self.passes(found, at)
        });
        self.tape.end_union();
        passes
    }

    /// Undoes the edits of those that fail.
    fn first_that_passes(&mut self, candidates: &[NodeId], at: usize) -> Option<NodeId> {
        candidates.iter().copied().find(|candidate| {
            let mark = self.tape.mark();
            let passes = self.passes(*candidate, at);
            if !passes {
                self.tape.undo(mark);
            }
            passes
        })
    }

    /// The candidates that are left for a value of the choice's kind.
    fn candidates<'c>(&self, mut choice: &'c Choice, at: usize) -> &'c [NodeId] {
        loop {
            let question = match choice {
                Choice::List(list) => return list,
                Choice::Question(question) => question,
            };
            let value = match &question.key {
                Some(key) => self.tape.member(at, key),
                None => Some(at),
            };
            let named = value.map(|value| find(self.tape, &question.table, value).unwrap_or(question.other));
            choice = &question.choices[named.unwrap_or(question.absent) as usize];
        }
    }

    fn remembered(&mut self, number: (u32, u32), node: NodeId, at: usize) -> bool {
        if !self.tries {
            return self.passes(node, at);
        }
        self.tape.recall(at, number).unwrap_or_else(|| {
            let passes = self.passes(node, at);
            self.tape.remember(at, number, passes);
            passes
        })
    }

    #[inline(always)]
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
        length_passes(text, self.tape, at)
            && text.patterns.iter().all(|(matcher, _)| matcher.is_match(self.tape.text(at), &self.tape.budget))
    }

    pub fn values(&mut self, values: &Values, kind: Kind, at: usize) -> bool {
        match kind {
            Kind::String => {
                if !values.norm.is_empty() {
                    normalize::apply(self.tape, self.buffers, at, values.norm);
                }
                values.table.string(self.tape.bytes(at)).is_some()
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
            if !self.value(*id, item) {
                return false;
            }
            item = self.tape.index_after(item);
        }
        let Some(id) = array.items else { return item == end };
        if matches!(self.graph.nodes[id as usize].check, Check::Any) {
            return true;
        }
        while item != end {
            if !self.value(id, item) {
                return false;
            }
            item = self.tape.index_after(item);
        }
        true
    }

    fn object(&mut self, object: &Object, node: NodeId, at: usize) -> bool {
        let end = self.tape.index_after(at);
        let mut key = at + 1;
        let mut slot = &object.first;
        let mut missing = object.weight;
        while key != end {
            let value = key + 1;
            let guess = slot.load(Relaxed);
            let found = match object.properties.get(guess as usize) {
                Some(property) if self.tape.is_key(key, &property.known, &property.name) => Some(property),
                _ => object.find(self.tape.bytes(key)).map(|number| {
                    slot.store(number, Relaxed);
                    &object.properties[number as usize]
                }),
            };
            if let Some(property) = found {
                slot = &property.next;
                // May wrap around with duplicate keys; such a document is refused anyway.
                missing = missing.wrapping_sub(property.weight);
                if !self.value(property.node, value) {
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
                if object.names.is_some_and(|names| !self.name_passes(names, key)) || !self.value(additional, value) {
                    return false;
                }
            }
            key = self.tape.index_after(value);
        }
        if missing >= DEFAULTED {
            self.tape.fill(at, node);
        }
        missing as u32 == 0
    }

    /// Checks a key against `propertyNames`, which never normalizes.
    fn name_passes(&self, id: NodeId, key: usize) -> bool {
        name_passes(self.graph, id, self.tape, key)
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
    find(tape, &node.table, value)
}

/// What the table has for the value.
fn find(tape: &Tape<'_>, table: &ValueTable, value: usize) -> Option<u32> {
    match tape.kind(value) {
        Kind::String => table.string(tape.bytes(value)),
        Kind::Number => table.number(tape.numeric(value)),
        Kind::Boolean => table.boolean(tape.boolean(value)),
        Kind::Null => table.null(),
        _ => None,
    }
}

/// True when the key passes a record's `propertyNames`.
pub fn name_passes(graph: &Graph, id: NodeId, tape: &Tape<'_>, key: usize) -> bool {
    match &graph.nodes[id as usize].check {
        Check::Scalar(scalar) => {
            let text = &scalar.text;
            let matches = || text.patterns.iter().all(|(matcher, _)| matcher.is_match(tape.text(key), &tape.budget));
            text.free || length_passes(text, tape, key) && matches()
        }
        Check::Values(values) => values.table.string(tape.bytes(key)).is_some(),
        _ => false,
    }
}

/// True when the number is within the limits.
#[inline(always)]
pub fn number_passes(number: &Number, value: Numeric) -> bool {
    let Numeric::Double(value) = value else { return violations(&number.limits, value).next().is_none() };
    value >= number.min
        && value <= number.max
        && value > number.above
        && value < number.below
        && number.limits.multiple_of.is_none_or(|divisor| divides(divisor, Numeric::Double(value)))
}

/// True when the length in code points of the string or key at `at` is within the limits.
#[inline(always)]
fn length_passes(text: &Text, tape: &Tape<'_>, at: usize) -> bool {
    let bytes = tape.entry(at).byte_len() as u64;
    // A code point has one to four bytes, so most texts need no count.
    let surely = bytes <= text.max && bytes >= text.min.saturating_mul(4);
    surely || (bytes >= text.min && bytes <= text.max.saturating_mul(4) && counted(text, tape, at))
}

#[cold]
fn counted(text: &Text, tape: &Tape<'_>, at: usize) -> bool {
    let points = code_points(tape.text(at));
    points >= text.min && points <= text.max
}

/// Length in code points.
pub fn code_points(value: &str) -> u64 {
    value.chars().count() as u64
}
