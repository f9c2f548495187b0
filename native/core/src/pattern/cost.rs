//! The static cost of a pattern: a bound on the automaton's work for one character, known without any text.
//!
//! Twin of `src/pattern/cost.ts`: the same number.

use std::collections::HashMap;
use std::sync::Arc;

use super::bits::{Bits, add, add_all, each, has, none};
use super::parse::Node;
use super::positions::{MATCHED, OptionalCopies, Positions, positions_of};
use super::ranges::{LAST, Ranges, WORD_CHARACTERS, negated, overlap};

/// More pairs are not told apart: then every position counts. This bounds the time that the count takes.
const MAX_PAIRS: usize = 65_536;

/// The most positions of the pattern that can be alive behind one character of any text, at least 1.
pub fn cost_of(node: &Node) -> u64 {
    let positions = positions_of(node, OptionalCopies::Count);
    // A pattern that matches the empty text has matched before the first character.
    if has(&positions.first, MATCHED) {
        return 1;
    }
    let size = positions.ranges.len();
    pairs_of(positions).map_or(size as u64, |pairs| largest_group(&pairs, size) as u64)
}

/// The pairs of positions that one text can keep alive together, found from the pair of the start with itself: a set
/// for each position. A search that begins at every character is one more position (two where the kind of the character
/// counts), which follows itself. Nothing follows a match. `None`: there are too many.
fn pairs_of(positions: Positions) -> Option<Vec<Bits>> {
    let (ranges, follow) = with_search(positions);
    let words = ranges.len().div_ceil(64);
    let mut pairs = Pairs {
        compatible: compatibility(&ranges, words),
        together: vec![none(words); ranges.len()],
        is_match: follow.iter().map(|set| has(set, MATCHED)).collect(),
        queue: Vec::new(),
        count: 0,
    };
    // (behind, before) of half a step: the first position has moved on, the second has not.
    let mut halfway = vec![none(words); ranges.len()];
    let start = &follow[ranges.len() - 1];
    each(start).for_each(|behind| pairs.add(behind, start));
    while let Some((before, partner)) = pairs.queue.pop() {
        if pairs.count > MAX_PAIRS {
            return None;
        }
        for behind in each(&follow[before]) {
            if !has(&halfway[behind], partner) {
                add(&mut halfway[behind], partner);
                pairs.add(behind, &follow[partner]);
            }
        }
    }
    (pairs.count <= MAX_PAIRS).then_some(pairs.together)
}

struct Pairs {
    compatible: Vec<Bits>,
    together: Vec<Bits>,
    is_match: Vec<bool>,
    queue: Vec<(usize, usize)>,
    count: usize,
}

impl Pairs {
    fn add(&mut self, behind: usize, partners: &Bits) {
        // Behind a match there is no next character.
        if self.is_match[behind] {
            return;
        }
        let known = &mut self.together[behind];
        let found: Bits =
            partners.iter().zip(&self.compatible[behind]).zip(&*known).map(|((a, b), known)| a & b & !known).collect();
        for partner in each(&found).filter(|partner| !self.is_match[*partner]) {
            add(known, partner);
            self.count += 1;
            self.queue.push((behind, partner));
        }
    }
}

/// The positions, then those of the search, then the start.
fn with_search(positions: Positions) -> (Vec<Arc<Ranges>>, Vec<Bits>) {
    let Positions { mut ranges, follow, first, restart_word, restart_other, has_boundaries, .. } = positions;
    let searches = if has_boundaries {
        let other = negated(WORD_CHARACTERS, LAST);
        vec![(WORD_CHARACTERS.to_vec(), restart_word), (other, restart_other)]
    } else {
        vec![(vec![(0, LAST)], restart_other)]
    };
    let size = ranges.len();
    let words = (size + searches.len() + 1).div_ceil(64);
    let extended = |bits: &Bits, searching: bool| {
        let mut all = none(words);
        add_all(&mut all, bits);
        if searching {
            (0..searches.len()).for_each(|i| add(&mut all, size + i));
        }
        all
    };
    let mut all: Vec<Bits> = follow.iter().map(|bits| extended(bits, false)).collect();
    all.extend(searches.iter().map(|(_, entry)| extended(entry, true)));
    all.push(extended(&first, true));
    ranges.extend(searches.into_iter().map(|(set, _)| Arc::new(set)));
    ranges.push(Arc::default());
    (ranges, all)
}

/// The positions that match a character which each position matches too.
fn compatibility(ranges: &[Arc<Ranges>], words: usize) -> Vec<Bits> {
    let mut members: HashMap<&Arc<Ranges>, Bits> = HashMap::new();
    for (position, set) in ranges.iter().enumerate() {
        add(members.entry(set).or_insert_with(|| none(words)), position);
    }
    let fits: HashMap<_, Bits> = members
        .keys()
        .map(|set| {
            let mut all = none(words);
            let others = members.iter().filter(|(one, _)| overlap(set, one));
            others.for_each(|(_, positions)| add_all(&mut all, positions));
            (*set, all)
        })
        .collect();
    ranges.iter().map(|set| fits[set].clone()).collect()
}

/// A bound on the largest set of positions that are together pair by pair: taking away a position with the fewest
/// partners until none is left, the most partners that one had, and itself (the graph's degeneracy and 1).
fn largest_group(together: &[Bits], size: usize) -> usize {
    let partners: Vec<Vec<usize>> =
        (0..size).map(|at| each(&together[at]).filter(|partner| *partner < size && *partner != at).collect()).collect();
    let mut degrees: Vec<usize> = partners.iter().map(Vec::len).collect();
    let mut by_degree = vec![Vec::new(); size];
    degrees.iter().enumerate().for_each(|(position, degree)| by_degree[*degree].push(position));
    let mut gone = vec![false; size];
    let (mut most, mut degree) = (0, 0);
    while degree < size {
        let Some(position) = by_degree[degree].pop() else {
            degree += 1;
            continue;
        };
        if gone[position] || degrees[position] != degree {
            continue;
        }
        gone[position] = true;
        most = most.max(degree);
        for &partner in &partners[position] {
            if !gone[partner] {
                degrees[partner] -= 1;
                by_degree[degrees[partner]].push(partner);
            }
        }
        degree = degree.saturating_sub(1);
    }
    most + 1
}
