//! Parses a pattern into its tree and refuses what the two engines could read differently, with the position.
//!
//! Twin of `src/pattern/parse.ts`: same grammar, same order of checks, same positions.

use super::atoms::{PatternError, Reader, Result};
use super::ranges::{LINE_TERMINATORS, Ranges, negated};

/// One node of the tree. `Start` and `End` occur only first and last in a top-level alternative. A `Concat` without
/// parts is the empty text, and never occurs inside `Concat` or `Repeat`.
#[derive(Debug)]
pub enum Node {
    Class(Ranges),
    Concat(Vec<Node>),
    Alternation(Vec<Node>),
    Repeat { node: Box<Node>, min: u32, max: Option<u32> },
    Start,
    End,
}

/// Single-character matchers, quantifiers expanded; `x*` counts 1, `x{2,}` counts 3.
const MAX_ATOMS: usize = 1000;
/// Ranges of those matchers after merging, quantifiers expanded; a literal is one range.
const MAX_RANGES: usize = 10_000;
/// Open groups at one place.
const MAX_NESTING: usize = 100;
/// Largest number in `{n}`, `{n,}` and `{n,m}`.
const MAX_COUNT: u32 = 1000;

pub fn parse(source: &str) -> Result<Node> {
    let mut parser = Parser { reader: Reader::new(source), depth: 0 };
    let whole = parser.alternatives()?;
    match parser.reader.peek() {
        None => Ok(whole.node),
        Some(_) => Err(parser.refused("There is no group to close. Write `\\)` for the character.")),
    }
}

/// A node with its cost when the quantifiers are expanded.
struct Sized {
    node: Node,
    atoms: usize,
    ranges: usize,
}

impl Sized {
    const EMPTY: Self = Self { node: Node::Concat(Vec::new()), atoms: 0, ranges: 0 };

    fn class(ranges: Ranges) -> Self {
        Self { atoms: 1, ranges: ranges.len(), node: Node::Class(ranges) }
    }
}

impl Node {
    /// The only node without atoms: others that match only the empty text are dropped during parsing.
    fn is_empty(&self) -> bool {
        matches!(self, Self::Concat(parts) if parts.is_empty())
    }
}

struct Parser {
    reader: Reader,
    depth: usize,
}

impl Parser {
    fn refused(&self, message: impl Into<String>) -> PatternError {
        self.reader.refused(self.reader.at, message)
    }

    fn alternatives(&mut self) -> Result<Sized> {
        let mut branches = Vec::new();
        let (mut atoms, mut ranges, mut has_empty) = (0, 0, false);
        loop {
            let from = self.reader.at;
            let branch = self.sequence()?;
            atoms += branch.atoms;
            ranges += branch.ranges;
            self.bound(from, atoms, ranges)?;
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
        Ok(Sized { node: only(branches).unwrap_or_else(Node::Alternation), atoms, ranges })
    }

    fn sequence(&mut self) -> Result<Sized> {
        let mut parts = Vec::new();
        let (mut atoms, mut ranges) = (0, 0);
        if self.depth == 0 && self.reader.peek() == Some('^') {
            self.reader.at += 1;
            parts.push(Node::Start);
        }
        loop {
            let from = self.reader.at;
            match self.reader.peek() {
                None | Some('|' | ')') => break,
                Some('^') => {
                    return Err(self.refused("`^` may stand only at the start of a top-level alternative."));
                }
                Some('$') => {
                    self.end_anchor()?;
                    parts.push(Node::End);
                    break;
                }
                Some(_) => {}
            }
            let term = self.term()?;
            let term = self.quantified(term)?;
            atoms += term.atoms;
            ranges += term.ranges;
            self.bound(from, atoms, ranges)?;
            if !term.node.is_empty() {
                parts.push(term.node);
            }
        }
        Ok(Sized { node: only(parts).unwrap_or_else(Node::Concat), atoms, ranges })
    }

    fn end_anchor(&mut self) -> Result<()> {
        if self.depth > 0 || !matches!(self.reader.peek_at(1), None | Some('|')) {
            return Err(self.refused("`$` may stand only at the end of a top-level alternative."));
        }
        self.reader.at += 1;
        Ok(())
    }

    fn term(&mut self) -> Result<Sized> {
        match self.reader.peek() {
            Some('(') => self.group(),
            Some('.') => {
                self.reader.at += 1;
                Ok(Sized::class(negated(LINE_TERMINATORS)))
            }
            Some('[') => self.reader.class().map(Sized::class),
            Some(next @ ('*' | '+' | '?')) => {
                Err(self.refused(format!("`{next}` has nothing to repeat. Write `\\{next}` for the character.")))
            }
            _ => self.reader.character().map(Sized::class),
        }
    }

    fn group(&mut self) -> Result<Sized> {
        let from = self.reader.at;
        let is_special = self.reader.peek_at(1) == Some('?');
        if is_special && self.reader.peek_at(2) != Some(':') {
            return Err(self.refused(refused_group(self.reader.peek_at(2), self.reader.peek_at(3))));
        }
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.refused(format!("Groups are nested deeper than {MAX_NESTING}.")));
        }
        self.reader.at += if is_special { 3 } else { 1 };
        let inner = self.alternatives()?;
        if self.reader.peek() != Some(')') {
            return Err(self.reader.refused(from, "The group is never closed."));
        }
        self.reader.at += 1;
        self.depth -= 1;
        Ok(inner)
    }

    fn quantified(&mut self, term: Sized) -> Result<Sized> {
        let at = self.reader.at;
        let Some((min, max)) = self.quantifier()? else { return Ok(term) };
        let times = max.unwrap_or(min + 1) as usize;
        let (atoms, ranges) = (term.atoms * times, term.ranges * times);
        self.bound(at, atoms, ranges)?;
        Ok(match (min, max) {
            _ if atoms == 0 => Sized::EMPTY,
            (1, Some(1)) => term,
            _ => Sized { node: Node::Repeat { node: Box::new(term.node), min, max }, atoms, ranges },
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

    fn bound(&self, at: usize, atoms: usize, ranges: usize) -> Result<()> {
        let (limit, name) = match () {
            () if atoms > MAX_ATOMS => (MAX_ATOMS, "atoms"),
            () if ranges > MAX_RANGES => (MAX_RANGES, "class ranges"),
            () => return Ok(()),
        };
        Err(self.reader.refused(at, format!("The pattern has more than {limit} {name}, quantifiers written out.")))
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
        (Some('<'), _) => "Named groups are refused. Write `(…)`.",
        _ => "Group flags are refused. Write `(?:…)`, and [Aa] for a letter in either case.",
    }
}
