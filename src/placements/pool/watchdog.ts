// Ends a worker that hangs at one payload: its callers fail at their deadlines, but without an end the worker would be
// lost. A slow worker is not a hung one, so the limit is far above any measured time.

import type { BatchBuffer } from './batch-layout.ts'
import type { QueuedCall } from './queue.ts'

/** A batch that a worker has. */
export interface WatchedBatch {
  readonly calls: readonly QueuedCall[]
  readonly buffer: BatchBuffer
}

/** Also the least time between two kills. */
const checkEveryMs = 1000
const minLimitMs = 1000
/** The limit, in expected times of a payload of that size. */
const limitFactor = 20

export interface WatchdogOptions<T extends WatchedBatch> {
  /** The batches that workers have. */
  readonly batches: ReadonlySet<T>
  readonly expectedMs: (bytes: number) => number
  readonly kill: (batch: T, thread: number) => void
}

export class Watchdog<T extends WatchedBatch> {
  /** A plain field: read for every batch. */
  isRunning = false
  readonly #options: WatchdogOptions<T>
  /** The item that each batch has been at, and since when. */
  #sightings = new Map<T, { readonly item: number; readonly since: number }>()

  constructor(options: WatchdogOptions<T>) {
    this.#options = options
  }

  /** Watches the batches until there are none. */
  start(): void {
    this.isRunning = true
    const timer = setInterval(() => {
      if (this.#options.batches.size > 0) return this.#check()
      clearInterval(timer)
      this.isRunning = false
      this.#sightings.clear()
    }, checkEveryMs).unref()
  }

  #check(): void {
    const { batches, kill } = this.#options
    const now = performance.now()
    const before = this.#sightings
    this.#sightings = new Map()
    let isKilled = false
    for (const batch of batches) {
      const item = batch.buffer.current(batch.calls.length)
      if (item < 0) continue
      const sighting = before.get(batch)
      const since = sighting?.item === item ? sighting.since : now
      if (isKilled || now - since < this.#limitMs(batch.calls[item] as QueuedCall)) {
        this.#sightings.set(batch, { item, since })
      } else {
        isKilled = true
        kill(batch, batch.buffer.thread(item))
      }
    }
  }

  #limitMs({ length }: QueuedCall): number {
    return Math.max(minLimitMs, limitFactor * this.#options.expectedMs(length))
  }
}
