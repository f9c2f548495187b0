// Staying awake for a moment after the last answer: whoever has one call in flight sends the next one right behind it, and
// to wake a thread that sleeps costs that caller CPU, and both time. Who waits as long as a sleep costs never pays more than
// twice (Karlin et al., "Empirical studies of competitive spinning for a shared-memory multiprocessor", SOSP 1991).
//
// Twin of native/daemon/src/lane/spin.rs.

/**
 * A miss doubles what is left out and a find takes half of that back: to be worth it, two waits of three must find. With
 * no doubt every wait is tried, with most of it one in 2^6.
 */
const mostDoubt = 12

export class Spin {
  readonly #limitMs: number
  readonly #found: () => boolean
  #doubt = 0
  /** Waits that are still to be left out. */
  #leftOut = 0

  /** `limitUs` 0: never. */
  constructor(limitUs: number, found: () => boolean) {
    this.#limitMs = limitUs / 1000
    this.#found = found
  }

  /** Keeps the event loop from sleeping until something is found, or for as long as it may. */
  wait(): void {
    if (this.#limitMs === 0) return
    if (this.#leftOut > 0) this.#leftOut--
    else setImmediate(this.#look)
  }

  // While an immediate is due, the loop asks the system for events and does not wait for them.
  readonly #look = (end: number = performance.now() + this.#limitMs): void => {
    const found = this.#found()
    if (!found && performance.now() < end) {
      setImmediate(this.#look, end)
      return
    }
    this.#doubt = found ? Math.max(0, this.#doubt - 1) : Math.min(mostDoubt, this.#doubt + 2)
    this.#leftOut = 2 ** Math.floor(this.#doubt / 2) - 1
  }
}
