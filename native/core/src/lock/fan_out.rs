//! Bounds a validator's work: how many nodes may check one value. Without a bound, 25 nested unions of two branches
//! would check it 67 million times.

use super::admitted_types::{admitted_types, bit};
use super::cycles::{Cycles, find_cycles};
use super::errors::unsupported;
use super::tree::{DefId, Edges, NodeId, RawNode, Tree};
use crate::error::ContractError;
use crate::profile::TypeName;

const MAX_FAN_OUT: usize = 256;
/// Beyond the bound; sums are clamped to it.
const TOO_MANY: usize = MAX_FAN_OUT + 1;

/// Fan-out: 1 for a leaf, the largest of the children for a container, the target's for a reference, and for an anyOf
/// the largest sum over the branches that admit one type. It grows without bound when a branch that leads back to its
/// anyOf is summed with another one. The schema must be free of cycles that consume no input.
pub fn check_fan_out(tree: &Tree) -> Result<(), ContractError> {
    let admitted = admitted_types(tree);
    let cycles = find_cycles(tree, Edges::All);
    let growing = growing_definitions(tree, &cycles, &admitted);
    let mut of_definition = vec![1; tree.definitions.len()];
    let nodes_of = tree.nodes_by_definition();
    let mut fan_out = vec![1; tree.locations.len()];
    for group in &cycles.groups {
        // In a group that does not grow, cycles only pass the largest number on: one round finds it.
        let mut found = if group.iter().any(|definition| growing[*definition]) { TOO_MANY } else { 1 };
        for definition in group {
            measure(tree, nodes_of[*definition].iter().rev(), &admitted, &of_definition, &mut fan_out);
            found = found.max(fan_out[tree.definitions[*definition]]);
        }
        for definition in group {
            of_definition[*definition] = found;
        }
    }
    // Nodes on a cycle were measured before their group was known.
    let all: Vec<NodeId> = (0..tree.locations.len()).collect();
    measure(tree, all.iter().rev(), &admitted, &of_definition, &mut fan_out);
    for (id, location) in tree.locations.iter().enumerate() {
        if matches!(location.node, RawNode::Union(_)) && fan_out[id] > MAX_FAN_OUT {
            let message = format!("More than {MAX_FAN_OUT} branches of anyOf would look at one value.");
            return Err(unsupported(tree.pointer(id), message));
        }
    }
    Ok(())
}

/// `ids` lists children before their parents.
fn measure<'i>(
    tree: &Tree,
    ids: impl Iterator<Item = &'i NodeId>,
    admitted: &[u8],
    of_definition: &[usize],
    fan_out: &mut [usize],
) {
    for id in ids {
        fan_out[*id] = match tree.node(*id) {
            RawNode::Ref(target) => of_definition[*target],
            RawNode::Union(branches) => largest_sum(branches, admitted, fan_out),
            _ => tree.children(*id, Edges::All).into_iter().map(|child| fan_out[child]).max().unwrap_or(1),
        };
    }
}

fn largest_sum(branches: &[NodeId], admitted: &[u8], fan_out: &[usize]) -> usize {
    let sum_of = |bit: u8| {
        let admitting = branches.iter().filter(|branch| admitted[**branch] & bit != 0);
        admitting.map(|branch| fan_out[*branch]).sum::<usize>().min(TOO_MANY)
    };
    TypeName::ALL.iter().map(|name| sum_of(bit(*name))).max().unwrap_or(1).max(1)
}

/// The definitions with an anyOf of which one branch leads back to it while another one admits the same type.
fn growing_definitions(tree: &Tree, cycles: &Cycles, admitted: &[u8]) -> Vec<bool> {
    let mut growing = vec![false; tree.definitions.len()];
    for (id, location) in tree.locations.iter().enumerate() {
        let RawNode::Union(branches) = tree.node(id) else { continue };
        let definition: DefId = location.definition;
        for (index, branch) in branches.iter().enumerate() {
            let others = branches.iter().enumerate().filter(|(other, _)| *other != index);
            let shares = others.into_iter().any(|(_, other)| admitted[*other] & admitted[*branch] != 0);
            let leads_back = || {
                tree.references(*branch, Edges::All).iter().any(|(_, target)| cycles.same_group(*target, definition))
            };
            if shares && leads_back() {
                growing[definition] = true;
            }
        }
    }
    growing
}
