// The batches that failed for good. They are the failed jobs of BullMQ, with payloads and reason, until someone starts them again
// or they expire.

import { Queue, type Job } from 'bullmq'
import { check, type Rule, type SidelaneError } from '../model/index.ts'
import { openRedis, redisFault, type OpenRedis } from '../redis/index.ts'
import { integer } from '../util/option-parsers.ts'
import { payloadOf, readBatch } from './batch-data.ts'
import { readFault } from './batch-fault.ts'
import type { QueuePlace } from './options.ts'
import { resolvePlace } from './settings.ts'

/** A batch that failed for good. */
export interface DeadLetter {
  /** Of the job in BullMQ. */
  readonly id: string
  /** Name of the contract; undefined for a job that is no batch of sidelane. */
  readonly contract: string | undefined
  /** Id of the contract. */
  readonly contractId: string | undefined
  /** As they were submitted. Those with a result have one in Redis still, if it has not expired. */
  readonly payloads: readonly Uint8Array[]
  /** Why the last run failed. */
  readonly error: SidelaneError
  /** Runs that failed. */
  readonly attempts: number
  /** When the last one failed. */
  readonly failedAt: Date
}

/** Which dead batches are listed. */
export interface ListOptions {
  /** Without the first so many, 0 or more. Default 0. */
  readonly from?: number | undefined
  /** At most so many, 1 or more. Default 100. */
  readonly limit?: number | undefined
}

/** The dead batches of one queue. All methods reject with `unavailable` (`params.reason`) when Redis fails. */
export interface DeadLetters {
  /** How many there are. */
  count(): Promise<number>
  /** The newest first. Rejects with `options.invalid`. */
  list(options?: ListOptions): Promise<readonly DeadLetter[]>
  /** Starts it again; false: there is none of this id. */
  retry(id: string): Promise<boolean>
  /** Drops it with its payloads; false: there is none of this id. */
  remove(id: string): Promise<boolean>
  /** Closes the connection. */
  close(): Promise<void>
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Rejects with `options.invalid`, and with `unavailable` when the Redis cannot be used. */
export async function openDeadLetters(options: QueuePlace): Promise<DeadLetters> {
  const { connection, queue: name, prefix, connectTimeoutMs } = resolvePlace('openDeadLetters', options)
  const redis = await openRedis(connection, {
    name: `sidelane:${name}:dead`,
    whenDown: 'fail',
    connectTimeoutMs,
    onError: () => undefined,
  })
  const queue = new Queue(name, { connection: redis.client, prefix, skipMetasUpdate: true })
  queue.on('error', () => undefined)
  return new FailedJobs(redis, queue)
}

const listRules: Readonly<Record<keyof ListOptions, Rule>> = { from: integer(0), limit: integer(1) }

class FailedJobs implements DeadLetters {
  readonly #redis: OpenRedis
  readonly #queue: Queue

  constructor(redis: OpenRedis, queue: Queue) {
    this.#redis = redis
    this.#queue = queue
  }

  count(): Promise<number> {
    return this.#run(() => this.#queue.getFailedCount())
  }

  async list(options: ListOptions = {}): Promise<readonly DeadLetter[]> {
    check('list', options, listRules)
    const { from = 0, limit = 100 } = options
    return this.#run(async () => (await this.#queue.getFailed(from, from + limit - 1)).map(deadLetterOf))
  }

  retry(id: string): Promise<boolean> {
    return this.#withFailed(id, (job) => job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true }))
  }

  remove(id: string): Promise<boolean> {
    return this.#withFailed(id, (job) => job.remove())
  }

  async close(): Promise<void> {
    await this.#queue.close()
    await this.#redis.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #withFailed(id: string, work: (job: Job) => Promise<void>): Promise<boolean> {
    return this.#run(async () => {
      const job = (await this.#queue.getJob(id)) as Job | undefined
      if (job === undefined || !(await job.isFailed())) return false
      await work(job)
      return true
    })
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw redisFault(error, this.#redis.address)
    }
  }
}

function deadLetterOf(job: Job): DeadLetter {
  const data = readBatch(job.data)
  return {
    id: job.id ?? '',
    contract: data?.contract,
    contractId: data?.id,
    payloads: data?.payloads.map(payloadOf) ?? [],
    // BullMQ leaves out an empty one.
    error: readFault(job.failedReason ?? ''),
    attempts: job.attemptsMade,
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  }
}
