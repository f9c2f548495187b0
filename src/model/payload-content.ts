// What is read from a payload: by a placement before it is sent, and by the app's schema after it was accepted.

import type { Profile } from './contract.ts'
import type { Accepted, Outcome, Rejected } from './outcome.ts'

/** A payload as it is sent: its bytes, or its JSON text. */
export type PayloadContent = Uint8Array | string

/** Reads the content of a payload, or rejects it. It may throw. */
export type ReadContent<T extends PayloadContent> = (payload: unknown, profile: Profile) => T | Rejected

/** Reads the document of a payload. */
export interface DocumentReader {
  /** The rejection of a payload that no engine has read; undefined: `read` can read it. */
  readonly check: (content: PayloadContent) => Rejected | undefined
  /** The document of a payload that an engine or `check` has accepted. */
  readonly read: (content: PayloadContent) => unknown
}

/**
 * Gives an accepted payload to the app's schema. `byEngine`: an engine has read it, so that it is JSON without an error of the
 * stage `parse`. Throws or rejects with `app.threw`.
 */
export type AppCheck = (content: PayloadContent, accepted: Accepted, byEngine: boolean) => Outcome | Promise<Outcome>
