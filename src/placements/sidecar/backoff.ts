// When a daemon that was not there is tried again. Without a timer: the calls that come ask, and the first one after the
// pause makes the try.

const firstMs = 10
/** A daemon that is back is found again within a second. */
const mostMs = 400

export class Backoff {
  #failures = 0
  #until = Number.NEGATIVE_INFINITY

  /** A try has failed. Every client waits its own time, so that they do not come back all at once. */
  fail(): void {
    const pause = Math.min(mostMs, firstMs * 2 ** this.#failures++)
    this.#until = performance.now() + pause * (0.5 + Math.random())
  }

  reset(): void {
    this.#failures = 0
    this.#until = Number.NEGATIVE_INFINITY
  }

  /** How long no try is to be made, 0: it may. */
  get waitMs(): number {
    return Math.max(0, this.#until - performance.now())
  }
}
