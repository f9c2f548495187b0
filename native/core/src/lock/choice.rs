//! How the candidates of a union are told apart before any of them looks at a value as a whole: by the value itself, or
//! by one member that the candidates require, forbid, or fix to literals. A candidate that is left out would reject the
//! value; the others keep their order.
//!
//! Twin of `src/model/tell-apart.ts`.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::value::primitive_text;
use crate::profile::Primitive;
use crate::read::compare_keys;

/// Questions in a row.
const MAX_QUESTIONS: usize = 4;
/// Most keys that are compared for one question.
const MAX_KEYS: usize = 16;
/// Most candidates in all lists of one question.
const MAX_LISTED: usize = 65_536;

/// The numbers of the candidates to be tried in order, or a question whose answer leads to fewer of them.
#[derive(Clone)]
pub enum Choice {
    List(Rc<[usize]>),
    Question(Rc<Question>),
}

pub struct Question {
    /// The member that is looked at; `None`: the value itself, a scalar.
    pub key: Option<Box<str>>,
    pub by_value: Vec<(Primitive, Choice)>,
    /// For every other value.
    pub other: Choice,
    /// Without the member.
    pub absent: Choice,
}

/// What a candidate is told apart by.
pub enum Shape<'s> {
    /// An object: its members in canonical key order.
    Object { members: Vec<Member<'s>>, closed: bool },
    /// A discriminated union: its key and all of its values.
    Discriminated { key: &'s str, literals: Vec<&'s Primitive> },
    /// A scalar: the only values that it takes.
    Literals(Vec<&'s Primitive>),
    /// Not at all.
    Open,
}

pub struct Member<'s> {
    pub name: &'s str,
    pub required: bool,
    /// The only values that it takes; `None`: not known.
    pub literals: Option<Vec<&'s Primitive>>,
}

/// The choice between the candidates of one type. `is_object`: they are asked for a member.
pub fn tell_apart(shapes: &[Shape<'_>], is_object: bool) -> Choice {
    let all: Vec<usize> = (0..shapes.len()).collect();
    tell_some_apart(shapes, &all, is_object, MAX_QUESTIONS)
}

/// All lists that a choice may lead to.
pub fn lists_of(choice: &Choice) -> Vec<Rc<[usize]>> {
    let mut lists = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![choice.clone()];
    while let Some(choice) = open.pop() {
        match choice {
            Choice::List(list) => lists.push(list),
            Choice::Question(question) => {
                if seen.insert(Rc::as_ptr(&question)) {
                    open.extend(question.by_value.iter().map(|(_, choice)| choice.clone()));
                    open.extend([question.other.clone(), question.absent.clone()]);
                }
            }
        }
    }
    lists
}

fn tell_some_apart(shapes: &[Shape<'_>], candidates: &[usize], is_object: bool, questions: usize) -> Choice {
    let list = || Choice::List(candidates.into());
    if candidates.len() < 2 || questions == 0 {
        return list();
    }
    let keys = if is_object { likely_keys(shapes, candidates) } else { vec![None] };
    let mut best: Option<Split<'_>> = None;
    for key in keys {
        let split = split_by(shapes, candidates, key);
        let largest = best.as_ref().map_or(candidates.len(), |best| best.largest);
        if split.listed <= MAX_LISTED && split.largest < largest {
            best = Some(split);
        }
    }
    let Some(Split { key, by_value, open, absent, .. }) = best else { return list() };
    let mut known: HashMap<Vec<usize>, Choice> = HashMap::new();
    let mut choice_of = |numbers: Vec<usize>| {
        if let Some(choice) = known.get(&numbers) {
            return choice.clone();
        }
        let choice = tell_some_apart(shapes, &numbers, is_object, questions - 1);
        known.insert(numbers, choice.clone());
        choice
    };
    let by_value = by_value.into_values().map(|(value, mut numbers)| {
        numbers.extend(&open);
        numbers.sort_unstable();
        (value.clone(), choice_of(numbers))
    });
    let by_value = by_value.collect();
    let (other, absent) = (choice_of(open), choice_of(absent));
    Choice::Question(Rc::new(Question { key: key.map(Into::into), by_value, other, absent }))
}

/// The candidates that are left for each answer.
struct Split<'s> {
    key: Option<&'s str>,
    /// Those that name the value, by its canonical text.
    by_value: HashMap<String, (&'s Primitive, Vec<usize>)>,
    /// Those that take any value.
    open: Vec<usize>,
    absent: Vec<usize>,
    /// Candidates of the longest list.
    largest: usize,
    /// Candidates of all lists together.
    listed: usize,
}

fn split_by<'s>(shapes: &'s [Shape<'s>], candidates: &[usize], key: Option<&'s str>) -> Split<'s> {
    let mut by_value: HashMap<String, (&Primitive, Vec<usize>)> = HashMap::new();
    let (mut open, mut absent) = (Vec::new(), Vec::new());
    for number in candidates.iter().copied() {
        let (literals, optional) = facts_of(&shapes[number], key);
        if optional {
            absent.push(number);
        }
        let Some(literals) = literals else {
            open.push(number);
            continue;
        };
        for value in literals {
            let (_, numbers) = by_value.entry(primitive_text(value)).or_insert_with(|| (value, Vec::new()));
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }
    let named = || by_value.values().map(|(_, numbers)| numbers.len() + open.len());
    let largest = named().max().unwrap_or(0).max(open.len()).max(absent.len());
    let listed = named().sum::<usize>() + open.len() + absent.len();
    Split { key, by_value, open, absent, largest, listed }
}

/// The only values that the candidate takes, if they are known, and whether it takes an object without the member.
fn facts_of<'s>(shape: &'s Shape<'s>, key: Option<&str>) -> (Option<&'s [&'s Primitive]>, bool) {
    match (shape, key) {
        (Shape::Literals(literals), None) => (Some(literals), false),
        (Shape::Discriminated { key, literals }, Some(asked)) if *key == asked => (Some(literals), false),
        (Shape::Object { members, closed }, Some(asked)) => {
            match members.binary_search_by(|member| compare_keys(member.name, asked)) {
                Ok(at) => (members[at].literals.as_deref(), !members[at].required),
                Err(_) => (closed.then_some(&[]), true),
            }
        }
        _ => (None, key.is_some()),
    }
}

/// The keys that the most candidates require or fix to literals; equally many in canonical order.
fn likely_keys<'s>(shapes: &'s [Shape<'s>], candidates: &[usize]) -> Vec<Option<&'s str>> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for number in candidates {
        match &shapes[*number] {
            Shape::Discriminated { key, .. } => *counts.entry(key).or_default() += 1,
            Shape::Object { members, .. } => {
                for member in members.iter().filter(|member| member.required || member.literals.is_some()) {
                    *counts.entry(member.name).or_default() += 1;
                }
            }
            Shape::Literals(_) | Shape::Open => {}
        }
    }
    let mut keys: Vec<(&str, usize)> = counts.into_iter().collect();
    keys.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| compare_keys(a.0, b.0)));
    keys.into_iter().take(MAX_KEYS).map(|(key, _)| Some(key)).collect()
}
