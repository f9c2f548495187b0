//! The JSON types of schemas as bits: which branches of a union are worth a look. `integer` is no type here.

use super::graph::find_circles;
use super::tree::{Edges, Id, Raw, Tree};
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

/// The types of the values that each node may admit. A value of another type is rejected by the node without a look
/// inside. The schema must be free of circles that consume no input.
pub fn admitted_types(tree: &Tree) -> Vec<u8> {
    let mut admitted = vec![0; tree.places.len()];
    // In an order in which a reference always finds its target done, and below a definition children before parents.
    let order = find_circles(tree, Edges::Still).groups.into_iter().flatten();
    let mut of_home = vec![Vec::new(); tree.homes.len()];
    for (id, place) in tree.places.iter().enumerate() {
        of_home[place.home].push(id);
    }
    for home in order {
        // References to other definitions stand anywhere below; those that matter to a type are done by now, or stand
        // behind some input, where the second round finds them.
        for id in of_home[home].iter().rev() {
            admitted[*id] = types_of(tree, *id, &admitted);
        }
    }
    for id in (0..tree.places.len()).rev() {
        admitted[id] = types_of(tree, id, &admitted);
    }
    admitted
}

fn types_of(tree: &Tree, id: Id, admitted: &[u8]) -> u8 {
    match tree.node(id) {
        Raw::Any => EVERY,
        Raw::Scalar(scalar) => scalar.types.iter().fold(0, |types, name| types | bit(*name)),
        Raw::Values(values) => values.types.iter().fold(0, |types, name| types | bit(*name)),
        Raw::Array { .. } => ARRAY,
        Raw::Object { .. } | Raw::Discriminated { .. } => OBJECT,
        Raw::Nullable { inner, .. } => NULL | admitted[*inner],
        Raw::Union(branches) => branches.iter().fold(0, |types, branch| types | admitted[*branch]),
        Raw::Ref(target) => admitted[tree.homes[*target]],
    }
}
