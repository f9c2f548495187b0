// How one processor runs the calls of another one without a promise for each.

import type { Call } from './call.ts'
import type { SidelaneError } from './errors.ts'
import type { Outcome } from './outcome.ts'

/** What a processor of this package offers beside the public interface. */
export interface CallStarter {
  /** Starts a call without a promise; it can be failed. */
  startCall(
    payload: unknown,
    options: StartOptions,
    resolve: (outcome: Outcome) => void,
    reject: (error: SidelaneError) => void,
  ): Call
}

export interface StartOptions {
  readonly canonical: boolean
  /** Infinity: none. */
  readonly deadlineMs: number
  readonly waitsForSpace: boolean
  readonly traceparent: string | undefined
}
