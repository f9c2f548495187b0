// A run in place of a call, so that a policy sees how it ends and may start another one. The call stays the one that the
// user waits for: when it ends first, by its deadline or its signal, its attempt ends with it.

import { Call, toFault, type Holder, type Route, type Run } from './call.ts'
import { SidelaneError, stackless } from './errors.ts'
import { decodeOutcome, type CopyRange } from './outcome-bytes.ts'
import type { Outcome } from './outcome.ts'
import type { FallbackCause } from './via.ts'

/** `attempt.parent` is undefined where the call ended first: the result is only to be counted. */
export type AttemptEnd = (attempt: Attempt, result: Outcome | SidelaneError) => void

export class Attempt extends Call implements Holder {
  /** The call; undefined once it has ended. */
  parent: Call | undefined
  /** A number of its policy. */
  mark: number = 0
  /** Of an attempt of a fallback. */
  cause: FallbackCause | undefined
  readonly #onEnd: AttemptEnd

  /** `route`: the call's own, but for another placement. */
  constructor(parent: Call, route: Route, onEnd: AttemptEnd) {
    super(route, parent.payload, parent.canonical)
    this.parent = parent
    this.ownsPayload = parent.ownsPayload
    this.#onEnd = onEnd
    this.waitsForSpace = parent.waitsForSpace
    this.traceparent = parent.traceparent
    this.expiresAt = parent.expiresAt
  }

  /** Hands the attempt on in place of its call. */
  start(run: Run): void {
    const { parent } = this
    if (parent === undefined) return
    parent.holder = this
    parent.sharedRun = this
    run(this)
  }

  /** The call has ended first. */
  release(parent: Call): void {
    if (this.settled) return
    parent.cached = this.cached ?? parent.cached
    this.parent = undefined
    this.fail(parent.fault ?? stackless('cancelled'))
  }

  settle(outcome: Outcome): void {
    if (this.end()) this.#finish(outcome)
  }

  settleBytes(bytes: Uint8Array, at: number, copy?: CopyRange): void {
    if (this.settled) return
    let outcome: Outcome
    try {
      outcome = decodeOutcome(bytes, at, this.route.contract.profile.compress.codec, copy)
    } catch (error) {
      return this.fail(toFault(error))
    }
    this.settle(outcome)
  }

  fail(error: SidelaneError): void {
    if (this.settled) return
    this.fault = error
    if (this.end()) this.#finish(error)
  }

  #finish(result: Outcome | SidelaneError): void {
    const { parent } = this
    if (parent !== undefined) {
      parent.holder = undefined
      parent.via = this.via
      parent.cached = this.cached ?? parent.cached
    }
    this.#onEnd(this, result)
  }
}

/** Ends a call with the result of its attempt. */
export function endWith(call: Call, result: Outcome | SidelaneError): void {
  if (result instanceof SidelaneError) call.fail(result)
  else call.settle(result)
}
