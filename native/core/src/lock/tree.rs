//! The schema during parsing: nodes that refer to each other by number, and their locations in the lock. The checks and
//! the numbering of definitions read it; the result is a [`Profile`](crate::profile::Profile).

use crate::pointer::{Step, push_step};
use crate::profile::{JsonText, Primitive, ScalarNode, ValuesNode};

/// Index into [`Tree::locations`].
pub type NodeId = usize;

/// A definition's number in canonical order of the names, plus one; 0 is the root.
pub type DefId = usize;

/// The node of every schema that is left out.
pub const ANY: NodeId = 0;

#[derive(Default)]
pub struct Tree {
    /// Every node in the order of the walk: parents before children. The first is [`ANY`].
    pub locations: Vec<SchemaLocation>,
    /// The node of each [`DefId`].
    pub definitions: Vec<NodeId>,
}

pub struct SchemaLocation {
    pub node: RawNode,
    /// The node that contains it in the lock.
    pub parent: Option<NodeId>,
    /// The pointer's part behind the parent's pointer.
    pub tail: String,
    /// The definition that contains the node.
    pub definition: DefId,
    /// The value of `x-discriminator`.
    pub discriminator: Option<Box<str>>,
    /// The value of `default`; it belongs to the member or item, not to the node.
    pub default: Option<JsonText>,
}

pub enum RawNode {
    Any,
    Scalar(ScalarNode),
    Values(ValuesNode),
    Array { prefix: Vec<NodeId>, items: Option<NodeId>, min_items: Option<u64>, max_items: Option<u64> },
    Object { properties: Vec<RawProperty>, additional: RawAdditional, names: Option<NodeId> },
    Union(Vec<NodeId>),
    Nullable { inner: NodeId, null_first: bool },
    Discriminated { key: Box<str>, branches: Vec<(Vec<Primitive>, NodeId)> },
    Ref(DefId),
}

/// What becomes of the members that no property names.
#[derive(Clone, Copy)]
pub enum RawAdditional {
    Refused,
    Strip,
    Schema(NodeId),
}

impl RawAdditional {
    /// The schema of their values.
    pub const fn node(self) -> Option<NodeId> {
        if let Self::Schema(id) = self { Some(id) } else { None }
    }
}

pub struct RawProperty {
    pub name: Box<str>,
    pub required: bool,
    pub node: NodeId,
}

/// Which children of a node count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// All.
    All,
    /// Those that check the same value as the node: no input is consumed between them.
    SameValue,
}

impl Tree {
    pub fn node(&self, id: NodeId) -> &RawNode {
        &self.locations[id].node
    }

    /// JSON pointer into the lock document.
    pub fn pointer(&self, id: NodeId) -> String {
        let mut tails = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            tails.push(&*self.locations[id].tail);
            next = self.locations[id].parent;
        }
        tails.into_iter().rev().collect()
    }

    /// The pointer of a keyword of the schema.
    pub fn pointer_of(&self, id: NodeId, keyword: &str) -> String {
        let mut pointer = self.pointer(id);
        push_step(&mut pointer, Step::Key(keyword));
        pointer
    }

    /// The children of a node, in canonical order of the keywords. References are not followed.
    pub fn children(&self, id: NodeId, edges: Edges) -> Vec<NodeId> {
        match self.node(id) {
            RawNode::Union(branches) => branches.clone(),
            RawNode::Nullable { inner, .. } => vec![*inner],
            RawNode::Discriminated { branches, .. } => branches.iter().map(|(_, node)| *node).collect(),
            RawNode::Array { prefix, items, .. } if edges == Edges::All => {
                items.iter().chain(prefix).copied().collect()
            }
            RawNode::Object { properties, additional, names } if edges == Edges::All => {
                let properties = properties.iter().map(|property| &property.node);
                additional.node().iter().chain(properties).chain(names).copied().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The nodes of each definition, parents before children.
    pub fn nodes_by_definition(&self) -> Vec<Vec<NodeId>> {
        let mut nodes = vec![Vec::new(); self.definitions.len()];
        for (id, location) in self.locations.iter().enumerate() {
            nodes[location.definition].push(id);
        }
        nodes
    }

    /// The references at and below a node, with their targets.
    pub fn references(&self, id: NodeId, edges: Edges) -> Vec<(NodeId, DefId)> {
        let mut found = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if let RawNode::Ref(target) = self.node(id) {
                found.push((id, *target));
            }
            open.extend(self.children(id, edges).into_iter().rev());
        }
        found
    }

    /// The end of a chain of references; `None` for a cycle.
    pub fn resolve(&self, mut id: NodeId) -> Option<NodeId> {
        for _ in 0..=self.definitions.len() {
            let RawNode::Ref(target) = self.node(id) else { return Some(id) };
            id = self.definitions[*target];
        }
        None
    }
}
