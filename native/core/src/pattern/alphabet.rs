//! The alphabet of the automaton: characters that are in the same classes of the pattern are one symbol.
//!
//! Twin of `src/engine/js/automaton-alphabet.ts`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::bits::{Bits, add, none};
use super::positions::Positions;
use super::ranges::{Ranges, WORD_CHARACTERS};

#[derive(Debug)]
pub struct Alphabet {
    /// Number of symbols.
    pub size: usize,
    /// Symbol by ASCII code.
    pub ascii: [u16; 128],
    /// Where each run of characters of one symbol starts, ascending from 0.
    starts: Vec<u32>,
    symbols: Vec<u16>,
    /// Whether each symbol is of word characters; only where the pattern has boundaries.
    pub is_word: Vec<bool>,
    /// The positions that match each symbol.
    pub masks: Vec<Bits>,
}

impl Alphabet {
    pub fn new(Positions { ranges, words, has_boundaries, .. }: &Positions) -> Self {
        let mut numbers: HashMap<&Arc<Ranges>, usize> = HashMap::new();
        let mut sets: Vec<ClassSet<'_>> = Vec::new();
        for (position, set) in ranges.iter().enumerate() {
            let number = *numbers.entry(set).or_insert(sets.len());
            if number == sets.len() {
                sets.push((set, Vec::new()));
            }
            sets[number].1.push(position);
        }
        let word_set = has_boundaries.then(|| {
            sets.push((WORD_CHARACTERS, Vec::new()));
            sets.len() - 1
        });
        let (starts, symbols, members) = symbols_of(&sets);
        let mut alphabet = Self {
            size: members.len(),
            ascii: [0; 128],
            starts,
            symbols,
            is_word: members.iter().map(|sets| word_set.is_some_and(|word| sets.contains(&word))).collect(),
            masks: members
                .iter()
                .map(|indexes| {
                    let mut mask = none(*words);
                    indexes.iter().flat_map(|set| &sets[*set].1).for_each(|position| add(&mut mask, *position));
                    mask
                })
                .collect(),
        };
        alphabet.ascii = std::array::from_fn(|code| alphabet.run_of(code as u32).symbol);
        alphabet
    }

    /// The run that holds a character.
    pub fn run_of(&self, character: u32) -> Run {
        let at = self.starts.partition_point(|start| *start <= character) - 1;
        Run {
            first: self.starts[at],
            end: self.starts.get(at + 1).copied().unwrap_or(u32::MAX),
            symbol: self.symbols[at],
        }
    }
}

/// Neighbouring characters of one symbol, without `end`.
#[derive(Clone, Copy, Default)]
pub struct Run {
    pub first: u32,
    pub end: u32,
    pub symbol: u16,
}

/// The characters of a class and the positions that match them.
type ClassSet<'p> = (&'p [(u32, u32)], Vec<usize>);

/// Starts of the runs, the symbol of each, and the sets that contain each symbol.
type Symbols = (Vec<u32>, Vec<u16>, Vec<Vec<usize>>);

/// Walks the edges of all ranges in order: between two edges the set membership is constant.
fn symbols_of(sets: &[ClassSet<'_>]) -> Symbols {
    let mut edges: BTreeMap<u32, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
    for (number, (ranges, _)) in sets.iter().enumerate() {
        for &(low, high) in *ranges {
            edges.entry(low).or_default().push(number);
            edges.entry(high + 1).or_default().push(number);
        }
    }
    let mut known: HashMap<Vec<usize>, u16> = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut inside = BTreeSet::new();
    let mut symbols = Vec::with_capacity(edges.len());
    for toggled in edges.values() {
        for set in toggled {
            if !inside.remove(set) {
                inside.insert(*set);
            }
        }
        let indexes: Vec<usize> = inside.iter().copied().collect();
        let symbol = *known.entry(indexes).or_insert_with_key(|indexes| {
            members.push(indexes.clone());
            // There are at most two edges to a range, and at most 10,000 ranges and a few.
            (members.len() - 1) as u16
        });
        symbols.push(symbol);
    }
    (edges.into_keys().collect(), symbols, members)
}
