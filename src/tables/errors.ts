// The error codes: number on the wire, HTTP status, message, and whether the same call may succeed later without a change.
// Numbers and codes are stable and never reused. The Rust enum is generated from here: `npm run generate:tables`.

/** The codes that `process` resolves with. */
export const dataErrors = {
  'limit.bytes': [1, 413, 'The payload, or the document made of it, is larger than the contract allows.'],
  'limit.depth': [2, 400, 'The payload, or the document made of it, is nested deeper than the contract allows.'],
  'limit.keys': [3, 400, 'An object has more keys than the contract allows.'],
  'parse.bom': [10, 400, 'The payload starts with a byte order mark.'],
  'parse.utf8': [11, 400, 'The payload is not valid UTF-8.'],
  'parse.syntax': [12, 400, 'The payload is not valid JSON.'],
  'parse.lone_surrogate': [13, 400, 'A string holds a lone surrogate.'],
  'parse.forbidden_key': [14, 400, 'The key "__proto__" is forbidden.'],
  'parse.duplicate_key': [15, 400, 'An object has the same key twice.'],
  'number.range': [20, 400, 'A number is outside the range of a double.'],
  'number.unsafe_integer': [
    21,
    400,
    'An integer is beyond 2^53 - 1 and would lose digits; a contract with numbers int64 keeps 64 bits.',
  ],
  'validate.failed': [30, 422, 'The payload does not match the contract.'],
  'value.not_json': [
    31,
    400,
    'The value cannot be represented in JSON without loss; a bigint can with numbers: "int64".',
  ],
  'app.failed': [32, 422, 'A check of the app refuses the payload.'],
} as const

/** The codes that `process` and the creators reject with. */
export const faultErrors = {
  'contract.unknown': [40, 404, 'The daemon does not serve this contract.'],
  'contract.mismatch': [41, 409, 'Both sides have a contract of this name, with different content.'],
  'contract.unsupported': [42, 500, 'The contract uses something outside profile p1.'],
  'contract.invalid': [43, 500, 'The contract is malformed.'],
  'contract.stale': [44, 500, 'The lock file does not match its source.'],
  'codec.unknown': [50, 415, 'The codec is unknown.'],
  'codec.unavailable': [51, 501, 'This runtime lacks the codec.'],
  'codec.corrupt': [52, 422, 'The compressed body is damaged.'],
  'limit.output': [53, 413, 'The decompressed body is larger than allowed.'],
  overloaded: [60, 429, 'The placement is full.', 'retryable'],
  unavailable: [61, 503, 'The placement does not accept work.', 'retryable'],
  'deadline.exceeded': [62, 504, 'The deadline passed.', 'retryable'],
  cancelled: [63, 499, 'The caller cancelled the call.'],
  'protocol.violation': [64, 400, 'The peer violated the protocol.'],
  'protocol.not_found': [65, 404, 'There is no resource at this path.'],
  'protocol.method': [66, 405, 'The path does not allow this method.'],
  'protocol.media_type': [67, 415, 'The media type of the body is not JSON.'],
  'protocol.not_acceptable': [68, 406, 'The client accepts no form of the response.'],
  'protocol.forbidden': [69, 403, 'The daemon does not serve the user of this client.'],
  'engine.unavailable': [70, 500, 'The requested engine cannot run here.'],
  'options.invalid': [71, 500, 'An option is invalid.'],
  'app.threw': [72, 500, 'A check or a conversion of the app threw an error.'],
  'internal.panic': [80, 500, 'The engine failed; the payload was not processed.'],
  'internal.parity': [81, 500, 'Two engines returned different results.'],
} as const
