//! The kinds of schema nodes in profile p1, and the keywords that each may have. `keywords` reads the values.

use super::errors::unsupported;
use super::keywords::{is_annotation, is_root_keyword, read_types};
use super::value::Object;
use crate::error::ContractError;
use crate::pointer::Path;
use crate::profile::TypeName;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Any,
    Ref,
    Const,
    Enum,
    Union,
    Discriminated,
    String,
    Number,
    Bare,
    Array,
    Tuple,
    Object,
    Record,
}

impl NodeKind {
    const fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::Any => &[],
            Self::Ref => &["$ref"],
            Self::Const => &["const", "type", "x-norm"],
            Self::Enum => &["enum", "type", "x-norm"],
            Self::Union => &["anyOf"],
            Self::Discriminated => &["oneOf", "x-discriminator"],
            Self::String => &["type", "allOf", "maxLength", "minLength", "pattern", "x-norm"],
            Self::Number => &["type", "exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"],
            Self::Bare => &["type"],
            Self::Array => &["type", "items", "maxItems", "minItems"],
            Self::Tuple => &["type", "items", "maxItems", "minItems", "prefixItems"],
            Self::Object => &["type", "additionalProperties", "properties", "required"],
            Self::Record => &["type", "additionalProperties", "propertyNames"],
        }
    }

    pub fn allows(self, keyword: &str) -> bool {
        self.keywords().contains(&keyword)
    }
}

/// The kind by the keywords that are present, in a fixed precedence, and the sorted types where `type` tells the kind.
pub fn kind_of(schema: &Object, at: &Path<'_>, is_root: bool) -> Result<(NodeKind, Vec<TypeName>), ContractError> {
    let untyped = [
        ("$ref", NodeKind::Ref),
        ("const", NodeKind::Const),
        ("enum", NodeKind::Enum),
        ("anyOf", NodeKind::Union),
        ("oneOf", NodeKind::Discriminated),
    ];
    if let Some((_, kind)) = untyped.into_iter().find(|(keyword, _)| schema.has(keyword)) {
        return Ok((kind, Vec::new()));
    }
    if let Some(value) = schema.get("type") {
        let types = read_types(value, &at.key("type"))?;
        return Ok((typed_kind(schema, &types), types));
    }
    if schema.iter().all(|(key, _)| is_annotation(key) || (is_root && is_root_keyword(key))) {
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
