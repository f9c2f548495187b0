//! The checks that need the whole schema, in their fixed order, each over the nodes in the order of the walk:
//! discriminated unions, the schemas of keys, cycles that consume no input. `defaults` and `cost` follow.

use std::collections::HashSet;

use super::cycles::find_cycles;
use super::errors::unsupported;
use super::tree::{Edges, NodeId, RawNode, RawProperty, Tree};
use super::value::primitive_text;
use crate::error::ContractError;
use crate::profile::{Primitive, ScalarNode, TypeName};
use crate::read::compare_keys;

/// Returns the first error; fills in the keys and values of the discriminated unions.
pub fn check_tree(tree: &mut Tree) -> Result<(), ContractError> {
    for id in 0..tree.locations.len() {
        if matches!(tree.node(id), RawNode::Discriminated { .. }) {
            complete_union(tree, id)?;
        }
    }
    check_names(tree)?;
    check_cycles(tree)
}

fn complete_union(tree: &mut Tree, id: NodeId) -> Result<(), ContractError> {
    let targets = tree.children(id, Edges::SameValue);
    let objects: Option<Vec<&[RawProperty]>> = targets.iter().map(|target| properties_of(tree, *target)).collect();
    let Some(objects) = objects else {
        return Err(unsupported(tree.pointer_of(id, "oneOf"), "Every branch of oneOf must be an object."));
    };
    let given = tree.locations[id].discriminator.as_deref();
    let found = match given {
        Some(key) => discriminating_values(tree, key, &objects).map(|values| (key, values)),
        None => objects[0].iter().find_map(|property| {
            discriminating_values(tree, &property.name, &objects).map(|values| (&*property.name, values))
        }),
    };
    let Some((key, values)) = found else {
        let keyword = if given.is_none() { "oneOf" } else { "x-discriminator" };
        return Err(unsupported(
            tree.pointer_of(id, keyword),
            "Every branch of oneOf must require the discriminating key, with const or enum, no value twice and no x-norm.",
        ));
    };
    let key = key.into();
    let branches = values.into_iter().zip(targets).collect();
    tree.locations[id].node = RawNode::Discriminated { key, branches };
    Ok(())
}

fn properties_of(tree: &Tree, id: NodeId) -> Option<&[RawProperty]> {
    match tree.node(tree.resolve(id)?) {
        RawNode::Object { properties, .. } => Some(properties),
        _ => None,
    }
}

/// The values of `key` in each object; `None` when they do not distinguish the objects.
fn discriminating_values(tree: &Tree, key: &str, objects: &[&[RawProperty]]) -> Option<Vec<Vec<Primitive>>> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for properties in objects {
        let at = properties.binary_search_by(|one| compare_keys(&one.name, key)).ok()?;
        let property = &properties[at];
        // The discriminator is read before normalization, so it must not be normalized itself.
        let values = match tree.node(property.node) {
            RawNode::Values(node) if property.required && node.norm.is_empty() => &node.values,
            _ => return None,
        };
        // Values are equal exactly when their canonical texts are.
        if !values.iter().all(|value| seen.insert(primitive_text(value))) {
            return None;
        }
        found.push(values.clone());
    }
    Some(found)
}

/// The schema of a record's keys admits strings only, which a reference may hide, and changes none.
fn check_names(tree: &Tree) -> Result<(), ContractError> {
    for (id, location) in tree.locations.iter().enumerate() {
        let RawNode::Object { names: Some(names), .. } = location.node else { continue };
        let refused = |message| Err(unsupported(tree.pointer_of(id, "propertyNames"), message));
        let (types, changes) = match tree.resolve(names).map(|id| tree.node(id)) {
            Some(RawNode::Scalar(scalar)) => (&scalar.types, changes_text(scalar)),
            Some(RawNode::Values(values)) => (&values.types, !values.norm.is_empty()),
            _ => return refused("propertyNames must be a schema of strings."),
        };
        if **types != [TypeName::String] {
            return refused("propertyNames must be a schema of strings.");
        }
        if changes {
            return refused("Keys are not changed: x-norm, x-coerce and x-url are not supported here.");
        }
    }
    Ok(())
}

fn changes_text(scalar: &ScalarNode) -> bool {
    scalar.coerce || scalar.string.as_ref().is_some_and(|string| !string.norm.is_empty() || string.url.is_some())
}

/// A reference that reaches itself without consuming input would never end.
fn check_cycles(tree: &Tree) -> Result<(), ContractError> {
    let cycles = find_cycles(tree, Edges::SameValue);
    let unconsuming: HashSet<NodeId> = tree
        .definitions
        .iter()
        .flat_map(|definition| tree.references(*definition, Edges::SameValue))
        .map(|(id, _)| id)
        .collect();
    for (id, location) in tree.locations.iter().enumerate() {
        if let RawNode::Ref(target) = location.node
            && unconsuming.contains(&id)
            && cycles.same_group(location.definition, target)
        {
            let message = "The reference comes back to itself without consuming any input.";
            return Err(unsupported(tree.pointer_of(id, "$ref"), message));
        }
    }
    Ok(())
}
