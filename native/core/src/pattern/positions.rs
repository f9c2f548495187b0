//! The positions of a pattern (Glushkov's construction): every single-character matcher, with quantifiers written out,
//! and the positions that may follow it.
//!
//! Twin of `src/pattern/positions.ts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bits::{Bits, add, add_all, each, none};
use super::parse::{Assertion, Node};
use super::ranges::{LAST, Ranges, WORD_CHARACTERS, intersected, negated};

/// Marker in place of a position: the pattern has matched, whatever follows in the text.
pub const MATCHED: usize = 0;
/// Marker in place of a position: the pattern has matched if the text ends here.
pub const MATCHED_AT_END: usize = 1;
/// Positions behind a match that a word character must follow, and one that another character must follow.
const WORD_AHEAD: usize = 2;
const OTHER_AHEAD: usize = 3;
const RESERVED: usize = 4;

#[derive(Debug)]
pub struct Positions {
    /// Words of each set.
    pub words: usize,
    /// The characters that each position matches; the two markers match none.
    pub ranges: Vec<Arc<Ranges>>,
    /// The positions that may follow each position.
    pub follow: Vec<Bits>,
    /// The positions at the start of the text.
    pub first: Bits,
    /// The positions at every later place, because the pattern is a search: behind a word character.
    pub restart_word: Bits,
    /// The same behind another character.
    pub restart_other: Bits,
    /// The pattern has `\b` or `\B`: no position matches both word characters and others.
    pub has_boundaries: bool,
}

/// Which optional copies of a repeated part may follow one another. Both match the same texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OptionalCopies {
    /// Any later one, as in `a?a?a?`: positions of later copies are alive too, but a deterministic automaton has few
    /// states.
    Skip,
    /// Only the next one, as in `(?:a(?:a(?:a)?)?)?`: fewest positions are alive.
    Count,
}

/// What assertions depend on: the kind of the two neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Edge,
    Word,
    Other,
}

/// A set of pairs of kinds, a bit each: 3 · kind before + kind behind.
type Condition = u16;

const ALWAYS: Condition = 0b111_111_111;

const fn condition_of(assertion: Assertion) -> Condition {
    match assertion {
        Assertion::Start => 0b000_000_111,
        Assertion::End => 0b001_001_001,
        Assertion::Boundary => 0b010_101_010,
        Assertion::NoBoundary => 0b101_010_101,
    }
}

const fn admits(condition: Condition, before: Kind, behind: Kind) -> bool {
    condition >> (3 * before as u16 + behind as u16) & 1 == 1
}

pub fn positions_of(node: &Node, optional: OptionalCopies) -> Positions {
    let has_boundaries = finds_boundaries(node);
    let mut linker = Linker {
        words: 0,
        follow: Vec::new(),
        kinds: vec![Kind::Edge, Kind::Edge, Kind::Word, Kind::Other],
        of_kind: [none(0), none(0)],
        has_boundaries,
        optional,
        next: RESERVED,
    };
    let other = negated(WORD_CHARACTERS, LAST);
    let mut ranges = vec![Arc::default(), Arc::default(), Arc::new(WORD_CHARACTERS.to_vec()), Arc::new(other)];
    expand(node, has_boundaries, &mut |kind, set| {
        linker.kinds.push(kind);
        ranges.push(set);
    });
    let words = ranges.len().div_ceil(64);
    linker.words = words;
    linker.follow = vec![none(words); ranges.len()];
    linker.of_kind = [Kind::Word, Kind::Other].map(|kind| {
        let mut set = none(words);
        (0..ranges.len()).filter(|at| linker.kinds[*at] == kind).for_each(|at| add(&mut set, at));
        set
    });
    let whole = linker.fragment(node);
    add(&mut linker.follow[WORD_AHEAD], MATCHED);
    add(&mut linker.follow[OTHER_AHEAD], MATCHED);
    for (&condition, lasts) in &whole.last {
        for last in each(lasts) {
            finish(&mut linker.follow[last], condition, linker.kinds[last], has_boundaries);
        }
    }
    let behind = |before: Kind| {
        let mut entry = none(words);
        for (&condition, positions) in &whole.first {
            add_admitted(&mut entry, positions, condition, before, &linker.of_kind);
        }
        finish(&mut entry, whole.nullable, before, has_boundaries);
        entry
    };
    let restart_other = behind(Kind::Other);
    let restart_word = if has_boundaries { behind(Kind::Word) } else { restart_other.clone() };
    let first = behind(Kind::Edge);
    Positions { words, ranges, first, restart_word, restart_other, has_boundaries, follow: linker.follow }
}

fn finds_boundaries(node: &Node) -> bool {
    match node {
        Node::Concat(nodes) | Node::Alternation(nodes) => nodes.iter().any(finds_boundaries),
        Node::Repeat { node, .. } => finds_boundaries(node),
        Node::Assertion(one) => matches!(one, Assertion::Boundary | Assertion::NoBoundary),
        Node::Class(_) => false,
    }
}

/// How often a repeated node is written out; the last copy of an unbounded one loops.
fn copies(min: u32, max: Option<u32>) -> u32 {
    max.unwrap_or(min.max(1))
}

/// The positions of a class: one, or one for its word characters and one for the others.
fn split(ranges: &Arc<Ranges>, has_boundaries: bool) -> Vec<(Kind, Arc<Ranges>)> {
    if !has_boundaries {
        return vec![(Kind::Other, Arc::clone(ranges))];
    }
    let word = intersected(ranges, WORD_CHARACTERS);
    let other = intersected(ranges, &negated(WORD_CHARACTERS, LAST));
    let parts = [(Kind::Word, word), (Kind::Other, other)];
    parts.into_iter().filter(|(_, set)| !set.is_empty()).map(|(kind, set)| (kind, Arc::new(set))).collect()
}

/// Visits the positions in the order in which the linker does.
fn expand(node: &Node, has_boundaries: bool, visit: &mut impl FnMut(Kind, Arc<Ranges>)) {
    match node {
        Node::Class(ranges) => split(ranges, has_boundaries).into_iter().for_each(|(kind, set)| visit(kind, set)),
        Node::Concat(nodes) | Node::Alternation(nodes) => {
            nodes.iter().for_each(|one| expand(one, has_boundaries, visit));
        }
        Node::Repeat { node, min, max } => {
            (0..copies(*min, *max)).for_each(|_| expand(node, has_boundaries, visit));
        }
        Node::Assertion(_) => {}
    }
}

/// Adds those of `positions` that `condition` admits behind a character of kind `before`.
fn add_admitted(bits: &mut [u64], positions: &[u64], condition: Condition, before: Kind, of_kind: &[Bits; 2]) {
    if condition == ALWAYS {
        return add_all(bits, positions);
    }
    for (kind, of_kind) in [Kind::Word, Kind::Other].into_iter().zip(of_kind) {
        if admits(condition, before, kind) {
            for ((word, more), mask) in bits.iter_mut().zip(positions).zip(of_kind) {
                *word |= more & mask;
            }
        }
    }
}

/// Adds the markers of a match under `condition` behind a character of kind `before`.
fn finish(bits: &mut [u64], condition: Condition, before: Kind, has_boundaries: bool) {
    let [end, word, other] = [Kind::Edge, Kind::Word, Kind::Other].map(|kind| admits(condition, before, kind));
    if end && other && (word || !has_boundaries) {
        return add(bits, MATCHED);
    }
    for (holds, marker) in [(end, MATCHED_AT_END), (word, WORD_AHEAD), (other, OTHER_AHEAD)] {
        if holds {
            add(bits, marker);
        }
    }
}

/// Positions by the condition before or behind them.
type Conditioned = BTreeMap<Condition, Bits>;

/// A part of the pattern.
struct Fragment {
    /// The condition under which it matches the empty text; 0: never.
    nullable: Condition,
    first: Conditioned,
    last: Conditioned,
}

impl Fragment {
    const fn empty(nullable: Condition) -> Self {
        Self { nullable, first: BTreeMap::new(), last: BTreeMap::new() }
    }
}

struct Linker {
    words: usize,
    follow: Vec<Bits>,
    kinds: Vec<Kind>,
    /// The positions of words, and of others.
    of_kind: [Bits; 2],
    has_boundaries: bool,
    optional: OptionalCopies,
    next: usize,
}

impl Linker {
    fn fragment(&mut self, node: &Node) -> Fragment {
        match node {
            Node::Class(ranges) => self.class(split(ranges, self.has_boundaries).len()),
            Node::Concat(parts) => parts.iter().fold(Fragment::empty(ALWAYS), |whole, part| {
                let part = self.fragment(part);
                self.joined(whole, part)
            }),
            Node::Alternation(branches) => self.either(branches),
            Node::Repeat { node, min, max } => self.repeated(node, *min, *max),
            Node::Assertion(assertion) => Fragment::empty(condition_of(*assertion)),
        }
    }

    fn class(&mut self, count: usize) -> Fragment {
        let mut positions = none(self.words);
        for _ in 0..count {
            add(&mut positions, self.next);
            self.next += 1;
        }
        let conditioned = BTreeMap::from([(ALWAYS, positions)]);
        Fragment { nullable: 0, first: conditioned.clone(), last: conditioned }
    }

    fn joined(&mut self, left: Fragment, right: Fragment) -> Fragment {
        self.link(&left.last, &right.first);
        let mut first = left.first;
        for (condition, positions) in &right.first {
            add_under(&mut first, condition & left.nullable, positions);
        }
        let mut last = right.last;
        for (condition, positions) in &left.last {
            add_under(&mut last, condition & right.nullable, positions);
        }
        Fragment { nullable: left.nullable & right.nullable, first, last }
    }

    fn either(&mut self, nodes: &[Node]) -> Fragment {
        let mut whole = Fragment::empty(0);
        for node in nodes {
            let fragment = self.fragment(node);
            whole.nullable |= fragment.nullable;
            fragment.first.iter().for_each(|(condition, set)| add_under(&mut whole.first, *condition, set));
            fragment.last.iter().for_each(|(condition, set)| add_under(&mut whole.last, *condition, set));
        }
        whole
    }

    fn repeated(&mut self, node: &Node, min: u32, max: Option<u32>) -> Fragment {
        let mut whole = Fragment::empty(ALWAYS);
        // The ends behind the required copies, where optional ones are counted.
        let mut ends = Fragment::empty(if min == 0 { ALWAYS } else { 0 });
        let times = copies(min, max);
        for i in 1..=times {
            let mut copy = self.fragment(node);
            if max.is_none() && i == times {
                self.link(&copy.last, &copy.first);
            }
            if i > min && self.optional == OptionalCopies::Skip {
                copy.nullable = ALWAYS;
            }
            whole = self.joined(whole, copy);
            if i >= min {
                ends.nullable |= whole.nullable;
                whole.last.iter().for_each(|(condition, set)| add_under(&mut ends.last, *condition, set));
            }
        }
        match self.optional {
            OptionalCopies::Skip => whole,
            OptionalCopies::Count => Fragment { first: whole.first, ..ends },
        }
    }

    fn link(&mut self, from: &Conditioned, to: &Conditioned) {
        for (before, lasts) in from {
            for (behind, positions) in to {
                let condition = before & behind;
                if condition == 0 {
                    continue;
                }
                for last in each(lasts) {
                    let kind = self.kinds[last];
                    add_admitted(&mut self.follow[last], positions, condition, kind, &self.of_kind);
                }
            }
        }
    }
}

fn add_under(sets: &mut Conditioned, condition: Condition, positions: &Bits) {
    if condition == 0 {
        return;
    }
    match sets.get_mut(&condition) {
        Some(known) => add_all(known, positions),
        None => {
            sets.insert(condition, positions.clone());
        }
    }
}
