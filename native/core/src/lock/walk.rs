//! The walk over the lock's schema: depth first, keys in canonical order, the first fault wins. It notes where each node
//! stands. What needs the whole tree is checked afterwards (`checks`).

use std::collections::HashMap;

use super::fault::{invalid, unsupported};
use super::forms::{form_of, is_annotation, is_root_keyword};
use super::keywords as read;
use super::said::Said;
use super::tree::{ANY, Home, Id, Place, Raw, RawProperty, Tree};
use super::value::{Object, Value};
use crate::error::ContractError;
use crate::path::Path;
use crate::profile::{Primitive, TypeName};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Reads the schema that stands at `at` in the lock. Definitions are numbered in canonical order of their names, for
/// now.
pub fn walk_schema(schema: &Value, at: &Path<'_>) -> Result<Tree, ContractError> {
    let mut walk = Walk { places: Vec::new(), homes: vec![ANY], numbers: HashMap::new(), home: 0 };
    if let Value::Object(object) = schema
        && let Some(Value::Object(definitions)) = object.get("$defs")
    {
        walk.numbers = definitions.iter().enumerate().map(|(number, (name, _))| (name, number + 1)).collect();
    }
    walk.push(None, String::new());
    walk.homes[0] = walk.node(schema, at, None, usize::MAX)?;
    Ok(Tree { places: walk.places, homes: walk.homes })
}

struct Walk<'v> {
    places: Vec<Place>,
    homes: Vec<Id>,
    numbers: HashMap<&'v str, Home>,
    home: Home,
}

impl<'v> Walk<'v> {
    fn push(&mut self, parent: Option<Id>, tail: String) -> Id {
        self.places.push(Place { node: Raw::Any, parent, tail, home: self.home, discriminator: None });
        self.places.len() - 1
    }

    /// `steps`: how many steps lead from the parent's place to this one.
    fn node(
        &mut self,
        schema: &'v Value,
        at: &Path<'_>,
        parent: Option<Id>,
        steps: usize,
    ) -> Result<Id, ContractError> {
        // A node stands before its children in the list of places: the order of the checks.
        let id = self.push(parent, at.last(steps));
        self.places[id].node = self.read(schema, at, id)?;
        Ok(id)
    }

    fn read(&mut self, schema: &'v Value, at: &Path<'_>, id: Id) -> Result<Raw, ContractError> {
        let schema = match schema {
            Value::Primitive(Primitive::Boolean(true)) => return Ok(Raw::Any),
            Value::Primitive(Primitive::Boolean(false)) => {
                let message = "false is only supported for items and additionalProperties.";
                return Err(unsupported(at.pointer(), message));
            }
            Value::Object(schema) => schema,
            _ => return Err(invalid(at.pointer(), "Expected a schema.")),
        };
        let is_root = self.places[id].parent.is_none();
        let form = form_of(schema, at, is_root)?;
        let mut said = Said::new(form.types);
        for (key, value) in schema.iter().filter(|(key, _)| !is_annotation(key)) {
            let at = at.key(key);
            if !(form.name.allows(key) || is_root && is_root_keyword(key)) {
                return Err(unsupported(at.pointer(), format!("The keyword {key:?} is not supported here.")));
            }
            self.keyword(key, value, &at, id, &mut said)?;
        }
        self.places[id].discriminator = said.discriminator.take();
        Ok(said.node(form.name, &self.places))
    }

    fn keyword(
        &mut self,
        keyword: &str,
        value: &'v Value,
        at: &Path<'_>,
        id: Id,
        said: &mut Said,
    ) -> Result<(), ContractError> {
        match keyword {
            "$schema" if is_dialect(value) => {}
            "$schema" => return Err(unsupported(at.pointer(), "Expected the dialect of JSON Schema 2020-12.")),
            "$defs" => self.definitions(value, at, id)?,
            "$ref" => said.target = self.target(value, at)?,
            // The other forms have read it already, to tell which form they are.
            "type" if !said.values.is_empty() => said.types = read_admitting_types(value, at, &said.values)?,
            "type" => {}
            "const" => said.values = vec![read::read_const(value, at)?],
            "enum" => said.values = read::read_enum(value, at)?,
            "x-norm" => {
                let strings = if said.values.is_empty() {
                    said.types.contains(&TypeName::String)
                } else {
                    said.values.iter().all(|one| one.type_name() == TypeName::String)
                };
                if !strings {
                    return Err(unsupported(at.pointer(), "Only strings can be normalized."));
                }
                said.norm = read::read_norm(value, at)?;
            }
            "minLength" => said.string.min_length = Some(read::read_count(value, at)?),
            "maxLength" => said.string.max_length = Some(read::read_count(value, at)?),
            "pattern" => said.string.patterns = vec![read::read_pattern(value, at)?],
            "allOf" => said.all_of = read::read_patterns(value, at)?,
            "minimum" => said.number.minimum = Some(read::read_bound(value, at)?),
            "exclusiveMinimum" => said.number.exclusive_minimum = Some(read::read_bound(value, at)?),
            "maximum" => said.number.maximum = Some(read::read_bound(value, at)?),
            "exclusiveMaximum" => said.number.exclusive_maximum = Some(read::read_bound(value, at)?),
            "multipleOf" => said.number.multiple_of = Some(read::read_divisor(value, at)?),
            "minItems" => said.min_items = Some(read::read_count(value, at)?),
            "maxItems" => said.max_items = Some(read::read_count(value, at)?),
            "items" => said.items = self.unless_false(value, at, id)?,
            "additionalProperties" => said.additional = self.unless_false(value, at, id)?,
            "prefixItems" => said.prefix = self.list(value, at, id)?,
            "propertyNames" => said.names = Some(self.node(value, at, Some(id), 1)?),
            "properties" => said.properties = self.properties(value, at, id)?,
            "required" => require(value, at, &mut said.properties)?,
            "anyOf" | "oneOf" => said.branches = self.list(value, at, id)?,
            "x-discriminator" => said.discriminator = Some(read::read_text(value, at)?.into()),
            _ => {}
        }
        Ok(())
    }

    fn unless_false(&mut self, value: &'v Value, at: &Path<'_>, id: Id) -> Result<Option<Id>, ContractError> {
        if matches!(value, Value::Primitive(Primitive::Boolean(false))) {
            return Ok(None);
        }
        self.node(value, at, Some(id), 1).map(Some)
    }

    fn definitions(&mut self, value: &'v Value, at: &Path<'_>, id: Id) -> Result<(), ContractError> {
        let definitions = schemas(value, at)?;
        for (number, (name, definition)) in definitions.iter().enumerate() {
            let at = at.key(name);
            if !is_definition_name(name) {
                return Err(invalid(at.pointer(), "Expected a name of A-Z, a-z, 0-9, \"_\", \".\" and \"-\"."));
            }
            self.home = number + 1;
            let node = self.node(definition, &at, Some(id), 2)?;
            self.homes.push(node);
        }
        self.home = 0;
        Ok(())
    }

    fn target(&self, value: &Value, at: &Path<'_>) -> Result<Home, ContractError> {
        let reference = read::read_text(value, at)?;
        if reference == "#" {
            return Ok(0);
        }
        match reference.strip_prefix("#/$defs/") {
            Some(name) if is_definition_name(name) => self
                .numbers
                .get(name)
                .copied()
                .ok_or_else(|| invalid(at.pointer(), format!("There is no definition {name:?}."))),
            _ => Err(unsupported(at.pointer(), "Only \"#\" and \"#/$defs/Name\" are supported.")),
        }
    }

    fn list(&mut self, value: &'v Value, at: &Path<'_>, id: Id) -> Result<Vec<Id>, ContractError> {
        let items = read::read_non_empty_list(value, at)?;
        items.iter().enumerate().map(|(index, item)| self.node(item, &at.index(index), Some(id), 2)).collect()
    }

    fn properties(&mut self, value: &'v Value, at: &Path<'_>, id: Id) -> Result<Vec<RawProperty>, ContractError> {
        schemas(value, at)?
            .iter()
            .map(|(name, property)| {
                let node = self.node(property, &at.key(name), Some(id), 2)?;
                Ok(RawProperty { name: name.into(), required: false, node })
            })
            .collect()
    }
}

fn is_dialect(value: &Value) -> bool {
    let Value::Primitive(Primitive::String(name)) = value else { return false };
    name.strip_suffix('#').unwrap_or(name) == DIALECT
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

/// Stands beside const and enum, which come first in canonical order.
fn read_admitting_types(value: &Value, at: &Path<'_>, values: &[Primitive]) -> Result<Vec<TypeName>, ContractError> {
    let types = read::read_types(value, at)?;
    if values.iter().all(|one| read::admits_value(&types, one)) {
        return Ok(types);
    }
    Err(invalid(at.pointer(), "The type does not admit every value beside it."))
}

/// Marks the required properties; comes after `properties` in canonical order.
fn require(value: &Value, at: &Path<'_>, properties: &mut [RawProperty]) -> Result<(), ContractError> {
    let Value::Array(names) = value else {
        return Err(invalid(at.pointer(), "Expected a list of property names."));
    };
    let mut by_name: HashMap<Box<str>, &mut bool> =
        properties.iter_mut().map(|one| (one.name.clone(), &mut one.required)).collect();
    for (index, name) in names.iter().enumerate() {
        let at = at.index(index);
        let Value::Primitive(Primitive::String(name)) = name else {
            return Err(invalid(at.pointer(), "Expected a property name."));
        };
        let Some(required) = by_name.get_mut(name) else {
            return Err(invalid(at.pointer(), format!("The property {name:?} is not in properties.")));
        };
        if std::mem::replace(*required, true) {
            return Err(invalid(at.pointer(), format!("The property {name:?} is there twice.")));
        }
    }
    Ok(())
}
