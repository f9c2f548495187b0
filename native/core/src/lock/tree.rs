//! The schema as the walk leaves it: nodes that name each other by number, and where each one stands in the lock. The
//! checks and the numbering of definitions work on it; `profile` is what remains.

use crate::path::{Step, push_step};
use crate::profile::{Primitive, ScalarNode, ValuesNode};

/// A node's number: its index in [`Tree::places`].
pub type Id = usize;

/// A definition's number in canonical order of the names, plus one; 0 is the root.
pub type Home = usize;

/// Stands for every schema that is not written out.
pub const ANY: Id = 0;

#[derive(Default)]
pub struct Tree {
    /// Every node in the order of the walk: a node before its children. The first is [`ANY`].
    pub places: Vec<Place>,
    /// What each [`Home`] is.
    pub homes: Vec<Id>,
}

pub struct Place {
    pub node: Raw,
    /// The node above it in the lock.
    pub parent: Option<Id>,
    /// From the parent's pointer to this one's.
    pub tail: String,
    /// The definition that the node stands in.
    pub home: Home,
    /// `x-discriminator` as written.
    pub discriminator: Option<Box<str>>,
}

pub enum Raw {
    Any,
    Scalar(ScalarNode),
    Values(ValuesNode),
    Array { prefix: Vec<Id>, items: Option<Id>, min_items: Option<u64>, max_items: Option<u64> },
    Object { properties: Vec<RawProperty>, additional: Option<Id>, names: Option<Id> },
    Union(Vec<Id>),
    Nullable { inner: Id, null_first: bool },
    Discriminated { key: Box<str>, branches: Vec<(Vec<Primitive>, Id)> },
    Ref(Home),
}

pub struct RawProperty {
    pub name: Box<str>,
    pub required: bool,
    pub node: Id,
}

/// Which nodes count as under another one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// All that stand directly under it.
    All,
    /// Those that look at the very value that it looks at: no input is consumed on the way to them.
    Still,
}

impl Tree {
    pub fn node(&self, id: Id) -> &Raw {
        &self.places[id].node
    }

    /// JSON pointer into the lock document.
    pub fn pointer(&self, id: Id) -> String {
        let mut tails = Vec::new();
        let mut here = Some(id);
        while let Some(id) = here {
            tails.push(&*self.places[id].tail);
            here = self.places[id].parent;
        }
        tails.into_iter().rev().collect()
    }

    /// The pointer of a keyword of the schema.
    pub fn pointer_of(&self, id: Id, keyword: &str) -> String {
        let mut pointer = self.pointer(id);
        push_step(&mut pointer, Step::Key(keyword));
        pointer
    }

    /// The nodes directly under one, in canonical order of the keywords. References are not followed.
    pub fn children(&self, id: Id, edges: Edges) -> Vec<Id> {
        match self.node(id) {
            Raw::Union(branches) => branches.clone(),
            Raw::Nullable { inner, .. } => vec![*inner],
            Raw::Discriminated { branches, .. } => branches.iter().map(|(_, node)| *node).collect(),
            Raw::Array { prefix, items, .. } if edges == Edges::All => items.iter().chain(prefix).copied().collect(),
            Raw::Object { properties, additional, names } if edges == Edges::All => {
                let properties = properties.iter().map(|property| &property.node);
                additional.iter().chain(properties).chain(names).copied().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The references at and below a node, with what they name.
    pub fn references(&self, id: Id, edges: Edges) -> Vec<(Id, Home)> {
        let mut found = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if let Raw::Ref(target) = self.node(id) {
                found.push((id, *target));
            }
            open.extend(self.children(id, edges).into_iter().rev());
        }
        found
    }

    /// What a chain of references ends at; none when it runs in a circle.
    pub fn resolve(&self, mut id: Id) -> Option<Id> {
        for _ in 0..=self.homes.len() {
            let Raw::Ref(target) = self.node(id) else { return Some(id) };
            id = self.homes[*target];
        }
        None
    }
}
