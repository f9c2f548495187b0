// Runs one job: runs its payloads that have no result, stores the results, and tells the producer. A job may run more than
// once, on one worker or on several at the same time; the result keys make that harmless.

import { UnrecoverableError, type Job } from 'bullmq'
import {
  encodeOutcome,
  SidelaneError,
  toFault,
  type Contract,
  type Outcome,
  type Processor,
} from '../../model/index.ts'
import { payloadOf, readBatch, type BatchData, type BatchReturn } from '../batch-data.ts'
import { writeFault, type PayloadFault } from '../batch-fault.ts'
import { batchId, type DigestOf } from '../names.ts'
import type { QueueResult, TakeResults } from '../options.ts'
import type { ResultStore } from './result-store.ts'
import { runPayloads, type PayloadRun } from './run-payloads.ts'

/** A contract with what it takes to serve it. */
export interface Served {
  readonly contract: Contract
  readonly processor: Processor
  readonly digestOf: DigestOf
  readonly resultKey: (digest: string) => string
}

export interface BatchRunnerOptions {
  /** By the id of the contract. */
  readonly served: ReadonlyMap<string, Served>
  /** undefined with `results: 'return'`: the job keeps them. */
  readonly store: ResultStore | undefined
  readonly take: TakeResults | undefined
  readonly payloadDeadlineMs: number
  /** The results are where they belong. Called before BullMQ knows that the job is done. */
  readonly onDone: (jobId: string, data: BatchData) => Promise<void>
}

/** Counters of payloads. */
export interface PayloadCounts {
  accepted: number
  rejected: number
  /** Had a result already. */
  duplicate: number
  /** Ran although another worker had stored a result meanwhile. */
  raced: number
  failed: number
}

interface Item extends PayloadRun {
  readonly index: number
  readonly digest: string
}

/** A long batch tells its progress so often. */
const progressEveryMs = 1000

export class BatchRunner {
  readonly counts: PayloadCounts = { accepted: 0, rejected: 0, duplicate: 0, raced: 0, failed: 0 }
  readonly #options: BatchRunnerOptions

  constructor(options: BatchRunnerOptions) {
    this.#options = options
  }

  /** The processor of BullMQ: rejects with an UnrecoverableError where another run would fail too. */
  readonly run = async (job: Job): Promise<BatchReturn | null> => {
    try {
      return await this.#run(job)
    } catch (error) {
      // Of Redis: it may be well again.
      throw error instanceof SidelaneError ? retryable(error) : error
    }
  }

  async #run(job: Job): Promise<BatchReturn | null> {
    const data = readBatch(job.data)
    if (data === undefined) {
      throw unrecoverable(
        new SidelaneError('protocol.violation', { message: `The job ${job.name} is no batch of sidelane.` }),
      )
    }
    const served = this.#servedOf(data)
    const items = data.payloads.map((wire, index): Item => {
      const payload = payloadOf(wire)
      const traceparent = data.trace?.[index] ?? undefined
      return { index, payload, traceparent, digest: served.digestOf(payload) }
    })
    const jobId = job.id ?? ''
    checkId(jobId, served, items)
    const outcomes = await this.#runItems(job, served, items)
    if (this.#options.store !== undefined) await this.#options.onDone(jobId, data)
    return this.#options.store === undefined ? { v: 1, outcomes: outcomes.map(base64Of) } : null
  }

  /** Throws a retryable fault: during a deploy, another worker may have the contract. */
  #servedOf({ id, contract: name }: BatchData): Served {
    const served = this.#options.served.get(id)
    if (served !== undefined) return served
    const own = [...this.#options.served.values()].find(({ contract }) => contract.name === name)?.contract
    throw own === undefined
      ? retryable(
          new SidelaneError('contract.unknown', {
            message: `The workers of the queue do not serve the contract "${name}".`,
            params: { want: id },
          }),
        )
      : retryable(
          new SidelaneError('contract.mismatch', {
            message: `The workers of the queue have another contract "${name}" than the producer.`,
            params: { have: own.id, want: id },
          }),
        )
  }

  async #runItems(job: Job, served: Served, items: readonly Item[]): Promise<readonly Outcome[]> {
    const { store } = this.#options
    const known = await store?.known(items.map(({ digest }) => served.resultKey(digest)))
    const todo = items.filter(({ index }) => known?.[index] !== true)
    this.counts.duplicate += items.length - todo.length
    const outcomes: Outcome[] = []
    const faults: PayloadFault[] = []
    // A worker died with this batch: one payload of it may be the cause, and should not keep the others from their results.
    const atOnce = job.stalledCounter > 0 ? 1 : todo.length
    let toldAt = performance.now()
    for (let from = 0; from < todo.length; from += atOnce) {
      const some = todo.slice(from, from + atOnce)
      await this.#runSome(job, served, some, outcomes, faults)
      if (performance.now() - toldAt < progressEveryMs) continue
      toldAt = performance.now()
      await job.updateProgress({ done: items.length - todo.length + from + some.length, of: items.length })
    }
    if (faults.length > 0) throw this.#failure(faults)
    return outcomes
  }

  async #runSome(
    job: Job,
    { contract, processor, resultKey }: Served,
    items: readonly Item[],
    outcomes: Outcome[],
    faults: PayloadFault[],
  ): Promise<void> {
    const { store, take, payloadDeadlineMs } = this.#options
    const results = await runPayloads(processor, items, payloadDeadlineMs)
    const done: { readonly item: Item; readonly outcome: Outcome }[] = []
    for (const [at, item] of items.entries()) {
      const result = results[at] as Outcome | SidelaneError
      if (result instanceof SidelaneError) faults.push({ index: item.index, error: result })
      else {
        done.push({ item, outcome: result })
        outcomes[item.index] = result
      }
    }
    this.counts.failed += items.length - done.length
    if (done.length === 0) return
    if (take !== undefined) {
      await takeResults(
        take,
        done.map(({ item, outcome }) => ({
          contract: contract.name,
          contractId: contract.id,
          payloadDigest: item.digest,
          outcome,
          traceparent: item.traceparent,
          jobId: job.id ?? '',
        })),
      )
    }
    const written = await store?.write(done.map(({ item, outcome }) => [resultKey(item.digest), outcome]))
    for (const [at, { outcome }] of done.entries()) {
      if (written?.[at] === false) this.counts.raced++
      else if (outcome.ok) this.counts.accepted++
      else this.counts.rejected++
    }
  }

  /** Retryable where one of the faults is: the payloads that have a result are not run again. */
  #failure(faults: readonly PayloadFault[]): Error {
    const first = (faults.find(({ error }) => error.retryable) ?? faults[0]) as PayloadFault
    return first.error.retryable ? retryable(first.error, faults) : unrecoverable(first.error, faults)
  }
}

/** The digests are taken here again: a batch whose id does not follow from its payloads is not what its producer sent. */
function checkId(jobId: string, { contract }: Served, items: readonly Item[]): void {
  const digests = items.map(({ digest }) => digest)
  if (jobId === batchId(contract.id, digests)) return
  throw contract.profile.digest === 'hmac-sha-256'
    ? retryable(
        new SidelaneError('contract.mismatch', {
          message: `The workers of the queue have another digest key for the contract "${contract.name}" than the producer.`,
        }),
      )
    : unrecoverable(
        new SidelaneError('protocol.violation', { message: 'The id of the batch does not belong to its payloads.' }),
      )
}

async function takeResults(take: TakeResults, results: readonly QueueResult[]): Promise<void> {
  try {
    await take(results)
  } catch (cause) {
    // The function's own error may quote a payload.
    throw retryable(
      new SidelaneError('app.threw', {
        message: 'The function that takes the results threw an error.',
        params: { name: toFault(cause).params?.['name'] },
      }),
    )
  }
}

const base64Of = (outcome: Outcome): string => {
  const size = -encodeOutcome(outcome, new Uint8Array(0), 0)
  const bytes = Buffer.allocUnsafe(size)
  encodeOutcome(outcome, bytes, 0)
  return bytes.toString('base64')
}

/** BullMQ stores the message, and runs the job again while it has attempts. */
function retryable(error: SidelaneError, faults: readonly PayloadFault[] = []): Error {
  const failure = new Error(writeFault(error, faults))
  delete failure.stack
  return failure
}

function unrecoverable(error: SidelaneError, faults: readonly PayloadFault[] = []): Error {
  const failure = new UnrecoverableError(writeFault(error, faults))
  delete failure.stack
  return failure
}
