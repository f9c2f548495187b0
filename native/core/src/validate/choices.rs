//! Compiles how a union tells its candidates apart.

use std::collections::HashMap;
use std::rc::Rc;

use super::node::{Choice, NodeId, Question, ValueTable};
use crate::lock::choice::{self, Member, Shape, tell_apart};
use crate::profile::{Additional, Primitive, Profile, SchemaNode, TypeName};
use crate::read::Kind;

const NULL: Primitive = Primitive::Null;

/// The choice for each kind of value. `sources`: what each node was compiled from.
pub fn choices_of(candidates: &[Vec<NodeId>; 6], sources: &[Option<&SchemaNode>], profile: &Profile) -> [Choice; 6] {
    let mut choices: [Choice; 6] = Default::default();
    for (kind, nodes) in candidates.iter().enumerate() {
        choices[kind] = if kind == Kind::Array as usize {
            Choice::List(nodes.as_slice().into())
        } else {
            let is_object = kind == Kind::Object as usize;
            let shape = |node: &NodeId| shape_of(sources[*node as usize], profile, is_object);
            let shapes: Vec<Shape<'_>> = nodes.iter().map(shape).collect();
            compiled(&tell_apart(&shapes, is_object), nodes)
        };
    }
    choices
}

/// Appends all nodes that the choice may lead to.
pub fn each_node(choice: &Choice, nodes: &mut Vec<NodeId>) {
    match choice {
        Choice::List(list) => nodes.extend(list),
        Choice::Question(question) => question.choices.iter().for_each(|choice| each_node(choice, nodes)),
    }
}

fn compiled(choice: &choice::Choice, nodes: &[NodeId]) -> Choice {
    let question = match choice {
        choice::Choice::List(numbers) => return Choice::List(numbers.iter().map(|number| nodes[*number]).collect()),
        choice::Choice::Question(question) => question,
    };
    let mut choices = Vec::new();
    let mut known: HashMap<*const (), u32> = HashMap::new();
    let mut number_of = |choice: &choice::Choice| {
        *known.entry(address(choice)).or_insert_with(|| {
            choices.push(compiled(choice, nodes));
            (choices.len() - 1) as u32
        })
    };
    let entries: Vec<(&Primitive, u32)> =
        question.by_value.iter().map(|(value, choice)| (value, number_of(choice))).collect();
    let (other, absent) = (number_of(&question.other), number_of(&question.absent));
    let table = ValueTable::build(entries.into_iter());
    Choice::Question(Box::new(Question { key: question.key.clone(), table, choices, other, absent }))
}

/// Tells shared choices.
fn address(choice: &choice::Choice) -> *const () {
    match choice {
        choice::Choice::List(list) => Rc::as_ptr(list).cast(),
        choice::Choice::Question(question) => Rc::as_ptr(question).cast(),
    }
}

fn shape_of<'p>(source: Option<&'p SchemaNode>, profile: &'p Profile, is_object: bool) -> Shape<'p> {
    match source {
        Some(SchemaNode::Object(object)) => {
            let members = object.properties.iter().map(|property| Member {
                name: &property.name,
                required: property.required,
                literals: literals_of(&property.node, profile, true),
            });
            Shape::Object { members: members.collect(), closed: matches!(object.additional, Additional::Refused) }
        }
        Some(SchemaNode::Discriminated(node)) => Shape::Discriminated {
            key: &node.key,
            literals: node.branches.iter().flat_map(|branch| &branch.values).collect(),
        },
        Some(scalar) if !is_object => literals_of(scalar, profile, false).map_or(Shape::Open, Shape::Literals),
        _ => Shape::Open,
    }
}

/// const and enum without normalization, and null.
fn literals_of<'p>(node: &'p SchemaNode, profile: &'p Profile, nullable: bool) -> Option<Vec<&'p Primitive>> {
    match end_of(node, profile) {
        SchemaNode::Values(values) if values.norm.is_empty() => Some(values.values.iter().collect()),
        SchemaNode::Scalar(scalar) if *scalar.types == [TypeName::Null] => Some(vec![&NULL]),
        SchemaNode::Nullable(node) if nullable => match end_of(&node.inner, profile) {
            SchemaNode::Values(values) if values.norm.is_empty() => Some(values.values.iter().chain([&NULL]).collect()),
            _ => None,
        },
        _ => None,
    }
}

/// The end of a chain of references.
fn end_of<'p>(mut node: &'p SchemaNode, profile: &'p Profile) -> &'p SchemaNode {
    while let SchemaNode::Ref(target) = node {
        node = target.map_or(&profile.root, |number| &profile.defs[number]);
    }
    node
}
