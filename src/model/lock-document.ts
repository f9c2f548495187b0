// What a lock file says, as a type. Reading and checking it: ../lock.ts.

import type { Codec } from './outcome.ts'
import type { DigestName, Limits } from './profile.ts'

/** A schema as it stands in the lock: JSON Schema 2020-12 within profile p1, annotations included. */
export type LockSchema = boolean | { readonly [keyword: string]: unknown }

/** Bytes that zstd knows beforehand, in a file of their own. */
export interface LockDictionary {
  /** As the frames carry it: that of a trained dictionary, 0 for plain content. */
  readonly id: number
  /** Of the file's bytes, lower-case hex. */
  readonly sha256: string
  /** Below the lock's folder, "/" between names. No part of the contract's id. */
  readonly path: string
}

/** A lock file's content, with every default written out. */
export interface LockDocument {
  /** The set of keywords and their meaning. */
  readonly profile: 'p1'
  /** The Unicode version that normalization follows, whatever the runtime has. */
  readonly unicode: '15.0'
  /** 1 to 64 characters out of a-z, 0-9 and "-". */
  readonly name: string
  /** `safe` refuses integers beyond 2^53 - 1, `double` reads them as the nearest double. */
  readonly numbers: 'safe' | 'double'
  /** Checked before anything is made of a payload. */
  readonly limits: Limits
  /** What a payload must look like. */
  readonly schema: LockSchema
  /** How the canonical form is compressed. */
  readonly compress: { readonly codec: Codec; /** Absent with `none`. */ readonly level?: number }
  /** Only with zstd. */
  readonly dictionary?: LockDictionary
  /** Of the canonical bytes. */
  readonly digest: DigestName
  /** What the zod schema checks and the lock does not: kept for the reader's eye, no part of the id. */
  readonly appOnly?: readonly string[]
}
