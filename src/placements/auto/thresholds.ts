// What decides between the caller's thread and the pool: how long a payload will take here, what the way to a worker
// costs, and how long the event loop has been busy this turn. Measured at start-up, then followed; nothing runs here.

import type { AutoThresholds } from '../../model/index.ts'

/** A payload costs by its bytes, plus as much as this many bytes. */
const overheadBytes = 1024
/** Bounds of the budget: a start-up that was measured on a busy machine must not let the event loop stall. */
const leastBudgetUs = 100
const mostBudgetUs = 500
/** Weight of the newest payload in the mean. */
const share = 0.1
/** Longer than this many times what was expected: the thread was not running. */
const mostSurprise = 4
/** A contract that seems too slow to run here is given the benefit of the doubt, a little more with each payload. */
const forgetting = 0.02

export interface Measured {
  /** To a worker and back, without the work itself. */
  readonly hopUs: number
  /** A payload of `sampleBytes`, here. */
  readonly sampleUs: number
  readonly sampleBytes: number
}

/** The thresholds that follow from what was measured. */
export function thresholdsOf({ hopUs, sampleUs, sampleBytes }: Measured): AutoThresholds {
  const byteUs = sampleUs / (sampleBytes + overheadBytes)
  // After more work than that a worker would have been there.
  const inlineBudgetUs = Math.min(mostBudgetUs, Math.max(leastBudgetUs, hopUs))
  return Object.freeze({
    inlineMaxBytes: Math.max(0, Math.floor(inlineBudgetUs / byteUs) - overheadBytes),
    inlineBudgetUs,
    hopUs,
    perKibUs: sampleUs / (sampleBytes / 1024),
  })
}

/** What the payloads of one contract take here. */
export class Rate {
  #byteUs: number

  constructor({ inlineMaxBytes, inlineBudgetUs }: AutoThresholds) {
    this.#byteUs = inlineBudgetUs / (inlineMaxBytes + overheadBytes)
  }

  expectedUs(bytes: number): number {
    return (bytes + overheadBytes) * this.#byteUs
  }

  /** A payload ran here. */
  note(bytes: number, us: number): void {
    const byteUs = Math.min(us / (bytes + overheadBytes), mostSurprise * this.#byteUs)
    this.#byteUs += share * (byteUs - this.#byteUs)
  }

  /** A payload was too slow to run here, as far as is known; the workers say that it takes `us`. */
  doubt(bytes: number, us: number): void {
    const byteUs = us / (bytes + overheadBytes)
    if (byteUs < this.#byteUs) this.#byteUs += forgetting * (byteUs - this.#byteUs)
  }
}

/**
 * The present turn of the event loop, from its first call on. All its work counts, also the app's own: a loop that is
 * busy with anything is not idle.
 */
export class Turn {
  #startedAt = 0
  #open = false

  /** How long the turn has lasted, in µs. */
  usAt(now: number): number {
    if (this.#open) return (now - this.#startedAt) * 1000
    this.#open = true
    this.#startedAt = now
    // Runs when the turn's events are through; it never waits, so it keeps no process.
    setImmediate(this.#close)
    return 0
  }

  readonly #close = (): void => {
    this.#open = false
  }
}
