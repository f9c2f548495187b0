//! Compiles the profile's tree to flat nodes. `lock` has refused everything else.

use std::collections::HashSet;
use std::sync::atomic::AtomicU32;

use super::choices;
use super::edits::find_edits;
use super::node::{
    Array, Check, Coercion, DEFAULTED, DefaultMember, Discriminated, Kinds, Node, NodeId, Number, Object, Property,
    REQUIRED, Scalar, Text, Union, ValueTable, Values, by_length,
};
use super::params;
use crate::json_text::push_string;
use crate::numeric::Numeric;
use crate::pattern::Matcher;
use crate::profile::{
    self, Additional, ArrayNode, DiscriminatedNode, NumberLimits, Numbers, ObjectNode, Primitive, Profile, ScalarNode,
    SchemaNode, StringLimits, TypeName, ValuesNode,
};
use crate::read::{Kind, KnownKey, depth_of};
use crate::url::UrlRule;

/// The nodes of one contract and their root.
#[derive(Debug)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub root: NodeId,
    /// How many nodes have remembered verdicts.
    pub remembered: u32,
    /// The most brackets that are open at one place of a default.
    pub deepest_default: usize,
}

/// Compiles the schema of a contract.
pub fn compile(profile: &Profile) -> Graph {
    let safe = profile.numbers != Numbers::Double;
    let defs = profile.defs.len() as u32;
    let mut builder = Builder { profile, nodes: Vec::new(), sources: Vec::new(), defs, safe };
    // Reference targets come first, so a reference has its node before the target is built: 0 is the root.
    let targets = || std::iter::once(&profile.root).chain(&profile.defs);
    for _ in targets() {
        builder.push(Kinds::ALL, Check::Any);
    }
    for (at, target) in targets().enumerate() {
        let id = builder.add(target);
        builder.nodes[at].check = Check::Ref(id);
    }
    builder.link();
    find_edits(&mut builder.nodes);
    let root = builder.resolve(0);
    let remembered = if profile.remembers { builder.remember() } else { 0 };
    let deepest_default = builder.nodes.iter().map(|node| deepest_default(&node.check)).max().unwrap_or(0);
    Graph { nodes: builder.nodes, root, remembered, deepest_default }
}

struct Builder<'p> {
    profile: &'p Profile,
    nodes: Vec<Node>,
    /// What each node was compiled from.
    sources: Vec<Option<&'p SchemaNode>>,
    defs: u32,
    /// Numbers beyond ±(2^53 − 1) are refused.
    safe: bool,
}

impl<'p> Builder<'p> {
    fn push(&mut self, kinds: Kinds, check: Check) -> NodeId {
        self.nodes.push(Node { kinds, check });
        self.sources.push(None);
        (self.nodes.len() - 1) as NodeId
    }

    fn add(&mut self, node: &'p SchemaNode) -> NodeId {
        let id = self.compile(node);
        self.sources[id as usize] = Some(node);
        id
    }

    fn compile(&mut self, node: &'p SchemaNode) -> NodeId {
        match node {
            SchemaNode::Any => self.push(Kinds::ALL, Check::Any),
            SchemaNode::Scalar(scalar) if scalar.coerce => {
                let to = coercion_of(&scalar.types, self.safe);
                self.push(Kinds::SCALARS, Check::Coerced(to, Box::new(scalar_of(scalar))))
            }
            SchemaNode::Scalar(scalar) => {
                self.push(kinds_of(&scalar.types), Check::Scalar(Box::new(scalar_of(scalar))))
            }
            SchemaNode::Values(values) => {
                self.push(kinds_of(&values.types), Check::Values(Box::new(values_of(values))))
            }
            SchemaNode::Array(array) => self.add_array(array),
            SchemaNode::Object(object) => self.add_object(object),
            SchemaNode::Union(branches) => {
                let branches = branches.iter().map(|branch| self.add(branch)).collect();
                self.push(
                    Kinds::ALL,
                    Check::Union(Box::new(Union { edits: false, branches, by_kind: Default::default() })),
                )
            }
            SchemaNode::Nullable(nullable) => {
                let inner = self.add(&nullable.inner);
                self.push(Kinds::ALL, Check::Nullable(inner))
            }
            SchemaNode::Discriminated(node) => self.add_discriminated(node),
            SchemaNode::Ref(target) => {
                let target = target.map_or(0, |number| number as u32 + 1).min(self.defs);
                self.push(Kinds::ALL, Check::Ref(target))
            }
        }
    }

    fn add_array(&mut self, array: &'p ArrayNode) -> NodeId {
        let prefix = array.prefix.iter().map(|item| self.add(item)).collect();
        let items = array.items.as_ref().map(|items| self.add(items));
        let min = array.min_items.unwrap_or(0);
        let max = array.max_items.unwrap_or(u64::MAX);
        let has_default = array.prefix_defaults.iter().any(Option::is_some);
        let defaults = if has_default { array.prefix_defaults.clone() } else { Vec::new() };
        self.push(Kinds::ARRAY, Check::Array(Box::new(Array { prefix, defaults, items, min, max })))
    }

    fn add_object(&mut self, object: &'p ObjectNode) -> NodeId {
        let properties: Vec<Property> = object
            .properties
            .iter()
            .enumerate()
            .map(|(number, one)| {
                let weight =
                    if one.required { REQUIRED } else { 0 } + if one.default.is_some() { DEFAULTED } else { 0 };
                Property {
                    name: one.name.clone(),
                    known: KnownKey::new(&one.name),
                    next: AtomicU32::new(number as u32 + 1),
                    required: one.required,
                    weight,
                    node: self.add(&one.node),
                }
            })
            .collect();
        let mut order: Vec<u32> = (0..properties.len() as u32).collect();
        let name = |number: &u32| properties[*number as usize].name.as_bytes();
        order.sort_by(|a, b| by_length(name(a), name(b)));
        let required = (0..properties.len() as u32).filter(|number| properties[*number as usize].required).collect();
        let additional = match &object.additional {
            Additional::Schema(node) => Some(self.add(node)),
            Additional::Refused | Additional::Strip => None,
        };
        let strips = matches!(object.additional, Additional::Strip);
        let weight = properties.iter().map(|one| one.weight).sum();
        let defaults = object.properties.iter().filter_map(default_member).collect();
        let names = object.names.as_ref().map(|node| self.add(node));
        let compiled = Object {
            properties,
            by_length: order,
            first: AtomicU32::new(0),
            required,
            additional,
            strips,
            names,
            weight,
            defaults,
        };
        self.push(Kinds::OBJECT, Check::Object(Box::new(compiled)))
    }

    fn add_discriminated(&mut self, node: &'p DiscriminatedNode) -> NodeId {
        let targets: Vec<NodeId> = node.branches.iter().map(|branch| self.add(&branch.node)).collect();
        let values = || node.branches.iter().zip(&targets).flat_map(|(one, to)| one.values.iter().map(|v| (v, *to)));
        let expected = params::values(node.branches.iter().flat_map(|branch| &branch.values));
        let compiled = Discriminated { key: node.key.clone(), expected, table: ValueTable::build(values()) };
        self.push(Kinds::OBJECT, Check::Discriminated(Box::new(compiled)))
    }

    /// Resolves references on every edge, and flattens nested unions.
    fn link(&mut self) {
        for at in 0..self.nodes.len() {
            let mut check = std::mem::replace(&mut self.nodes[at].check, Check::Any);
            match &mut check {
                Check::Any
                | Check::Scalar(_)
                | Check::Coerced(..)
                | Check::Values(_)
                | Check::Remembered(..)
                | Check::Ref(_) => {}
                Check::Array(array) => self.resolve_all(array.prefix.iter_mut().chain(&mut array.items)),
                Check::Object(object) => {
                    let members = object.properties.iter_mut().map(|one| &mut one.node);
                    self.resolve_all(members.chain(&mut object.additional).chain(&mut object.names));
                }
                Check::Union(union) => self.resolve_all(union.branches.iter_mut()),
                Check::Nullable(inner) => *inner = self.resolve_nullable(*inner),
                Check::Discriminated(node) => self.resolve_all(node.table.targets()),
            }
            self.nodes[at].check = check;
        }
        let null_only = Scalar {
            expected: params::types(&[TypeName::Null]),
            integral: false,
            text: text_of(&StringLimits::default()),
            number: number_of(NumberLimits::default()),
        };
        let null = self.push(Kinds::only(Kind::Null), Check::Scalar(Box::new(null_only)));
        for at in 0..self.nodes.len() {
            let Check::Union(union) = &self.nodes[at].check else { continue };
            let candidates = self.flatten_union(&union.branches, null);
            let choices = choices::choices_of(&candidates, &self.sources, self.profile);
            if let Check::Union(union) = &mut self.nodes[at].check {
                union.by_kind = choices;
            }
        }
    }

    /// Makes the containers remembered that are a candidate of a union, a branch, or the end of a definition: below one
    /// of them every other node visits a value once, so each node of the schema visits each value at most once.
    fn remember(&mut self) -> u32 {
        let mut ends: Vec<NodeId> = (0..=self.defs).map(|definition| self.resolve_nullable(definition)).collect();
        for node in &mut self.nodes {
            match &mut node.check {
                Check::Union(union) => union.by_kind.iter().for_each(|choice| choices::each_node(choice, &mut ends)),
                Check::Discriminated(node) => ends.extend(node.table.targets().map(|target| *target)),
                _ => {}
            }
        }
        ends.sort_unstable();
        ends.dedup();
        let mut number = 0;
        for end in ends {
            let node = &mut self.nodes[end as usize];
            if matches!(node.check, Check::Array(_) | Check::Object(_)) {
                let kinds = node.kinds;
                let check = std::mem::replace(&mut node.check, Check::Any);
                let inner = self.push(kinds, check);
                self.nodes[end as usize].check = Check::Remembered(number, inner);
                number += 1;
            }
        }
        number
    }

    fn resolve_all<'a>(&self, edges: impl Iterator<Item = &'a mut NodeId>) {
        edges.for_each(|edge| *edge = self.resolve(*edge));
    }

    /// The end of a chain of references.
    fn resolve(&self, mut id: NodeId) -> NodeId {
        while let Check::Ref(target) = self.nodes[id as usize].check {
            id = target;
        }
        id
    }

    /// The end of a chain of references and nullables.
    fn resolve_nullable(&self, mut id: NodeId) -> NodeId {
        while let Check::Ref(next) | Check::Nullable(next) = self.nodes[id as usize].check {
            id = next;
        }
        id
    }

    /// For each kind of value, the branches under nested unions that admit it. One that is reached twice is listed at
    /// its first place: nested unions of shared branches would multiply.
    fn flatten_union(&self, branches: &[NodeId], null: NodeId) -> [Vec<NodeId>; 6] {
        let mut by_kind: [Vec<NodeId>; 6] = Default::default();
        let mut seen = HashSet::new();
        let mut open: Vec<NodeId> = branches.iter().rev().copied().collect();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let node = &self.nodes[id as usize];
            match &node.check {
                Check::Ref(target) => open.push(*target),
                Check::Union(union) => open.extend(union.branches.iter().rev()),
                Check::Nullable(inner) => open.extend([*inner, null]),
                _ => (0..6).filter(|kind| node.kinds.0 >> kind & 1 == 1).for_each(|kind| by_kind[kind].push(id)),
            }
        }
        by_kind
    }
}

fn kinds_of(types: &[TypeName]) -> Kinds {
    types.iter().fold(Kinds::NONE, |kinds, one| {
        kinds.or(match one {
            TypeName::Array => Kinds::ARRAY,
            TypeName::Boolean => Kinds::only(Kind::Boolean),
            TypeName::Integer | TypeName::Number => Kinds::only(Kind::Number),
            TypeName::Null => Kinds::only(Kind::Null),
            TypeName::Object => Kinds::OBJECT,
            TypeName::String => Kinds::only(Kind::String),
        })
    })
}

fn is_integral_only(types: &[TypeName]) -> bool {
    types.contains(&TypeName::Integer) && !types.contains(&TypeName::Number)
}

fn coercion_of(types: &[TypeName], safe: bool) -> Coercion {
    match types {
        [TypeName::Boolean] => Coercion::Boolean,
        [TypeName::String] => Coercion::String,
        // `lock` admits no other types than these and the two of numbers.
        _ => Coercion::Number { safe },
    }
}

/// The most brackets that are open at one place of a default of the node itself.
fn deepest_default(check: &Check) -> usize {
    match check {
        Check::Array(array) => array.defaults.iter().flatten().map(|text| depth_of(text.as_bytes())).max(),
        Check::Object(object) => object.defaults.iter().map(|member| depth_of(&member.text)).max(),
        _ => None,
    }
    .unwrap_or(0)
}

fn default_member(property: &profile::Property) -> Option<DefaultMember> {
    let default = property.default.as_ref()?;
    let mut text = String::new();
    push_string(&mut text, &property.name);
    text.push(':');
    text.push_str(default);
    Some(DefaultMember { name: property.name.clone(), text: text.into_bytes().into() })
}

fn scalar_of(scalar: &ScalarNode) -> Scalar {
    Scalar {
        expected: params::types(&scalar.types),
        integral: is_integral_only(&scalar.types),
        text: scalar.string.as_ref().map_or_else(|| text_of(&StringLimits::default()), text_of),
        number: number_of(scalar.number.unwrap_or_default()),
    }
}

fn text_of(limits: &StringLimits) -> Text {
    let text = Text {
        free: false,
        min: limits.min_length.unwrap_or(0),
        max: limits.max_length.unwrap_or(u64::MAX),
        patterns: limits.patterns.iter().map(|one| (Matcher::new(one), one.source().into())).collect(),
        norm: limits.norm,
        url: limits.url.as_ref().map(|url| Box::new(UrlRule::new(url))),
    };
    let free =
        text.min == 0 && text.max == u64::MAX && text.patterns.is_empty() && text.norm.is_empty() && text.url.is_none();
    Text { free, ..text }
}

fn number_of(limits: NumberLimits) -> Number {
    Number {
        limits,
        min: limits.minimum.map_or(f64::NEG_INFINITY, Numeric::to_double),
        above: limits.exclusive_minimum.map_or(f64::NEG_INFINITY, Numeric::to_double),
        max: limits.maximum.map_or(f64::INFINITY, Numeric::to_double),
        below: limits.exclusive_maximum.map_or(f64::INFINITY, Numeric::to_double),
    }
}

fn values_of(values: &ValuesNode) -> Values {
    let entries: Vec<&Primitive> = values.values.iter().collect();
    Values {
        keyword: values.keyword,
        expected_types: params::types(&values.types),
        expected: params::values(entries.iter().copied()),
        integral: is_integral_only(&values.types),
        table: ValueTable::build(entries.into_iter().map(|value| (value, 0))),
        norm: values.norm,
    }
}
