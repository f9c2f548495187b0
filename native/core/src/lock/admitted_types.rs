//! The JSON types that each node admits, as bits: a union checks only the branches that admit the value's type.
//! `integer` counts as `number`.

use super::cycles::find_cycles;
use super::tree::{Edges, NodeId, RawNode, Tree};
use crate::profile::TypeName;

/// One bit for each of null, boolean, number, string, array, object.
pub const TYPE_BITS: [u8; 6] = [1, 2, 4, 8, 16, 32];
const NULL: u8 = 1;
const ARRAY: u8 = 16;
const OBJECT: u8 = 32;
const EVERY: u8 = 63;

const fn bit(name: TypeName) -> u8 {
    match name {
        TypeName::Null => NULL,
        TypeName::Boolean => 2,
        TypeName::Integer | TypeName::Number => 4,
        TypeName::String => 8,
        TypeName::Array => ARRAY,
        TypeName::Object => OBJECT,
    }
}

/// The types of the values that each node may admit. The schema must be free of cycles that consume no input.
pub fn admitted_types(tree: &Tree) -> Vec<u8> {
    let mut admitted = vec![0; tree.locations.len()];
    // Targets before references; within a definition, children before parents.
    let order = find_cycles(tree, Edges::SameValue).groups.into_iter().flatten();
    let mut of_definition = vec![Vec::new(); tree.definitions.len()];
    for (id, location) in tree.locations.iter().enumerate() {
        of_definition[location.definition].push(id);
    }
    for definition in order {
        // A reference behind some input may lead to a later definition; the second round covers it.
        for id in of_definition[definition].iter().rev() {
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
        RawNode::Any => EVERY,
        RawNode::Scalar(scalar) => scalar.types.iter().fold(0, |types, name| types | bit(*name)),
        RawNode::Values(values) => values.types.iter().fold(0, |types, name| types | bit(*name)),
        RawNode::Array { .. } => ARRAY,
        RawNode::Object { .. } | RawNode::Discriminated { .. } => OBJECT,
        RawNode::Nullable { inner, .. } => NULL | admitted[*inner],
        RawNode::Union(branches) => branches.iter().fold(0, |types, branch| types | admitted[*branch]),
        RawNode::Ref(target) => admitted[tree.definitions[*target]],
    }
}
