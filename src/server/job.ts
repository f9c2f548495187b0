// A payload on its way through the daemon, whichever protocol brought it: what the queue and the engine need of it. How
// bytes become a job, and an answer bytes, is framed's and http's business.

import type { Served } from './contracts.ts'

export type Protocol = 'framed' | 'http'

/** What is told of a request to whoever watches, also of one that was refused before it had a body. */
export interface Asked {
  /** undefined: the request named none that there is. */
  readonly served: Served | undefined
  readonly protocol: Protocol
  /** Size of the payload. */
  readonly inBytes: number
  /** W3C trace context in binary: 26 bytes. */
  readonly trace: Uint8Array | undefined
}

/** Memory that takes outcomes where they are sent from: an inline engine writes into it, so that nothing is copied. */
export interface Output {
  bytes: Uint8Array
  /** Where the outcome goes; what stands before is not the engine's. */
  at: number
}

export interface Job extends Asked {
  readonly served: Served
  /** Good until the job is answered. */
  payload: Uint8Array
  readonly canonical: boolean
  /** On the clock of `performance.now()`; Infinity without a limit. */
  readonly expiresAt: number
  readonly receivedAt: number
  /** Bytes that were reserved for it; the service gives them back after the answer. */
  readonly reserved: number
  /** Too many answers wait for its client already: it does not run. */
  readonly isUnwelcome?: boolean
  /** The longest outcome; for a longer one it gets `limit.output`. Without a limit when absent. */
  readonly mostBytes?: number
  /**
   * Called once, never inside `submit`. `bytes` is an outcome in wire form (model/outcome-bytes.ts); the view is valid
   * during the call only. Both times are in µs.
   */
  answer(bytes: Uint8Array, queueUs: number, runUs: number): void
  /** Room for an outcome of about `bytes`, for one that can take it in place. Then `answerAt` is called, not `answer`. */
  room?(bytes: number): Output
  /** The outcome stands in the room that was given last, and has `size` bytes. */
  answerAt?(size: number, queueUs: number, runUs: number): void

  /** The queue's own: when it began to run, whether it waits, its neighbours. */
  startedAt: number
  waits: boolean
  earlier: Job | undefined
  later: Job | undefined
}
