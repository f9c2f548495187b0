// The batches in Redis that have not ended. A worker says when one has; what was not heard is found out by looking.

import { SidelaneError } from '../../model/index.ts'
import { readPayloadFaults, readFault } from '../batch-fault.ts'
import { readReturn } from '../batch-data.ts'
import { deliveredToAppMark } from '../result-mark.ts'
import type { Batch } from './batch.ts'
import type { BatchOfPayload } from './queued-payload.ts'
import type { JobState, QueueCommands } from './queue-commands.ts'

export interface BatchWatchOptions {
  readonly commands: Pick<QueueCommands, 'results' | 'job' | 'restart'>
  readonly submitAgain: (batch: Batch) => void
}

const sweepMs = 200
/** Batches that one sweep looks at. */
const maxChecks = 32
/** A batch that vanishes so often is given up. */
const maxLosses = 5

export class BatchWatch {
  readonly #options: BatchWatchOptions
  readonly #batches = new Map<string, Batch>()
  #timer: NodeJS.Timeout | undefined
  completed = 0
  failed = 0
  lost = 0

  constructor(options: BatchWatchOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#batches.size
  }

  add(batch: Batch): void {
    this.#batches.set(batch.id, batch)
    this.#timer ??= setInterval(this.#sweep, sweepMs)
  }

  /** All calls of the batch have ended. */
  remove(batch: BatchOfPayload): void {
    if (this.#batches.get(batch.id) === batch) this.#batches.delete(batch.id)
    if (this.#batches.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** A worker has stored the results. */
  done(id: string): void {
    const batch = this.#batches.get(id)
    if (batch !== undefined) void this.#read(batch, (one) => this.#collect(one))
  }

  /** The batch has failed for good, or its results are in the job. */
  ended(id: string): void {
    const batch = this.#batches.get(id)
    if (batch !== undefined) void this.#read(batch, (one) => this.#check(one))
  }

  failAll(error: SidelaneError): void {
    for (const { payloads } of this.#batches.values()) for (const payload of payloads) payload.fail(error)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  readonly #sweep = (): void => {
    const now = performance.now()
    let checks = 0
    for (const batch of this.#batches.values()) {
      if (batch.checkAt > now || batch.isReading) continue
      if (++checks > maxChecks) break
      batch.checkLater(now)
      void this.#read(batch, (one) => this.#check(one))
    }
  }

  async #read(batch: Batch, read: (batch: Batch) => Promise<void>): Promise<void> {
    if (batch.isReading) {
      // A check that began before the batch ended may not have seen it.
      batch.checkAt = performance.now()
      return
    }
    batch.isReading = true
    try {
      await read(batch)
    } catch {
      // The fault is counted, and the next sweep looks again.
    }
    batch.isReading = false
  }

  /** Reads the results. */
  async #collect(batch: Batch): Promise<void> {
    if ((await this.#takeResults(batch)) === 0) this.completed++
    // The results are stored before they are announced. Where they are gone, the sweep finds out why.
    else batch.checkAt = performance.now()
  }

  async #takeResults(batch: Batch): Promise<number> {
    const values = await this.#options.commands.results(batch)
    let missing = 0
    for (const [index, payload] of batch.payloads.entries()) {
      const value = values[index]
      if (payload.hasEnded) continue
      if (value === null || value === undefined) missing++
      else if (value[0] === deliveredToAppMark) payload.fail(elsewhere())
      else payload.settle(value)
    }
    return missing
  }

  async #check(batch: Batch): Promise<void> {
    const { commands, submitAgain } = this.#options
    const job = await commands.job(batch)
    if (job.timestamp !== undefined && !job.isFinished) return
    if (job.returnValue !== undefined && this.#takeReturn(batch, job.returnValue)) return
    if ((await this.#takeResults(batch)) === 0) {
      this.completed++
      return
    }
    if (job.failedReason !== undefined) return this.#onFailed(batch, job, job.failedReason)
    // Neither job nor result: Redis has lost it, or the results have expired.
    if (batch.losses++ >= maxLosses) return this.#fail(batch, lostFault())
    this.lost++
    batch.sentAt = 0
    batch.checkAt = Number.POSITIVE_INFINITY
    submitAgain(batch)
  }

  #takeReturn(batch: Batch, returnValue: string): boolean {
    const values = readReturn(returnValue, batch.payloads.length)
    if (values === undefined) return false
    for (const [index, payload] of batch.payloads.entries()) {
      if (!payload.hasEnded) payload.settle(values[index] as Uint8Array)
    }
    this.completed++
    return true
  }

  /** A job that had failed before this submission is started again: its cause may be gone. */
  async #onFailed(batch: Batch, { timestamp }: JobState, reason: string): Promise<void> {
    if (timestamp !== batch.timestamp && !batch.hasRestarted) {
      batch.hasRestarted = true
      await this.#options.commands.restart(batch)
      return
    }
    const faults = readPayloadFaults(reason)
    const rest = readFault(reason)
    for (const [index, payload] of batch.payloads.entries())
      if (!payload.hasEnded) payload.fail(faults.get(index) ?? rest)
    this.failed++
  }

  #fail(batch: Batch, error: SidelaneError): void {
    for (const payload of batch.payloads) payload.fail(error)
    this.failed++
  }
}

const elsewhere = (): SidelaneError =>
  new SidelaneError('unavailable', {
    message: 'The worker gave the result to a function of its app (`results`), so it is not here: use `submit`.',
    params: { reason: 'queue.elsewhere' },
  })

const lostFault = (): SidelaneError =>
  new SidelaneError('unavailable', {
    message: 'Redis lost the batch again and again, before it had a result.',
    params: { reason: 'queue.lost' },
  })
