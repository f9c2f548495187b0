//! Profile p1 as types: a schema node has exactly one of these forms (the closed world). `lock` builds the tree from a
//! lock file and refuses all else; `validate` compiles from the tree, which *is* the contract's normal form.
//!
//! Twin of `src/contract/profile.ts`.

use crate::pattern::Pattern;

/// A type name of JSON Schema; in the order of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypeName {
    /// `array`
    Array,
    /// `boolean`
    Boolean,
    /// `integer`: a number without a fraction, however written.
    Integer,
    /// `null`
    Null,
    /// `number`
    Number,
    /// `object`
    Object,
    /// `string`
    String,
}

impl TypeName {
    /// The name as it stands in a lock.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Null => "null",
            Self::Number => "number",
            Self::Object => "object",
            Self::String => "string",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Array, Self::Boolean, Self::Integer, Self::Null, Self::Number, Self::Object, Self::String]
            .into_iter()
            .find(|one| one.name() == name)
    }

    /// True for all but array and object.
    #[must_use]
    pub const fn is_scalar(self) -> bool {
        !matches!(self, Self::Array | Self::Object)
    }
}

/// A value without children, as const, enum and issues hold it.
#[derive(Clone, Debug, PartialEq)]
pub enum Primitive {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A finite double; −0 and 0 are one.
    Number(f64),
    /// Text.
    String(Box<str>),
}

impl Primitive {
    /// The type of the value: `number` for every number.
    #[must_use]
    pub const fn type_name(&self) -> TypeName {
        match self {
            Self::Null => TypeName::Null,
            Self::Boolean(_) => TypeName::Boolean,
            Self::Number(_) => TypeName::Number,
            Self::String(_) => TypeName::String,
        }
    }
}

/// One way in which a string value is rewritten before it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormOp {
    /// Lower-cases each code point by itself.
    Lower,
    /// Unicode normalization form C, version 15.0.
    Nfc,
    /// Each run of white space becomes one U+0020.
    Collapse,
    /// Drops white space at both ends.
    Trim,
}

impl NormOp {
    /// In the order in which they are applied, whatever the author wrote.
    pub const ALL: [Self; 4] = [Self::Lower, Self::Nfc, Self::Collapse, Self::Trim];

    /// The name as it stands in a lock.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Nfc => "nfc",
            Self::Collapse => "collapse",
            Self::Trim => "trim",
        }
    }
}

/// A set of [`NormOp`]s; empty when nothing is normalized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NormOps(u8);

impl NormOps {
    /// No operation.
    pub const NONE: Self = Self(0);

    /// The set with one more operation.
    #[must_use]
    pub const fn with(self, op: NormOp) -> Self {
        Self(self.0 | 1 << op as u8)
    }

    /// True when the operation is in the set.
    #[must_use]
    pub const fn has(self, op: NormOp) -> bool {
        self.0 & (1 << op as u8) != 0
    }

    /// True when nothing is normalized.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The operations in the fixed order.
    pub fn iter(self) -> impl Iterator<Item = NormOp> {
        NormOp::ALL.into_iter().filter(move |op| self.has(*op))
    }
}

/// A value of one of `types`, with the limits of the scalar among them.
#[derive(Clone, Debug)]
pub struct ScalarNode {
    /// Sorted by name. More than one type besides null: no limits.
    pub types: Vec<TypeName>,
    /// With `string` among the types.
    pub string: Option<StringLimits>,
    /// With `number` or `integer` among the types.
    pub number: Option<NumberLimits>,
}

/// What a string must keep to.
#[derive(Clone, Debug, Default)]
pub struct StringLimits {
    /// In code points.
    pub min_length: Option<u64>,
    /// In code points.
    pub max_length: Option<u64>,
    /// `pattern` first, then those of allOf.
    pub patterns: Vec<Pattern>,
    /// Applied before the checks.
    pub norm: NormOps,
}

/// What a number must keep to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NumberLimits {
    /// The value may be this.
    pub minimum: Option<f64>,
    /// The value must be above this.
    pub exclusive_minimum: Option<f64>,
    /// The value may be this.
    pub maximum: Option<f64>,
    /// The value must be below this.
    pub exclusive_maximum: Option<f64>,
    /// Above 0.
    pub multiple_of: Option<f64>,
}

/// Which keyword lists the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuesKeyword {
    /// One value.
    Const,
    /// One or more.
    Enum,
}

/// const or enum.
#[derive(Clone, Debug)]
pub struct ValuesNode {
    /// Which of the two.
    pub keyword: ValuesKeyword,
    /// Sorted by canonical text.
    pub values: Vec<Primitive>,
    /// Sorted by name; written in the lock or inferred from the values (never `integer`).
    pub types: Vec<TypeName>,
    /// Applied before the check.
    pub norm: NormOps,
}

/// array (no prefix) and tuple.
#[derive(Clone, Debug)]
pub struct ArrayNode {
    /// By position.
    pub prefix: Vec<SchemaNode>,
    /// Of the items behind the prefix; `None`: none may follow.
    pub items: Option<Box<SchemaNode>>,
    /// Fewest items.
    pub min_items: Option<u64>,
    /// Already the smaller one of the keyword and, when no items may follow, the prefix's length.
    pub max_items: Option<u64>,
}

/// One named member.
#[derive(Clone, Debug)]
pub struct Property {
    /// The key.
    pub name: Box<str>,
    /// True when the member must be there.
    pub required: bool,
    /// Of the member's value.
    pub node: SchemaNode,
}

/// object and record (names set, no properties).
#[derive(Clone, Debug)]
pub struct ObjectNode {
    /// In canonical key order (UTF-16 code units).
    pub properties: Vec<Property>,
    /// Of members that no property names; `None`: there may be none.
    pub additional: Option<Box<SchemaNode>>,
    /// The string form that each key must match: a record. Scalar, values or ref.
    pub names: Option<Box<SchemaNode>>,
}

/// `anyOf [X, null]` in either order.
#[derive(Clone, Debug)]
pub struct NullableNode {
    /// X.
    pub inner: Box<SchemaNode>,
    /// True when null stood first.
    pub null_first: bool,
}

/// oneOf of objects, told apart by the value of one member.
#[derive(Clone, Debug)]
pub struct DiscriminatedNode {
    /// The member that tells.
    pub key: Box<str>,
    /// In the lock's order.
    pub branches: Vec<DiscriminatedBranch>,
}

/// One object of a discriminated union.
#[derive(Clone, Debug)]
pub struct DiscriminatedBranch {
    /// The discriminator's values that choose it.
    pub values: Vec<Primitive>,
    /// An object, or a ref to one.
    pub node: SchemaNode,
}

/// One schema node.
#[derive(Clone, Debug)]
pub enum SchemaNode {
    /// Anything.
    Any,
    /// string, number, integer, boolean, null or a list of them.
    Scalar(ScalarNode),
    /// const or enum.
    Values(ValuesNode),
    /// array or tuple.
    Array(ArrayNode),
    /// object or record.
    Object(ObjectNode),
    /// anyOf: the branches in the lock's order.
    Union(Vec<Self>),
    /// anyOf of one schema and null.
    Nullable(NullableNode),
    /// oneOf.
    Discriminated(DiscriminatedNode),
    /// `#/$defs/Name` by its number in the normal form; `None` is `#`.
    Ref(Option<usize>),
}

/// What a payload may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest payload, in bytes.
    pub max_bytes: usize,
    /// Most open brackets at one place, at most 120.
    pub max_depth: usize,
    /// Most members in one object.
    pub max_keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 1_048_576, max_depth: 64, max_keys: 10_000 }
    }
}

/// How integers beyond 2^53 − 1 are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Refused.
    Safe,
    /// Taken as the nearest double.
    Double,
}

impl Numbers {
    /// The name as it stands in a lock.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Double => "double",
        }
    }
}

/// How the canonical form is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Deflate,
    /// RFC 1951.
    DeflateRaw,
    /// RFC 8878.
    Zstd,
    /// RFC 7932.
    Brotli,
    /// The canonical form as it is.
    None,
}

impl Codec {
    /// Every codec that a lock may name.
    pub const ALL: [Self; 6] = [Self::Gzip, Self::Deflate, Self::DeflateRaw, Self::Zstd, Self::Brotli, Self::None];

    /// The name as it stands in a lock.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::DeflateRaw => "deflate-raw",
            Self::Zstd => "zstd",
            Self::Brotli => "brotli",
            Self::None => "none",
        }
    }

    /// Lowest, default and highest level; `None` takes none.
    #[must_use]
    pub const fn levels(self) -> Option<(u8, u8, u8)> {
        match self {
            Self::Gzip | Self::Deflate | Self::DeflateRaw => Some((0, 1, 9)),
            Self::Zstd => Some((1, 1, 19)),
            Self::Brotli => Some((0, 4, 11)),
            Self::None => None,
        }
    }
}

/// A codec with its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compress {
    /// Which codec.
    pub codec: Codec,
    /// Absent with `none`.
    pub level: Option<u8>,
}

/// The dictionary that zstd starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DictionaryRef {
    /// Relative to the lock's folder, with `/`; no part of the contract's id.
    pub path: Box<str>,
    /// As its frames carry it; 0 for plain content.
    pub id: u32,
    /// Lower-case hex of its bytes' hash.
    pub sha256: Box<str>,
}

/// What is written beside the body to name the canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestName {
    /// SHA-256.
    Sha256,
    /// HMAC-SHA-256 with the processor's key.
    HmacSha256,
    /// Nothing.
    None,
}

impl DigestName {
    /// Every digest that a lock may name.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::HmacSha256, Self::None];

    /// The name as it stands in a lock.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::HmacSha256 => "hmac-sha-256",
            Self::None => "none",
        }
    }
}

/// A contract as the engine reads it: parsed, checked, in normal form.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `[a-z0-9-]{1,64}`
    pub name: Box<str>,
    /// How integers beyond 2^53 − 1 are read.
    pub numbers: Numbers,
    /// What a payload may cost.
    pub limits: Limits,
    /// How the canonical form is compressed.
    pub compress: Compress,
    /// Only with zstd.
    pub dictionary: Option<DictionaryRef>,
    /// What names the canonical form.
    pub digest: DigestName,
    /// The schema.
    pub root: SchemaNode,
    /// Targets of [`SchemaNode::Ref`], by number.
    pub defs: Vec<SchemaNode>,
}
