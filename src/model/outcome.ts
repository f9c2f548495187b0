// The outcome of a call: accepted or rejected, both as values. Faults are errors (errors.ts).

import type { ReadError } from '../json/index.ts'
import { errorTable, type DataCode, type ErrorCode, type SidelaneError } from './errors.ts'

/**
 * How the canonical form is compressed: gzip (RFC 1952), deflate (zlib, RFC 1950), deflate-raw (RFC 1951), zstd,
 * brotli, or not.
 */
export type Codec = 'gzip' | 'deflate' | 'deflate-raw' | 'zstd' | 'brotli' | 'none'

/** The payload passed: its canonical form (RFC 8785), compressed. */
export interface Accepted {
  /** Discriminates accepted outcomes from rejected ones. */
  readonly ok: true
  /** The canonical JSON, compressed with `codec`. */
  readonly body: Uint8Array
  /** How `body` is compressed: the codec of the contract. */
  readonly codec: Codec
  /** Lower-case hex of the canonical bytes' digest; null with `digest: "none"`. */
  readonly digest: string | null
  /** Size of the received payload, in bytes. */
  readonly inBytes: number
  /** Size of the canonical form, in bytes. */
  readonly canonicalBytes: number
  /** Size of `body`, in bytes. */
  readonly outBytes: number
}

/** With `{ canonical: true }`: also the canonical bytes and the validated, normalized data. */
export interface AcceptedCanonical<Out = unknown> extends Accepted {
  /** Canonical JSON (RFC 8785), UTF-8. */
  readonly canonical: Uint8Array
  /** The canonical form as a value, parsed at each call. */
  value(): Out
}

/** The keyword that an issue is about. */
export type Keyword =
  | 'type'
  | 'const'
  | 'enum'
  | 'discriminator'
  | 'union'
  | 'minLength'
  | 'maxLength'
  | 'pattern'
  | 'url'
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

/** A scalar JSON value. */
export type Primitive = string | number | boolean | null

/** Details of an issue, from the contract, never from the payload. */
export interface IssueParams {
  /** The bound that was exceeded, or the pattern that did not match. */
  readonly limit?: number | string
  /** The accepted types or values. */
  readonly expected?: readonly Primitive[]
}

/** One violation in the data. The keys have this order. */
export interface Issue {
  /** What is wrong. */
  readonly code: DataCode
  /** RFC 6901; each key is truncated to 128 code points before it is escaped. */
  readonly pointer: string
  /** Only with `validate.failed`. */
  readonly keyword?: Keyword
  /** Only with `validate.failed`. */
  readonly params?: IssueParams
}

/** The payload is invalid. Of the payload it holds only member names, in the pointers. */
export interface Rejected {
  /** Discriminates rejected outcomes from accepted ones. */
  readonly ok: false
  /** The code of the first failed stage: size, BOM, UTF-8, depth, grammar, data model, validation. */
  readonly code: DataCode
  /** HTTP status that fits the code: 400, 413 or 422. */
  readonly status: number
  /** Empty for the stages from size to grammar; at most 32 entries. */
  readonly issues: readonly Issue[]
  /** True when there was a 33rd issue. */
  readonly truncated: boolean
}

/** The result of `process`. */
export type Outcome = Accepted | Rejected

/** In a stream: takes the place of an item that failed by a fault. `"error" in item` discriminates it from outcomes. */
export interface Failed {
  /** As in a rejected outcome. */
  readonly ok: false
  /** The error's code. */
  readonly code: ErrorCode
  /** HTTP status that fits the code. */
  readonly status: number
  /** The error that `process` would reject with. */
  readonly error: SidelaneError
}

/** Most issues in one outcome. */
export const maxIssues = 32

export const rejected = (code: DataCode, issues: readonly Issue[] = [], truncated = false): Rejected => ({
  ok: false,
  code,
  status: errorTable[code].status,
  issues,
  truncated,
})

/** The outcome of an error of the reader or the encoder: one issue if it has a pointer, else none. */
export const rejectedBy = (error: ReadError): Rejected =>
  rejected(error.code, error.pointer === undefined ? [] : [{ code: error.code, pointer: error.pointer }])
