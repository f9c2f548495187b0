//! The checks that need the whole schema, in their fixed order, each over the nodes in the order of the walk:
//! discriminated unions, normalization out of place, circles that consume no input, fan-out (`fan_out`).

use std::collections::HashSet;

use super::fan_out::check_fan_out;
use super::fault::unsupported;
use super::graph::find_circles;
use super::tree::{Edges, Id, Raw, RawProperty, Tree};
use super::value::primitive_text;
use crate::error::ContractError;
use crate::path::{Step, push_step};
use crate::profile::{Primitive, TypeName};
use crate::read::compare_keys;

/// Gives the first fault; fills in the keys and values of the discriminated unions.
pub fn check_tree(tree: &mut Tree) -> Result<(), ContractError> {
    for id in 0..tree.places.len() {
        if matches!(tree.node(id), Raw::Discriminated { .. }) {
            complete_union(tree, id)?;
        }
    }
    check_norms(tree)?;
    check_circles(tree)?;
    check_fan_out(tree)
}

fn complete_union(tree: &mut Tree, id: Id) -> Result<(), ContractError> {
    let targets = tree.children(id, Edges::Still);
    let objects: Option<Vec<&[RawProperty]>> = targets.iter().map(|target| properties_of(tree, *target)).collect();
    let Some(objects) = objects else {
        return Err(unsupported(tree.pointer_of(id, "oneOf"), "Every branch of oneOf must be an object."));
    };
    let given = tree.places[id].discriminator.as_deref();
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
    tree.places[id].node = Raw::Discriminated { key, branches };
    Ok(())
}

fn properties_of(tree: &Tree, id: Id) -> Option<&[RawProperty]> {
    match tree.node(tree.resolve(id)?) {
        Raw::Object { properties, .. } => Some(properties),
        _ => None,
    }
}

/// The values of `key` in each object, or none when they do not tell the objects apart.
fn discriminating_values(tree: &Tree, key: &str, objects: &[&[RawProperty]]) -> Option<Vec<Vec<Primitive>>> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for properties in objects {
        let at = properties.binary_search_by(|one| compare_keys(&one.name, key)).ok()?;
        let property = &properties[at];
        // A discriminating value is read before normalizing, so it must not be normalized itself.
        let values = match tree.node(property.node) {
            Raw::Values(node) if property.required && node.norm.is_empty() => &node.values,
            _ => return None,
        };
        // Two values are equal exactly when their canonical texts are.
        if !values.iter().all(|value| seen.insert(primitive_text(value))) {
            return None;
        }
        found.push(values.clone());
    }
    Some(found)
}

/// A value is normalized before it is known which branch of a union it fits, and keys are never normalized: so no
/// x-norm below a plain anyOf or propertyNames. The latter must also be a string form, which a reference hides till now.
fn check_norms(tree: &Tree) -> Result<(), ContractError> {
    let reaching = reaching_norms(tree);
    for (id, place) in tree.places.iter().enumerate() {
        match &place.node {
            Raw::Union(branches) => {
                if let Some(index) = branches.iter().position(|branch| reaching[*branch]) {
                    let mut pointer = tree.pointer_of(id, "anyOf");
                    push_step(&mut pointer, Step::Index(index));
                    return Err(unsupported(pointer, "x-norm is not supported below a branch of anyOf."));
                }
            }
            Raw::Object { names: Some(names), .. } => {
                let pointer = || tree.pointer_of(id, "propertyNames");
                if !is_string_form(tree, *names) {
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

/// For each node: whether there is an x-norm at or below it, by way of references too.
fn reaching_norms(tree: &Tree) -> Vec<bool> {
    let definitions = normalizing_definitions(tree);
    let mut reaching = vec![false; tree.places.len()];
    // Children stand behind their parents.
    for (id, place) in tree.places.iter().enumerate().rev() {
        reaching[id] = match &place.node {
            Raw::Ref(target) => definitions[*target],
            node => has_norm(node) || tree.children(id, Edges::All).into_iter().any(|child| reaching[child]),
        };
    }
    reaching
}

/// The definitions with x-norm somewhere in them, by way of references too.
fn normalizing_definitions(tree: &Tree) -> Vec<bool> {
    let mut referrers = vec![Vec::new(); tree.homes.len()];
    let mut found = vec![false; tree.homes.len()];
    for place in &tree.places {
        found[place.home] |= has_norm(&place.node);
        if let Raw::Ref(target) = place.node {
            referrers[target].push(place.home);
        }
    }
    let mut open: Vec<usize> = (0..found.len()).filter(|home| found[*home]).collect();
    while let Some(home) = open.pop() {
        for referrer in &referrers[home] {
            if !std::mem::replace(&mut found[*referrer], true) {
                open.push(*referrer);
            }
        }
    }
    found
}

fn has_norm(node: &Raw) -> bool {
    match node {
        Raw::Scalar(scalar) => scalar.string.as_ref().is_some_and(|string| !string.norm.is_empty()),
        Raw::Values(values) => !values.norm.is_empty(),
        _ => false,
    }
}

fn is_string_form(tree: &Tree, id: Id) -> bool {
    let types = match tree.resolve(id).map(|id| tree.node(id)) {
        Some(Raw::Scalar(scalar)) => &scalar.types,
        Some(Raw::Values(values)) => &values.types,
        _ => return false,
    };
    **types == [TypeName::String]
}

/// A reference that comes back to itself without having looked into the value would never end.
fn check_circles(tree: &Tree) -> Result<(), ContractError> {
    let circles = find_circles(tree, Edges::Still);
    let still: HashSet<Id> =
        tree.homes.iter().flat_map(|home| tree.references(*home, Edges::Still)).map(|(id, _)| id).collect();
    for (id, place) in tree.places.iter().enumerate() {
        if let Raw::Ref(target) = place.node
            && still.contains(&id)
            && circles.same_group(place.home, target)
        {
            let message = "The reference comes back to itself without consuming any input.";
            return Err(unsupported(tree.pointer_of(id, "$ref"), message));
        }
    }
    Ok(())
}
