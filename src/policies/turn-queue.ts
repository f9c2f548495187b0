// Runs calls on the caller's thread, one at a time and for a slice of each turn of the event loop. The others wait: as many as
// would not wait for long, and always a few. What comes beyond that is refused, because a loop that only does this is no
// better than one that fails.

import { retryAfterMs, stackless, type Call, type Holder, type Run } from '../model/index.ts'
import { MovingAverage } from '../util/moving-average.ts'
import type { FallbackPath } from './fallback.ts'

export interface TurnQueueOptions {
  /** This many may always wait. */
  readonly minWaiting: number
  /** Longest wait of the others, by what the last calls took. */
  readonly maxWaitMs: number
  readonly clock?: () => number
  /** Calls back in the next turn. */
  readonly nextTurn?: (callback: () => void) => void
}

/** Time per turn of the event loop; one call may take longer. */
const sliceMs = 5
const newestWeight = 0.1

export class TurnQueue implements FallbackPath, Holder {
  /** The payload of a call that waits is copied by the caller of `start`. */
  readonly readsLater = false
  readonly #run: Run
  readonly #options: TurnQueueOptions
  readonly #clock: () => number
  readonly #nextTurn: (callback: () => void) => void
  /** First in, first out; a call that ends leaves from the middle. */
  readonly #waiting = new Set<Call>()
  readonly #meanMs = new MovingAverage(0.1, newestWeight)
  #isTurn = false
  #sliceEndsAt = 0

  constructor(run: Run, options: TurnQueueOptions) {
    this.#run = run
    this.#options = options
    this.#clock = options.clock ?? (() => performance.now())
    this.#nextTurn = options.nextTurn ?? setImmediate
  }

  readonly start = (call: Call): void => {
    if (this.#waiting.size === 0 && this.#hasTime()) return this.#take(call)
    const { minWaiting, maxWaitMs } = this.#options
    const waitMs = this.#waiting.size * this.#meanMs.value
    // The concurrency of a stream bounds its calls.
    if (!call.waitsForSpace && this.#waiting.size >= minWaiting && waitMs >= maxWaitMs) {
      return call.fail(
        stackless('overloaded', { message: 'The fallback is full.', retryAfterMs: retryAfterMs(waitMs) }),
      )
    }
    call.phase = 'queued'
    call.holder = this
    this.#waiting.add(call)
  }

  readonly hasSpace = (): boolean => this.#waiting.size === 0 && this.#hasTime()

  release(call: Call): void {
    this.#waiting.delete(call)
  }

  /** The first call of a turn starts its slice. */
  #hasTime(): boolean {
    const now = this.#clock()
    if (!this.#isTurn) this.#beginTurn(now)
    return now < this.#sliceEndsAt
  }

  #beginTurn(now: number): void {
    this.#isTurn = true
    this.#sliceEndsAt = now + sliceMs
    this.#nextTurn(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#isTurn = false
    if (this.#waiting.size === 0) return
    this.#beginTurn(this.#clock())
    for (const call of this.#waiting) {
      this.#waiting.delete(call)
      call.holder = undefined
      if (call.begin(this.#clock(), 0)) this.#take(call)
      if (this.#clock() >= this.#sliceEndsAt) return
    }
  }

  #take(call: Call): void {
    const from = this.#clock()
    this.#run(call)
    this.#meanMs.add(this.#clock() - from)
  }
}
