// A worker while it runs: takes batches from BullMQ, counts how they end, tells their producers, and closes in order.

import type { Job, Worker } from 'bullmq'
import type { CountedHost, Host, PlacedName, QueueStats, SidelaneError, State, Stats } from '../../model/index.ts'
import { redisFault, type OpenRedis } from '../../redis/index.ts'
import { guarded } from '../../util/operator-events.ts'
import { withTimeout } from '../../util/with-timeout.ts'
import { readBatch, type BatchData } from '../batch-data.ts'
import { readFault } from '../batch-fault.ts'
import { endedPrefix, replyChannel } from '../names.ts'
import type { QueueEvent } from '../options.ts'
import type { WorkerSettings } from '../settings.ts'
import { BatchRunner, type Served } from './batch-runner.ts'
import { repairJob } from './repair-job.ts'
import { ResultStore } from './result-store.ts'
import { RetryDelayWorker } from './retry-delay-worker.ts'

/** A worker that runs until it is closed. A source of metrics: `metricsText(worker)`. */
export interface QueueWorker {
  /** Name of the queue. */
  readonly queue: string
  /** Where payloads are processed. */
  readonly placement: PlacedName
  /** `closing` finishes what runs. */
  readonly state: State
  /** Counters of its host, with `queue` beside them. */
  stats(): Stats
  /** Takes no more batches, and finishes those that run within `closeTimeoutMs`; other workers take over what is left. */
  close(): Promise<void>
  /** Resolves when it is closed, by whatever closed it. */
  readonly closed: Promise<void>
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** After a fault of Redis or of the connection, BullMQ asks for batches again after this time. */
const runRetryDelayMs = 500
const maxRetryMs = 10_000

export class RunningWorker implements QueueWorker, CountedHost {
  readonly queue: string
  readonly placement: PlacedName
  readonly closed: Promise<void>
  state: State = 'ready'
  readonly #settings: WorkerSettings
  readonly #host: Host
  readonly #redis: OpenRedis
  readonly #store: ResultStore | undefined
  readonly #runner: BatchRunner
  readonly #worker: Worker
  readonly #batches = { completed: 0, retried: 0, dead: 0, stalled: 0, lockLost: 0 }
  #inFlight = 0
  #redisErrors = 0
  #resolveClosed: () => void = () => undefined

  constructor(settings: WorkerSettings, host: Host, redis: OpenRedis, served: ReadonlyMap<string, Served>) {
    this.#settings = settings
    this.queue = settings.queue
    this.placement = host.placement
    this.#host = host
    this.#redis = redis
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve))
    const { results, resultTtlMs, rejectTtlMs, payloadDeadlineMs } = settings
    const take = typeof results === 'function' ? results : undefined
    this.#store =
      results === 'return'
        ? undefined
        : new ResultStore({
            ...{ redis, resultTtlMs, rejectTtlMs },
            marksOnly: take !== undefined,
            onFault: (fault) => this.#onRedisError(fault),
          })
    this.#runner = new BatchRunner({
      ...{ served, store: this.#store, take, payloadDeadlineMs },
      onDone: (id, data) => this.#tell(endedPrefix.inStore, id, data),
    })
    this.#worker = this.#start()
    settings.signal?.addEventListener('abort', this.#onAbort)
    if (settings.signal?.aborted === true) this.#onAbort()
  }

  #start(): Worker {
    const { queue, prefix, concurrency, lockMs, maxTakeovers, results, resultTtlMs, deadTtlMs, maxDead } =
      this.#settings
    const worker = new RetryDelayWorker(queue, this.#run, {
      connection: this.#redis.client,
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: Math.floor(lockMs / 2),
      maxStalledCount: maxTakeovers,
      runRetryDelay: runRetryDelayMs,
      // The result keys decide what is a duplicate, so a job that is done is not kept, unless it has the results.
      removeOnComplete: results === 'return' ? { age: Math.ceil(resultTtlMs / 1000) } : { count: 0 },
      removeOnFail: { age: Math.ceil(deadTtlMs / 1000), count: maxDead },
      settings: { backoffStrategy: (attempts) => this.#retryPause(attempts) },
    })
    worker.on('completed', (job) => this.#onCompleted(job))
    worker.on('failed', (job, error) => this.#onFailed(job, error))
    worker.on('stalled', (jobId) => {
      this.#batches.stalled++
      this.#event({ type: 'stalled', jobId, message: 'The batch was taken over from a worker that was not heard of.' })
      void this.#repair(worker.toKey(jobId))
    })
    worker.on('lockRenewalFailed', (jobIds) => {
      this.#batches.lockLost += jobIds.length
      for (const jobId of jobIds) this.#event({ type: 'lock', jobId, message: 'Another worker may run the batch too.' })
    })
    worker.on('error', (error) => this.#onWorkerError(error))
    return worker
  }

  async ready(): Promise<void> {
    const { connectTimeoutMs } = this.#settings
    try {
      if (await withTimeout(connectTimeoutMs, this.#worker.waitUntilReady())) return
      throw new Error('timeout')
    } catch (error) {
      // Its signal has closed it.
      if (this.state !== 'ready') return this.closed
      throw redisFault(error, this.#redis.address)
    }
  }

  get #queueStats(): QueueStats {
    return {
      queue: this.queue,
      role: 'worker',
      batches: { ...this.#batches },
      payloads: { ...this.#runner.counts },
      redisErrors: this.#redisErrors,
      inFlight: this.#inFlight,
      waiting: 0,
      blocked: false,
    }
  }

  stats(): Stats {
    return { ...this.#host.stats(), queue: this.#queueStats }
  }

  get policyOwner(): object {
    return this.#host
  }

  get sharesPolicies(): boolean {
    return true
  }

  contractStats(): ReturnType<CountedHost['contractStats']> {
    return (this.#host as Host & CountedHost).contractStats()
  }

  async close(): Promise<void> {
    if (this.state === 'ready') {
      this.state = 'closing'
      await this.#finish()
      this.state = 'closed'
      this.#resolveClosed()
    }
    return this.closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #finish(): Promise<void> {
    this.#settings.signal?.removeEventListener('abort', this.#onAbort)
    try {
      if (!(await withTimeout(this.#settings.closeTimeoutMs, this.#worker.close()))) await this.#leave()
    } catch {
      await this.#leave()
    }
    await this.#redis.close()
    await this.#host.close()
  }

  /** The locks of what still runs expire, and other workers take it over. */
  async #leave(): Promise<void> {
    this.#store?.stop()
    await this.#host.destroy()
    this.#worker.disconnect().catch(() => undefined)
  }

  readonly #onAbort = (): void => void this.close()

  readonly #run = async (job: Job): Promise<unknown> => {
    this.#inFlight++
    try {
      return await this.#runner.run(job)
    } finally {
      this.#inFlight--
    }
  }

  #onCompleted(job: Job): void {
    this.#batches.completed++
    if (this.#settings.results === 'return') void this.#tellOf(job, endedPrefix.inJob)
  }

  #onFailed(job: Job | undefined, error: Error): void {
    const fault = readFault(error.message)
    const isDead = job === undefined || job.finishedOn !== undefined
    const about = { code: fault.code, message: fault.message, ...(job?.id !== undefined && { jobId: job.id }) }
    if (!isDead) {
      this.#batches.retried++
      return this.#event({ type: 'retry', ...about })
    }
    this.#batches.dead++
    this.#event({ type: 'dead', ...about })
    if (job !== undefined) void this.#tellOf(job, endedPrefix.inJob)
  }

  async #tellOf(job: Job, prefixOfId: string): Promise<void> {
    const data = readBatch(job.data)
    if (data !== undefined) await this.#tell(prefixOfId, job.id ?? '', data)
  }

  /** A message that is lost is made up for: the producer looks by itself. */
  async #tell(prefixOfId: string, id: string, { reply }: BatchData): Promise<void> {
    const { prefix, queue } = this.#settings
    try {
      await this.#redis.client.publish(replyChannel(prefix, queue, reply), prefixOfId + id)
    } catch (error) {
      this.#onRedisError(redisFault(error, this.#redis.address))
    }
  }

  /** After a fault the next takeover repairs it. */
  async #repair(key: string): Promise<void> {
    try {
      await repairJob(this.#redis.client, key)
    } catch (error) {
      this.#onRedisError(redisFault(error, this.#redis.address))
    }
  }

  #retryPause(attempts: number): number {
    const pauseMs = Math.min(maxRetryMs, this.#settings.retryMs * 2 ** (attempts - 1))
    return Math.ceil(pauseMs * (0.5 + Math.random() / 2))
  }

  /** A lock that was lost is told by BullMQ in several errors for each batch. */
  #onWorkerError(error: Error): void {
    if (!/could not renew lock|Missing (?:lock|key) for job/.test(error.message))
      this.#onRedisError(redisFault(error, this.#redis.address))
  }

  #onRedisError(error: SidelaneError): void {
    this.#redisErrors++
    this.#event({ type: 'redis', code: error.code, message: error.message })
  }

  #event(event: QueueEvent): void {
    guarded(() => this.#settings.onEvent?.(event))
  }
}
