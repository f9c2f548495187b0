//! The worst case of a contract in steps: one state of a pattern behind one character, or one node that visits one
//! value. It is known from the schema and `limits.maxBytes`, so that no clock decides an outcome.
//!
//! Twin of `src/contract/lock/cost.ts`.

use std::collections::HashSet;

use super::errors::unsupported;
use super::tree::{Edges, NodeId, RawNode, Tree};
use super::visits::Visits;
use crate::error::ContractError;
use crate::pattern::cost;
use crate::profile::{ScalarNode, TypeName};

/// About three seconds of one core.
const BUDGET: u64 = 1 << 28;
/// A contract that takes no more than this for each byte always fits: parsing and compressing cost as much.
const STEPS_PER_BYTE: u64 = 16;
/// Bytes of the shortest value, with its comma.
const VALUE_BYTES: u64 = 2;
/// Up to here, visiting again is cheaper than remembering.
const MAX_WITHOUT_MEMORY: u64 = 16;

/// Refuses a schema whose worst case is above the budget. True when the engine must remember verdicts.
pub fn check_cost(tree: &Tree, max_bytes: usize) -> Result<bool, ContractError> {
    let max_bytes = max_bytes as u64;
    let schema = SchemaCost::new(tree);
    let texts = schema.texts(max_bytes, None);
    let node_steps = schema.node_steps(max_bytes);
    let fits = |steps: u64, bytes: u64| steps <= BUDGET.max(STEPS_PER_BYTE * bytes);
    let steps = texts.steps.saturating_add(node_steps);
    if fits(steps, max_bytes) {
        return Ok(schema.remembers);
    }
    let total = |bytes: u64, bound| schema.texts(bytes, bound).steps.saturating_add(schema.node_steps(bytes));
    let bytes = largest(max_bytes, |count| fits(total(count, None), count));
    let mut remedies = Vec::new();
    let is_text = texts.steps >= node_steps;
    let node = if is_text { texts.node } else { schema.place };
    if is_text {
        let length = largest(max_bytes, |count| fits(total(max_bytes, Some((node, count))), max_bytes));
        if length > 0 {
            remedies.push(format!("maxLength {length} here"));
        }
    }
    if bytes > 0 {
        remedies.push(format!("limits.maxBytes {bytes}"));
    }
    let what = if is_text {
        format!("{} states of its patterns may be alive behind each character", texts.states)
    } else {
        format!("{} branches may visit each value", schema.nodes)
    };
    let limit = BUDGET.max(STEPS_PER_BYTE * max_bytes);
    let mut message = format!("{what}: with {max_bytes} bytes {steps} steps, beyond {limit}.");
    if !remedies.is_empty() {
        message.push_str(&format!(" It fits with {}.", remedies.join(" or ")));
    }
    Err(unsupported(tree.pointer(node), message))
}

/// The largest count up to `most` that passes; 0 for none.
fn largest(most: u64, passes: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if passes(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// As if the node had another maxLength.
type Bound = Option<(NodeId, u64)>;

/// What texts cost.
struct Texts {
    steps: u64,
    /// The most states alive behind one character.
    states: u64,
    /// The node that adds most of the steps.
    node: NodeId,
}

struct SchemaCost<'t> {
    tree: &'t Tree,
    visits: Visits<'t>,
    /// The strings of which a payload holds one at most.
    single: Vec<NodeId>,
    /// The most nodes that visit one value, and one of them.
    nodes: u64,
    place: NodeId,
    remembers: bool,
}

impl<'t> SchemaCost<'t> {
    fn new(tree: &'t Tree) -> Self {
        let mut schema = Self {
            tree,
            visits: Visits::new(tree),
            single: single_strings(tree),
            nodes: 0,
            place: 0,
            remembers: false,
        };
        let weight = |id: NodeId| visits_of(tree.node(id));
        (schema.nodes, schema.place) = schema.worst(&weight);
        if schema.nodes > MAX_WITHOUT_MEMORY {
            schema.remembers = true;
            (schema.nodes, schema.place) = schema.worst(&weight);
        }
        schema
    }

    fn node_steps(&self, max_bytes: u64) -> u64 {
        self.nodes.saturating_mul(max_bytes.div_ceil(VALUE_BYTES))
    }

    /// The dearest characters first, as many as their texts may have.
    fn texts(&self, max_bytes: u64, bound: Bound) -> Texts {
        let single: HashSet<NodeId> = self.single.iter().copied().collect();
        let states_of = |id: NodeId| states_alive(self.tree.node(id), self.length_of(id, bound));
        let (states, node) = self.worst(&|id| if single.contains(&id) { 0 } else { states_of(id) });
        let mut texts: Vec<(u64, u64, NodeId)> =
            self.single.iter().map(|id| (states_of(*id), self.length_of(*id, bound), *id)).collect();
        texts.push((states, u64::MAX, node));
        texts.sort_by_key(|(states, ..)| std::cmp::Reverse(*states));
        let mut all = Texts { steps: 0, states: texts[0].0, node: self.tree.definitions[0] };
        let (mut left, mut dearest) = (max_bytes, 0);
        for (states, length, node) in texts {
            let count = left.min(length);
            left -= count;
            let steps = states.saturating_mul(count);
            all.steps = all.steps.saturating_add(steps);
            if steps > dearest {
                (dearest, all.node) = (steps, node);
            }
        }
        all
    }

    fn length_of(&self, id: NodeId, bound: Bound) -> u64 {
        match (bound, self.tree.node(id)) {
            (Some((node, length)), _) if node == id => length,
            (_, RawNode::Scalar(ScalarNode { string: Some(string), .. })) => string.max_length.unwrap_or(u64::MAX),
            _ => u64::MAX,
        }
    }

    /// The most weight on one value and where.
    fn worst(&self, weight: &dyn Fn(NodeId) -> u64) -> (u64, NodeId) {
        if self.remembers {
            return self.visits.with_memory(weight);
        }
        let found = self.visits.without_memory(weight);
        let is_node = |id: &NodeId| !matches!(self.tree.node(*id), RawNode::Ref(_));
        let nodes = || (0..found.len()).filter(is_node);
        let most = nodes().map(|id| found[id]).max().unwrap_or(0);
        // A container has the weight of its heaviest child: the first innermost node is named.
        let is_innermost = |id: &NodeId| self.tree.children(*id, Edges::All).iter().all(|child| found[*child] < most);
        let node = nodes().find(|id| found[*id] == most && is_innermost(id)).unwrap_or(self.tree.definitions[0]);
        (most, node)
    }
}

/// `any` accepts at once, and the null of a nullable costs nothing beside a visit of its inner node.
fn visits_of(node: &RawNode) -> u64 {
    match node {
        RawNode::Any | RawNode::Ref(_) | RawNode::Nullable { .. } | RawNode::Union(_) => 0,
        RawNode::Scalar(scalar) => u64::from(*scalar.types != [TypeName::Null]),
        _ => 1,
    }
}

/// No more states are alive than characters have been read.
fn states_alive(node: &RawNode, max_length: u64) -> u64 {
    let RawNode::Scalar(ScalarNode { string: Some(string), .. }) = node else { return 0 };
    let url = string.url.iter().flat_map(|url| url.hostname.iter().chain(&url.protocol));
    string.patterns.iter().chain(url).fold(0_u64, |sum, pattern| sum.saturating_add(cost(pattern).min(max_length)))
}

/// The strings that lie below the root along members, prefix items, nullables, discriminated unions, and definitions
/// with a single reference: such a path occurs once in a payload.
fn single_strings(tree: &Tree) -> Vec<NodeId> {
    let mut references = vec![0; tree.definitions.len()];
    references[0] = 1;
    for location in &tree.locations {
        if let RawNode::Ref(target) = location.node {
            references[target] += 1;
        }
    }
    let mut single = Vec::new();
    let mut open = if references[0] == 1 { vec![tree.definitions[0]] } else { Vec::new() };
    while let Some(id) = open.pop() {
        match tree.node(id) {
            RawNode::Scalar(_) => single.push(id),
            RawNode::Array { prefix, .. } => open.extend(prefix),
            RawNode::Object { properties, .. } => open.extend(properties.iter().map(|property| property.node)),
            RawNode::Nullable { inner, .. } => open.push(*inner),
            RawNode::Discriminated { branches, .. } => open.extend(branches.iter().map(|(_, node)| *node)),
            RawNode::Ref(target) if references[*target] == 1 => open.push(tree.definitions[*target]),
            _ => {}
        }
    }
    single
}
