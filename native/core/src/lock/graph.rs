//! The definitions of a schema as a graph: which ones refer to each other in a circle, and in which order each comes
//! after all that it refers to. What follows from a circle is decided in `checks`.

use super::tree::{Edges, Home, Tree};

pub struct Circles {
    /// The groups of definitions that reach each other, each group after all groups that it refers to.
    pub groups: Vec<Vec<Home>>,
    group_of: Vec<usize>,
}

impl Circles {
    /// Whether two definitions are in one group.
    pub fn same_group(&self, a: Home, b: Home) -> bool {
        self.group_of[a] == self.group_of[b]
    }
}

/// Circles over all references, or over those on which no input is consumed.
pub fn find_circles(tree: &Tree, edges: Edges) -> Circles {
    let targets: Vec<Vec<Home>> = tree
        .homes
        .iter()
        .map(|home| tree.references(*home, edges).into_iter().map(|(_, target)| target).collect())
        .collect();
    let groups = strong_components(&targets);
    let mut group_of = vec![0; targets.len()];
    for (index, group) in groups.iter().enumerate() {
        for vertex in group {
            group_of[*vertex] = index;
        }
    }
    Circles { groups, group_of }
}

/// Known to be in a component.
const DONE: usize = usize::MAX;

/// Tarjan's algorithm (SIAM J. Comput. 1972) without recursion: a chain of definitions may be thousands long. A
/// component comes after all that it points to.
fn strong_components(targets: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut components = Vec::new();
    // When a vertex was met, from 1.
    let mut met = vec![0; targets.len()];
    let mut low = vec![0; targets.len()];
    let mut waiting = Vec::new();
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut clock = 0;
    for start in 0..targets.len() {
        let mut entered = (met[start] == 0).then_some(start);
        loop {
            if let Some(vertex) = entered.take() {
                clock += 1;
                met[vertex] = clock;
                low[vertex] = clock;
                waiting.push(vertex);
                path.push((vertex, 0));
            }
            let Some((vertex, next)) = path.last_mut() else { break };
            let vertex = *vertex;
            if let Some(target) = targets[vertex].get(*next) {
                *next += 1;
                match met[*target] {
                    0 => entered = Some(*target),
                    at => low[vertex] = low[vertex].min(at),
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[vertex]);
            }
            if low[vertex] == met[vertex] {
                let from = waiting.iter().rposition(|one| *one == vertex).unwrap_or(0);
                let component = waiting.split_off(from);
                for member in &component {
                    met[*member] = DONE;
                }
                components.push(component);
            }
        }
    }
    components
}
