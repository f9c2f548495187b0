//! The compiled schema: flat nodes that refer to each other by index, laid out for the checks.

use std::sync::atomic::AtomicU32;

use crate::numeric::Numeric;
use crate::pattern::Matcher;
use crate::profile::{JsonText, NormOps, NumberLimits, Primitive, ValuesKeyword};
use crate::read::{Kind, KnownKey};
use crate::url::UrlRule;

/// Index into [`Graph::nodes`](super::compile::Graph::nodes).
pub type NodeId = u32;

/// A set of kinds of values: bit n is the [`Kind`] of number n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(pub u8);

impl Kinds {
    pub const NONE: Self = Self(0);
    pub const ARRAY: Self = Self::only(Kind::Array);
    pub const OBJECT: Self = Self::only(Kind::Object);
    pub const ALL: Self = Self(0b11_1111);
    pub const SCALARS: Self = Self(Self::ALL.0 & !Self::ARRAY.0 & !Self::OBJECT.0);

    pub const fn only(kind: Kind) -> Self {
        Self(1 << kind as u8)
    }

    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    pub const fn admit(self, kind: Kind) -> bool {
        self.0 >> kind as u8 & 1 != 0
    }
}

/// One compiled schema node.
#[derive(Debug)]
pub struct Node {
    /// The kinds of values that can pass.
    pub kinds: Kinds,
    pub check: Check,
}

#[derive(Debug)]
pub enum Check {
    Any,
    Scalar(Box<Scalar>),
    /// A scalar to whose type other scalars are converted.
    Coerced(Coercion, Box<Scalar>),
    Values(Box<Values>),
    Array(Box<Array>),
    Object(Box<Object>),
    Union(Box<Union>),
    /// The inner node is never nullable itself.
    Nullable(NodeId),
    Discriminated(Box<Discriminated>),
    /// A container whose verdict is remembered while branches are tried: its number among such nodes, and the node.
    Remembered(u32, NodeId),
    /// A placeholder while the graph is built; no edge of the result leads to one.
    Ref(NodeId),
}

/// The type that scalars are converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coercion {
    Boolean,
    /// `safe`: not beyond ±(2^53 − 1).
    Number {
        safe: bool,
    },
    String,
}

#[derive(Debug)]
pub struct Scalar {
    /// Params of a `type` issue, as JSON text.
    pub expected: Box<str>,
    /// `integer` without `number`.
    pub integral: bool,
    pub text: Text,
    pub number: Number,
}

#[derive(Debug)]
pub struct Text {
    /// No length, no pattern, no normalizing, no URL.
    pub free: bool,
    /// Code points.
    pub min: u64,
    /// Code points; `u64::MAX` without the keyword.
    pub max: u64,
    pub patterns: Vec<(Matcher, Box<str>)>,
    pub norm: NormOps,
    pub url: Option<Box<UrlRule>>,
}

#[derive(Debug)]
pub struct Number {
    pub limits: NumberLimits,
    /// Compared with doubles only, so a 64-bit limit may be rounded. Infinite without the keyword, as are the next three.
    pub min: f64,
    pub above: f64,
    pub max: f64,
    pub below: f64,
}

#[derive(Debug)]
pub struct Values {
    pub keyword: ValuesKeyword,
    /// Params of a `type` issue, as JSON text.
    pub expected_types: Box<str>,
    /// Params of a `const` or `enum` issue, as JSON text.
    pub expected: Box<str>,
    /// `integer` without `number`.
    pub integral: bool,
    pub table: ValueTable,
    pub norm: NormOps,
}

#[derive(Debug)]
pub struct Array {
    pub prefix: Vec<NodeId>,
    /// For each item of the prefix: what it becomes when missing. An array ends before an item without a default.
    pub defaults: Vec<Option<JsonText>>,
    /// Behind the prefix; `None`: no items may follow.
    pub items: Option<NodeId>,
    pub min: u64,
    /// `u64::MAX` without the keyword.
    pub max: u64,
}

#[derive(Debug)]
pub struct Object {
    /// In canonical key order.
    pub properties: Vec<Property>,
    /// Numbers of the properties by length, then bytes.
    pub by_length: Vec<u32>,
    /// The first member of the last object: a guess that is checked, so threads may race.
    pub first: AtomicU32,
    /// Numbers of the required properties, in canonical key order.
    pub required: Vec<u32>,
    pub additional: Option<NodeId>,
    /// Without `additional`: other members are dropped instead of refused.
    pub strips: bool,
    pub names: Option<NodeId>,
    /// The sum of the properties' [`Property::weight`].
    pub weight: u64,
    /// The properties with a default, in canonical key order.
    pub defaults: Vec<DefaultMember>,
}

/// The weight of a required property: the low 32 bits of a sum count them.
pub const REQUIRED: u64 = 1;

/// The weight of a property with a default: the high 32 bits of a sum count them.
pub const DEFAULTED: u64 = 1 << 32;

/// What a missing member becomes.
#[derive(Debug)]
pub struct DefaultMember {
    pub name: Box<str>,
    /// Canonical text of key, colon and value.
    pub text: Box<[u8]>,
}

#[derive(Debug)]
pub struct Property {
    pub name: Box<str>,
    pub known: KnownKey,
    /// The property that followed last time: a guess, as [`Object::first`].
    pub next: AtomicU32,
    pub required: bool,
    /// [`REQUIRED`], [`DEFAULTED`] or 0.
    pub weight: u64,
    pub node: NodeId,
}

#[derive(Debug)]
pub struct Union {
    /// Something is edited at or below a branch, so the edits of a failed one are undone.
    pub edits: bool,
    pub branches: Vec<NodeId>,
    /// By the kind's number: the nodes that admit it, with nested unions flattened.
    pub by_kind: [Choice; 6],
}

/// The nodes to be tried in order, or a question whose answer leads to fewer of them.
#[derive(Debug)]
pub enum Choice {
    List(Box<[NodeId]>),
    Question(Box<Question>),
}

#[derive(Debug)]
pub struct Question {
    /// The member that is looked at; `None`: the value itself, a scalar.
    pub key: Option<Box<str>>,
    /// From the value to the number of a choice.
    pub table: ValueTable,
    pub choices: Vec<Choice>,
    /// The number of the choice for every other value.
    pub other: u32,
    /// The number of the choice without the member.
    pub absent: u32,
}

impl Union {
    /// The only node that admits the kind, whatever the value.
    pub fn only(&self, kind: Kind) -> Option<NodeId> {
        match &self.by_kind[kind as usize] {
            Choice::List(list) if list.len() == 1 => list.first().copied(),
            _ => None,
        }
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self::List(Box::default())
    }
}

#[derive(Debug)]
pub struct Discriminated {
    pub key: Box<str>,
    /// Params of a `discriminator` issue, as JSON text.
    pub expected: Box<str>,
    /// From the discriminator's value to the branch.
    pub table: ValueTable,
}

/// Maps primitives to numbers by binary search.
#[derive(Debug, Default)]
pub struct ValueTable {
    null: Option<u32>,
    boolean: [Option<u32>; 2],
    /// Ascending.
    numbers: Vec<(f64, u32)>,
    /// Ascending; those that no double holds.
    integers: Vec<(i128, u32)>,
    /// By length, then bytes.
    strings: Vec<(Box<str>, u32)>,
}

impl ValueTable {
    pub fn build<'a>(entries: impl Iterator<Item = (&'a Primitive, u32)>) -> Self {
        let mut table = Self::default();
        for (value, to) in entries {
            match value {
                Primitive::Null => table.null = Some(to),
                Primitive::Boolean(which) => table.boolean[usize::from(*which)] = Some(to),
                Primitive::Number(Numeric::Double(number)) => table.numbers.push((*number + 0.0, to)),
                Primitive::Number(Numeric::Integer(number)) => table.integers.push((*number, to)),
                Primitive::String(text) => table.strings.push((text.clone(), to)),
            }
        }
        table.numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        table.integers.sort_unstable();
        table.strings.sort_by(|a, b| by_length(a.0.as_bytes(), b.0.as_bytes()));
        table
    }

    /// The numbers, to be changed.
    pub fn targets(&mut self) -> impl Iterator<Item = &mut u32> {
        let booleans = self.boolean.iter_mut().flatten();
        let numbers = self.numbers.iter_mut().map(|(_, to)| to);
        let integers = self.integers.iter_mut().map(|(_, to)| to);
        let strings = self.strings.iter_mut().map(|(_, to)| to);
        self.null.iter_mut().chain(booleans).chain(numbers).chain(integers).chain(strings)
    }

    /// The numbers.
    pub fn values(&self) -> impl Iterator<Item = u32> {
        let booleans = self.boolean.iter().flatten();
        let numbers = self.numbers.iter().map(|(_, to)| to);
        let integers = self.integers.iter().map(|(_, to)| to);
        let strings = self.strings.iter().map(|(_, to)| to);
        self.null.iter().chain(booleans).chain(numbers).chain(integers).chain(strings).copied()
    }

    #[inline]
    pub fn null(&self) -> Option<u32> {
        self.null
    }

    #[inline]
    pub fn boolean(&self, value: bool) -> Option<u32> {
        self.boolean[usize::from(value)]
    }

    #[inline]
    pub fn number(&self, value: Numeric) -> Option<u32> {
        let value = match value {
            Numeric::Double(value) => value + 0.0,
            Numeric::Integer(value) => {
                let at = self.integers.binary_search_by_key(&value, |(one, _)| *one).ok()?;
                return Some(self.integers[at].1);
            }
        };
        let at = self.numbers.binary_search_by(|(one, _)| one.total_cmp(&value)).ok()?;
        Some(self.numbers[at].1)
    }

    #[inline]
    pub fn string(&self, value: &[u8]) -> Option<u32> {
        let at = self.strings.binary_search_by(|(one, _)| by_length(one.as_bytes(), value)).ok()?;
        Some(self.strings[at].1)
    }
}

/// An order of texts that rarely compares bytes.
#[inline]
pub fn by_length(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl Object {
    /// The property of that name.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<u32> {
        let order = |at: &u32| by_length(self.properties[*at as usize].name.as_bytes(), name);
        let at = self.by_length.binary_search_by(order).ok()?;
        Some(self.by_length[at])
    }
}
