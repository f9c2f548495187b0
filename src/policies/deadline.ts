// Deadlines with one coarse timer for all calls: it is set for the earliest one, checks all calls when it fires, and is
// set again. A thousand calls with the same limit cost one timer, not a thousand.

import { deadlineExceeded, ProcessCall, type Call, type Layer } from '../model/index.ts'

export interface DeadlineOptions {
  /** For a call without a limit of its own; undefined: none. */
  readonly defaultMs: number | undefined
  /** The calls that can pass their deadline. */
  readonly calls: Iterable<Call>
}

/** Least time between two checks: calls with a thousand different limits do not cost a thousand checks. */
const grainMs = 5
/** Timers of the runtime take no more. */
const maxWaitMs = 2 ** 31 - 1
/** A timer so late means that this thread was blocked. */
const blockedMs = 20
/** Then answers that have arrived meanwhile, and a fallback, have this much time. */
const afterBlockMs = 10
/** When a timer was so late the last time. Others that are due then may be less late: the thread was blocked nevertheless. */
let blockedUntil = Number.NEGATIVE_INFINITY

/** Fails a call with `deadline.exceeded` when its time is over. */
export function deadline({ defaultMs, calls }: DeadlineOptions): Layer {
  const timer = new DeadlineTimer(calls)
  return (inner) => (call) => {
    const limitMs = call.deadlineMs ?? defaultMs
    if (limitMs !== undefined) {
      call.expiresAt = startOf(call) + limitMs
      timer.watch(call.expiresAt)
    }
    inner(call)
  }
}

/**
 * The same behind a placement whose calls end before `inner` returns: one that has not ended waits for asynchronous checks of
 * the app. It has a timer of its own: a runtime for the edge may end a timer together with the request that set it.
 */
export const deadlineOfChecks =
  (defaultMs: number | undefined): Layer =>
  (inner) =>
  (call) => {
    inner(call)
    if (call.settled) return
    const limitMs = call.deadlineMs ?? defaultMs
    if (limitMs === undefined || limitMs === Number.POSITIVE_INFINITY) return
    const leftMs = startOf(call) + limitMs - performance.now()
    const timer = setTimeout(() => call.fail(deadlineExceeded(call)), Math.max(0, leftMs))
    // The placement holds nothing for it any more.
    call.holder = { release: () => clearTimeout(timer) }
  }

const startOf = (call: Call): number => (call instanceof ProcessCall ? call.startedAt : 0) || performance.now()

/** Fails calls of a list with `deadline.exceeded` when their `expiresAt` has passed. */
export class DeadlineTimer {
  readonly #calls: Iterable<Call>
  readonly #isInner: boolean
  #timer: NodeJS.Timeout | undefined
  #firesAt = Number.POSITIVE_INFINITY

  /** `isInner`: of attempts, whose calls have some time left when these have none. */
  constructor(calls: Iterable<Call>, isInner = false) {
    this.#calls = calls
    this.#isInner = isInner
  }

  /** There is a call with this `expiresAt`. */
  watch(expiresAt: number): void {
    if (expiresAt + grainMs < this.#firesAt) this.#arm(expiresAt, performance.now())
  }

  #arm(expiresAt: number, now: number): void {
    clearTimeout(this.#timer)
    const waitMs = Math.min(maxWaitMs, Math.max(grainMs, Math.ceil(expiresAt - now)))
    this.#firesAt = now + waitMs
    // Does not keep the process alive: pending calls do.
    this.#timer = setTimeout(this.#onTimer, waitMs).unref()
  }

  /** Answers that arrived while this thread was blocked are read first: the path is not slow, the thread was. */
  readonly #onTimer = (): void => {
    const now = performance.now()
    if (now - this.#firesAt > blockedMs) blockedUntil = now
    if (now - blockedUntil >= afterBlockMs) this.#check()
    else if (this.#isInner) setImmediate(this.#check)
    else this.#timer = setTimeout(this.#check, afterBlockMs).unref()
  }

  readonly #check = (): void => {
    const now = performance.now()
    this.#firesAt = Number.POSITIVE_INFINITY
    let earliest = Number.POSITIVE_INFINITY
    for (const call of this.#calls) {
      if (call.expiresAt <= now) call.fail(deadlineExceeded(call))
      else if (call.expiresAt < earliest) earliest = call.expiresAt
    }
    if (earliest < this.#firesAt) this.#arm(earliest, now)
  }
}
