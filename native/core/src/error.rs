//! The error table: every stable code with its number on the wire, its HTTP status and its sentence.
//!
//! Twin of `src/contract/errors.ts`.

macro_rules! codes {
    ($($variant:ident = ($wire:literal, $status:literal, $name:literal, $message:literal),)*) => {
        /// A stable code. Its text and its number are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $message] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as it stands in outcomes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its number on the wire.
            #[must_use]
            pub const fn wire(self) -> u16 {
                match self { $(Self::$variant => $wire,)* }
            }

            /// The HTTP status that fits.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Its sentence.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }

            /// The code by its text.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    LimitBytes = (1, 413, "limit.bytes", "The payload is larger than the contract allows."),
    LimitDepth = (2, 400, "limit.depth", "The payload is nested deeper than the contract allows."),
    LimitKeys = (3, 400, "limit.keys", "An object has more keys than the contract allows."),
    ParseBom = (10, 400, "parse.bom", "The payload starts with a byte order mark."),
    ParseUtf8 = (11, 400, "parse.utf8", "The payload is not valid UTF-8."),
    ParseSyntax = (12, 400, "parse.syntax", "The payload is not valid JSON."),
    ParseLoneSurrogate = (13, 400, "parse.lone_surrogate", "A string holds a lone surrogate."),
    ParseForbiddenKey = (14, 400, "parse.forbidden_key", "The key \"__proto__\" is forbidden."),
    ParseDuplicateKey = (15, 400, "parse.duplicate_key", "An object has the same key twice."),
    NumberRange = (20, 400, "number.range", "A number is outside the range of a double."),
    NumberUnsafeInteger = (21, 400, "number.unsafe_integer", "An integer is beyond 2^53 - 1 and would lose digits."),
    ValidateFailed = (30, 422, "validate.failed", "The payload does not match the contract."),
    ValueNotJson = (31, 400, "value.not_json", "The value holds something that JSON cannot carry."),
    ContractUnknown = (40, 404, "contract.unknown", "The daemon does not know this contract."),
    ContractMismatch = (41, 409, "contract.mismatch", "Both sides know the contract by this name, with different content."),
    ContractUnsupported = (42, 500, "contract.unsupported", "The contract uses something outside profile p1."),
    ContractInvalid = (43, 500, "contract.invalid", "The contract is malformed."),
    ContractStale = (44, 500, "contract.stale", "The lock file no longer says what its source says."),
    CodecUnknown = (50, 415, "codec.unknown", "The codec is not known."),
    CodecUnavailable = (51, 501, "codec.unavailable", "This runtime lacks the codec."),
    CodecCorrupt = (52, 422, "codec.corrupt", "The compressed body is damaged."),
    LimitOutput = (53, 413, "limit.output", "The decompressed body is larger than allowed."),
    Overloaded = (60, 429, "overloaded", "The placement is full."),
    Unavailable = (61, 503, "unavailable", "The placement does not accept work."),
    DeadlineExceeded = (62, 504, "deadline.exceeded", "The deadline passed."),
    Cancelled = (63, 499, "cancelled", "The caller cancelled the call."),
    ProtocolViolation = (64, 400, "protocol.violation", "The peer broke the rules of the protocol."),
    ProtocolNotFound = (65, 404, "protocol.not_found", "Nothing is at this path."),
    ProtocolMethod = (66, 405, "protocol.method", "The path does not take this method."),
    EngineUnavailable = (70, 500, "engine.unavailable", "The requested engine cannot run here."),
    OptionsInvalid = (71, 500, "options.invalid", "An option is wrong."),
    InternalPanic = (80, 500, "internal.panic", "The engine failed; the payload was not processed."),
    InternalParity = (81, 500, "internal.parity", "Two engines disagreed."),
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
