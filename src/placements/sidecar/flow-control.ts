// How much a client asks of its daemon: requests in flight (congestion window), retries (budget), and the pause that a
// refused caller is told (drain estimate). Times are milliseconds of `performance.now()`.

import { MovingAverage } from '../../util/moving-average.ts'

/**
 * Requests that a connection keeps at its daemon. As in TCP, the window is halved when the daemon refuses a request and
 * grows by one for each window of answers. Requests beyond it wait in the client, where deadlines and signals end them.
 */
export class CongestionWindow {
  /** Requests in flight that the client allows itself. */
  size: number
  readonly #max: number
  #answers = 0
  /** Last id that was sent before the window was halved. Refusals up to this id belong to the same congestion. */
  #reducedAt = 0

  constructor(max: number) {
    this.size = this.#max = max
  }

  onAnswer(): void {
    if (this.size === this.#max || ++this.#answers < this.size) return
    this.#answers = 0
    this.size++
  }

  /** The daemon refused request `id`, when `lastId` was the last one sent. */
  onOverload(id: number, lastId: number): void {
    if (id <= this.#reducedAt) return
    this.#reducedAt = lastId
    this.#answers = 0
    this.size = Math.max(1, this.size >> 1)
  }
}

/** Retries per call. */
const retryRatio = 0.1
/** Retries per millisecond, whatever the number of calls. */
const retryRate = 10 / 1000
/** Ten seconds of `retryRate`. */
const maxRetries = 100

/** A token bucket for retries, so that a daemon that keeps crashing does not get twice the load. */
export class RetryBudget {
  #tokens = maxRetries
  #filledAt: number
  /** The number of calls at that time. */
  #calls = 0

  constructor(now: number = performance.now()) {
    this.#filledAt = now
  }

  /** Takes one retry; false: there is none left. `calls`: the number of calls so far. */
  spend(calls: number, now: number = performance.now()): boolean {
    const earned = (calls - this.#calls) * retryRatio + (now - this.#filledAt) * retryRate
    this.#tokens = Math.min(maxRetries, this.#tokens + earned)
    this.#calls = calls
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/** A longer mean comes from a pause between calls and is ignored. */
const maxMsPerCall = 100

/** How fast calls end, hence how long a queue takes to drain. */
export class DrainEstimator {
  /** Calls from one `sample` to the next. */
  static readonly sampleCalls = 32
  readonly #msPerCall = new MovingAverage(0.1, 0.1)
  /** The first sample has no start and is ignored. */
  #sampledAt = Number.NEGATIVE_INFINITY

  get msPerCall(): number {
    return this.#msPerCall.value
  }

  /** `sampleCalls` calls have ended since the last time. */
  sample(now: number = performance.now()): void {
    const ms = (now - this.#sampledAt) / DrainEstimator.sampleCalls
    if (ms < maxMsPerCall) this.#msPerCall.add(ms)
    this.#sampledAt = now
  }
}
