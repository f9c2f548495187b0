// Polling for a short time after the last response: a client with one call in flight sends the next one immediately, and
// waking a sleeping thread costs the client CPU, and both of them time. Polling for the cost of one wake-up is 2-competitive
// (Karlin et al., "Empirical studies of competitive spinning for a shared-memory multiprocessor", SOSP 1991).
//
// native/daemon has the twin.

/**
 * A miss doubles the number of skipped polls and a hit takes half of that back: polling goes on when two polls of three hit.
 * At level 0 no poll is skipped, at the highest level one in 2^6 is made.
 */
const maxLevel = 12

export class BusyPoll {
  readonly #limitMs: number
  readonly #isFound: () => boolean
  #level = 0
  /** Polls to skip. */
  #skips = 0

  /** `limitUs` 0: never polls. */
  constructor(limitUs: number, isFound: () => boolean) {
    this.#limitMs = limitUs / 1000
    this.#isFound = isFound
  }

  /** Keeps the event loop from sleeping until something is found or the limit is reached. */
  wait(): void {
    if (this.#limitMs === 0) return
    if (this.#skips > 0) this.#skips--
    else setImmediate(this.#poll)
  }

  // While an immediate is due, the event loop polls for events without waiting.
  readonly #poll = (end: number = performance.now() + this.#limitMs): void => {
    const isHit = this.#isFound()
    if (!isHit && performance.now() < end) {
      setImmediate(this.#poll, end)
      return
    }
    this.#level = isHit ? Math.max(0, this.#level - 1) : Math.min(maxLevel, this.#level + 2)
    this.#skips = 2 ** Math.floor(this.#level / 2) - 1
  }
}
