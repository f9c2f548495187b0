//! Reads and checks the values of single keywords. `node_kinds` decides which keywords a node may have.

use super::errors::{invalid, unsupported};
use super::keyword_table::{ANNOTATION_KEYWORDS, ROOT_KEYWORDS};
use super::value::{Object, Value, primitive_text, push_value};
use crate::error::ContractError;
use crate::numeric::Numeric;
use crate::pattern::{Pattern, Units};
use crate::pointer::Path;
use crate::profile::{JsonText, NormOp, NormOps, Primitive, TypeName, UrlLimits};
use crate::read::compare_keys;

const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

type Result<T> = std::result::Result<T, ContractError>;

pub fn is_annotation(keyword: &str) -> bool {
    ANNOTATION_KEYWORDS.contains(&keyword)
}

pub fn is_root_keyword(keyword: &str) -> bool {
    ROOT_KEYWORDS.contains(&keyword)
}

pub fn read_count(value: &Value, at: &Path<'_>) -> Result<u64> {
    let is_count = |number: &f64| (0.0..=MAX_SAFE).contains(number) && number.fract() == 0.0;
    let count = value.double().filter(is_count).map(|number| number as u64);
    count.ok_or_else(|| invalid(at.pointer(), "Expected an integer from 0 to 2^53 - 1."))
}

pub fn read_bound(value: &Value, at: &Path<'_>) -> Result<Numeric> {
    value.number().ok_or_else(|| invalid(at.pointer(), "Expected a number."))
}

pub fn read_divisor(value: &Value, at: &Path<'_>) -> Result<Numeric> {
    let divisor = value.number().filter(|number| number.to_double() > 0.0);
    divisor.ok_or_else(|| invalid(at.pointer(), "Expected a number above 0."))
}

/// `x-value`, of an integer only: how a JavaScript app gets it.
pub fn read_value_type(value: &Value, at: &Path<'_>, types: &[TypeName]) -> Result<bool> {
    let is_integer = types.contains(&TypeName::Integer);
    if !is_integer || types.iter().any(|one| !matches!(one, TypeName::Integer | TypeName::Null)) {
        return Err(unsupported(at.pointer(), "Only an integer has an x-value."));
    }
    read_one_of(&["bigint"], |name| name, value, at)?;
    Ok(true)
}

pub fn read_text<'v>(value: &'v Value, at: &Path<'_>) -> Result<&'v str> {
    value.text().ok_or_else(|| invalid(at.pointer(), "Expected a string."))
}

pub fn read_one_of<T: Copy>(all: &[T], name: fn(T) -> &'static str, value: &Value, at: &Path<'_>) -> Result<T> {
    let found = value.text().and_then(|text| all.iter().find(|one| name(**one) == text));
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        invalid(at.pointer(), format!("Expected one of {}.", names.join(", ")))
    })
}

pub fn read_pattern(value: &Value, at: &Path<'_>, units: Units) -> Result<Pattern> {
    Pattern::parse(read_text(value, at)?, units).map_err(|error| {
        unsupported(at.pointer(), format!("The pattern is refused at position {}: {error}", error.position))
    })
}

/// The units of the pattern that the object holds beside them; `read_pattern_units` checks the keyword.
pub fn pattern_units_of(holder: &Object) -> Units {
    if holder.has("x-pattern-units") { Units::Utf16 } else { Units::CodePoints }
}

pub fn read_pattern_units(value: &Value, at: &Path<'_>, has_pattern: bool) -> Result<()> {
    if value.text() != Some("utf16") {
        return Err(invalid(at.pointer(), "Expected \"utf16\"."));
    }
    if !has_pattern {
        return Err(invalid(at.pointer(), "There is no pattern beside it."));
    }
    Ok(())
}

/// `allOf`: further patterns only.
pub fn read_patterns(value: &Value, at: &Path<'_>) -> Result<Vec<Pattern>> {
    let refused = |at: &Path<'_>| unsupported(at.pointer(), "allOf may only hold patterns.");
    let mut patterns = Vec::new();
    for (index, item) in read_non_empty_list(value, at)?.iter().enumerate() {
        let at = at.index(index);
        let schema = match item {
            Value::Object(schema) if schema.has("pattern") => schema,
            Value::Object(_) | Value::Primitive(Primitive::Boolean(_)) => return Err(refused(&at)),
            _ => return Err(invalid(at.pointer(), "Expected a schema.")),
        };
        for (key, value) in schema.iter() {
            if key == "pattern" {
                patterns.push(read_pattern(value, &at.key(key), pattern_units_of(schema))?);
            } else if key == "x-pattern-units" {
                read_pattern_units(value, &at.key(key), true)?;
            } else if !is_annotation(key) {
                return Err(refused(&at.key(key)));
            }
        }
    }
    Ok(patterns)
}

/// Distinct operations.
pub fn read_norm(value: &Value, at: &Path<'_>) -> Result<NormOps> {
    let Value::Array(items) = value else {
        return Err(invalid(at.pointer(), "Expected a list of operations."));
    };
    let mut ops = NormOps::NONE;
    for (index, item) in items.iter().enumerate() {
        match item.text().and_then(NormOp::from_name) {
            Some(op) if !ops.has(op) => ops = ops.with(op),
            _ => {
                let message = "Expected distinct names out of lower, upper, nfc, collapse, trim.";
                return Err(invalid(at.index(index).pointer(), message));
            }
        }
    }
    if ops.has(NormOp::Lower) && ops.has(NormOp::Upper) {
        return Err(invalid(at.pointer(), "lower and upper exclude each other."));
    }
    Ok(ops)
}

/// `x-coerce`, which is only written where it is true.
pub fn read_coerce(value: &Value, at: &Path<'_>, types: &[TypeName]) -> Result<bool> {
    if !matches!(types, [TypeName::Boolean | TypeName::Integer | TypeName::Number | TypeName::String]) {
        return Err(unsupported(
            at.pointer(),
            "Only a single type out of string, number, integer, boolean is coerced.",
        ));
    }
    match value {
        Value::Primitive(Primitive::Boolean(true)) => Ok(true),
        _ => Err(invalid(at.pointer(), "Expected true.")),
    }
}

/// `x-url`: patterns of host and scheme.
pub fn read_url(value: &Value, at: &Path<'_>) -> Result<UrlLimits> {
    let Value::Object(members) = value else { return Err(invalid(at.pointer(), "Expected an object.")) };
    let mut url = UrlLimits::default();
    for (key, value) in members.iter() {
        let at = at.key(key);
        match key {
            "hostname" => url.hostname = Some(read_pattern(value, &at, Units::CodePoints)?),
            "protocol" => url.protocol = Some(read_pattern(value, &at, Units::CodePoints)?),
            _ => return Err(invalid(at.pointer(), "Expected only hostname and protocol.")),
        }
    }
    Ok(url)
}

/// `default`: any value, as canonical text.
pub fn read_default(value: &Value) -> JsonText {
    let mut text = String::new();
    push_value(&mut text, value);
    text.into()
}

/// `type` as a name or as a list of scalar names: sorted.
pub fn read_types(value: &Value, at: &Path<'_>) -> Result<Vec<TypeName>> {
    let Value::Array(items) = value else {
        return Ok(vec![read_one_of(TypeName::ALL, TypeName::name, value, at)?]);
    };
    if items.is_empty() {
        return Err(invalid(at.pointer(), "Expected at least one type."));
    }
    let mut types = Vec::new();
    for item in items {
        let name = read_one_of(TypeName::ALL, TypeName::name, item, at)?;
        if matches!(name, TypeName::Array | TypeName::Object) {
            return Err(unsupported(at.pointer(), "A list of types may only name scalar types."));
        }
        if types.contains(&name) {
            return Err(invalid(at.pointer(), format!("The type {} is there twice.", name.name())));
        }
        types.push(name);
    }
    types.sort_unstable();
    Ok(types)
}

pub fn read_const(value: &Value, at: &Path<'_>) -> Result<Primitive> {
    match value {
        Value::Primitive(primitive) => Ok(primitive.clone()),
        _ => Err(unsupported(at.pointer(), "A constant must be a string, a number, a boolean or null.")),
    }
}

/// Distinct values, sorted by their canonical text. Numbers are equal when their doubles are.
pub fn read_enum(value: &Value, at: &Path<'_>) -> Result<Vec<Primitive>> {
    let items = read_non_empty_list(value, at)?;
    let mut seen = std::collections::HashSet::new();
    let mut values = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = at.index(index);
        let Value::Primitive(primitive) = item else {
            return Err(unsupported(at.pointer(), "A value must be a string, a number, a boolean or null."));
        };
        // Two doubles are equal exactly when their canonical texts are.
        let text = primitive_text(primitive);
        if !seen.insert(text.clone()) {
            return Err(invalid(at.pointer(), "The value is there twice."));
        }
        values.push((text, primitive.clone()));
    }
    values.sort_by(|a, b| compare_keys(&a.0, &b.0));
    Ok(values.into_iter().map(|(_, value)| value).collect())
}

pub fn read_non_empty_list<'v>(value: &'v Value, at: &Path<'_>) -> Result<&'v [Value]> {
    match value {
        Value::Array(items) if !items.is_empty() => Ok(items),
        _ => Err(invalid(at.pointer(), "Expected a list with at least one entry.")),
    }
}

/// The types of `values`, sorted; a number is never inferred to be an integer.
pub fn infer_types(values: &[Primitive]) -> Vec<TypeName> {
    let mut types: Vec<TypeName> = values.iter().map(Primitive::type_name).collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// Whether a value of const or enum is of one of `types`.
pub fn admits_value(types: &[TypeName], value: &Primitive) -> bool {
    types.iter().any(|one| match (one, value) {
        (TypeName::Integer, Primitive::Number(number)) => number.is_integral(),
        (one, value) => *one == value.type_name(),
    })
}
