//! Profile p1 as types. `lock` parses a lock file into this tree, which *is* the contract's normal form; `validate`
//! compiles it.
//!
//! Twin of `src/model/profile.ts`.

use crate::numeric::Numeric;
use crate::pattern::Pattern;

/// Declares an enum whose variants have names in a lock.
macro_rules! named {
    ($(#[$meta:meta])* $enum:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $enum {
            $($(#[$doc])* $variant,)*
        }

        impl $enum {
            /// All of them, in order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in a lock.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The one with this name in a lock.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

named! {
    /// A type name of JSON Schema, in alphabetical order.
    TypeName {
        Array = "array",
        Boolean = "boolean",
        /// A number without a fraction, in any spelling.
        Integer = "integer",
        Null = "null",
        Number = "number",
        Object = "object",
        String = "string",
    }
}

/// A value without children, as const, enum and issues hold it.
#[derive(Clone, Debug, PartialEq)]
pub enum Primitive {
    Null,
    Boolean(bool),
    /// −0 equals 0.
    Number(Numeric),
    String(Box<str>),
}

impl Primitive {
    /// The type of the value: `number` for every number.
    pub const fn type_name(&self) -> TypeName {
        match self {
            Self::Null => TypeName::Null,
            Self::Boolean(_) => TypeName::Boolean,
            Self::Number(_) => TypeName::Number,
            Self::String(_) => TypeName::String,
        }
    }
}

named! {
    /// An operation that normalizes a string value before it is checked, in the order of application.
    NormOp {
        /// Lower-cases each code point separately.
        Lower = "lower",
        /// Upper-cases each code point separately. Excludes `lower`.
        Upper = "upper",
        /// Unicode normalization form C, version 15.0.
        Nfc = "nfc",
        /// Each run of white space becomes one U+0020.
        Collapse = "collapse",
        /// Removes surrounding white space.
        Trim = "trim",
    }
}

/// A set of [`NormOp`]s; empty when nothing is normalized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NormOps(u8);

impl NormOps {
    /// No operation.
    pub const NONE: Self = Self(0);

    /// The set with one more operation.
    pub const fn with(self, op: NormOp) -> Self {
        Self(self.0 | 1 << op as u8)
    }

    /// True when the operation is in the set.
    pub const fn has(self, op: NormOp) -> bool {
        self.0 & (1 << op as u8) != 0
    }

    /// True when nothing is normalized.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The operations in the fixed order.
    pub fn iter(self) -> impl Iterator<Item = NormOp> {
        NormOp::ALL.iter().copied().filter(move |op| self.has(*op))
    }
}

/// A value of one of `types`, with limits.
#[derive(Clone, Debug)]
pub struct ScalarNode {
    /// Sorted by name. More than one type besides null excludes limits.
    pub types: Vec<TypeName>,
    /// With `string` among the types.
    pub string: Option<StringLimits>,
    /// With `number` or `integer` among the types.
    pub number: Option<NumberLimits>,
    /// Other scalars are converted to the only type, as `Number`, `String` and `Boolean` do, before anything else.
    pub coerce: bool,
    /// `x-value: "bigint"`: how a JavaScript app gets the integer. Not part of the verdict.
    pub bigint: bool,
}

/// The limits of a string.
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
    /// The text is a URL.
    pub url: Option<Box<UrlLimits>>,
}

/// What a URL must match besides.
#[derive(Clone, Debug, Default)]
pub struct UrlLimits {
    /// For the host in ASCII, lower case.
    pub hostname: Option<Pattern>,
    /// For the scheme in lower case, without the colon.
    pub protocol: Option<Pattern>,
}

/// The limits of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NumberLimits {
    /// Inclusive.
    pub minimum: Option<Numeric>,
    /// Exclusive.
    pub exclusive_minimum: Option<Numeric>,
    /// Inclusive.
    pub maximum: Option<Numeric>,
    /// Exclusive.
    pub exclusive_maximum: Option<Numeric>,
    /// Above 0.
    pub multiple_of: Option<Numeric>,
}

/// The keyword that lists the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuesKeyword {
    Const,
    Enum,
}

/// `const` or `enum`.
#[derive(Clone, Debug)]
pub struct ValuesNode {
    pub keyword: ValuesKeyword,
    /// Sorted by canonical text.
    pub values: Vec<Primitive>,
    /// Sorted by name; from the lock, or inferred from the values (never `integer`).
    pub types: Vec<TypeName>,
    /// Applied before the check.
    pub norm: NormOps,
}

/// An array (no prefix) or a tuple.
#[derive(Clone, Debug)]
pub struct ArrayNode {
    pub prefix: Vec<SchemaNode>,
    /// For each item of the prefix: what a missing trailing item becomes.
    pub prefix_defaults: Vec<Option<JsonText>>,
    /// The schema of items behind the prefix; `None`: no items may follow.
    pub items: Option<Box<SchemaNode>>,
    pub min_items: Option<u64>,
    /// The smaller one of the keyword and, when no items may follow, the prefix's length.
    pub max_items: Option<u64>,
}

/// One named member.
#[derive(Clone, Debug)]
pub struct Property {
    pub name: Box<str>,
    /// True when the member must be present.
    pub required: bool,
    /// The schema of the member's value.
    pub node: SchemaNode,
    /// What a missing member becomes.
    pub default: Option<JsonText>,
}

/// A JSON value as canonical text.
pub type JsonText = Box<str>;

/// What an object does with members that it does not name.
#[derive(Clone, Debug)]
pub enum Additional {
    /// There may be none.
    Refused,
    /// They are dropped from the document.
    Strip,
    /// Their values must match.
    Schema(Box<SchemaNode>),
}

/// An object, or a record (`names` set, no properties).
#[derive(Clone, Debug)]
pub struct ObjectNode {
    /// In canonical key order (UTF-16 code units).
    pub properties: Vec<Property>,
    pub additional: Additional,
    /// The schema of a record's keys: scalar, values or ref.
    pub names: Option<Box<SchemaNode>>,
}

/// `anyOf [X, null]` in either order.
#[derive(Clone, Debug)]
pub struct NullableNode {
    pub inner: Box<SchemaNode>,
    /// True when null comes first.
    pub null_first: bool,
}

/// `oneOf` of objects that one member's value distinguishes.
#[derive(Clone, Debug)]
pub struct DiscriminatedNode {
    /// The distinguishing member.
    pub key: Box<str>,
    /// In the lock's order.
    pub branches: Vec<DiscriminatedBranch>,
}

/// One object of a discriminated union.
#[derive(Clone, Debug)]
pub struct DiscriminatedBranch {
    /// The discriminator's values that select it.
    pub values: Vec<Primitive>,
    /// An object, or a ref to one.
    pub node: SchemaNode,
}

/// One schema node.
#[derive(Clone, Debug)]
pub enum SchemaNode {
    Any,
    /// string, number, integer, boolean, null or a list of them.
    Scalar(ScalarNode),
    /// `const` or `enum`.
    Values(ValuesNode),
    Array(ArrayNode),
    Object(ObjectNode),
    /// anyOf: the branches in the lock's order.
    Union(Vec<Self>),
    /// anyOf of one schema and null.
    Nullable(NullableNode),
    Discriminated(DiscriminatedNode),
    /// `#/$defs/Name` by its number in the normal form; `None` is `#`.
    Ref(Option<usize>),
}

/// The limits of a payload.
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

named! {
    /// How integers beyond ±(2^53 − 1) are read.
    Numbers {
        /// Refused.
        Safe = "safe",
        /// Rounded to the nearest double.
        Double = "double",
        /// Kept with all digits from −2^63 to 2^64 − 1, when written without fraction and exponent; others are refused.
        Int64 = "int64",
    }
}

named! {
    /// How the canonical form is compressed.
    Codec {
        /// RFC 1952.
        Gzip = "gzip",
        /// RFC 1950.
        Deflate = "deflate",
        /// RFC 1951.
        DeflateRaw = "deflate-raw",
        /// RFC 8878.
        Zstd = "zstd",
        /// RFC 7932.
        Brotli = "brotli",
        /// No compression.
        None = "none",
    }
}

impl Codec {
    /// Lowest, default and highest level; `None`: the codec has no levels.
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
    /// The codec.
    pub codec: Codec,
    /// Absent with `none`.
    pub level: Option<u8>,
}

/// The dictionary that zstd starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DictionaryRef {
    /// Relative to the lock's folder, with `/`; no part of the contract's id.
    pub path: Box<str>,
    /// The id in the frames; 0 for plain content.
    pub id: u32,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: Box<str>,
}

/// Code lengths of RFC 1951 for the canonical bytes of some sizes. Both codes are complete, and every symbol that such a
/// payload can need has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompressionTable {
    /// For bytes below 0x80 only, or for all others.
    pub ascii: bool,
    /// Sizes of the canonical form.
    pub min_bytes: usize,
    pub max_bytes: usize,
    /// Of literals, end of block and match lengths; 0 for no code.
    pub literals: [u8; 286],
    pub distances: [u8; 30],
}

named! {
    /// How the canonical form is hashed.
    DigestName {
        /// SHA-256.
        Sha256 = "sha-256",
        /// HMAC-SHA-256 with the processor's key.
        HmacSha256 = "hmac-sha-256",
        /// No digest.
        None = "none",
    }
}

/// A parsed and checked contract in normal form.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `[a-z0-9-]{1,64}`
    pub name: Box<str>,
    pub numbers: Numbers,
    pub limits: Limits,
    pub compress: Compress,
    /// Only with zstd.
    pub dictionary: Option<DictionaryRef>,
    pub digest: DigestName,
    /// Of gzip, deflate and deflate-raw at level 1; no part of the contract's id.
    pub tables: Vec<CompressionTable>,
    /// Branches of unions would visit one value too often, unless verdicts are remembered.
    pub remembers: bool,
    pub root: SchemaNode,
    /// Targets of [`SchemaNode::Ref`], by number.
    pub defs: Vec<SchemaNode>,
}
