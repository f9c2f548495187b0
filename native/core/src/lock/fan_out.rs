//! The bound on a validator's work: how many nodes may look at one value. Why a large number is refused: 25 nested
//! unions of two branches each would look 67 million times.

use super::admitted_types::{TYPE_BITS, admitted_types};
use super::fault::unsupported;
use super::graph::{Circles, find_circles};
use super::tree::{Edges, Home, Id, Raw, Tree};
use crate::error::ContractError;

const MAX_FAN_OUT: usize = 256;
/// More than the bound; sums stay small numbers.
const TOO_MANY: usize = MAX_FAN_OUT + 1;

/// Fan-out: 1 for a leaf, the largest of the children for a container, the target's for a reference, and for an anyOf
/// the largest sum over the branches that admit one type. It grows round a circle when a branch that leads back to its
/// anyOf is summed with another one. The schema must be free of circles that consume no input.
pub fn check_fan_out(tree: &Tree) -> Result<(), ContractError> {
    let admitted = admitted_types(tree);
    let circles = find_circles(tree, Edges::All);
    let growing = growing_definitions(tree, &circles, &admitted);
    let mut of_home = vec![1; tree.homes.len()];
    let mut nodes_of = vec![Vec::new(); tree.homes.len()];
    for (id, place) in tree.places.iter().enumerate() {
        nodes_of[place.home].push(id);
    }
    let mut fan_out = vec![1; tree.places.len()];
    for group in &circles.groups {
        // In a group that does not grow, the circles only pass the largest number on: one round finds it.
        let mut found = if group.iter().any(|home| growing[*home]) { TOO_MANY } else { 1 };
        for home in group {
            measure(tree, nodes_of[*home].iter().rev(), &admitted, &of_home, &mut fan_out);
            found = found.max(fan_out[tree.homes[*home]]);
        }
        for home in group {
            of_home[*home] = found;
        }
    }
    // Nodes on a circle were measured before their group was known.
    let all: Vec<Id> = (0..tree.places.len()).collect();
    measure(tree, all.iter().rev(), &admitted, &of_home, &mut fan_out);
    for (id, place) in tree.places.iter().enumerate() {
        if matches!(place.node, Raw::Union(_)) && fan_out[id] > MAX_FAN_OUT {
            let message = format!("More than {MAX_FAN_OUT} branches of anyOf would look at one value.");
            return Err(unsupported(tree.pointer(id), message));
        }
    }
    Ok(())
}

/// `ids` gives children before their parents.
fn measure<'i>(
    tree: &Tree,
    ids: impl Iterator<Item = &'i Id>,
    admitted: &[u8],
    of_home: &[usize],
    fan_out: &mut [usize],
) {
    for id in ids {
        fan_out[*id] = match tree.node(*id) {
            Raw::Ref(target) => of_home[*target],
            Raw::Union(branches) => largest_sum(branches, admitted, fan_out),
            _ => tree.children(*id, Edges::All).into_iter().map(|child| fan_out[child]).max().unwrap_or(1),
        };
    }
}

fn largest_sum(branches: &[Id], admitted: &[u8], fan_out: &[usize]) -> usize {
    let sum_of = |bit: u8| {
        let admitting = branches.iter().filter(|branch| admitted[**branch] & bit != 0);
        admitting.map(|branch| fan_out[*branch]).sum::<usize>().min(TOO_MANY)
    };
    TYPE_BITS.into_iter().map(sum_of).max().unwrap_or(1).max(1)
}

/// The definitions with an anyOf of which one branch leads back to it while another one admits the same type.
fn growing_definitions(tree: &Tree, circles: &Circles, admitted: &[u8]) -> Vec<bool> {
    let mut growing = vec![false; tree.homes.len()];
    for (id, place) in tree.places.iter().enumerate() {
        let Raw::Union(branches) = tree.node(id) else { continue };
        let home: Home = place.home;
        for (index, branch) in branches.iter().enumerate() {
            let others = branches.iter().enumerate().filter(|(other, _)| *other != index);
            let shares = others.into_iter().any(|(_, other)| admitted[*other] & admitted[*branch] != 0);
            let leads_back =
                || tree.references(*branch, Edges::All).iter().any(|(_, target)| circles.same_group(*target, home));
            if shares && leads_back() {
                growing[home] = true;
            }
        }
    }
    growing
}
