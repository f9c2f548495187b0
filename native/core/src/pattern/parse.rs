//! Parses a pattern into its tree and refuses what the two engines could read differently, with the position.
//!
//! Twin of `src/pattern/parse.ts`: same grammar, same order of checks, same positions.

use std::collections::HashSet;
use std::sync::Arc;

use super::atoms::{PatternError, Reader, Result};
use super::ranges::{LINE_TERMINATORS, Ranges};
use super::units::Units;

/// One node of the tree. A `Concat` without parts is the empty text, and never occurs inside `Concat` or `Repeat`.
#[derive(Debug)]
pub enum Node {
    Class(Arc<Ranges>),
    Concat(Vec<Node>),
    Alternation(Vec<Node>),
    Repeat { node: Box<Node>, min: u32, max: Option<u32> },
    Assertion(Assertion),
}

/// What holds between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assertion {
    /// `^`
    Start,
    /// `$`
    End,
    /// `\b`
    Boundary,
    /// `\B`
    NoBoundary,
}

/// Single-character matchers, quantifiers expanded; `x*` counts 1, `x{2,}` counts 3.
const MAX_ATOMS: usize = 1000;
/// Ranges of the different classes after merging, each class once; a literal is one range.
const MAX_RANGES: usize = 10_000;
/// Open groups at one place.
const MAX_NESTING: usize = 100;
/// Largest number in `{n}`, `{n,}` and `{n,m}`.
const MAX_COUNT: u32 = 1000;

pub fn parse(source: &str, units: Units) -> Result<Node> {
    let mut parser = Parser { reader: Reader::new(source, units), depth: 0, classes: HashSet::new(), ranges: 0 };
    let whole = parser.alternatives()?;
    match parser.reader.peek() {
        None => Ok(whole.node),
        Some(_) => Err(parser.refused("There is no group to close. Write `\\)` for the character.")),
    }
}

/// A node with its atoms when the quantifiers are expanded.
struct Sized {
    node: Node,
    atoms: usize,
}

impl Sized {
    const EMPTY: Self = Self { node: Node::Concat(Vec::new()), atoms: 0 };
}

impl Node {
    /// Other parts that match only the empty text, and everywhere, are dropped during parsing.
    fn is_empty(&self) -> bool {
        matches!(self, Self::Concat(parts) if parts.is_empty())
    }
}

struct Parser {
    reader: Reader,
    depth: usize,
    classes: HashSet<Arc<Ranges>>,
    ranges: usize,
}

impl Parser {
    fn refused(&self, message: impl Into<String>) -> PatternError {
        self.reader.refused(self.reader.at, message)
    }

    fn alternatives(&mut self) -> Result<Sized> {
        let mut branches = Vec::new();
        let (mut atoms, mut has_empty) = (0, false);
        loop {
            let from = self.reader.at;
            let branch = self.sequence()?;
            atoms += branch.atoms;
            self.bound(from, atoms)?;
            if branch.node.is_empty() {
                has_empty = true;
            } else {
                branches.push(branch.node);
            }
            if self.reader.peek() != Some('|') {
                break;
            }
            self.reader.at += 1;
        }
        if branches.is_empty() {
            return Ok(Sized::EMPTY);
        }
        if has_empty {
            branches.push(Sized::EMPTY.node);
        }
        Ok(Sized { node: only(branches).unwrap_or_else(Node::Alternation), atoms })
    }

    fn sequence(&mut self) -> Result<Sized> {
        let mut parts = Vec::new();
        let mut atoms = 0;
        loop {
            let from = self.reader.at;
            if matches!(self.reader.peek(), None | Some('|' | ')')) {
                break;
            }
            if let Some(assertion) = self.assertion() {
                parts.push(Node::Assertion(assertion));
                continue;
            }
            let term = self.term()?;
            let term = self.quantified(term)?;
            atoms += term.atoms;
            self.bound(from, atoms)?;
            if !term.node.is_empty() {
                parts.push(term.node);
            }
        }
        Ok(Sized { node: only(parts).unwrap_or_else(Node::Concat), atoms })
    }

    fn assertion(&mut self) -> Option<Assertion> {
        let (assertion, length) = match (self.reader.peek()?, self.reader.peek_at(1)) {
            ('^', _) => (Assertion::Start, 1),
            ('$', _) => (Assertion::End, 1),
            ('\\', Some('b')) => (Assertion::Boundary, 2),
            ('\\', Some('B')) => (Assertion::NoBoundary, 2),
            _ => return None,
        };
        self.reader.at += length;
        Some(assertion)
    }

    fn term(&mut self) -> Result<Sized> {
        let from = self.reader.at;
        let ranges = match self.reader.peek() {
            Some('(') => return self.group(),
            Some('.') => {
                self.reader.at += 1;
                self.reader.complement(LINE_TERMINATORS)
            }
            Some('[') => self.reader.class()?,
            Some(next @ ('*' | '+' | '?')) => {
                let message = format!("`{next}` has nothing to repeat. Write `\\{next}` for the character.");
                return Err(self.refused(message));
            }
            _ => self.reader.character()?,
        };
        self.class(from, ranges)
    }

    fn group(&mut self) -> Result<Sized> {
        let from = self.reader.at;
        let Some(head) = self.group_head() else {
            return Err(self.refused(refused_group(self.reader.peek_at(2), self.reader.peek_at(3))));
        };
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.refused(format!("Groups are nested deeper than {MAX_NESTING}.")));
        }
        self.reader.at += head;
        let inner = self.alternatives()?;
        if self.reader.peek() != Some(')') {
            return Err(self.reader.refused(from, "The group is never closed."));
        }
        self.reader.at += 1;
        self.depth -= 1;
        Ok(inner)
    }

    /// Length of the text that opens the group; `None` for one outside the grammar.
    fn group_head(&self) -> Option<usize> {
        match (self.reader.peek_at(1), self.reader.peek_at(2)) {
            (Some('?'), Some(':')) => Some(3),
            (Some('?'), Some('<')) => {
                let is_name = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '$');
                let mut length = 3;
                while self.reader.peek_at(length).is_some_and(is_name) {
                    length += 1;
                }
                let starts = self.reader.peek_at(3).is_some_and(|one| is_name(one) && !one.is_ascii_digit());
                (starts && self.reader.peek_at(length) == Some('>')).then_some(length + 1)
            }
            (Some('?'), _) => None,
            _ => Some(1),
        }
    }

    fn quantified(&mut self, term: Sized) -> Result<Sized> {
        let at = self.reader.at;
        let Some((min, max)) = self.quantifier()? else { return Ok(term) };
        let times = max.unwrap_or(min + 1) as usize;
        let atoms = term.atoms * times;
        self.bound(at, atoms)?;
        Ok(match (min, max) {
            // Without atoms: assertions, which hold as often as one likes where they hold once.
            (0, _) if atoms == 0 => Sized::EMPTY,
            _ if atoms == 0 => term,
            (1, Some(1)) => term,
            _ => Sized { node: Node::Repeat { node: Box::new(term.node), min, max }, atoms },
        })
    }

    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>> {
        let bounds = match self.reader.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => self.braces()?,
            _ => return Ok(None),
        };
        // Skips the closing brace of `{…}`, which `braces` leaves.
        self.reader.at += 1;
        // Lazy and greedy quantifiers match the same texts.
        if self.reader.peek() == Some('?') {
            self.reader.at += 1;
        }
        match self.reader.peek() {
            Some('*' | '+' | '?' | '{') => {
                Err(self.refused("A quantifier cannot follow another. Put a group between them."))
            }
            _ => Ok(Some(bounds)),
        }
    }

    /// Reads `{n`, `{n,` or `{n,m` before a closing brace.
    fn braces(&mut self) -> Result<(u32, Option<u32>)> {
        let from = self.reader.at;
        self.reader.at += 1;
        let min = self.count();
        let has_comma = self.reader.peek() == Some(',');
        self.reader.at += usize::from(has_comma);
        let max = if has_comma { self.count() } else { min };
        let (Some(min), Some('}')) = (min, self.reader.peek()) else {
            let message = "Expected {n}, {n,} or {n,m}. Write `\\{` for the character.";
            return Err(self.reader.refused(from, message));
        };
        if min > MAX_COUNT || max > Some(MAX_COUNT) {
            return Err(self.reader.refused(from, format!("A quantifier may count to {MAX_COUNT}.")));
        }
        if max.is_some_and(|max| min > max) {
            return Err(self.reader.refused(from, "The quantifier ends below its start."));
        }
        Ok((min, max))
    }

    /// The number at the position, or one more than the limit.
    fn count(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.reader.peek().and_then(|one| one.to_digit(10)) {
            number = Some((number.unwrap_or(0) * 10 + digit).min(MAX_COUNT + 1));
            self.reader.at += 1;
        }
        number
    }

    fn class(&mut self, from: usize, ranges: Ranges) -> Result<Sized> {
        let ranges = Arc::new(ranges);
        if self.classes.insert(Arc::clone(&ranges)) {
            self.ranges += ranges.len();
            if self.ranges > MAX_RANGES {
                let message = format!("The pattern has more than {MAX_RANGES} ranges in its classes.");
                return Err(self.reader.refused(from, message));
            }
        }
        Ok(Sized { node: Node::Class(ranges), atoms: 1 })
    }

    fn bound(&self, at: usize, atoms: usize) -> Result<()> {
        if atoms <= MAX_ATOMS {
            return Ok(());
        }
        Err(self.reader.refused(at, format!("The pattern has more than {MAX_ATOMS} atoms, quantifiers written out.")))
    }
}

/// The only one of `nodes`, or all of them.
fn only(mut nodes: Vec<Node>) -> std::result::Result<Node, Vec<Node>> {
    match nodes.pop() {
        Some(node) if nodes.is_empty() => Ok(node),
        Some(node) => {
            nodes.push(node);
            Err(nodes)
        }
        None => Err(nodes),
    }
}

fn refused_group(first: Option<char>, second: Option<char>) -> &'static str {
    match (first, second) {
        (Some('=' | '!'), _) | (Some('<'), Some('=' | '!')) => {
            "Look-around is refused. Write a pattern that consumes what it checks, or use two patterns."
        }
        (Some('<'), _) => "A group's name may hold ASCII letters, digits, `_` and `$`.",
        _ => "Group flags are refused. Write `(?:…)`, and [Aa] for a letter in either case.",
    }
}
