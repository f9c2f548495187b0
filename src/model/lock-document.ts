// The content of a lock file as a type. contract/lock parses it.

import type { Codec } from './outcome.ts'
import type { DigestName, Limits } from './profile.ts'

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

/** A lock file's content, with all defaults. */
export interface LockDocument {
  /** The set of keywords and their meaning. */
  readonly profile: 'p1'
  /** The Unicode version of normalization, independent of the runtime's. */
  readonly unicode: '15.0'
  /** 1 to 64 characters out of a-z, 0-9 and "-". */
  readonly name: string
  /** `safe` rejects integers beyond 2^53 - 1, `double` reads them as the nearest double. */
  readonly numbers: 'safe' | 'double'
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
  /** Zod paths of checks that the lock does not contain: informative, not part of the id. */
  readonly appOnly?: readonly string[]
}
