//! The error codes that this crate raises. Their HTTP status and text are not here: `src/contract/errors.ts` has them.

/// What the data says, or what is wrong with a contract. The text is stable and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The payload is larger than the contract allows.
    LimitBytes,
    /// More open brackets than the contract allows.
    LimitDepth,
    /// An object has more members than the contract allows.
    LimitKeys,
    /// The payload starts with a byte order mark.
    ParseBom,
    /// The payload is not UTF-8.
    ParseUtf8,
    /// The payload is not JSON.
    ParseSyntax,
    /// A string or key holds half of a surrogate pair.
    ParseLoneSurrogate,
    /// A key is `__proto__`.
    ParseForbiddenKey,
    /// A key stands twice in one object.
    ParseDuplicateKey,
    /// A number is beyond the range of a double.
    NumberRange,
    /// An integer is beyond 2^53 − 1.
    NumberUnsafeInteger,
    /// The payload does not match the schema.
    ValidateFailed,
    /// The lock uses something outside profile p1.
    ContractUnsupported,
    /// The lock is malformed.
    ContractInvalid,
    /// The compressed body is damaged.
    CodecCorrupt,
    /// The decompressed body is larger than allowed.
    LimitOutput,
    /// The key of the HMAC is missing or too short.
    OptionsInvalid,
    /// Memory ran out, or a state that cannot be.
    InternalPanic,
}

impl Code {
    /// The code as it stands in outcomes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LimitBytes => "limit.bytes",
            Self::LimitDepth => "limit.depth",
            Self::LimitKeys => "limit.keys",
            Self::ParseBom => "parse.bom",
            Self::ParseUtf8 => "parse.utf8",
            Self::ParseSyntax => "parse.syntax",
            Self::ParseLoneSurrogate => "parse.lone_surrogate",
            Self::ParseForbiddenKey => "parse.forbidden_key",
            Self::ParseDuplicateKey => "parse.duplicate_key",
            Self::NumberRange => "number.range",
            Self::NumberUnsafeInteger => "number.unsafe_integer",
            Self::ValidateFailed => "validate.failed",
            Self::ContractUnsupported => "contract.unsupported",
            Self::ContractInvalid => "contract.invalid",
            Self::CodecCorrupt => "codec.corrupt",
            Self::LimitOutput => "limit.output",
            Self::OptionsInvalid => "options.invalid",
            Self::InternalPanic => "internal.panic",
        }
    }
}

/// Why a lock cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractError {
    /// `contract.*` or `options.invalid`.
    pub code: Code,
    /// RFC 6901, into the lock document.
    pub pointer: String,
    /// For people; not part of parity.
    pub message: String,
}

impl std::fmt::Display for ContractError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} at \"{}\": {}", self.code.name(), self.pointer, self.message)
    }
}

impl std::error::Error for ContractError {}
