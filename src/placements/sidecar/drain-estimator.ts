// How long a place at the daemon takes to become free, by the calls that have ended: what a refused caller is told.

/** Weight of the newest calls in the mean. */
const share = 0.1
const firstGuessMs = 0.1
/** Longer pauses are nobody's work. */
const longestMs = 100
const sample = 32

export class Throughput {
  #msPerCall = firstGuessMs
  #count = 0
  #since = 0

  get msPerCall(): number {
    return this.#msPerCall
  }

  /** A call has ended. */
  note(): void {
    if (++this.#count < sample) return
    const now = performance.now()
    const ms = (now - this.#since) / sample
    if (ms < longestMs) this.#msPerCall += share * (ms - this.#msPerCall)
    this.#since = now
    this.#count = 0
  }
}
