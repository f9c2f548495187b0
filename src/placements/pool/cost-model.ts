// How long payloads take in a worker, and what follows from it: how many share a task, and whether one can still be in
// time. Measured, never configured.

import { maxBatch } from './batch-layout.ts'

/** A task this long hides its own cost (about 25 µs of main thread); a longer one only delays its first answers. */
const longestTaskUs = 4000
/** Work this short is not worth a task of its own. */
const shortestTaskUs = 250
/** A payload costs by its bytes, plus as much as this many bytes. */
const overheadBytes = 1024
/** Before the first measurement: an order of 4 KB in the js engine. */
const firstGuessUs = 150
/** Weight of the newest task in the mean. */
const share = 0.2

export class Pace {
  #payloadUs = firstGuessUs
  #byteUs = firstGuessUs / (4096 + overheadBytes)
  #fastestByteUs = Number.POSITIVE_INFINITY

  /** A task of `count` payloads with `bytes` in all took `us`. */
  note(us: number, count: number, bytes: number): void {
    // A mean that is no number would stay so, and no task would ever be sent again.
    if (!(us >= 0 && us < Number.POSITIVE_INFINITY)) return
    const byteUs = us / (bytes + count * overheadBytes)
    this.#payloadUs += share * (us / count - this.#payloadUs)
    this.#byteUs += share * (byteUs - this.#byteUs)
    if (byteUs < this.#fastestByteUs) this.#fastestByteUs = byteUs
  }

  /** Payloads of the usual size in one task. */
  get perTask(): number {
    return Math.max(1, Math.min(maxBatch, Math.floor(longestTaskUs / this.#payloadUs)))
  }

  /** Tasks that `count` waiting payloads are worth when `free` more could be sent. */
  tasksFor(count: number, bytes: number, free: number): number {
    return Math.max(1, Math.min(free, Math.round(this.expectedUs(count, bytes) / shortestTaskUs)))
  }

  /** Whether a task of `bytes` is full by its time, whatever its count. */
  full(count: number, bytes: number): boolean {
    return this.expectedUs(count, bytes) > 2 * longestTaskUs
  }

  expectedUs(count: number, bytes: number): number {
    return (bytes + count * overheadBytes) * this.#byteUs
  }

  /** The least that a payload has ever taken: a guess from the mean could refuse what would have been in time. */
  leastMs(bytes: number): number {
    return this.#fastestByteUs === Number.POSITIVE_INFINITY ? 0 : ((bytes + overheadBytes) * this.#fastestByteUs) / 1000
  }
}
