// The contract as app code holds it: a checked lock with its id. How it comes about: define/ (from zod), lock.ts (from
// a file).

import type { Profile } from './profile.ts'
import type { LockDocument } from './lock-document.ts'

declare const input: unique symbol
declare const output: unique symbol

/** A contract: what a payload must look like, how it is normalized, and how the result is written. Immutable. */
export interface Contract<In = unknown, Out = In> {
  /** As it was defined: 1 to 64 of `a-z`, `0-9` and `-`. */
  readonly name: string
  /** SHA-256 (lower-case hex) of the lock's canonical normal form: equal ids, equal outcomes. */
  readonly id: string
  /** The lock file's content, defaults written out. */
  readonly lock: LockDocument
  /** @internal What the engines compile from. */
  readonly profile: Profile
  /** @internal The bytes that `lock.dictionary` names, once they are here. */
  readonly dictionary?: Uint8Array
  readonly [input]?: In
  readonly [output]?: Out
}
