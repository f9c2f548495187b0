//! The JSON types that each node admits, as bits: a union checks only the branches that admit the value's type.
//! `integer` counts as `number`.

use super::cycles::find_cycles;
use super::tree::{Edges, NodeId, RawNode, Tree};
use crate::profile::TypeName;

pub const fn bit(name: TypeName) -> u8 {
    match name {
        TypeName::Integer => bit(TypeName::Number),
        _ => 1 << name as u8,
    }
}

/// What can be coerced.
const SCALARS: u8 = bit(TypeName::Boolean) | bit(TypeName::Null) | bit(TypeName::Number) | bit(TypeName::String);

/// The types of the values that each node may admit. The schema must be free of cycles that consume no input.
pub fn admitted_types(tree: &Tree) -> Vec<u8> {
    let mut admitted = vec![0; tree.locations.len()];
    // Targets before references; within a definition, children before parents.
    let order = find_cycles(tree, Edges::SameValue).groups.into_iter().flatten();
    let nodes_of = tree.nodes_by_definition();
    for definition in order {
        // A reference behind some input may lead to a later definition; the second round covers it.
        for id in nodes_of[definition].iter().rev() {
            admitted[*id] = types_of(tree, *id, &admitted);
        }
    }
    for id in (0..tree.locations.len()).rev() {
        admitted[id] = types_of(tree, id, &admitted);
    }
    admitted
}

fn types_of(tree: &Tree, id: NodeId, admitted: &[u8]) -> u8 {
    match tree.node(id) {
        RawNode::Any => u8::MAX,
        RawNode::Scalar(scalar) if scalar.coerce => SCALARS,
        RawNode::Scalar(scalar) => scalar.types.iter().fold(0, |types, name| types | bit(*name)),
        RawNode::Values(values) => values.types.iter().fold(0, |types, name| types | bit(*name)),
        RawNode::Array { .. } => bit(TypeName::Array),
        RawNode::Object { .. } | RawNode::Discriminated { .. } => bit(TypeName::Object),
        RawNode::Nullable { inner, .. } => bit(TypeName::Null) | admitted[*inner],
        RawNode::Union(branches) => branches.iter().fold(0, |types, branch| types | admitted[*branch]),
        RawNode::Ref(target) => admitted[tree.definitions[*target]],
    }
}
