// The outcome of a call: accepted or rejected, both as values. Faults are errors (errors.ts).

import { tooLarge, type ReadError, type Position } from '../json/index.ts'
import type { JsonExpectation } from '../tables/json-expectations.ts'
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
  /**
   * The canonical JSON, compressed with `codec`. From a pool or a daemon, small bodies share an ArrayBuffer, as small Buffers of Node
   * do: see docs/placements.md.
   */
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
  /** The canonical form as a value, parsed at each call. Of a payload that `fallback: 'skip'` accepted: throws if it is no JSON. */
  value(): Out
}

/** With `{ runInApp: true }`: also what the app's schema made of the document. */
export interface AcceptedInApp<Out = unknown> extends Accepted {
  /** The output of the app's schema, the same at each call. */
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

/**
 * Details of an issue: where, and from the contract what the payload would have to be. Never anything of the payload.
 *
 * `offset`, `line` and `column` are of the payload as it was given, of a value those of the text that `JSON.stringify`
 * writes. They belong to `limit.*`, `parse.*` and `number.*`, which have them unless the error is in the document made of
 * the payload; `limit.bytes` has the offset alone.
 */
export interface IssueParams extends Partial<Position> {
  /** The bound that was exceeded, or the pattern that did not match. */
  readonly limit?: number | string
  /** The accepted types or values; with `parse.syntax` what could stand at the offset instead. */
  readonly expected?: readonly Primitive[] | JsonExpectation
}

/** One violation in the data. The keys have this order. */
export interface Issue {
  /** What is wrong. */
  readonly code: DataCode
  /** RFC 6901; each key is truncated to 128 code points before it is escaped. */
  readonly pointer: string
  /** Only with `validate.failed`. */
  readonly keyword?: Keyword
  /** Not with `value.not_json` and `app.failed`. */
  readonly params?: IssueParams
  /** Only with `app.failed`: the code of the zod issue. */
  readonly check?: string
  /** Only with `app.failed`: the message of the zod issue, which may quote the payload. Never logged. */
  readonly message?: string
}

/** The payload is invalid. Of the payload it holds only member names, in the pointers. */
export interface Rejected {
  /** Discriminates rejected outcomes from accepted ones. */
  readonly ok: false
  /** The code of the first failed stage: size, BOM, UTF-8, depth, grammar, data model, validation. */
  readonly code: DataCode
  /** HTTP status that fits the code: 400, 413 or 422. */
  readonly status: number
  /** One entry, with `validate.failed` and `app.failed` at most 32. */
  readonly issues: readonly Issue[]
  /** True when there was a 33rd issue. */
  readonly truncated: boolean
}

/** The result of `process`. */
export type Outcome = Accepted | AcceptedInApp | Rejected

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

/** The outcome of an error of the reader or the encoder. */
export const rejectedBy = ({ code, pointer, params }: ReadError): Rejected =>
  rejected(code, [params === undefined ? { code, pointer } : { code, pointer, params }])

/** The outcome of a payload, read or not, that has more than `maxBytes`. */
export const rejectedSize = (maxBytes: number): Rejected => rejectedBy(tooLarge(maxBytes))

/** The outcome of an error in the document made of a payload: it is nowhere in the payload. */
export function rejectedDocument({ code, pointer, params }: ReadError): Rejected {
  const { limit } = params ?? {}
  return rejected(code, [limit === undefined ? { code, pointer } : { code, pointer, params: { limit } }])
}
