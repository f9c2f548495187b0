// The 95th percentile of the last seconds, by a histogram with logarithmic buckets: from 25 µs, sixteen to a doubling, so
// that a quantile is exact to a twentieth. Nothing is allocated for a sample.

import { RollingCounts } from './rolling-counts.ts'

const leastMs = 0.025
const perDoubling = 16
/** To more than 60 s. */
const buckets = 22 * perDoubling

export class LatencyWindow {
  readonly #counts: RollingCounts

  constructor(windowMs: number) {
    this.#counts = new RollingCounts(buckets, windowMs, 5)
  }

  add(ms: number, now: number): void {
    const bucket = ms <= leastMs ? 0 : Math.ceil(perDoubling * Math.log2(ms / leastMs))
    this.#counts.add(Math.min(bucket, buckets - 1), now)
  }

  clear(): void {
    this.#counts.clear()
  }

  /** `p95Ms`: an upper bound; NaN without samples. */
  read(now: number): { readonly count: number; readonly p95Ms: number } {
    this.#counts.expire(now)
    const { totals } = this.#counts
    const count = totals.reduce((sum, one) => sum + one, 0)
    let seen = 0
    for (const [bucket, one] of totals.entries()) {
      seen += one
      if (count > 0 && seen >= 0.95 * count) return { count, p95Ms: leastMs * 2 ** (bucket / perDoubling) }
    }
    return { count, p95Ms: Number.NaN }
  }
}
