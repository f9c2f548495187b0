// How long payloads take in a worker and how long the workers are busy: measured, never configured. What follows from it,
// such as the size of a batch, is here too.

import { MovingAverage } from '../../util/moving-average.ts'
import { maxBatch } from './batch-layout.ts'

/** A task this long hides its own cost (about 25 µs of main thread); a longer one only delays its first outcomes. */
const longestTaskUs = 4000
/** Work this short is not worth a task of its own. */
const shortestTaskUs = 250
/** The cost of a payload is proportional to its bytes plus this many. */
export const overheadBytes = 1024
/** Before the first measurement: the cost of an order of 4 KB in the js engine. */
const initialUs = 150
const newestWeight = 0.2

export class CostModel {
  readonly #payloadUs = new MovingAverage(initialUs, newestWeight)
  readonly #byteUs = new MovingAverage(initialUs / (4096 + overheadBytes), newestWeight)
  #fastestByteUs = Number.POSITIVE_INFINITY

  /** A task of `count` payloads with `bytes` in all took `us`. */
  add(us: number, count: number, bytes: number): void {
    if (!(us >= 0)) return
    const byteUs = us / (bytes + count * overheadBytes)
    this.#payloadUs.add(us / count)
    this.#byteUs.add(byteUs)
    if (byteUs < this.#fastestByteUs) this.#fastestByteUs = byteUs
  }

  /** Payloads of average size in one task. */
  get perTask(): number {
    return Math.max(1, Math.min(maxBatch, Math.floor(longestTaskUs / this.#payloadUs.value)))
  }

  /** Tasks that `count` waiting payloads are worth when `free` more could be sent. */
  tasksFor(count: number, bytes: number, free: number): number {
    return Math.max(1, Math.min(free, Math.round(this.expectedUs(count, bytes) / shortestTaskUs)))
  }

  /** Whether a task of `bytes` is full by its time, whatever its count. */
  isFull(count: number, bytes: number): boolean {
    return this.expectedUs(count, bytes) > 2 * longestTaskUs
  }

  expectedUs(count: number, bytes: number): number {
    return (bytes + count * overheadBytes) * this.#byteUs.value
  }

  /** At the best rate ever measured: an estimate by the average could refuse a payload that would be in time. */
  leastMs(bytes: number): number {
    return this.#fastestByteUs === Number.POSITIVE_INFINITY ? 0 : ((bytes + overheadBytes) * this.#fastestByteUs) / 1000
  }
}

/** A task that workers have. */
export interface ExpectedTask {
  readonly expectedUs: number
}

/** How long the workers are busy with the tasks that they have; without the queue. */
export class WaitEstimator {
  readonly #threads: number
  /** In the order in which they were sent, with the time at which they are assumed to have started. */
  readonly #startedAt = new Map<ExpectedTask, number | undefined>()

  constructor(threads: number) {
    this.#threads = threads
  }

  sent(task: ExpectedTask, now: number): void {
    this.#startedAt.set(task, this.#startedAt.size < this.#threads ? now : undefined)
  }

  ended(task: ExpectedTask, now: number): void {
    this.#startedAt.delete(task)
    for (const [next, startedAt] of this.#startedAt) {
      if (startedAt !== undefined) continue
      this.#startedAt.set(next, now)
      return
    }
  }

  /** Time until a worker can start another task; 0 when one is idle. */
  waitUsAt(now: number): number {
    if (this.#startedAt.size < this.#threads) return 0
    let us = 0
    for (const [{ expectedUs }, startedAt] of this.#startedAt) {
      // A task that is late by some time is expected to need that time again.
      us += startedAt === undefined ? expectedUs : Math.abs(expectedUs - (now - startedAt) * 1000)
    }
    return us / this.#threads
  }
}
