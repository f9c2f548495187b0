//! The last step of parsing a schema: definitions get their numbers in the normal form, unused ones are dropped. Names
//! must not change the contract's id.

use super::tree::{DefId, NodeId, RawAdditional, RawNode, RawProperty, Tree};
use crate::profile::{
    Additional, ArrayNode, DiscriminatedBranch, DiscriminatedNode, JsonText, NullableNode, ObjectNode, Property,
    SchemaNode,
};

/// The root and the used definitions, by their numbers.
///
/// Numbers by first use: first the root's references in the order of the walk, then those of definition 0, of
/// definition 1, and so on.
pub fn number_definitions(tree: &Tree) -> (SchemaNode, Vec<SchemaNode>) {
    let mut references: Vec<Vec<DefId>> = vec![Vec::new(); tree.definitions.len()];
    for location in &tree.locations {
        if let RawNode::Ref(target) = location.node {
            references[location.definition].push(target);
        }
    }
    let mut numbers: Vec<Option<usize>> = vec![None; tree.definitions.len()];
    let mut used: Vec<DefId> = vec![0];
    numbers[0] = Some(0);
    let mut next = 0;
    while let Some(definition) = used.get(next).copied() {
        for target in &references[definition] {
            if numbers[*target].is_none() {
                numbers[*target] = Some(used.len());
                used.push(*target);
            }
        }
        next += 1;
    }
    let numbering = Numbering { tree, numbers };
    let mut schemas = used.iter().map(|definition| numbering.schema(tree.definitions[*definition]));
    let root = schemas.next().unwrap_or(SchemaNode::Any);
    (root, schemas.collect())
}

struct Numbering<'t> {
    tree: &'t Tree,
    numbers: Vec<Option<usize>>,
}

impl Numbering<'_> {
    fn schema(&self, id: NodeId) -> SchemaNode {
        match self.tree.node(id) {
            RawNode::Any => SchemaNode::Any,
            RawNode::Scalar(scalar) => SchemaNode::Scalar(scalar.clone()),
            RawNode::Values(values) => SchemaNode::Values(values.clone()),
            RawNode::Array { prefix, items, min_items, max_items } => SchemaNode::Array(ArrayNode {
                prefix: prefix.iter().map(|id| self.schema(*id)).collect(),
                prefix_defaults: prefix.iter().map(|id| self.default(*id)).collect(),
                items: items.map(|id| self.boxed(id)),
                min_items: *min_items,
                max_items: *max_items,
            }),
            RawNode::Object { properties, additional, names } => SchemaNode::Object(ObjectNode {
                properties: properties.iter().map(|one| self.property(one)).collect(),
                additional: match additional {
                    RawAdditional::Refused => Additional::Refused,
                    RawAdditional::Strip => Additional::Strip,
                    RawAdditional::Schema(id) => Additional::Schema(self.boxed(*id)),
                },
                names: names.map(|id| self.boxed(id)),
            }),
            RawNode::Union(branches) => SchemaNode::Union(branches.iter().map(|id| self.schema(*id)).collect()),
            RawNode::Nullable { inner, null_first } => {
                SchemaNode::Nullable(NullableNode { inner: self.boxed(*inner), null_first: *null_first })
            }
            RawNode::Discriminated { key, branches } => {
                let branch = |(values, id): &(Vec<_>, NodeId)| DiscriminatedBranch {
                    values: values.clone(),
                    node: self.schema(*id),
                };
                let branches = branches.iter().map(branch).collect();
                SchemaNode::Discriminated(DiscriminatedNode { key: key.clone(), branches })
            }
            // Every target of a used definition is used.
            RawNode::Ref(target) => SchemaNode::Ref(self.numbers[*target].and_then(|number| number.checked_sub(1))),
        }
    }

    fn boxed(&self, id: NodeId) -> Box<SchemaNode> {
        Box::new(self.schema(id))
    }

    fn property(&self, property: &RawProperty) -> Property {
        Property {
            name: property.name.clone(),
            required: property.required,
            node: self.schema(property.node),
            default: self.default(property.node),
        }
    }

    fn default(&self, id: NodeId) -> Option<JsonText> {
        self.tree.locations[id].default.clone()
    }
}
