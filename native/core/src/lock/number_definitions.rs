//! The last step of reading a schema: definitions get their numbers in the normal form, unused ones go. Names are the
//! author's and must not change the contract's id.

use super::tree::{Home, Id, Raw, RawProperty, Tree};
use crate::profile::{
    ArrayNode, DiscriminatedBranch, DiscriminatedNode, NullableNode, ObjectNode, Property, SchemaNode,
};

/// The root and the used definitions, by their numbers.
///
/// Numbers by first use: first the root's references in the order of the walk, then those of definition 0, of
/// definition 1, and so on, each new one taking the next number.
pub fn number_definitions(tree: &Tree) -> (SchemaNode, Vec<SchemaNode>) {
    let mut references: Vec<Vec<Home>> = vec![Vec::new(); tree.homes.len()];
    for place in &tree.places {
        if let Raw::Ref(target) = place.node {
            references[place.home].push(target);
        }
    }
    let mut numbers: Vec<Option<usize>> = vec![None; tree.homes.len()];
    let mut used: Vec<Home> = vec![0];
    numbers[0] = Some(0);
    let mut next = 0;
    while let Some(home) = used.get(next).copied() {
        for target in &references[home] {
            if numbers[*target].is_none() {
                numbers[*target] = Some(used.len());
                used.push(*target);
            }
        }
        next += 1;
    }
    let numbering = Numbering { tree, numbers };
    let mut schemas = used.iter().map(|home| numbering.schema(tree.homes[*home]));
    let root = schemas.next().unwrap_or(SchemaNode::Any);
    (root, schemas.collect())
}

struct Numbering<'t> {
    tree: &'t Tree,
    numbers: Vec<Option<usize>>,
}

impl Numbering<'_> {
    fn schema(&self, id: Id) -> SchemaNode {
        match self.tree.node(id) {
            Raw::Any => SchemaNode::Any,
            Raw::Scalar(scalar) => SchemaNode::Scalar(scalar.clone()),
            Raw::Values(values) => SchemaNode::Values(values.clone()),
            Raw::Array { prefix, items, min_items, max_items } => SchemaNode::Array(ArrayNode {
                prefix: prefix.iter().map(|id| self.schema(*id)).collect(),
                items: items.map(|id| self.boxed(id)),
                min_items: *min_items,
                max_items: *max_items,
            }),
            Raw::Object { properties, additional, names } => SchemaNode::Object(ObjectNode {
                properties: properties.iter().map(|one| self.property(one)).collect(),
                additional: additional.map(|id| self.boxed(id)),
                names: names.map(|id| self.boxed(id)),
            }),
            Raw::Union(branches) => SchemaNode::Union(branches.iter().map(|id| self.schema(*id)).collect()),
            Raw::Nullable { inner, null_first } => {
                SchemaNode::Nullable(NullableNode { inner: self.boxed(*inner), null_first: *null_first })
            }
            Raw::Discriminated { key, branches } => {
                let branch = |(values, id): &(Vec<_>, Id)| DiscriminatedBranch {
                    values: values.clone(),
                    node: self.schema(*id),
                };
                let branches = branches.iter().map(branch).collect();
                SchemaNode::Discriminated(DiscriminatedNode { key: key.clone(), branches })
            }
            // Every target of a used definition is used.
            Raw::Ref(target) => SchemaNode::Ref(self.numbers[*target].and_then(|number| number.checked_sub(1))),
        }
    }

    fn boxed(&self, id: Id) -> Box<SchemaNode> {
        Box::new(self.schema(id))
    }

    fn property(&self, property: &RawProperty) -> Property {
        Property { name: property.name.clone(), required: property.required, node: self.schema(property.node) }
    }
}
