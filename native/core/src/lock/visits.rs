//! How many nodes visit one value. Branches of a union that are not told apart visit it one after the other, and so
//! do the branches of each union below them: 25 nested unions of two branches make 67 million visits, unless the engine
//! remembers a value's verdict under a node.
//!
//! Twin of `src/contract/lock/visits.ts`.

use std::collections::{HashMap, HashSet};

use super::choice::{Member, Shape, lists_of, tell_apart};
use super::cycles::{Cycles, find_cycles};
use super::tree::{Edges, NodeId, RawAdditional, RawNode, Tree};
use crate::profile::{Primitive, TypeName};

/// The weight without bound: it grows with the depth of the payload.
pub const ENDLESS: u64 = u64::MAX;

/// null, boolean, number, string, array, object.
const TYPES: usize = 6;
const ARRAY: usize = 4;
const OBJECT: usize = 5;
const NULL: Primitive = Primitive::Null;

/// For each type, the lists of candidates that a union may try for a value of it.
type Lists = [Vec<Vec<NodeId>>; TYPES];

/// The unions of a schema that is free of cycles that consume no input.
pub struct Visits<'t> {
    tree: &'t Tree,
    lists: HashMap<NodeId, Lists>,
    cycles: Cycles,
    /// The candidates below which a reference leads to the group of their own definition.
    leading_back: HashSet<NodeId>,
    /// The definitions with a union of which such a candidate of the same group visits a value beside others.
    growing: Vec<bool>,
}

impl<'t> Visits<'t> {
    pub fn new(tree: &'t Tree) -> Self {
        let cycles = find_cycles(tree, Edges::All);
        let unions = (0..tree.locations.len()).filter(|id| matches!(tree.node(*id), RawNode::Union(_)));
        let lists: HashMap<NodeId, Lists> = unions.map(|id| (id, lists_by_type(tree, id))).collect();
        let group_leads_back = |id: NodeId| {
            let own = tree.locations[id].definition;
            tree.references(id, Edges::All).iter().any(|(_, target)| cycles.same_group(*target, own))
        };
        let candidates: HashSet<NodeId> = lists.values().flatten().flatten().flatten().copied().collect();
        let leading_back: HashSet<NodeId> = candidates.into_iter().filter(|id| group_leads_back(*id)).collect();
        let mut growing = vec![false; tree.definitions.len()];
        for (id, own) in &lists {
            let owner = tree.locations[*id].definition;
            let several = own.iter().flatten().filter(|list| list.len() > 1).flatten();
            growing[owner] |= several.into_iter().any(|candidate| {
                leading_back.contains(candidate) && cycles.same_group(tree.locations[*candidate].definition, owner)
            });
        }
        Self { tree, lists, cycles, leading_back, growing }
    }

    /// For each node, the weight of all visits of one value below it when nothing is remembered: the sum over
    /// candidates that visit the same value, else the largest of the children.
    pub fn without_memory(&self, weight: &dyn Fn(NodeId) -> u64) -> Vec<u64> {
        let tree = self.tree;
        let mut of_definition = vec![0; tree.definitions.len()];
        let mut found = vec![0; tree.locations.len()];
        let nodes_of = tree.nodes_by_definition();
        for group in &self.cycles.groups {
            // In a group that does not grow, cycles only pass the largest number on: one round finds it.
            let mut most = if group.iter().any(|definition| self.growing[*definition]) { ENDLESS } else { 0 };
            // A candidate may belong to a later definition of the group.
            loop {
                let mut changed = false;
                for id in group.iter().flat_map(|definition| nodes_of[*definition].iter().rev()) {
                    let now = self.measure(*id, weight, &of_definition, &found);
                    changed |= now != found[*id];
                    found[*id] = now;
                }
                if !changed {
                    break;
                }
            }
            for id in group.iter().flat_map(|definition| &nodes_of[*definition]) {
                most = most.max(found[*id]);
            }
            for definition in group {
                of_definition[*definition] = most;
            }
            // Nodes on a cycle were measured before the group was known.
            for id in group.iter().flat_map(|definition| nodes_of[*definition].iter().rev()) {
                found[*id] = self.measure(*id, weight, &of_definition, &found);
            }
        }
        found
    }

    fn measure(&self, id: NodeId, weight: &dyn Fn(NodeId) -> u64, of_definition: &[u64], found: &[u64]) -> u64 {
        match self.tree.node(id) {
            RawNode::Ref(target) => of_definition[*target],
            RawNode::Union(_) => {
                let owner = self.tree.locations[id].definition;
                let measured = |node: NodeId| {
                    let own = self.tree.locations[node].definition;
                    let is_cycle = self.leading_back.contains(&node) && self.cycles.same_group(own, owner);
                    if is_cycle { of_definition[own].max(weight(node)) } else { found[node] }
                };
                let sum = |list: &Vec<NodeId>| list.iter().fold(0_u64, |sum, node| sum.saturating_add(measured(*node)));
                self.lists[&id].iter().flatten().map(sum).max().unwrap_or(0)
            }
            _ => {
                let children = self.tree.children(id, Edges::All);
                children.into_iter().map(|child| found[child]).max().unwrap_or(0).max(weight(id))
            }
        }
    }

    /// The weight of all visits of one value when each node visits it once: the largest sum over the nodes that one
    /// key, or the items of arrays, or the keys of records may lead to; and one of those nodes.
    pub fn with_memory(&self, weight: &dyn Fn(NodeId) -> u64) -> (u64, NodeId) {
        let tree = self.tree;
        let (mut items, mut names, mut additional) = (Nodes::default(), Nodes::default(), Nodes::default());
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut members: Vec<Nodes> = Vec::new();
        for (id, location) in tree.locations.iter().enumerate() {
            match &location.node {
                RawNode::Array { .. } => {
                    tree.children(id, Edges::All).into_iter().for_each(|child| items.add(self.end(child)));
                }
                RawNode::Object { properties, additional: others, names: keys } => {
                    keys.iter().for_each(|node| names.add(self.end(*node)));
                    others.node().iter().for_each(|node| additional.add(self.end(*node)));
                    for property in properties {
                        let number = *numbers.entry(&property.name).or_insert(members.len());
                        if number == members.len() {
                            members.push(Nodes::default());
                        }
                        members[number].add(self.end(property.node));
                    }
                }
                _ => {}
            }
        }
        let root = tree.definitions[0];
        let mut worst = (0, root);
        let mut compare = |nodes: &[NodeId], start: [u64; TYPES]| {
            let mut total = start;
            for node in nodes {
                let widths = self.widths(*node, weight);
                total.iter_mut().zip(widths).for_each(|(sum, width)| *sum = sum.saturating_add(width));
            }
            let width = total.into_iter().max().unwrap_or(0);
            if width > worst.0 {
                worst = (width, nodes.first().or(additional.list.first()).copied().unwrap_or(root));
            }
            total
        };
        compare(&[self.end(root)], [0; TYPES]);
        compare(&items.list, [0; TYPES]);
        compare(&names.list, [0; TYPES]);
        let base = compare(&additional.list, [0; TYPES]);
        for nodes in &members {
            let own: Vec<NodeId> = nodes.list.iter().copied().filter(|node| !additional.seen.contains(node)).collect();
            compare(&own, base);
        }
        worst
    }

    fn widths(&self, id: NodeId, weight: &dyn Fn(NodeId) -> u64) -> [u64; TYPES] {
        match self.tree.node(id) {
            RawNode::Nullable { inner, .. } => {
                let mut widths = self.widths(self.end(*inner), weight);
                widths[0] = widths[0].saturating_add(weight(id));
                widths
            }
            RawNode::Union(_) => self.lists[&id].each_ref().map(|lists| {
                let sum = |list: &Vec<NodeId>| list.iter().fold(0_u64, |sum, node| sum.saturating_add(weight(*node)));
                lists.iter().map(sum).max().unwrap_or(0)
            }),
            node => {
                let mut widths = [0; TYPES];
                types_of(node).into_iter().for_each(|at| widths[at] = weight(id));
                widths
            }
        }
    }

    /// The end of a chain of references.
    fn end(&self, id: NodeId) -> NodeId {
        self.tree.resolve(id).unwrap_or(id)
    }
}

/// Distinct nodes in order.
#[derive(Default)]
struct Nodes {
    list: Vec<NodeId>,
    seen: HashSet<NodeId>,
}

impl Nodes {
    fn add(&mut self, id: NodeId) {
        if self.seen.insert(id) {
            self.list.push(id);
        }
    }
}

/// The candidates of a union, told apart. Nested unions, nullables and references are flattened; a candidate that is
/// reached twice is listed once.
fn lists_by_type(tree: &Tree, union: NodeId) -> Lists {
    let mut candidates: [Vec<NodeId>; TYPES] = Default::default();
    let mut seen = HashSet::new();
    let mut open = vec![union];
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        match tree.node(id) {
            RawNode::Ref(target) => open.push(tree.definitions[*target]),
            RawNode::Union(branches) => open.extend(branches.iter().rev()),
            // Its null is a candidate too, but a visit of null costs nothing beside one of the inner node.
            RawNode::Nullable { inner, .. } => open.push(*inner),
            node => types_of(node).into_iter().for_each(|at| candidates[at].push(id)),
        }
    }
    let mut lists = Lists::default();
    for (at, nodes) in candidates.iter().enumerate() {
        lists[at] = if at == ARRAY {
            vec![nodes.clone()]
        } else {
            let shapes: Vec<Shape<'_>> = nodes.iter().map(|id| shape_of(tree, *id, at == OBJECT)).collect();
            let numbers = lists_of(&tell_apart(&shapes, at == OBJECT));
            numbers.iter().map(|list| list.iter().map(|number| nodes[*number]).collect()).collect()
        };
    }
    lists
}

/// The types of the values that a node other than a union, a nullable or a reference may accept.
fn types_of(node: &RawNode) -> Vec<usize> {
    let at = |name: &TypeName| match name {
        TypeName::Null => 0,
        TypeName::Boolean => 1,
        TypeName::Integer | TypeName::Number => 2,
        TypeName::String => 3,
        TypeName::Array => ARRAY,
        TypeName::Object => OBJECT,
    };
    match node {
        // What can be coerced.
        RawNode::Scalar(scalar) if scalar.coerce => (0..ARRAY).collect(),
        RawNode::Scalar(scalar) => distinct(scalar.types.iter().map(at)),
        RawNode::Values(values) => distinct(values.types.iter().map(at)),
        RawNode::Array { .. } => vec![ARRAY],
        RawNode::Any => (0..TYPES).collect(),
        _ => vec![OBJECT],
    }
}

fn distinct(types: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut types: Vec<usize> = types.collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn shape_of(tree: &Tree, id: NodeId, is_object: bool) -> Shape<'_> {
    match tree.node(id) {
        RawNode::Object { properties, additional, .. } => {
            let members = properties.iter().map(|property| Member {
                name: &property.name,
                required: property.required,
                literals: literals_of(tree, property.node, true),
            });
            Shape::Object { members: members.collect(), closed: matches!(additional, RawAdditional::Refused) }
        }
        RawNode::Discriminated { key, branches } => {
            Shape::Discriminated { key, literals: branches.iter().flat_map(|(values, _)| values).collect() }
        }
        _ if is_object => Shape::Open,
        _ => literals_of(tree, id, false).map_or(Shape::Open, Shape::Literals),
    }
}

/// const and enum without normalization, and null.
fn literals_of(tree: &Tree, id: NodeId, nullable: bool) -> Option<Vec<&Primitive>> {
    match tree.node(tree.resolve(id)?) {
        RawNode::Values(values) if values.norm.is_empty() => Some(values.values.iter().collect()),
        RawNode::Scalar(scalar) if *scalar.types == [TypeName::Null] => Some(vec![&NULL]),
        RawNode::Nullable { inner, .. } if nullable => match tree.node(tree.resolve(*inner)?) {
            RawNode::Values(values) if values.norm.is_empty() => Some(values.values.iter().chain([&NULL]).collect()),
            _ => None,
        },
        _ => None,
    }
}
