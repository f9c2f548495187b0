// An exponentially weighted moving average. What is measured and when is decided by its users.

export class MovingAverage {
  value: number
  readonly #weight: number
  readonly #maxRatio: number

  /**
   * `weight`: of the newest sample, 0 to 1. `maxRatio`: a sample counts as at most this many times the average, so that a
   * pause of the process hardly changes the average.
   */
  constructor(initial: number, weight: number, maxRatio: number = Number.POSITIVE_INFINITY) {
    this.value = initial
    this.#weight = weight
    this.#maxRatio = maxRatio
  }

  /** Ignores a sample that is negative or not finite: the average would never recover from it. */
  add(sample: number, weight: number = this.#weight): void {
    if (!(sample >= 0 && sample < Number.POSITIVE_INFINITY)) return
    this.value += weight * (Math.min(sample, this.#maxRatio * this.value) - this.value)
  }
}
