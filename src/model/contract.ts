// The contract as app code holds it, and the content of its lock file. contract/lock parses it.

import type { Codec } from './outcome.ts'
import type { Schema } from './profile.ts'

declare const input: unique symbol
declare const output: unique symbol

/** A contract: the schema of a payload, its normalization, and the encoding of the result. Immutable. */
export interface Contract<In = unknown, Out = In> {
  /** As it was defined: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly name: string
  /** SHA-256 (lower-case hex) of the lock's canonical normal form: equal ids, equal outcomes. */
  readonly id: string
  /** The lock file's content, with all defaults. */
  readonly lock: LockDocument
  /** @internal The engines compile this. */
  readonly profile: Profile
  /** @internal The bytes that `lock.dictionary` names, once loaded. */
  readonly dictionary?: Uint8Array
  readonly [input]?: In
  readonly [output]?: Out
}

/** A schema as written in the lock: JSON Schema 2020-12 within profile p1, annotations included. */
export type LockSchema = boolean | { readonly [keyword: string]: unknown }

/** A zstd dictionary, in a file of its own. */
export interface LockDictionary {
  /** The id in the frames: that of a trained dictionary, 0 for plain content. */
  readonly id: number
  /** Of the file's bytes, lower-case hex. */
  readonly sha256: string
  /** Below the lock's folder, "/" between names. Not part of the contract's id. */
  readonly path: string
}

/** The codes that deflate takes for payloads like the samples: `sidelane contract train` makes them. */
export interface LockTables {
  /** Of this format. */
  readonly version: 1
  /** Those for ASCII first, each kind in ascending order. */
  readonly classes: readonly LockTable[]
}

/**
 * Code lengths of RFC 1951 for the canonical bytes of some sizes: a digit, `1` to `f`, for each symbol. Both codes are
 * complete.
 */
export interface LockTable {
  /** True: for bytes below 0x80 only. False: for all others. */
  readonly ascii: boolean
  /** The smallest canonical form, in bytes. */
  readonly minBytes: number
  /** The largest, at most 32,768. */
  readonly maxBytes: number
  /** Of the bytes from 0x20 to 0x7f or, not ASCII, to 0xf4. */
  readonly literals: string
  /** Of the end of the block, and of the 29 match lengths. */
  readonly lengths: string
  /** Of the distances below `maxBytes`. */
  readonly distances: string
}

/** The bounds of a payload. */
export interface Limits {
  /** Largest payload, in bytes. */
  readonly maxBytes: number
  /** Most open brackets at one place, at most 120. */
  readonly maxDepth: number
  /** Most members in one object. */
  readonly maxKeys: number
}

/** The digest of the canonical bytes. */
export type DigestName = 'sha-256' | 'hmac-sha-256' | 'none'

/** A lock file's content, with all defaults. */
export interface LockDocument {
  /** The set of keywords and their meaning. */
  readonly profile: 'p1'
  /** The Unicode version of normalization, independent of the runtime's. */
  readonly unicode: '15.0'
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly name: string
  /**
   * `safe` rejects integers beyond ±(2^53 - 1), `double` reads them as the nearest double, and `int64` keeps all digits
   * of those from -2^63 to 2^64 - 1.
   */
  readonly numbers: 'safe' | 'double' | 'int64'
  /** Checked before a payload is parsed. */
  readonly limits: Limits
  /** The schema of a payload. */
  readonly schema: LockSchema
  /** How the canonical form is compressed. */
  readonly compress: { readonly codec: Codec; /** Absent with `none`. */ readonly level?: number }
  /** Only with zstd. */
  readonly dictionary?: LockDictionary
  /** Of the canonical bytes. */
  readonly digest: DigestName
  /** Of gzip, deflate and deflate-raw at level 1. Not part of the id. */
  readonly tables?: LockTables
  /** Zod paths of checks that the lock does not contain: informative, not part of the id. */
  readonly appOnly?: readonly string[]
}

/** A contract for the engines: parsed, checked, in normal form. */
export interface Profile extends Schema, Pick<LockDocument, 'name' | 'numbers' | 'limits' | 'compress' | 'digest'> {
  readonly dictionary?: Pick<LockDictionary, 'id' | 'sha256'>
  readonly cost: WorstCase
}

/** What the most expensive payload costs, known from the schema and `limits.maxBytes`. */
export interface WorstCase {
  /** States of patterns alive behind each character, and nodes that visit each value, over the whole payload. */
  readonly steps: number
  /** The most states that are alive behind one character of a text. */
  readonly states: number
  /** The most nodes that visit one value. */
  readonly nodes: number
  /** Whether the engines remember verdicts while they try branches of a union; otherwise `nodes` would be larger. */
  readonly remembers: boolean
}
