// One batch of a producer: the payloads of one job, until each of them has ended.

import { batchId } from '../names.ts'
import type { QueuedPayload } from './queued-payload.ts'

export class Batch {
  readonly id: string
  readonly payloads: readonly QueuedPayload[]
  readonly bytes: number
  /** In ms since 1970. The job has it too, so that a job of an earlier submission is told from this one. */
  readonly timestamp: number = Date.now()
  /** When Redis had it, on the clock of `performance.now()`; 0: not yet. */
  sentAt = 0
  /** When it is looked at next, if no worker says that it has ended. */
  checkAt: number = Number.POSITIVE_INFINITY
  /** Times that it vanished from Redis without a result, and was submitted again. */
  losses = 0
  /** A job of the same id that had failed before was started again. */
  hasRestarted = false
  /** Its results or its state are being read. */
  isReading = false
  /** Only submitted: no call waits for its results. Called when Redis has it. */
  readonly onSent: (() => void) | undefined
  #checkMs = firstCheckMs

  constructor(contractId: string, payloads: readonly QueuedPayload[], onSent?: () => void) {
    this.onSent = onSent
    this.id = batchId(
      contractId,
      payloads.map(({ digest }) => digest),
    )
    this.payloads = payloads
    this.bytes = payloads.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const payload of payloads) payload.batch = this
  }

  get hasEnded(): boolean {
    return this.payloads.every(({ hasEnded }) => hasEnded)
  }

  sent(now: number): void {
    this.sentAt = now
    this.onSent?.()
    this.#checkMs = firstCheckMs
    this.checkLater(now)
  }

  /** Each check without news doubles the pause to the next. */
  checkLater(now: number): void {
    this.checkAt = now + this.#checkMs
    this.#checkMs = Math.min(maxCheckMs, this.#checkMs * 2)
  }
}

/** A message of the worker comes first, as a rule: checks are for those that were lost. */
const firstCheckMs = 400
const maxCheckMs = 5000
