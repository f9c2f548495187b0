// Exponential backoff with jitter, on the monotonic clock, without a timer: the caller asks whether it may try again.

export interface BackoffOptions {
  /** Pause after the first failure. */
  readonly firstMs: number
  /** Longest pause, before jitter. */
  readonly maxMs: number
}

export class Backoff {
  /** Failures in a row. */
  failures = 0
  readonly #options: BackoffOptions
  #until = Number.NEGATIVE_INFINITY

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** An attempt failed. The jitter (50 to 150 %) keeps clients from returning all at once. */
  fail(): void {
    const { firstMs, maxMs } = this.#options
    const pauseMs = Math.min(maxMs, firstMs * 2 ** this.failures++)
    this.#until = performance.now() + pauseMs * (0.5 + Math.random())
  }

  reset(): void {
    this.failures = 0
    this.#until = Number.NEGATIVE_INFINITY
  }

  /** Time until the next attempt may be made; 0: now. */
  get waitMs(): number {
    return Math.max(0, this.#until - performance.now())
  }
}
