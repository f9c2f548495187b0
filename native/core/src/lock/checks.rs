//! The checks that need the whole schema, in their fixed order, each over the nodes in the order of the walk:
//! discriminated unions, misplaced normalization, cycles that consume no input. `cost` comes last.

use std::collections::HashSet;

use super::cycles::find_cycles;
use super::errors::unsupported;
use super::tree::{Edges, NodeId, RawNode, RawProperty, Tree};
use super::value::primitive_text;
use crate::error::ContractError;
use crate::pointer::{Step, push_step};
use crate::profile::{Primitive, TypeName};
use crate::read::compare_keys;

/// Returns the first error; fills in the keys and values of the discriminated unions.
pub fn check_tree(tree: &mut Tree) -> Result<(), ContractError> {
    for id in 0..tree.locations.len() {
        if matches!(tree.node(id), RawNode::Discriminated { .. }) {
            complete_union(tree, id)?;
        }
    }
    check_norms(tree)?;
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

/// Refuses x-norm below a plain anyOf, because a value is normalized before its branch is known, and below
/// propertyNames, because keys are never normalized. The latter must also admit strings only, which a reference may
/// hide.
fn check_norms(tree: &Tree) -> Result<(), ContractError> {
    let reaching = reaching_norms(tree);
    for (id, location) in tree.locations.iter().enumerate() {
        match &location.node {
            RawNode::Union(branches) => {
                if let Some(index) = branches.iter().position(|branch| reaching[*branch]) {
                    let mut pointer = tree.pointer_of(id, "anyOf");
                    push_step(&mut pointer, Step::Index(index));
                    return Err(unsupported(pointer, "x-norm is not supported below a branch of anyOf."));
                }
            }
            RawNode::Object { names: Some(names), .. } => {
                let pointer = || tree.pointer_of(id, "propertyNames");
                if !is_string_schema(tree, *names) {
                    return Err(unsupported(pointer(), "propertyNames must be a schema of strings."));
                }
                if reaching[*names] {
                    return Err(unsupported(pointer(), "Keys are not normalized: x-norm is not supported here."));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// For each node: whether there is an x-norm at or below it, through references too.
fn reaching_norms(tree: &Tree) -> Vec<bool> {
    let definitions = normalizing_definitions(tree);
    let mut reaching = vec![false; tree.locations.len()];
    // Children come after their parents.
    for (id, location) in tree.locations.iter().enumerate().rev() {
        reaching[id] = match &location.node {
            RawNode::Ref(target) => definitions[*target],
            node => has_norm(node) || tree.children(id, Edges::All).into_iter().any(|child| reaching[child]),
        };
    }
    reaching
}

/// The definitions that contain x-norm, through references too.
fn normalizing_definitions(tree: &Tree) -> Vec<bool> {
    let mut referrers = vec![Vec::new(); tree.definitions.len()];
    let mut found = vec![false; tree.definitions.len()];
    for location in &tree.locations {
        found[location.definition] |= has_norm(&location.node);
        if let RawNode::Ref(target) = location.node {
            referrers[target].push(location.definition);
        }
    }
    let mut open: Vec<usize> = (0..found.len()).filter(|definition| found[*definition]).collect();
    while let Some(definition) = open.pop() {
        for referrer in &referrers[definition] {
            if !std::mem::replace(&mut found[*referrer], true) {
                open.push(*referrer);
            }
        }
    }
    found
}

fn has_norm(node: &RawNode) -> bool {
    match node {
        RawNode::Scalar(scalar) => scalar.string.as_ref().is_some_and(|string| !string.norm.is_empty()),
        RawNode::Values(values) => !values.norm.is_empty(),
        _ => false,
    }
}

fn is_string_schema(tree: &Tree, id: NodeId) -> bool {
    let types = match tree.resolve(id).map(|id| tree.node(id)) {
        Some(RawNode::Scalar(scalar)) => &scalar.types,
        Some(RawNode::Values(values)) => &values.types,
        _ => return false,
    };
    **types == [TypeName::String]
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
