//! The canonical normal form of a contract, the text whose hash is its id: everything that can change an outcome, each
//! thing in one spelling. There is no value tree: each writer emits its members in canonical key order by hand.
//!
//! Twin of `src/contract/lock/normal-form.ts`.

use crate::json_text::{push_numeric, push_primitive, push_string};
use crate::numeric::Numeric;
use crate::pattern::{Pattern, Units};
use crate::profile::{
    Additional, ArrayNode, DiscriminatedNode, JsonText, NullableNode, ObjectNode, Profile, Property, ScalarNode,
    SchemaNode, TypeName, ValuesKeyword, ValuesNode,
};
use crate::read::compare_keys;

/// Canonical JSON (RFC 8785) of the contract without annotations, `appOnly` and unused definitions.
pub fn normal_form(profile: &Profile) -> String {
    let mut text = Text::default();
    text.object(|out| {
        out.member("compress", |out| {
            out.object(|out| {
                out.member("codec", |out| out.string(profile.compress.codec.name()));
                out.optional("level", profile.compress.level, |out, level| out.count(level.into()));
            });
        });
        out.optional("dictionary", profile.dictionary.as_ref(), |out, dictionary| {
            out.object(|out| {
                out.member("id", |out| out.count(dictionary.id.into()));
                out.member("sha256", |out| out.string(&dictionary.sha256));
            });
        });
        out.member("digest", |out| out.string(profile.digest.name()));
        out.member("limits", |out| {
            out.object(|out| {
                out.member("maxBytes", |out| out.count(profile.limits.max_bytes as u64));
                out.member("maxDepth", |out| out.count(profile.limits.max_depth as u64));
                out.member("maxKeys", |out| out.count(profile.limits.max_keys as u64));
            });
        });
        out.member("name", |out| out.string(&profile.name));
        out.member("numbers", |out| out.string(profile.numbers.name()));
        out.member("profile", |out| out.string("p1"));
        out.member("schema", |out| {
            out.object(|out| {
                if !profile.defs.is_empty() {
                    out.member("$defs", |out| out.definitions(&profile.defs));
                }
                out.schema_members(&profile.root);
            });
        });
        out.member("unicode", |out| out.string("15.0"));
    });
    text.out
}

/// Canonical JSON under construction.
#[derive(Default)]
struct Text {
    out: String,
    /// A comma precedes the next member or item.
    follows: bool,
    /// The `default` of the innermost open schema, until its place in the order of the members is reached.
    default: Option<JsonText>,
}

impl Text {
    fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.write_container('{', '}', members);
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Self, T)) {
        self.write_container('[', ']', |out| {
            for one in items {
                out.comma();
                item(out, one);
            }
        });
    }

    fn write_container(&mut self, open: char, close: char, inside: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.follows = false;
        let outer = self.default.take();
        inside(self);
        self.default = outer;
        self.out.push(close);
        self.follows = true;
    }

    fn comma(&mut self) {
        if std::mem::replace(&mut self.follows, true) {
            self.out.push(',');
        }
    }

    fn member(&mut self, key: &str, value: impl FnOnce(&mut Self)) {
        if key > "default" {
            self.default_member();
        }
        self.comma();
        self.string(key);
        self.out.push(':');
        value(self);
    }

    fn optional<T>(&mut self, key: &str, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        if let Some(value) = value {
            self.member(key, |out| write(out, value));
        }
    }

    fn string(&mut self, text: &str) {
        push_string(&mut self.out, text);
    }

    fn number(&mut self, number: Numeric) {
        push_numeric(&mut self.out, number);
    }

    fn count(&mut self, count: u64) {
        self.out.push_str(&count.to_string());
    }

    fn definitions(&mut self, defs: &[SchemaNode]) {
        let mut named: Vec<(String, &SchemaNode)> =
            defs.iter().enumerate().map(|(number, node)| (number.to_string(), node)).collect();
        named.sort_by(|a, b| compare_keys(&a.0, &b.0));
        self.object(|out| named.iter().for_each(|(name, node)| out.member(name, |out| out.schema(node))));
    }

    fn schema(&mut self, node: &SchemaNode) {
        self.slot(node, None);
    }

    /// The schema of a value that may be missing.
    fn slot(&mut self, node: &SchemaNode, default: Option<&JsonText>) {
        self.object(|out| {
            out.default = default.cloned();
            out.schema_members(node);
            out.default_member();
        });
    }

    fn default_member(&mut self) {
        if let Some(default) = self.default.take() {
            self.member("default", |out| out.out.push_str(&default));
        }
    }

    fn schema_members(&mut self, node: &SchemaNode) {
        match node {
            SchemaNode::Any => {}
            SchemaNode::Ref(None) => self.member("$ref", |out| out.string("#")),
            SchemaNode::Ref(Some(number)) => self.member("$ref", |out| out.string(&format!("#/$defs/{number}"))),
            SchemaNode::Scalar(scalar) => self.scalar(scalar),
            SchemaNode::Values(values) => self.values(values),
            SchemaNode::Array(array) => self.array(array),
            SchemaNode::Object(object) => self.object_members(object),
            SchemaNode::Union(branches) => self.member("anyOf", |out| out.list(branches, Self::schema)),
            SchemaNode::Nullable(nullable) => self.nullable(nullable),
            SchemaNode::Discriminated(node) => self.discriminated(node),
        }
    }

    fn scalar(&mut self, ScalarNode { types, string, number, coerce, bigint }: &ScalarNode) {
        let string = string.clone().unwrap_or_default();
        let number = number.unwrap_or_default();
        if string.patterns.len() > 1 {
            let more = string.patterns[1..].iter();
            let pattern = |out: &mut Self, one: &Pattern| {
                out.object(|out| {
                    out.member("pattern", |out| out.string(one.source()));
                    out.pattern_units(Some(one));
                });
            };
            self.member("allOf", |out| out.list(more, pattern));
        }
        self.optional("exclusiveMaximum", number.exclusive_maximum, Self::number);
        self.optional("exclusiveMinimum", number.exclusive_minimum, Self::number);
        self.optional("maxLength", string.max_length, Self::count);
        self.optional("maximum", number.maximum, Self::number);
        self.optional("minLength", string.min_length, Self::count);
        self.optional("minimum", number.minimum, Self::number);
        self.optional("multipleOf", number.multiple_of, Self::number);
        self.optional("pattern", string.patterns.first(), |out, one| out.string(one.source()));
        self.types(types);
        if *coerce {
            self.member("x-coerce", |out| out.out.push_str("true"));
        }
        self.norm(string.norm);
        self.pattern_units(string.patterns.first());
        self.optional("x-url", string.url, |out, url| {
            out.object(|out| {
                out.optional("hostname", url.hostname, |out, one| out.string(one.source()));
                out.optional("protocol", url.protocol, |out, one| out.string(one.source()));
            });
        });
        self.optional("x-value", bigint.then_some("bigint"), Self::string);
    }

    fn pattern_units(&mut self, pattern: Option<&Pattern>) {
        if pattern.is_some_and(|one| one.units() == Units::Utf16) {
            self.member("x-pattern-units", |out| out.string("utf16"));
        }
    }

    fn values(&mut self, ValuesNode { keyword, values, types, norm }: &ValuesNode) {
        let push = |out: &mut Self, value: &_| push_primitive(&mut out.out, value);
        match keyword {
            ValuesKeyword::Const => self.optional("const", values.first(), push),
            ValuesKeyword::Enum => self.member("enum", |out| out.list(values, push)),
        }
        self.types(types);
        self.norm(*norm);
    }

    fn array(&mut self, ArrayNode { prefix, prefix_defaults, items, min_items, max_items }: &ArrayNode) {
        self.rest("items", items.as_deref());
        self.optional("maxItems", *max_items, Self::count);
        self.optional("minItems", *min_items, Self::count);
        if !prefix.is_empty() {
            self.member("prefixItems", |out| {
                out.list(prefix.iter().zip(prefix_defaults), |out, (item, default)| out.slot(item, default.as_ref()));
            });
        }
        self.types(&[TypeName::Array]);
    }

    fn object_members(&mut self, ObjectNode { properties, additional, names }: &ObjectNode) {
        match additional {
            Additional::Refused => self.rest("additionalProperties", None),
            Additional::Schema(node) => self.rest("additionalProperties", Some(node)),
            Additional::Strip => {}
        }
        if !properties.is_empty() {
            self.member("properties", |out| {
                let property = |out: &mut Self, one: &Property| {
                    out.member(&one.name, |out| out.slot(&one.node, one.default.as_ref()));
                };
                out.object(|out| properties.iter().for_each(|one| property(out, one)));
            });
        }
        self.optional("propertyNames", names.as_deref(), Self::schema);
        let required: Vec<&str> = properties.iter().filter(|one| one.required).map(|one| &*one.name).collect();
        if !required.is_empty() {
            self.member("required", |out| out.list(required, Self::string));
        }
        self.types(&[TypeName::Object]);
        if matches!(additional, Additional::Strip) {
            self.member("x-unknown", |out| out.string("strip"));
        }
    }

    fn nullable(&mut self, NullableNode { inner, null_first }: &NullableNode) {
        let null = |out: &mut Self| out.object(|out| out.types(&[TypeName::Null]));
        self.member("anyOf", |out| {
            out.list([*null_first, !*null_first], |out, is_null| if is_null { null(out) } else { out.schema(inner) });
        });
    }

    fn discriminated(&mut self, DiscriminatedNode { key, branches }: &DiscriminatedNode) {
        self.member("oneOf", |out| out.list(branches, |out, branch| out.schema(&branch.node)));
        self.member("x-discriminator", |out| out.string(key));
    }

    /// `items` and `additionalProperties`: a schema that admits anything is left out.
    fn rest(&mut self, key: &str, node: Option<&SchemaNode>) {
        match node {
            None => self.member(key, |out| out.out.push_str("false")),
            Some(SchemaNode::Any) => {}
            Some(node) => self.member(key, |out| out.schema(node)),
        }
    }

    fn types(&mut self, types: &[TypeName]) {
        self.member("type", |out| match types {
            [only] => out.string(only.name()),
            _ => out.list(types, |out, one| out.string(one.name())),
        });
    }

    fn norm(&mut self, norm: crate::profile::NormOps) {
        if !norm.is_empty() {
            self.member("x-norm", |out| out.list(norm.iter(), |out, op| out.string(op.name())));
        }
    }
}
