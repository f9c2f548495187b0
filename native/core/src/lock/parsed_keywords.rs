//! The values of one schema object's keywords, and the node that they make. `walk` fills them in.

use super::keyword_table::NodeKind;
use super::keywords::infer_types;
use super::tree::{ANY, DefId, NodeId, RawAdditional, RawNode, RawProperty, SchemaLocation};
use crate::pattern::{Pattern, Units};
use crate::profile::{
    NormOps, NumberLimits, Primitive, ScalarNode, StringLimits, TypeName, UrlLimits, ValuesKeyword, ValuesNode,
};

#[derive(Default)]
pub struct ParsedKeywords {
    pub types: Vec<TypeName>,
    pub values: Vec<Primitive>,
    /// Without `allOf`, `x-norm` and `x-url`, which the node adds.
    pub string: StringLimits,
    /// Of `pattern`, which comes before the keyword that names them.
    pub pattern_units: Units,
    pub all_of: Vec<Pattern>,
    pub number: NumberLimits,
    pub bigint: bool,
    pub norm: NormOps,
    pub url: Option<UrlLimits>,
    pub coerce: bool,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub items: Option<NodeId>,
    pub prefix: Vec<NodeId>,
    pub properties: Vec<RawProperty>,
    /// `additionalProperties` or `x-unknown`; `None` without both.
    pub additional: Option<RawAdditional>,
    pub names: Option<NodeId>,
    pub branches: Vec<NodeId>,
    pub discriminator: Option<Box<str>>,
    pub target: DefId,
}

impl ParsedKeywords {
    /// Only the types are known.
    pub fn new(types: Vec<TypeName>) -> Self {
        Self { types, items: Some(ANY), ..Self::default() }
    }

    pub fn node(self, kind: NodeKind, locations: &[SchemaLocation]) -> RawNode {
        match kind {
            NodeKind::Any => RawNode::Any,
            NodeKind::Ref => RawNode::Ref(self.target),
            NodeKind::Const => self.values(ValuesKeyword::Const),
            NodeKind::Enum => self.values(ValuesKeyword::Enum),
            NodeKind::Union => union_of(self.branches, locations),
            // `checks` fills in key and values when all definitions are known.
            NodeKind::Discriminated => RawNode::Discriminated {
                key: Box::default(),
                branches: self.branches.into_iter().map(|node| (Vec::new(), node)).collect(),
            },
            NodeKind::String | NodeKind::Number | NodeKind::Bare => self.scalar(kind),
            NodeKind::Array | NodeKind::Tuple => self.array(),
            // `checks` verifies the names when all definitions are known.
            NodeKind::Object | NodeKind::Record => RawNode::Object {
                properties: self.properties,
                additional: self.additional.unwrap_or(RawAdditional::Schema(ANY)),
                names: self.names,
            },
        }
    }

    fn values(self, keyword: ValuesKeyword) -> RawNode {
        let types = if self.types.is_empty() { infer_types(&self.values) } else { self.types };
        RawNode::Values(ValuesNode { keyword, values: self.values, types, norm: self.norm })
    }

    fn scalar(self, kind: NodeKind) -> RawNode {
        let mut string = self.string;
        string.patterns.extend(self.all_of);
        string.norm = self.norm;
        string.url = self.url.map(Box::new);
        let is_limited = string.min_length.is_some()
            || string.max_length.is_some()
            || !string.patterns.is_empty()
            || !string.norm.is_empty()
            || string.url.is_some();
        RawNode::Scalar(ScalarNode {
            types: self.types,
            string: (kind == NodeKind::String && is_limited).then_some(string),
            bigint: self.bigint,
            number: (kind == NodeKind::Number && self.number != NumberLimits::default()).then_some(self.number),
            coerce: self.coerce,
        })
    }

    fn array(self) -> RawNode {
        let prefix_len = self.prefix.len() as u64;
        let max_items = match self.items {
            None => Some(self.max_items.map_or(prefix_len, |max| max.min(prefix_len))),
            Some(_) => self.max_items,
        };
        RawNode::Array { prefix: self.prefix, items: self.items, min_items: self.min_items, max_items }
    }
}

fn union_of(branches: Vec<NodeId>, locations: &[SchemaLocation]) -> RawNode {
    let is_null =
        |id: NodeId| matches!(&locations[id].node, RawNode::Scalar(scalar) if *scalar.types == [TypeName::Null]);
    match *branches {
        [inner, null] if is_null(null) => RawNode::Nullable { inner, null_first: false },
        [null, inner] if is_null(null) => RawNode::Nullable { inner, null_first: true },
        _ => RawNode::Union(branches),
    }
}
