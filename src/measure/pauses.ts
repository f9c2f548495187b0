// The pauses of this process: garbage collections, and delays of the event loop.

import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { percentile } from '../util/stats.ts'

/** Of the histogram of delays: a timer that fires on time is that late. */
const resolutionMs = 1

export class PauseMeter {
  readonly #delays = monitorEventLoopDelay({ resolution: resolutionMs })
  #collections: number[] = []

  constructor() {
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#collections.push(duration)
    }).observe({ entryTypes: ['gc'] })
    this.#delays.enable()
  }

  resetCollections(): void {
    this.#collections = []
  }

  resetDelays(): void {
    this.#delays.reset()
  }

  /** Of the main thread. */
  collections(): { readonly count: number; readonly totalMs: number } {
    return { count: this.#collections.length, totalMs: this.#collections.reduce((sum, ms) => sum + ms, 0) }
  }

  /** In ms; 0 without any. */
  collectionMs(quantile: number): number {
    const sorted = Float64Array.from(this.#collections).sort()
    return sorted.length === 0 ? 0 : percentile(sorted, quantile)
  }

  /** The p99 of the delays of a timer of 1 ms, in ms. */
  stallP99Ms(): number {
    return Math.max(0, this.#delays.percentile(99) / 1e6 - resolutionMs)
  }
}
