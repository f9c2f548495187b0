// The error table: every stable code with its HTTP status. One row is the truth for the class, the wire and the docs.
// No behaviour lives here: who raises a code is decided by the stage that finds the trouble.

interface ErrorEntry {
  /** Number on the wire; never reused. */
  readonly wire: number
  /** HTTP status that fits the code. */
  readonly status: number
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean
  readonly message: string
}

const row = (wire: number, status: number, message: string, retryable = false): ErrorEntry => ({
  wire,
  status,
  retryable,
  message,
})

/** What the data says: `process` resolves with these. */
export type DataCode =
  | 'limit.bytes'
  | 'limit.depth'
  | 'limit.keys'
  | 'parse.bom'
  | 'parse.utf8'
  | 'parse.syntax'
  | 'parse.lone_surrogate'
  | 'parse.forbidden_key'
  | 'parse.duplicate_key'
  | 'number.range'
  | 'number.unsafe_integer'
  | 'validate.failed'
  | 'value.not_json'

/** What went wrong around the data: `process` and the creators reject with these. */
export type FaultCode =
  | 'contract.unknown'
  | 'contract.mismatch'
  | 'contract.unsupported'
  | 'contract.invalid'
  | 'contract.stale'
  | 'codec.unknown'
  | 'codec.unavailable'
  | 'codec.corrupt'
  | 'limit.output'
  | 'overloaded'
  | 'unavailable'
  | 'deadline.exceeded'
  | 'cancelled'
  | 'protocol.violation'
  | 'protocol.not_found'
  | 'protocol.method'
  | 'engine.unavailable'
  | 'options.invalid'
  | 'internal.panic'
  | 'internal.parity'

/** Every stable code: a program matches on these. */
export type ErrorCode = DataCode | FaultCode

const dataTable: Readonly<Record<DataCode, ErrorEntry>> = {
  'limit.bytes': row(1, 413, 'The payload is larger than the contract allows.'),
  'limit.depth': row(2, 400, 'The payload is nested deeper than the contract allows.'),
  'limit.keys': row(3, 400, 'An object has more keys than the contract allows.'),
  'parse.bom': row(10, 400, 'The payload starts with a byte order mark.'),
  'parse.utf8': row(11, 400, 'The payload is not valid UTF-8.'),
  'parse.syntax': row(12, 400, 'The payload is not valid JSON.'),
  'parse.lone_surrogate': row(13, 400, 'A string holds a lone surrogate.'),
  'parse.forbidden_key': row(14, 400, 'The key "__proto__" is forbidden.'),
  'parse.duplicate_key': row(15, 400, 'An object has the same key twice.'),
  'number.range': row(20, 400, 'A number is outside the range of a double.'),
  'number.unsafe_integer': row(21, 400, 'An integer is beyond 2^53 - 1 and would lose digits.'),
  'validate.failed': row(30, 422, 'The payload does not match the contract.'),
  'value.not_json': row(31, 400, 'The value holds something that JSON cannot carry.'),
}

const faultTable: Readonly<Record<FaultCode, ErrorEntry>> = {
  'contract.unknown': row(40, 404, 'The daemon does not know this contract.'),
  'contract.mismatch': row(41, 409, 'Both sides know the contract by this name, with different content.'),
  'contract.unsupported': row(42, 500, 'The contract uses something outside profile p1.'),
  'contract.invalid': row(43, 500, 'The contract is malformed.'),
  'contract.stale': row(44, 500, 'The lock file no longer says what its source says.'),
  'codec.unknown': row(50, 415, 'The codec is not known.'),
  'codec.unavailable': row(51, 501, 'This runtime lacks the codec.'),
  'codec.corrupt': row(52, 422, 'The compressed body is damaged.'),
  'limit.output': row(53, 413, 'The decompressed body is larger than allowed.'),
  overloaded: row(60, 429, 'The placement is full.', true),
  unavailable: row(61, 503, 'The placement does not accept work.', true),
  'deadline.exceeded': row(62, 504, 'The deadline passed.', true),
  cancelled: row(63, 499, 'The caller cancelled the call.'),
  'protocol.violation': row(64, 400, 'The peer broke the rules of the protocol.'),
  'protocol.not_found': row(65, 404, 'Nothing is at this path.'),
  'protocol.method': row(66, 405, 'The path does not take this method.'),
  'engine.unavailable': row(70, 500, 'The requested engine cannot run here.'),
  'options.invalid': row(71, 500, 'An option is wrong.'),
  'internal.panic': row(80, 500, 'The engine failed; the payload was not processed.'),
  'internal.parity': row(81, 500, 'Two engines disagreed.'),
}

/** Every code of sidelane, stable and never reused (design of the table: docs/errors.md). */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = { ...dataTable, ...faultTable }

/** True for the codes that `process` resolves with. */
export const isDataCode = (code: string): code is DataCode => Object.hasOwn(dataTable, code)

/** What an error says beside its code. */
export interface SidelaneErrorOptions {
  /** Default: the sentence of the table. */
  readonly message?: string
  /** What led to the fault, as in any Error. */
  readonly cause?: unknown
  /** When another try makes sense, in ms from now. */
  readonly retryAfterMs?: number
  /** JSON pointer into the lock file, for `contract.*`. */
  readonly pointer?: string
  /** More about the fault, never a byte of the payload. */
  readonly params?: Readonly<Record<string, unknown>>
}

/**
 * A fault: the call was not answered by the data's own merit. Match on `code`, never on the class or the message.
 *
 * `status` is the HTTP status that fits, `retryable` says whether the same call may succeed later.
 */
export class SidelaneError extends Error {
  override readonly name = 'SidelaneError'
  /** Stable, and never reused: what programs match on. */
  readonly code: ErrorCode
  /** HTTP status that fits the code. */
  readonly status: number
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean
  /** With `overloaded`: an estimate of when there is room, in ms from now, 1 to 10,000. */
  readonly retryAfterMs?: number
  /** JSON pointer into the lock, with `contract.*`. */
  readonly pointer?: string
  /** More about the fault, never a byte of the payload. */
  readonly params?: Readonly<Record<string, unknown>>

  /** The error of a code; status, `retryable` and the usual message come from the table. */
  constructor(code: ErrorCode, options: SidelaneErrorOptions = {}) {
    const entry = errorTable[code]
    super(options.message ?? entry.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = entry.status
    this.retryable = entry.retryable
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
    if (options.pointer !== undefined) this.pointer = options.pointer
    if (options.params !== undefined) this.params = options.params
  }
}

/**
 * A fault that says nothing about the program, and may come a hundred thousand times a second: without a stack, which would
 * cost four times as much as all else about it. The limit is the whole thread's, so it is put back at once.
 */
export function stackless(code: ErrorCode, options?: SidelaneErrorOptions): SidelaneError {
  const limit = Error.stackTraceLimit
  // Not by assignment: it throws where the intrinsics are frozen.
  Reflect.set(Error, 'stackTraceLimit', 0)
  const error = new SidelaneError(code, options)
  Reflect.set(Error, 'stackTraceLimit', limit)
  return error
}

const maxRetryAfterMs = 10_000

/** What a refused caller is told when the queue needs so many ms to drain: whole ms, from 1 to 10,000. */
export const retryAfterMs = (drainMs: number): number => Math.min(maxRetryAfterMs, Math.max(1, Math.ceil(drainMs)))
