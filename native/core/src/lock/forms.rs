//! The forms of profile p1: which one a schema object has, and the keywords that may stand in it. What the keywords'
//! values must be is not here (`keywords`).

use super::fault::unsupported;
use super::keywords::read_types;
use super::value::Object;
use crate::error::ContractError;
use crate::path::Path;
use crate::profile::TypeName;

/// Allowed beside every form; they say nothing about a payload. `$schema` is one more, at the root.
const ANNOTATIONS: [&str; 8] =
    ["$comment", "deprecated", "description", "examples", "format", "readOnly", "title", "writeOnly"];

/// Beside the form's keywords at the schema's root.
const ROOT_KEYWORDS: [&str; 2] = ["$defs", "$schema"];

pub fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword)
}

pub fn is_root_keyword(keyword: &str) -> bool {
    ROOT_KEYWORDS.contains(&keyword)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormName {
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

impl FormName {
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

pub struct Form {
    pub name: FormName,
    /// Of the forms that `type` tells: sorted.
    pub types: Vec<TypeName>,
}

/// The form by the keywords that are there, in a fixed precedence. `at` is the schema's own place.
pub fn form_of(schema: &Object, at: &Path<'_>, is_root: bool) -> Result<Form, ContractError> {
    let telling = [
        ("$ref", FormName::Ref),
        ("const", FormName::Const),
        ("enum", FormName::Enum),
        ("anyOf", FormName::Union),
        ("oneOf", FormName::Discriminated),
    ];
    if let Some((_, name)) = telling.into_iter().find(|(keyword, _)| schema.has(keyword)) {
        return Ok(Form { name, types: Vec::new() });
    }
    if let Some(value) = schema.get("type") {
        let types = read_types(value, &at.key("type"))?;
        return Ok(Form { name: typed_form(schema, &types), types });
    }
    if schema.iter().all(|(key, _)| is_annotation(key) || (is_root && is_root_keyword(key))) {
        return Ok(Form { name: FormName::Any, types: Vec::new() });
    }
    let message = "Expected one of type, const, enum, anyOf, oneOf and $ref, or an empty schema.";
    Err(unsupported(at.pointer(), message))
}

fn typed_form(schema: &Object, types: &[TypeName]) -> FormName {
    let mut named = types.iter().filter(|one| **one != TypeName::Null);
    let (Some(only), None) = (named.next(), named.next()) else { return FormName::Bare };
    match only {
        TypeName::String => FormName::String,
        TypeName::Number | TypeName::Integer => FormName::Number,
        TypeName::Array if schema.has("prefixItems") => FormName::Tuple,
        TypeName::Array => FormName::Array,
        TypeName::Object if schema.has("propertyNames") => FormName::Record,
        TypeName::Object => FormName::Object,
        TypeName::Boolean | TypeName::Null => FormName::Bare,
    }
}
