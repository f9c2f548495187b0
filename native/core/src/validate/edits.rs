//! Finds the unions whose branches edit the document: only those pay for undoing.

use super::node::{Check, Node, NodeId};

/// Marks the unions with an edit at or below a branch. References have been resolved.
pub fn find_edits(nodes: &mut [Node]) {
    let mut parents: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        for_each_edge(&node.check, |child| parents[child as usize].push(at as NodeId));
    }
    let mut editing: Vec<bool> = nodes.iter().map(|node| edits(&node.check)).collect();
    let mut open: Vec<NodeId> = (0..nodes.len() as NodeId).filter(|at| editing[*at as usize]).collect();
    while let Some(at) = open.pop() {
        for parent in &parents[at as usize] {
            if !std::mem::replace(&mut editing[*parent as usize], true) {
                open.push(*parent);
            }
        }
    }
    for (node, editing) in nodes.iter_mut().zip(editing) {
        if let Check::Union(union) = &mut node.check {
            union.edits = editing;
        }
    }
}

/// True when the node itself edits the values that it checks.
fn edits(check: &Check) -> bool {
    match check {
        Check::Coerced(..) => true,
        Check::Scalar(scalar) => !scalar.text.norm.is_empty() || scalar.text.url.is_some(),
        Check::Values(values) => !values.norm.is_empty(),
        Check::Array(array) => !array.defaults.is_empty(),
        Check::Object(object) => object.strips || !object.defaults.is_empty(),
        Check::Any | Check::Union(_) | Check::Nullable(_) | Check::Discriminated(_) | Check::Ref(_) => false,
    }
}

fn for_each_edge(check: &Check, mut visit: impl FnMut(NodeId)) {
    match check {
        Check::Any | Check::Scalar(_) | Check::Coerced(..) | Check::Values(_) => {}
        Check::Array(array) => array.prefix.iter().chain(&array.items).for_each(|id| visit(*id)),
        Check::Object(object) => {
            object.properties.iter().for_each(|one| visit(one.node));
            object.additional.into_iter().for_each(visit);
        }
        Check::Union(union) => union.branches.iter().for_each(|id| visit(*id)),
        Check::Nullable(inner) | Check::Ref(inner) => visit(*inner),
        Check::Discriminated(node) => node.table.values().for_each(visit),
    }
}
