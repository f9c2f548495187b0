// What the subscribers of the tracing channel `sidelane:process` get: one object for each call, the same at all its events.

import type { ErrorCode, SidelaneError } from './errors.ts'
import type { Via } from './via.ts'

/** One call, from its start to its end. It has no byte of the payload. */
export interface CallEvent extends Partial<Pick<Via, 'side' | 'fallback'>> {
  /** Name of the contract. */
  readonly contract: string
  /** Its id. */
  readonly contractId: string
  /** Of the processor; at the end, where the payload was processed. */
  readonly placement: Via['placement']
  /** Of the processor; at the end, what processed the payload. */
  readonly engine: Via['engine']
  /** W3C Trace Context of the caller. A subscriber of `start` may replace it: a daemon gets the new one. */
  traceparent: string | undefined
  /** At the end: `accepted`, or the code of the rejection or of the fault. */
  readonly code?: 'accepted' | ErrorCode
  /** At the end: the HTTP status that fits the code. */
  readonly status?: number
  /** At the end: size of the payload, in bytes; of a rejected text its length. 0: not known. */
  readonly inBytes?: number
  /** At the end: size of the body, in bytes; 0 without one. */
  readonly outBytes?: number
  /** At the end, with an outcome: time until something took the payload, in µs. */
  readonly queueUs?: number
  /** At the end, with an outcome: time in the engine or in the app's function, in µs. */
  readonly runUs?: number
  /** At the end: time from `process` to the result, in ms. */
  readonly millis?: number
  /** Of a fault, without the `cause`, which may quote the payload. */
  readonly error?: SidelaneError
}
