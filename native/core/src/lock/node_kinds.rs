//! Determines the kind of a schema node from its keywords. `keyword_table` lists the kinds.

use super::errors::unsupported;
use super::keyword_table::{KIND_OF_KEYWORD, NodeKind};
use super::keywords::{is_annotation, is_root_keyword, read_types};
use super::value::Object;
use crate::error::ContractError;
use crate::pointer::Path;
use crate::profile::TypeName;

/// The kind by the keywords that are present, in a fixed precedence, and the sorted types where `type` decides the
/// kind.
pub fn kind_of(schema: &Object, at: &Path<'_>, is_root: bool) -> Result<(NodeKind, Vec<TypeName>), ContractError> {
    if let Some((_, kind)) = KIND_OF_KEYWORD.iter().find(|(keyword, _)| schema.has(keyword)) {
        return Ok((*kind, Vec::new()));
    }
    if let Some(value) = schema.get("type") {
        let types = read_types(value, &at.key("type"))?;
        return Ok((typed_kind(schema, &types), types));
    }
    let is_free = |key: &str| is_annotation(key) || key == "default" || (is_root && is_root_keyword(key));
    if schema.iter().all(|(key, _)| is_free(key)) {
        return Ok((NodeKind::Any, Vec::new()));
    }
    let message = "Expected one of type, const, enum, anyOf, oneOf and $ref, or an empty schema.";
    Err(unsupported(at.pointer(), message))
}

fn typed_kind(schema: &Object, types: &[TypeName]) -> NodeKind {
    let mut named = types.iter().filter(|one| **one != TypeName::Null);
    let (Some(only), None) = (named.next(), named.next()) else { return NodeKind::Bare };
    match only {
        TypeName::String => NodeKind::String,
        TypeName::Number | TypeName::Integer => NodeKind::Number,
        TypeName::Array if schema.has("prefixItems") => NodeKind::Tuple,
        TypeName::Array => NodeKind::Array,
        TypeName::Object if schema.has("propertyNames") => NodeKind::Record,
        TypeName::Object => NodeKind::Object,
        TypeName::Boolean | TypeName::Null => NodeKind::Bare,
    }
}
