//! Matches texts against a pattern in time linear in the text, for any pattern: a deterministic automaton over the
//! pattern's positions, built lazily in bounded memory.
//!
//! Twin of `src/engine/js/automaton.ts`.

use std::collections::HashMap;

use super::alphabet::{Alphabet, Run};
use super::bits::{Bits, add_all, has, none};
use super::parse::Node;
use super::positions::{MATCHED, MATCHED_AT_END, OptionalCopies, Positions, positions_of};
use crate::budget::Budget;

/// What does not change while texts are matched.
#[derive(Debug)]
pub struct Program {
    positions: Positions,
    alphabet: Alphabet,
    /// An astral character is one character, not two UTF-16 code units.
    joins_pairs: bool,
    max_states: usize,
    /// The budget's steps for one step from set to set.
    step_cost: u32,
}

// Transitions hold states as offsets into the table. The first rows are not states but results, so that the inner loop
// detects all of them by one comparison.
const UNKNOWN: u32 = 0;
const RESULT_ROWS: usize = 3;

/// Most cached transitions: 1 MiB.
const MAX_TRANSITIONS: usize = 1 << 18;
const MAX_STATES: usize = 4096;
const MIN_STATES: usize = 16;

/// Up to eight groups of a word have followers.
const STEPS_PER_WORD: usize = 8;

impl Program {
    pub fn new(node: &Node, joins_pairs: bool) -> Self {
        let positions = positions_of(node, OptionalCopies::Skip);
        let alphabet = Alphabet::new(&positions);
        let max_states = (MAX_TRANSITIONS / alphabet.size).clamp(MIN_STATES, MAX_STATES);
        let step_cost = u32::try_from(STEPS_PER_WORD * positions.words).unwrap_or(u32::MAX);
        Self { positions, alphabet, joins_pairs, max_states, step_cost }
    }
}

/// The states that are known so far.
#[derive(Debug, Default)]
pub struct Cache {
    table: Vec<u32>,
    /// The set of positions of each state, by row.
    sets: Vec<Bits>,
    /// Whether a text may end in each state, by row.
    accepts_end: Vec<bool>,
    states: HashMap<Bits, u32>,
    start: u32,
    /// Characters matched without cached states since the table filled up.
    slow_steps: usize,
    steps: Steps,
}

impl Cache {
    /// True when `text` contains a match. Without meaning when the budget is over.
    pub fn is_match(&mut self, program: &Program, text: &str, budget: &Budget<'_>) -> bool {
        // Rebuilding the states costs about as much as the steps taken without them.
        if self.table.is_empty() || self.slow_steps > 8 * program.max_states {
            self.reset(program);
        }
        let symbols = program.alphabet.size;
        let accept = (2 * symbols) as u32;
        let first_state = (RESULT_ROWS * symbols) as u32;
        let mut characters = Characters { text, at: 0, low: None, joins_pairs: program.joins_pairs };
        let mut run = Run::default();
        let mut state = self.start;
        if state < first_state {
            return state == accept;
        }
        loop {
            state = characters.skip_ascii(&self.table, &program.alphabet.ascii, state, first_state);
            let symbol = if let Some(character) = characters.next() {
                if !(run.first..run.end).contains(&character) {
                    run = program.alphabet.run_of(character);
                }
                run.symbol
            } else {
                return self.accepts_end[state as usize / symbols];
            };
            let mut next = self.table[state as usize + usize::from(symbol)];
            if next < first_state {
                if next == UNKNOWN {
                    if !budget.spend(program.step_cost) {
                        return false;
                    }
                    next = self.add_transition(program, state, symbol);
                    if next == UNKNOWN {
                        return self.matches_slowly(program, characters, budget);
                    }
                }
                if next < first_state {
                    return next == accept;
                }
            }
            state = next;
        }
    }

    /// Continues from the set in `steps` without a table: slower, but linear too.
    fn matches_slowly(&mut self, program: &Program, characters: Characters<'_>, budget: &Budget<'_>) -> bool {
        for character in characters {
            if has(&self.steps.set, MATCHED) {
                return true;
            }
            if !budget.spend(program.step_cost) {
                return false;
            }
            self.slow_steps += 1;
            self.steps.advance(program, program.alphabet.run_of(character).symbol);
        }
        has(&self.steps.set, MATCHED) || has(&self.steps.set, MATCHED_AT_END)
    }

    /// The state that `symbol` leads to from `state`; `UNKNOWN` when the table is full: then `steps` holds its set.
    #[cold]
    fn add_transition(&mut self, program: &Program, state: u32, symbol: u16) -> u32 {
        self.steps.set.copy_from_slice(&self.sets[state as usize / program.alphabet.size]);
        self.steps.advance(program, symbol);
        let next = self.state_of(program);
        self.table[state as usize + usize::from(symbol)] = next;
        next
    }

    /// The state of the set in `steps`.
    fn state_of(&mut self, program: &Program) -> u32 {
        let symbols = program.alphabet.size;
        let set = &self.steps.set;
        if has(set, MATCHED) {
            return (2 * symbols) as u32;
        }
        if let Some(known) = self.states.get(set) {
            return *known;
        }
        let row = self.sets.len();
        if row - RESULT_ROWS >= program.max_states {
            return UNKNOWN;
        }
        let state = (row * symbols) as u32;
        self.table.resize((row + 1) * symbols, UNKNOWN);
        self.sets.push(set.clone());
        self.accepts_end.push(has(set, MATCHED_AT_END));
        self.states.insert(set.clone(), state);
        state
    }

    fn reset(&mut self, program: &Program) {
        let Positions { words, first, restart_word, restart_other, .. } = &program.positions;
        let symbols = program.alphabet.size;
        self.table.clear();
        self.table.resize(RESULT_ROWS * symbols, UNKNOWN);
        self.sets = vec![none(*words); RESULT_ROWS];
        self.accepts_end = vec![false; RESULT_ROWS];
        self.states.clear();
        if restart_word.iter().chain(restart_other).all(|word| *word == 0) {
            self.states.insert(none(*words), symbols as u32);
        }
        self.slow_steps = 0;
        self.steps.set = first.clone();
        self.steps.next = none(*words);
        self.start = self.state_of(program);
    }
}

/// Steps from set to set. The followers of any eight neighbouring positions are cached, which bounds a step's work.
#[derive(Debug, Default)]
struct Steps {
    /// The current set; `advance` changes it in place.
    set: Bits,
    next: Bits,
    followers: HashMap<(usize, u8), Span>,
}

/// A set without leading and trailing empty words: the followers of a position are mostly near it.
#[derive(Debug)]
struct Span {
    from: usize,
    words: Bits,
}

impl Steps {
    fn advance(&mut self, program: &Program, symbol: u16) {
        let Program { positions, alphabet, .. } = program;
        let is_word = alphabet.is_word[usize::from(symbol)];
        self.next.copy_from_slice(if is_word { &positions.restart_word } else { &positions.restart_other });
        for (index, (word, mask)) in self.set.iter().zip(&alphabet.masks[usize::from(symbol)]).enumerate() {
            let active = word & mask;
            if active == 0 {
                continue;
            }
            for (group, byte) in active.to_le_bytes().into_iter().enumerate().filter(|(_, byte)| *byte != 0) {
                let group = 8 * index + group;
                let span = self.followers.entry((group, byte)).or_insert_with(|| span_of(positions, group, byte));
                add_all(&mut self.next[span.from..], &span.words);
            }
        }
        std::mem::swap(&mut self.set, &mut self.next);
    }
}

/// The followers of the positions from `8 * group` on that are set in `byte`.
fn span_of(positions: &Positions, group: usize, byte: u8) -> Span {
    let mut all = none(positions.words);
    for bit in (0..8).filter(|bit| byte >> bit & 1 == 1) {
        add_all(&mut all, &positions.follow[8 * group + bit]);
    }
    let from = all.iter().position(|word| *word != 0).unwrap_or(0);
    let end = all.iter().rposition(|word| *word != 0).map_or(from, |last| last + 1);
    Span { from, words: all[from..end].into() }
}

/// The characters of a text: code points, or UTF-16 code units.
struct Characters<'t> {
    text: &'t str,
    at: usize,
    /// The second code unit of an astral character whose first has been read.
    low: Option<u32>,
    joins_pairs: bool,
}

impl Characters<'_> {
    /// Moves past ASCII as far as the table knows a state that is no result, and returns the last state.
    #[inline]
    fn skip_ascii(&mut self, table: &[u32], symbols: &[u16; 128], mut state: u32, first_state: u32) -> u32 {
        if self.low.is_some() {
            return state;
        }
        for byte in &self.text.as_bytes()[self.at..] {
            let Some(symbol) = symbols.get(usize::from(*byte)) else { break };
            let next = table[state as usize + usize::from(*symbol)];
            if next < first_state {
                break;
            }
            state = next;
            self.at += 1;
        }
        state
    }
}

impl Iterator for Characters<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if let Some(low) = self.low.take() {
            return Some(low);
        }
        let character = self.text.get(self.at..)?.chars().next()?;
        self.at += character.len_utf8();
        let code = u32::from(character);
        if self.joins_pairs || code <= 0xffff {
            return Some(code);
        }
        let mut units = [0; 2];
        character.encode_utf16(&mut units);
        self.low = Some(units[1].into());
        Some(units[0].into())
    }
}
