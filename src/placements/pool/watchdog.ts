// Ends a worker that hangs at one payload: its callers fail at their deadlines, but without an end the worker would be
// lost. A slow worker is not a hung one, so the limit is far above any measured time and above what the most expensive payload
// of that size takes.

import type { BatchBuffer } from './batch-layout.ts'
import type { QueuedCall } from './queue.ts'
import type { WorkerGroup } from './worker-group.ts'

/** A batch that a worker has. */
export interface WatchedBatch {
  readonly calls: readonly QueuedCall[]
  readonly buffer: BatchBuffer
  readonly group: WorkerGroup
}

/** Also the least time between two kills. */
const checkEveryMs = 1000
const minLimitMs = 1000
/** The limit, in expected times of a payload of that size. */
const expectedFactor = 20
/** The limit, in times of the most expensive payload: this machine may be busy or slow. */
const longestFactor = 4

/** Times of a payload. */
export interface PayloadTimes {
  /** By the measurements so far. */
  readonly expectedMs: number
  /** Of the most expensive payload of that size. */
  readonly longestMs: number
}

export class Watchdog {
  /** A plain field: read for every batch. */
  isRunning = false
  readonly #batches: ReadonlySet<WatchedBatch>
  readonly #timesOf: (queued: QueuedCall) => PayloadTimes
  /** The item that each batch has been at, and since when. */
  #progress = new Map<WatchedBatch, { readonly item: number; readonly since: number }>()

  /** `batches`: those that workers have. */
  constructor(batches: ReadonlySet<WatchedBatch>, timesOf: (queued: QueuedCall) => PayloadTimes) {
    this.#batches = batches
    this.#timesOf = timesOf
  }

  /** Watches the batches until there are none. */
  start(): void {
    this.isRunning = true
    const timer = setInterval(() => {
      if (this.#batches.size > 0) return this.#check()
      clearInterval(timer)
      this.isRunning = false
      this.#progress.clear()
    }, checkEveryMs).unref()
  }

  #check(): void {
    const now = performance.now()
    const before = this.#progress
    this.#progress = new Map()
    let isKilled = false
    for (const batch of this.#batches) {
      const item = batch.buffer.current(batch.calls.length)
      if (item < 0) continue
      const seen = before.get(batch)
      const since = seen?.item === item ? seen.since : now
      if (isKilled || now - since < this.#limitMs(batch.calls[item] as QueuedCall, since)) {
        this.#progress.set(batch, { item, since })
      } else {
        isKilled = true
        batch.group.kill(batch.buffer.thread(item))
      }
    }
  }

  /** From `since` on. A payload with a deadline is ended by its engine, so it hangs only when it outlives that. */
  #limitMs(queued: QueuedCall, since: number): number {
    const { expectedMs, longestMs } = this.#timesOf(queued)
    const { expiresAt } = queued.call
    const leftMs = expiresAt === Number.POSITIVE_INFINITY ? 0 : expiresAt - since
    return Math.max(minLimitMs, expectedFactor * expectedMs, longestFactor * longestMs, leftMs + minLimitMs)
  }
}
