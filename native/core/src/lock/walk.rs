//! Walks the lock's schema depth first, keys in canonical order, and stops at the first error. `checks` does what needs
//! the whole tree.

use std::collections::{HashMap, HashSet};

use super::errors::{invalid, unsupported};
use super::keywords::{self as read, is_annotation, is_root_keyword};
use super::node_kinds::kind_of;
use super::parsed_keywords::ParsedKeywords;
use super::tree::{ANY, DefId, NodeId, RawAdditional, RawNode, RawProperty, SchemaLocation, Tree};
use super::value::{Object, Value};
use crate::error::ContractError;
use crate::json_text::quoted;
use crate::pointer::Path;
use crate::profile::{Primitive, TypeName};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Reads the schema at `at` in the lock. Definitions are numbered in canonical order of their names.
pub fn walk_schema(schema: &Value, at: &Path<'_>) -> Result<Tree, ContractError> {
    let mut walk = Walk { locations: Vec::new(), definitions: vec![ANY], numbers: HashMap::new(), definition: 0 };
    if let Value::Object(object) = schema
        && let Some(Value::Object(definitions)) = object.get("$defs")
    {
        walk.numbers = definitions.iter().enumerate().map(|(number, (name, _))| (name, number + 1)).collect();
    }
    walk.push(None, String::new());
    walk.definitions[0] = walk.node(schema, at, None, usize::MAX, Slot::Filled)?;
    Ok(Tree { locations: walk.locations, definitions: walk.definitions })
}

/// Where a schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Its value may be missing, so there may be a `default`.
    Missable,
    Filled,
}

struct Walk<'v> {
    locations: Vec<SchemaLocation>,
    definitions: Vec<NodeId>,
    numbers: HashMap<&'v str, DefId>,
    definition: DefId,
}

impl<'v> Walk<'v> {
    fn push(&mut self, parent: Option<NodeId>, tail: String) -> NodeId {
        self.locations.push(SchemaLocation {
            node: RawNode::Any,
            parent,
            tail,
            definition: self.definition,
            discriminator: None,
            default: None,
        });
        self.locations.len() - 1
    }

    /// `steps`: the number of pointer steps from the parent to this node.
    fn node(
        &mut self,
        schema: &'v Value,
        at: &Path<'_>,
        parent: Option<NodeId>,
        steps: usize,
        slot: Slot,
    ) -> Result<NodeId, ContractError> {
        // The order of the checks: parents before children.
        let id = self.push(parent, at.last(steps));
        let node = self.read(schema, at, id, slot)?;
        if let RawNode::Array { prefix, max_items: Some(max_items), .. } = &node {
            // Behind maxItems nothing is inserted.
            for item in prefix.iter().skip(usize::try_from(*max_items).unwrap_or(usize::MAX)) {
                self.locations[*item].default = None;
            }
        }
        self.locations[id].node = node;
        Ok(id)
    }

    fn read(&mut self, schema: &'v Value, at: &Path<'_>, id: NodeId, slot: Slot) -> Result<RawNode, ContractError> {
        let schema = match schema {
            Value::Primitive(Primitive::Boolean(true)) => return Ok(RawNode::Any),
            Value::Primitive(Primitive::Boolean(false)) => {
                let message = "false is only supported for items and additionalProperties.";
                return Err(unsupported(at.pointer(), message));
            }
            Value::Object(schema) => schema,
            _ => return Err(invalid(at.pointer(), "Expected a schema.")),
        };
        let is_root = self.locations[id].parent.is_none();
        let (kind, types) = kind_of(schema, at, is_root)?;
        let mut keywords = ParsedKeywords::new(types);
        keywords.pattern_units = read::pattern_units_of(schema);
        for (key, value) in schema.iter().filter(|(key, _)| !is_annotation(key)) {
            let at = at.key(key);
            if key == "default" {
                if slot == Slot::Filled {
                    return Err(unsupported(at.pointer(), "Only a value that may be missing can have a default."));
                }
                self.locations[id].default = Some(read::read_default(value));
                continue;
            }
            if !(kind.keywords().contains(&key) || is_root && is_root_keyword(key)) {
                return Err(unsupported(at.pointer(), format!("The keyword {} is not supported here.", quoted(key))));
            }
            if key == "properties" {
                keywords.properties = self.properties(value, schema.get("required"), &at, id)?;
                continue;
            }
            self.keyword(key, value, &at, id, &mut keywords)?;
        }
        self.locations[id].discriminator = keywords.discriminator.take();
        Ok(keywords.node(kind, &self.locations))
    }

    fn keyword(
        &mut self,
        keyword: &str,
        value: &'v Value,
        at: &Path<'_>,
        id: NodeId,
        keywords: &mut ParsedKeywords,
    ) -> Result<(), ContractError> {
        match keyword {
            "$schema" if is_dialect(value) => {}
            "$schema" => return Err(unsupported(at.pointer(), "Expected the dialect of JSON Schema 2020-12.")),
            "$defs" => self.definitions(value, at, id)?,
            "$ref" => keywords.target = self.target(value, at)?,
            // `kind_of` has read the types of the other kinds.
            "type" if !keywords.values.is_empty() => {
                keywords.types = read_admitting_types(value, at, &keywords.values)?
            }
            "type" => {}
            "const" => keywords.values = vec![read::read_const(value, at)?],
            "enum" => keywords.values = read::read_enum(value, at)?,
            "x-norm" => {
                let strings = if keywords.values.is_empty() {
                    keywords.types.contains(&TypeName::String)
                } else {
                    keywords.values.iter().all(|one| one.type_name() == TypeName::String)
                };
                if !strings {
                    return Err(unsupported(at.pointer(), "Only strings can be normalized."));
                }
                keywords.norm = read::read_norm(value, at)?;
            }
            "minLength" => keywords.string.min_length = Some(read::read_count(value, at)?),
            "maxLength" => keywords.string.max_length = Some(read::read_count(value, at)?),
            "pattern" => keywords.string.patterns = vec![read::read_pattern(value, at, keywords.pattern_units)?],
            "x-pattern-units" => read::read_pattern_units(value, at, !keywords.string.patterns.is_empty())?,
            "allOf" => keywords.all_of = read::read_patterns(value, at)?,
            "minimum" => keywords.number.minimum = Some(read::read_bound(value, at)?),
            "exclusiveMinimum" => keywords.number.exclusive_minimum = Some(read::read_bound(value, at)?),
            "maximum" => keywords.number.maximum = Some(read::read_bound(value, at)?),
            "exclusiveMaximum" => keywords.number.exclusive_maximum = Some(read::read_bound(value, at)?),
            "multipleOf" => keywords.number.multiple_of = Some(read::read_divisor(value, at)?),
            "x-value" => keywords.bigint = read::read_value_type(value, at, &keywords.types)?,
            "minItems" => keywords.min_items = Some(read::read_count(value, at)?),
            "maxItems" => keywords.max_items = Some(read::read_count(value, at)?),
            "items" => keywords.items = self.unless_false(value, at, id)?,
            "additionalProperties" => {
                let schema = self.unless_false(value, at, id)?;
                keywords.additional = Some(schema.map_or(RawAdditional::Refused, RawAdditional::Schema));
            }
            // `minItems` comes first in canonical order.
            "prefixItems" => keywords.prefix = self.list(value, at, id, keywords.min_items.unwrap_or(0))?,
            "propertyNames" => keywords.names = Some(self.node(value, at, Some(id), 1, Slot::Filled)?),
            "required" => require(value, at, &mut keywords.properties)?,
            "anyOf" | "oneOf" => keywords.branches = self.list(value, at, id, u64::MAX)?,
            "x-coerce" => keywords.coerce = read::read_coerce(value, at, &keywords.types)?,
            "x-discriminator" => keywords.discriminator = Some(read::read_text(value, at)?.into()),
            "x-unknown" if value.text() != Some("strip") => return Err(invalid(at.pointer(), "Expected \"strip\".")),
            "x-unknown" if keywords.additional.is_some() || keywords.names.is_some() => {
                let message = "x-unknown excludes additionalProperties and propertyNames.";
                return Err(invalid(at.pointer(), message));
            }
            "x-unknown" => keywords.additional = Some(RawAdditional::Strip),
            "x-url" => keywords.url = Some(Box::new(read::read_url(value, at)?)),
            _ => {}
        }
        Ok(())
    }

    fn unless_false(&mut self, value: &'v Value, at: &Path<'_>, id: NodeId) -> Result<Option<NodeId>, ContractError> {
        if matches!(value, Value::Primitive(Primitive::Boolean(false))) {
            return Ok(None);
        }
        self.node(value, at, Some(id), 1, Slot::Filled).map(Some)
    }

    fn definitions(&mut self, value: &'v Value, at: &Path<'_>, id: NodeId) -> Result<(), ContractError> {
        let definitions = schemas(value, at)?;
        for (number, (name, definition)) in definitions.iter().enumerate() {
            let at = at.key(name);
            if !is_definition_name(name) {
                return Err(invalid(at.pointer(), "Expected a name of A-Z, a-z, 0-9, \"_\", \".\" and \"-\"."));
            }
            self.definition = number + 1;
            let node = self.node(definition, &at, Some(id), 2, Slot::Filled)?;
            self.definitions.push(node);
        }
        self.definition = 0;
        Ok(())
    }

    fn target(&self, value: &Value, at: &Path<'_>) -> Result<DefId, ContractError> {
        let reference = read::read_text(value, at)?;
        if reference == "#" {
            return Ok(0);
        }
        match reference.strip_prefix("#/$defs/") {
            Some(name) if is_definition_name(name) => self
                .numbers
                .get(name)
                .copied()
                .ok_or_else(|| invalid(at.pointer(), format!("There is no definition {}.", quoted(name)))),
            _ => Err(unsupported(at.pointer(), "Only \"#\" and \"#/$defs/Name\" are supported.")),
        }
    }

    /// Items from number `filled` on may be missing.
    fn list(&mut self, value: &'v Value, at: &Path<'_>, id: NodeId, filled: u64) -> Result<Vec<NodeId>, ContractError> {
        let items = read::read_non_empty_list(value, at)?;
        let node = |(index, item)| {
            let slot = if index as u64 >= filled { Slot::Missable } else { Slot::Filled };
            self.node(item, &at.index(index), Some(id), 2, slot)
        };
        items.iter().enumerate().map(node).collect()
    }

    fn properties(
        &mut self,
        value: &'v Value,
        required: Option<&Value>,
        at: &Path<'_>,
        id: NodeId,
    ) -> Result<Vec<RawProperty>, ContractError> {
        let required: HashSet<&str> = match required {
            Some(Value::Array(names)) => names.iter().filter_map(Value::text).collect(),
            _ => HashSet::new(),
        };
        schemas(value, at)?
            .iter()
            .map(|(name, property)| {
                let slot = if required.contains(name) { Slot::Filled } else { Slot::Missable };
                let node = self.node(property, &at.key(name), Some(id), 2, slot)?;
                Ok(RawProperty { name: name.into(), required: false, node })
            })
            .collect()
    }
}

fn is_dialect(value: &Value) -> bool {
    value.text().is_some_and(|name| name.strip_suffix('#').unwrap_or(name) == DIALECT)
}

fn is_definition_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

fn schemas<'v>(value: &'v Value, at: &Path<'_>) -> Result<&'v Object, ContractError> {
    match value {
        Value::Object(schemas) => Ok(schemas),
        _ => Err(invalid(at.pointer(), "Expected an object of schemas.")),
    }
}

/// `type` beside `const` or `enum`, which come first in canonical order.
fn read_admitting_types(value: &Value, at: &Path<'_>, values: &[Primitive]) -> Result<Vec<TypeName>, ContractError> {
    let types = read::read_types(value, at)?;
    if values.iter().all(|one| read::admits_value(&types, one)) {
        return Ok(types);
    }
    Err(invalid(at.pointer(), "The type does not admit every value beside it."))
}

/// Marks the required properties; `properties` comes first in canonical order.
fn require(value: &Value, at: &Path<'_>, properties: &mut [RawProperty]) -> Result<(), ContractError> {
    let Value::Array(names) = value else {
        return Err(invalid(at.pointer(), "Expected a list of property names."));
    };
    let mut by_name: HashMap<&str, &mut bool> =
        properties.iter_mut().map(|one| (&*one.name, &mut one.required)).collect();
    for (index, name) in names.iter().enumerate() {
        let at = at.index(index);
        let name = name.text().ok_or_else(|| invalid(at.pointer(), "Expected a property name."))?;
        let Some(required) = by_name.get_mut(name) else {
            return Err(invalid(at.pointer(), format!("The property {} is not in properties.", quoted(name))));
        };
        if std::mem::replace(*required, true) {
            return Err(invalid(at.pointer(), format!("The property {} is there twice.", quoted(name))));
        }
    }
    Ok(())
}
