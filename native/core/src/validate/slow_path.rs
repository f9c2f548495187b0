//! The slow path: lists the issues of a document in their fixed order, and normalizes strings.
//!
//! Twin of `src/engine/js/validate.ts`.

use std::cmp::Ordering;

use super::coerce::coerce;
use super::compile::Graph;
use super::fast_path::{Fast, branch_of, code_points, name_passes};
use super::issue_collector::{IssueCollector, Step};
use super::node::{Array, Check, Coercion, Discriminated, Kinds, NodeId, Number, Object, Scalar, Text, Values};
use super::number::violations;
use super::params;
use crate::issue::Issue;
use crate::normalize::{self, NormBuffers};
use crate::numeric::Numeric;
use crate::profile::ValuesKeyword;
use crate::read::{Kind, Tape, compare_keys, flag};

/// Appends the issues of the document; true when there are more than the cap. Its keys are distinct: the data model has
/// been checked.
pub fn collect(graph: &Graph, tape: &mut Tape<'_>, buffers: &mut NormBuffers, issues: &mut Vec<Issue>) -> bool {
    let collector = IssueCollector { path: Vec::new(), issues, truncated: false };
    let mut slow = Slow { fast: Fast { graph, tape, buffers, tries: false }, collector };
    slow.check(graph.root, 0);
    slow.collector.truncated
}

struct Slow<'a, 't, 'd> {
    /// Checks unions, and holds what both paths need.
    fast: Fast<'a, 't, 'd>,
    collector: IssueCollector<'t>,
}

impl Slow<'_, '_, '_> {
    fn report(&mut self, keyword: &'static str, params: impl Into<String>) {
        self.collector.add(self.fast.tape, keyword, params, None);
    }

    fn report_at(&mut self, key: &str, keyword: &'static str, params: impl Into<String>) {
        self.collector.add(self.fast.tape, keyword, params, Some(key));
    }

    /// True when no further issue is listed.
    fn is_done(&self) -> bool {
        self.collector.truncated || self.fast.tape.budget.is_over()
    }

    /// Recurses once for each open bracket of the payload; the loop follows nullables and discriminated unions.
    fn check(&mut self, mut id: NodeId, at: usize) {
        let graph = self.fast.graph;
        while self.fast.tape.budget.spend(1) {
            let kind = self.fast.tape.kind(at);
            match &graph.nodes[id as usize].check {
                Check::Any => {}
                Check::Scalar(scalar) => self.scalar(scalar, graph.nodes[id as usize].kinds, kind, at),
                Check::Coerced(to, scalar) => self.coerced(*to, scalar, graph.nodes[id as usize].kinds, kind, at),
                Check::Values(values) => self.values(values, graph.nodes[id as usize].kinds, kind, at),
                Check::Array(array) => self.array(array, kind, at),
                Check::Object(object) => self.object(object, kind, at),
                Check::Union(union) => match union.only(kind) {
                    // Its issues say more than that no branch fits.
                    Some(only) => {
                        id = only;
                        continue;
                    }
                    None if self.fast.passes(id, at) => {}
                    None => self.report("union", params::NOTHING),
                },
                Check::Nullable(_) if kind == Kind::Null => {}
                Check::Nullable(next) | Check::Remembered(_, next) | Check::Ref(next) => {
                    id = *next;
                    continue;
                }
                Check::Discriminated(node) => {
                    if let Some(branch) = self.branch(node, kind, at) {
                        id = branch;
                        continue;
                    }
                }
            }
            return;
        }
    }

    fn coerced(&mut self, to: Coercion, scalar: &Scalar, kinds: Kinds, kind: Kind, at: usize) {
        if !kinds.admit(kind) || !coerce(self.fast.tape, to, at) {
            return self.report("type", &*scalar.expected);
        }
        self.scalar(scalar, kinds, self.fast.tape.kind(at), at);
    }

    fn scalar(&mut self, scalar: &Scalar, kinds: Kinds, kind: Kind, at: usize) {
        let fraction = scalar.integral && kind == Kind::Number && !self.fast.tape.numeric(at).is_integral();
        if !kinds.admit(kind) || fraction {
            return self.report("type", &*scalar.expected);
        }
        match kind {
            Kind::String => self.text(&scalar.text, at),
            Kind::Number => self.number(&scalar.number, self.fast.tape.numeric(at)),
            _ => {}
        }
    }

    fn text(&mut self, text: &Text, at: usize) {
        normalize::apply(self.fast.tape, self.fast.buffers, at, text.norm);
        let is_url = text.url.as_ref().is_none_or(|url| url.apply(self.fast.tape, at));
        let length = code_points(self.fast.tape.text(at));
        if length < text.min {
            self.report("minLength", params::count(text.min));
        }
        // A text that is too long is not matched.
        if length > text.max {
            return self.report("maxLength", params::count(text.max));
        }
        if !is_url {
            return self.report("url", params::URL);
        }
        let value = self.fast.tape.text(at);
        let failed = text.patterns.iter().find(|(matcher, _)| !matcher.is_match(value, &self.fast.tape.budget));
        if let Some((_, source)) = failed {
            self.report("pattern", params::pattern(source));
        }
    }

    fn number(&mut self, number: &Number, value: Numeric) {
        for (keyword, limit) in violations(&number.limits, value) {
            self.report(keyword, params::number(limit));
        }
    }

    fn values(&mut self, values: &Values, kinds: Kinds, kind: Kind, at: usize) {
        let fraction = values.integral && kind == Kind::Number && !self.fast.tape.numeric(at).is_integral();
        if !kinds.admit(kind) || fraction {
            return self.report("type", &*values.expected_types);
        }
        if !self.fast.values(values, kind, at) {
            let keyword = match values.keyword {
                ValuesKeyword::Const => "const",
                ValuesKeyword::Enum => "enum",
            };
            self.report(keyword, &*values.expected);
        }
    }

    fn array(&mut self, array: &Array, kind: Kind, at: usize) {
        if kind != Kind::Array {
            return self.report("type", params::ARRAY);
        }
        let count = self.fast.tape.count(at);
        if (count as u64) < array.min {
            self.report("minItems", params::count(array.min));
        }
        if count as u64 > array.max {
            self.report("maxItems", params::count(array.max));
        }
        // `maxItems` covers items behind the prefix that are not allowed.
        let length = if array.items.is_none() { count.min(array.prefix.len()) } else { count };
        let mut item = at + 1;
        for index in 0..length {
            let Some(id) = array.prefix.get(index).copied().or(array.items) else { return };
            self.child(id, item, Step::Index(index));
            if self.is_done() {
                return;
            }
            item = self.fast.tape.index_after(item);
        }
    }

    /// Members and missing required ones, in one walk in canonical key order.
    fn object(&mut self, object: &Object, kind: Kind, at: usize) {
        if kind != Kind::Object {
            return self.report("type", params::OBJECT);
        }
        let mut required = object.required.iter().map(|number| &object.properties[*number as usize]).peekable();
        for key in sorted_keys(self.fast.tape, at) {
            while let Some(missing) = required.peek() {
                match compare_keys(&missing.name, self.fast.tape.text(key)) {
                    Ordering::Less => self.report_at(&missing.name, "required", params::NOTHING),
                    Ordering::Equal => {}
                    Ordering::Greater => break,
                }
                required.next();
            }
            self.member(object, key);
            if self.is_done() {
                return;
            }
        }
        for missing in required {
            self.report_at(&missing.name, "required", params::NOTHING);
        }
    }

    fn member(&mut self, object: &Object, key: usize) {
        let name = self.fast.tape.text(key);
        let id = match (object.find(name.as_bytes()), object.additional) {
            (Some(number), _) => object.properties[number as usize].node,
            (None, None) if object.strips => return,
            (None, None) => return self.report_member(key, "additionalProperties"),
            // One issue at most: a bad key hides the value.
            (None, Some(_))
                if object.names.is_some_and(|names| !name_passes(self.fast.graph, names, self.fast.tape, key)) =>
            {
                return self.report_member(key, "propertyNames");
            }
            (None, Some(additional)) => additional,
        };
        self.child(id, key + 1, Step::Member(key));
    }

    fn report_member(&mut self, key: usize, keyword: &'static str) {
        self.collector.path.push(Step::Member(key));
        self.report(keyword, params::NOTHING);
        self.collector.path.pop();
    }

    fn child(&mut self, id: NodeId, at: usize, step: Step) {
        self.collector.path.push(step);
        self.check(id, at);
        self.collector.path.pop();
    }

    /// The branch that the discriminator selects; `None` after reporting an issue.
    fn branch(&mut self, node: &Discriminated, kind: Kind, at: usize) -> Option<NodeId> {
        if kind != Kind::Object {
            self.report("type", params::OBJECT);
            return None;
        }
        let Some(value) = self.fast.tape.member(at, &node.key) else {
            self.report_at(&node.key, "required", params::NOTHING);
            return None;
        };
        let branch = branch_of(self.fast.tape, node, value);
        if branch.is_none() {
            self.report_at(&node.key, "discriminator", &*node.expected);
        }
        branch
    }
}

/// The indices of the keys of the object at `at`, in canonical key order.
fn sorted_keys(tape: &Tape<'_>, at: usize) -> Vec<usize> {
    let mut keys = Vec::with_capacity(tape.count(at));
    let end = tape.index_after(at);
    let mut key = at + 1;
    while key < end {
        keys.push(key);
        key = tape.index_after(key + 1);
    }
    if !tape.entry(at).has(flag::SORTED) {
        keys.sort_by(|a, b| compare_keys(tape.text(*a), tape.text(*b)));
    }
    keys
}
