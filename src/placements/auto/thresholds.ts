// The estimates that decide between the caller's thread and the pool: how long a payload takes on this thread, the cost of
// the way to a worker, and how long this turn of the event loop has lasted. Measured at start-up, then updated.

import type { AutoThresholds } from '../../model/index.ts'
import { MovingAverage } from '../../util/moving-average.ts'
import { overheadBytes } from '../pool/cost-model.ts'

/** Bounds of the budget: a calibration on a busy machine must not let the event loop stall. */
const minBudgetUs = 100
const maxBudgetUs = 500
const newestWeight = 0.1
/** A payload that took more than this many times the expected time: the thread was not scheduled. */
const maxRatio = 4
/** Weight of a worker's time for a contract that seems too slow for this thread: it is tried again after a while. */
const decayWeight = 0.02

export interface Calibration {
  /** To a worker and back, without the work itself. */
  readonly hopUs: number
  /** A payload of `sampleBytes` on this thread. */
  readonly sampleUs: number
  readonly sampleBytes: number
}

/** The thresholds that follow from a calibration. */
export function thresholdsOf({ hopUs, sampleUs, sampleBytes }: Calibration): AutoThresholds {
  const byteUs = sampleUs / (sampleBytes + overheadBytes)
  // After more work than that a worker would have answered.
  const inlineBudgetUs = Math.min(maxBudgetUs, Math.max(minBudgetUs, hopUs))
  return Object.freeze({
    inlineMaxBytes: Math.max(0, Math.floor(inlineBudgetUs / byteUs) - overheadBytes),
    inlineBudgetUs,
    hopUs,
    perKibUs: sampleUs / (sampleBytes / 1024),
  })
}

/** How long payloads of one contract take on this thread. */
export class InlineRate {
  readonly #byteUs: MovingAverage

  constructor({ inlineMaxBytes, inlineBudgetUs }: AutoThresholds) {
    this.#byteUs = new MovingAverage(inlineBudgetUs / (inlineMaxBytes + overheadBytes), newestWeight, maxRatio)
  }

  expectedUs(bytes: number): number {
    return (bytes + overheadBytes) * this.#byteUs.value
  }

  /** A payload ran on this thread. */
  add(bytes: number, us: number): void {
    this.#byteUs.add(us / (bytes + overheadBytes))
  }

  /** A payload seemed too slow for this thread; a worker needs `us` for it. Only a faster worker changes the rate. */
  decay(bytes: number, us: number): void {
    const byteUs = us / (bytes + overheadBytes)
    if (byteUs < this.#byteUs.value) this.#byteUs.add(byteUs, decayWeight)
  }
}

/** The present turn of the event loop, from its first call on. All its work counts, including the application's own. */
export class TurnClock {
  #startedAt = 0
  #open = false

  /** How long the turn has lasted, in µs. */
  usAt(now: number): number {
    if (this.#open) return (now - this.#startedAt) * 1000
    this.#open = true
    this.#startedAt = now
    // Runs at the end of the turn.
    setImmediate(this.#close)
    return 0
  }

  readonly #close = (): void => {
    this.#open = false
  }
}
