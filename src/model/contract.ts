// The contract as app code holds it: a parsed lock with its id.

import type { Profile } from './profile.ts'
import type { LockDocument } from './lock-document.ts'

declare const input: unique symbol
declare const output: unique symbol

/** A contract: the schema of a payload, its normalization, and the encoding of the result. Immutable. */
export interface Contract<In = unknown, Out = In> {
  /** As it was defined: 1 to 64 of `a-z`, `0-9` and `-`. */
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
