//! The check of the defaults against the limits of their contract: a document with one must be readable by the contract
//! again.
//!
//! Twin of `src/contract/lock/defaults.ts`.

use super::errors::invalid;
use super::tree::{Edges, NodeId, RawNode, Tree};
use crate::error::ContractError;
use crate::read::{ReadError, ReadLimits, Tape, check_text, read};

/// Returns the first default that breaks the limits or the data model, at its shallowest place, as `contract.invalid`.
pub fn check_defaults(tree: &Tree, limits: &ReadLimits) -> Result<(), ContractError> {
    let depths = shallowest_depths(tree);
    for (id, location) in tree.locations.iter().enumerate() {
        let max_depth = limits.max_depth.saturating_sub(depths[id].unwrap_or(0) + 1);
        let limits = ReadLimits { max_depth, ..*limits };
        match &location.node {
            RawNode::Object { properties, .. } => {
                for property in properties {
                    check_default(tree, property.node, &limits)?;
                }
            }
            RawNode::Array { prefix, .. } => {
                for item in prefix {
                    check_default(tree, *item, &limits)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_default(tree: &Tree, slot: NodeId, limits: &ReadLimits) -> Result<(), ContractError> {
    let Some(text) = &tree.locations[slot].default else { return Ok(()) };
    let result = check_text(text.as_bytes(), limits).and_then(|text| read(&mut Tape::default().bind(text), limits));
    let (what, inside) = match result {
        Ok(()) => return Ok(()),
        Err(ReadError::Text(code)) => (code.name(), String::new()),
        Err(ReadError::Data { code, pointer, .. }) => (code.name(), pointer),
        Err(ReadError::OutOfMemory | ReadError::Interrupted) => ("not enough memory", String::new()),
    };
    let pointer = tree.pointer_of(slot, "default") + &inside;
    Err(invalid(pointer, format!("The contract could not read a document with this default: {what}.")))
}

/// For each node that the root leads to: the fewest brackets that are open around a value of it.
fn shallowest_depths(tree: &Tree) -> Vec<Option<usize>> {
    let mut depths = vec![None; tree.locations.len()];
    let mut level = vec![tree.definitions[0]];
    let mut depth = 0;
    while !level.is_empty() {
        let mut inside = Vec::new();
        while let Some(id) = level.pop() {
            if depths[id].is_some() {
                continue;
            }
            depths[id] = Some(depth);
            match tree.node(id) {
                RawNode::Ref(target) => level.push(tree.definitions[*target]),
                RawNode::Array { .. } | RawNode::Object { .. } => inside.extend(tree.children(id, Edges::All)),
                _ => level.extend(tree.children(id, Edges::SameValue)),
            }
        }
        (level, depth) = (inside, depth + 1);
    }
    depths
}
