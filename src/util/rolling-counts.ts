// Counts of the last seconds, in a ring of buckets: the oldest bucket is dropped as a whole. The clock is the caller's.

export class RollingCounts {
  readonly totals: number[]
  readonly #bucketMs: number
  readonly #buckets: number[][]
  #current = Number.NEGATIVE_INFINITY

  /** `kinds`: number of counters. `buckets`: the window is exact to one part in `buckets`. */
  constructor(kinds: number, windowMs: number, buckets = 10) {
    this.#bucketMs = windowMs / buckets
    this.totals = Array.from({ length: kinds }, () => 0)
    this.#buckets = Array.from({ length: buckets }, () => this.totals.map(() => 0))
  }

  add(kind: number, now: number): void {
    this.expire(now)
    const bucket = this.#bucketAt(this.#current)
    bucket[kind] = (bucket[kind] as number) + 1
    this.totals[kind] = (this.totals[kind] as number) + 1
  }

  /** Drops what is older than the window. */
  expire(now: number): void {
    const current = Math.floor(now / this.#bucketMs)
    if (current <= this.#current) return
    const size = this.#buckets.length
    const passed = Math.min(size, current - this.#current)
    for (let i = 0; i < passed; i++) {
      const bucket = this.#bucketAt(current - i)
      for (const [kind, count] of bucket.entries()) {
        if (count === 0) continue
        this.totals[kind] = (this.totals[kind] as number) - count
        bucket[kind] = 0
      }
    }
    this.#current = current
  }

  clear(): void {
    this.totals.fill(0)
    for (const bucket of this.#buckets) bucket.fill(0)
  }

  #bucketAt(number: number): number[] {
    return this.#buckets[((number % this.#buckets.length) + this.#buckets.length) % this.#buckets.length] as number[]
  }
}
