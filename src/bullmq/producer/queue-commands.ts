// What a producer asks of Redis. Every error is a fault of sidelane.

import { ErrorCode, type Queue } from 'bullmq'
import type { SidelaneError } from '../../model/index.ts'
import { memoryShare, redisFault, type OpenRedis } from '../../redis/index.ts'
import type { BatchData } from '../batch-data.ts'
import type { Batch } from './batch.ts'

/** A job as it is in Redis. */
export interface JobState {
  /** In ms since 1970; undefined: there is no such job. */
  readonly timestamp: number | undefined
  readonly isFinished: boolean
  /** Why it failed. */
  readonly failedReason: string | undefined
  readonly returnValue: string | undefined
}

export interface QueueCommandsParts {
  readonly redis: OpenRedis
  readonly queue: Queue
  readonly contract: { readonly name: string; readonly id: string }
  readonly reply: string
  readonly attempts: number
  readonly resultKey: (digest: string) => string
  /** Called for each fault, and after each command that succeeded. */
  readonly onEnd: (kind: 'read' | 'write', fault: SidelaneError | undefined) => void
}

/** What BullMQ says of a job that another producer has started again or removed meanwhile. */
const gone: ReadonlySet<unknown> = new Set([ErrorCode.JobNotExist, ErrorCode.JobNotInState])

export class QueueCommands {
  readonly #parts: QueueCommandsParts

  constructor(parts: QueueCommandsParts) {
    this.#parts = parts
  }

  /**
   * Adds the batches, or leaves those that are there; those of `submit` that have failed for good are started again. Returns how
   * many batches wait.
   */
  add(batches: readonly Batch[]): Promise<number> {
    const { queue, contract, reply, attempts } = this.#parts
    return this.#run('write', async () => {
      await queue.addBulk(
        batches.map((batch) => ({
          name: contract.name,
          data: dataOf(batch, contract, reply),
          opts: {
            jobId: batch.id,
            timestamp: batch.timestamp,
            attempts,
            backoff: { type: 'custom' },
            stackTraceLimit: 0,
          },
        })),
      )
      // Those of calls are watched, and started again where they fail.
      await Promise.all(batches.filter(({ onSent }) => onSent !== undefined).map((batch) => this.#startAgain(batch)))
      return this.#countWaiting()
    })
  }

  /** Batches that wait, those that wait for a retry included. */
  waiting(): Promise<number> {
    return this.#run('read', () => this.#countWaiting())
  }

  memoryShare(): Promise<number> {
    return this.#run('read', () => memoryShare(this.#parts.redis.client))
  }

  /** The outcomes that are there, as bytes. */
  results(batch: Batch): Promise<readonly (Uint8Array | null)[]> {
    const keys = batch.payloads.map(({ digest }) => this.#parts.resultKey(digest))
    return this.#run('read', () => this.#parts.redis.client.mgetBuffer(keys))
  }

  job({ id }: Batch): Promise<JobState> {
    const { redis, queue } = this.#parts
    return this.#run('read', async () => {
      const [timestamp, finishedOn, failedReason, returnValue] = await redis.client.hmget(
        queue.toKey(id),
        'timestamp',
        'finishedOn',
        'failedReason',
        'returnvalue',
      )
      return {
        timestamp: typeof timestamp === 'string' ? Number(timestamp) : undefined,
        isFinished: typeof finishedOn === 'string',
        failedReason: failedReason ?? undefined,
        returnValue: returnValue ?? undefined,
      }
    })
  }

  /** Starts a job again that has failed. */
  restart({ id }: Batch): Promise<void> {
    return this.#run('write', () => this.#retry(id))
  }

  /** A job of an earlier submission: what made it fail may be gone. Its `failedReason` may be that of a run before the last. */
  async #startAgain({ id, timestamp }: Batch): Promise<void> {
    const { redis, queue } = this.#parts
    const [failedAt, addedAt] = await Promise.all([
      redis.client.zscore(queue.toKey('failed'), id),
      redis.client.hget(queue.toKey(id), 'timestamp'),
    ])
    if (failedAt !== null && Number(addedAt) !== timestamp) await this.#retry(id)
  }

  async #retry(id: string): Promise<void> {
    const job = await this.#parts.queue.getJob(id)
    try {
      await job?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
    } catch (error) {
      if (!gone.has((error as { code?: unknown }).code)) throw error
    }
  }

  async #countWaiting(): Promise<number> {
    const { redis, queue } = this.#parts
    const [waiting, delayed] = await Promise.all([
      redis.client.llen(queue.toKey('wait')),
      redis.client.zcard(queue.toKey('delayed')),
    ])
    return waiting + delayed
  }

  async #run<T>(kind: 'read' | 'write', work: () => Promise<T>): Promise<T> {
    const { redis, onEnd } = this.#parts
    try {
      const result = await work()
      onEnd(kind, undefined)
      return result
    } catch (error) {
      const fault = redisFault(error, redis.address)
      onEnd(kind, fault)
      throw fault
    }
  }
}

function dataOf(batch: Batch, { name, id }: { name: string; id: string }, reply: string): BatchData {
  const { payloads } = batch
  const hasTrace = payloads.some(({ traceparent }) => traceparent !== undefined)
  return {
    v: 1,
    contract: name,
    id,
    reply,
    payloads: payloads.map(({ wire }) => wire),
    ...(hasTrace && { trace: payloads.map(({ traceparent }) => traceparent ?? null) }),
  }
}
