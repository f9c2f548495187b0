// What a call gives back about the data: accepted or rejected, both as values. Faults are not here (errors.ts).

import type { Refusal } from '../json/index.ts'
import { errorTable, type DataCode, type ErrorCode, type SidelaneError } from './errors.ts'

/**
 * How the canonical form is compressed: gzip (RFC 1952), deflate (zlib, RFC 1950), deflate-raw (RFC 1951), zstd,
 * brotli, or not.
 */
export type Codec = 'gzip' | 'deflate' | 'deflate-raw' | 'zstd' | 'brotli' | 'none'

/** The payload passed: its canonical form (RFC 8785), compressed. */
export interface Accepted {
  /** Tells an accepted outcome from a rejected one. */
  readonly ok: true
  /** The canonical JSON, compressed with `codec`. */
  readonly body: Uint8Array
  /** How `body` is compressed: the codec of the contract. */
  readonly codec: Codec
  /** Lower-case hex of the canonical bytes' digest; null when the contract says `digest: "none"`. */
  readonly digest: string | null
  /** Size of the payload as it came, in bytes. */
  readonly inBytes: number
  /** Size of the canonical form, in bytes. */
  readonly canonicalBytes: number
  /** Size of `body`, in bytes. */
  readonly outBytes: number
}

/** What `{ canonical: true }` adds: the canonical bytes and the validated, normalized data. */
export interface AcceptedCanonical<Out = unknown> extends Accepted {
  /** Canonical JSON (RFC 8785), UTF-8. */
  readonly canonical: Uint8Array
  /** The canonical form as a value: parsed anew at each call. */
  value(): Out
}

/** Which rule of the contract an issue is about. */
export type Keyword =
  | 'type'
  | 'const'
  | 'enum'
  | 'discriminator'
  | 'union'
  | 'minLength'
  | 'maxLength'
  | 'pattern'
  | 'minimum'
  | 'exclusiveMinimum'
  | 'maximum'
  | 'exclusiveMaximum'
  | 'multipleOf'
  | 'minItems'
  | 'maxItems'
  | 'required'
  | 'additionalProperties'
  | 'propertyNames'

/** A JSON value without parts. */
export type Primitive = string | number | boolean | null

/** From the contract, never from the payload. */
export interface IssueParams {
  /** The bound that was passed, or the pattern that did not match. */
  readonly limit?: number | string
  /** The types or values that would have passed. */
  readonly expected?: readonly Primitive[]
}

/** One finding about the data. The keys stand in this order. */
export interface Issue {
  /** What is wrong. */
  readonly code: DataCode
  /** RFC 6901; each key cut at 128 code points before it is escaped. */
  readonly pointer: string
  /** Only with `validate.failed`. */
  readonly keyword?: Keyword
  /** Only with `validate.failed`. */
  readonly params?: IssueParams
}

/** The payload did not pass. Nothing of it is in here but member names, in the pointers. */
export interface Rejected {
  /** Tells a rejected outcome from an accepted one. */
  readonly ok: false
  /** Of the first stage that failed: size, BOM, UTF-8, depth, grammar, data model, validation. */
  readonly code: DataCode
  /** HTTP status that fits the code: 400, 413 or 422. */
  readonly status: number
  /** Empty for the stages from size to grammar; at most 32 entries. */
  readonly issues: readonly Issue[]
  /** True when there was a 33rd issue. */
  readonly truncated: boolean
}

/** What the data says, as `process` resolves with it. */
export type Outcome = Accepted | Rejected

/** In a stream, in the place of an item that a fault befell. `"error" in item` tells it from the data's own answers. */
export interface Failed {
  /** As in a rejected outcome. */
  readonly ok: false
  /** The error's code. */
  readonly code: ErrorCode
  /** HTTP status that fits the code. */
  readonly status: number
  /** The fault itself, as `process` would reject with it. */
  readonly error: SidelaneError
}

/** Most issues that one outcome lists. */
export const maxIssues = 32

export const rejected = (code: DataCode, issues: readonly Issue[] = [], truncated = false): Rejected => ({
  ok: false,
  code,
  status: errorTable[code].status,
  issues,
  truncated,
})

/** The outcome of what the reader or the encoder refused: one issue where it knows a pointer, none else. */
export const rejectedBy = (refusal: Refusal): Rejected =>
  rejected(refusal.code, refusal.pointer === undefined ? [] : [{ code: refusal.code, pointer: refusal.pointer }])
