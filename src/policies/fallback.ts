// Answers what a path cannot: a call that fails by a fault of the path runs once more, on another one, and its outcome says
// why. Behind the caller's deadline, in front of everything that may fail.

import {
  Attempt,
  endWith,
  SidelaneError,
  stackless,
  viaOf,
  type Call,
  type FallbackCause,
  type FallbackStats,
  type ErrorCode,
  type Layer,
  type Outcome,
  type Route,
  type Run,
  type Via,
} from '../model/index.ts'
import { LinkedList } from '../util/linked-list.ts'
import { breakerReason } from './breaker.ts'
import { DeadlineTimer } from './deadline.ts'
import { keepPayload } from './own-payload.ts'

/** Runs a call on the other path: now, later, or fails it with `overloaded`. */
export interface FallbackPath {
  readonly start: (call: Call) => void
  /** Whether it has space for a call that does not need it. */
  readonly hasSpace: () => boolean
  /** It reads the payload after `start` has returned. */
  readonly readsLater: boolean
}

export interface FallbackParts {
  readonly path: FallbackPath
  /** The `via` of its outcomes, where they have none. */
  readonly via: () => Via
  /** The route of a call on the other path; undefined: the same. */
  readonly routeOf?: (route: Route) => Route
  /** Faults after which the path is not tried. */
  readonly except: ReadonlySet<ErrorCode>
  /** Share of all calls that take it without a fault, 0 to 1; it may change between two calls. */
  readonly exercise: () => number
  readonly random?: () => number
}

/** The time that is kept back for the fallback: a part of what is left, and at most this much. */
const reservedShare = 0.1
const maxReservedMs = 50

/** Never a reason: the caller ended the call, or asked for what no path can do. */
const callerFaults: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['cancelled', 'options.invalid', 'internal.parity'])

export class Fallback {
  readonly #parts: FallbackParts
  readonly #random: () => number
  readonly #attempts = new LinkedList<Attempt>()
  readonly #timer = new DeadlineTimer(this.#attempts, true)
  readonly #byCause = new Map<FallbackCause, number>()
  readonly #vias = new WeakMap<Via, Map<FallbackCause, Via>>()
  #failed = 0

  constructor(parts: FallbackParts) {
    this.#parts = parts
    this.#random = parts.random ?? Math.random
  }

  get stats(): FallbackStats {
    return { answered: Object.fromEntries(this.#byCause), failed: this.#failed }
  }

  readonly layer: Layer = (inner) => {
    const { exercise, path } = this.#parts
    return (call) => {
      const share = exercise()
      if (share > 0 && this.#random() < share && path.hasSpace()) return this.#start(call, 'exercise')
      const attempt = new Attempt(call, call.route, this.#onEnd)
      this.#attempts.push(attempt)
      if (call.expiresAt !== Number.POSITIVE_INFINITY) this.#reserve(attempt)
      attempt.start(inner)
      // The caller may change its bytes when this returns.
      if (!attempt.settled) keepPayload(call)
    }
  }

  #reserve(attempt: Attempt): void {
    const leftMs = attempt.expiresAt - performance.now()
    attempt.expiresAt -= Math.min(maxReservedMs, Math.max(0, leftMs * reservedShare))
    this.#timer.watch(attempt.expiresAt)
  }

  readonly #onEnd = (attempt: Attempt, result: Outcome | SidelaneError): void => {
    this.#attempts.remove(attempt)
    const call = attempt.parent
    if (call === undefined) return
    if (!(result instanceof SidelaneError)) return call.settle(result)
    const { code, params } = result
    if (callerFaults.has(code) || this.#parts.except.has(code)) return call.fail(result)
    this.#start(call, params?.['reason'] === breakerReason ? breakerReason : (code as FallbackCause))
  }

  #start(call: Call, cause: FallbackCause): void {
    const { routeOf } = this.#parts
    const attempt = new Attempt(call, routeOf?.(call.route) ?? call.route, this.#onFallbackEnd)
    attempt.cause = cause
    const { start, readsLater } = this.#parts.path
    if (readsLater) keepPayload(attempt)
    attempt.start(start)
    if (!attempt.settled) keepPayload(attempt)
  }

  readonly #onFallbackEnd = (attempt: Attempt, result: Outcome | SidelaneError): void => {
    const call = attempt.parent
    const cause = attempt.cause as FallbackCause
    if (result instanceof SidelaneError) {
      if (result.code !== 'cancelled') this.#failed++
    } else {
      this.#byCause.set(cause, (this.#byCause.get(cause) ?? 0) + 1)
      if (call !== undefined) call.via = this.#viaOf(attempt.via ?? viaOf(result) ?? this.#parts.via(), cause)
    }
    if (call !== undefined) endWith(call, result)
  }

  #viaOf(via: Via, fallback: FallbackCause): Via {
    let known = this.#vias.get(via)
    if (known === undefined) this.#vias.set(via, (known = new Map()))
    let full = known.get(fallback)
    if (full === undefined) known.set(fallback, (full = Object.freeze({ ...via, fallback })))
    return full
  }
}

/** Refuses beyond this many calls at the same time. */
export function boundedPath(run: Run, maxCalls: number): FallbackPath {
  const running = new Set<Call>()
  const hasSpace = (): boolean => running.size < maxCalls
  const permit = { release: (call: Call): void => void running.delete(call) }
  const start = (call: Call): void => {
    // The concurrency of a stream bounds its calls.
    if (!call.waitsForSpace && !hasSpace())
      return call.fail(stackless('overloaded', { message: 'The fallback is full.', retryAfterMs: 100 }))
    running.add(call)
    call.permit = permit
    run(call)
  }
  return { start, hasSpace, readsLater: true }
}

/** A path without a bound of its own, because what is behind it has one. */
export const unboundedPath = (run: Run): FallbackPath => ({ start: run, hasSpace: () => true, readsLater: true })
