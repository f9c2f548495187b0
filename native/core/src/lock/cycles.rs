//! The definitions of a schema as a graph: its cycles, and a topological order. `checks` decides which cycles are
//! errors.

use super::tree::{DefId, Edges, Tree};

pub struct Cycles {
    /// The strongly connected groups of definitions, each after all groups that it refers to.
    pub groups: Vec<Vec<DefId>>,
    group_of: Vec<usize>,
}

impl Cycles {
    pub fn same_group(&self, a: DefId, b: DefId) -> bool {
        self.group_of[a] == self.group_of[b]
    }
}

/// Cycles over all references, or over those that consume no input.
pub fn find_cycles(tree: &Tree, edges: Edges) -> Cycles {
    let targets: Vec<Vec<DefId>> = tree
        .definitions
        .iter()
        .map(|definition| tree.references(*definition, edges).into_iter().map(|(_, target)| target).collect())
        .collect();
    let groups = strong_components(&targets);
    let mut group_of = vec![0; targets.len()];
    for (index, group) in groups.iter().enumerate() {
        for vertex in group {
            group_of[*vertex] = index;
        }
    }
    Cycles { groups, group_of }
}

/// The order number of a vertex whose component is known.
const DONE: usize = usize::MAX;

/// Tarjan's algorithm (SIAM J. Comput. 1972) without recursion: a chain of definitions may be thousands long. A
/// component comes after all components that it points to.
fn strong_components(targets: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut components = Vec::new();
    // The order in which the vertices are visited, from 1.
    let mut order = vec![0; targets.len()];
    let mut low = vec![0; targets.len()];
    let mut waiting = Vec::new();
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut clock = 0;
    for start in 0..targets.len() {
        let mut entered = (order[start] == 0).then_some(start);
        loop {
            if let Some(vertex) = entered.take() {
                clock += 1;
                order[vertex] = clock;
                low[vertex] = clock;
                waiting.push(vertex);
                path.push((vertex, 0));
            }
            let Some((vertex, next)) = path.last_mut() else { break };
            let vertex = *vertex;
            if let Some(target) = targets[vertex].get(*next) {
                *next += 1;
                match order[*target] {
                    0 => entered = Some(*target),
                    at => low[vertex] = low[vertex].min(at),
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[vertex]);
            }
            if low[vertex] == order[vertex] {
                let from = waiting.iter().rposition(|one| *one == vertex).unwrap_or(0);
                let component = waiting.split_off(from);
                for member in &component {
                    order[*member] = DONE;
                }
                components.push(component);
            }
        }
    }
    components
}
