// The options of producers and workers.

import type { BreakerEvent, Contract, HostOptions, Outcome, ProcessorOptions } from '../model/index.ts'
import type { RedisConnection } from '../redis/index.ts'

/** Where the queue is. */
export interface QueuePlace {
  /** The Redis or Valkey: a URL, options of ioredis, or a client of ioredis, which is duplicated. */
  readonly connection: RedisConnection
  /** Name of the queue: 1 to 64 characters without ":" and white space. Default "sidelane". */
  readonly queue?: string | undefined
  /** What all keys in Redis start with: as a name of a queue. Default "sidelane". */
  readonly prefix?: string | undefined
  /** For the first connection, in ms, 1 to 60,000. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined
}

/** What makes a batch: the first bound that is met. */
export interface BatchOptions {
  /** Payloads in a batch, 1 to 10,000. Default 100. */
  readonly maxPayloads?: number | undefined
  /** Bytes in a batch, 1 to 268,435,456; a larger payload is a batch of its own. Default 1,048,576. */
  readonly maxBytes?: number | undefined
  /** How long the first payload waits for others, in ms, 0 to 60,000. Default 5. */
  readonly maxWaitMs?: number | undefined
}

/** Options of `createQueueProcessor`. */
export interface QueueProcessorOptions<C extends boolean = boolean, A extends boolean = boolean>
  extends QueuePlace, ProcessorOptions<C, A> {
  /** What makes a batch. */
  readonly batch?: BatchOptions | undefined
  /** Payloads without an outcome that this producer holds, 1 to 1,000,000. More calls are `overloaded`, streams wait. Default 10,000. */
  readonly maxInFlight?: number | undefined
  /** Their bytes. Default 67,108,864 (64 MiB). */
  readonly maxInFlightBytes?: number | undefined
  /** Batches that may wait in Redis, 1 to 10,000,000. Above it nothing is submitted until half of them are gone. Default 1,000. */
  readonly maxWaiting?: number | undefined
  /** Share of the `maxmemory` of Redis, above 0 and up to 1, above which nothing is submitted. Default 0.8. */
  readonly maxRedisMemory?: number | undefined
  /** Time limit of a call of `process`, in ms, 1 to 3,600,000. Default 30,000. Payloads of a stream have none. */
  readonly deadlineMs?: number | undefined
  /** When Redis has failed for so long, in ms, 1 to 3,600,000, everything in flight fails. Default 30,000. */
  readonly giveUpMs?: number | undefined
  /** Runs of a batch whose faults are retryable, 1 to 1,000. Default 12, which takes about a minute. */
  readonly attempts?: number | undefined
}

/** A contract that a worker serves, with the key of its digest where that is keyed. */
export type ServedContract =
  | Contract
  | {
      /** The contract. */
      readonly contract: Contract
      /** Key of its digest. */
      readonly digestKey?: Uint8Array | undefined
    }

/** One result, as a function of the app gets it. */
export interface QueueResult {
  /** Name of the contract. */
  readonly contract: string
  /** Id of the contract. */
  readonly contractId: string
  /** Of the payload as it came, SHA-256 (or HMAC) in base64url: with the contract's id, the key against duplicates. */
  readonly payloadDigest: string
  /** Accepted, or rejected with its issues. */
  readonly outcome: Outcome
  /** W3C Trace Context of the call. */
  readonly traceparent: string | undefined
  /** Id of the batch. */
  readonly jobId: string
}

/** Takes the results of some payloads of a batch. Called at least once for each: again where a worker died meanwhile. */
export type TakeResults = (results: readonly QueueResult[]) => void | Promise<void>

/** What happened to a batch or to the connection. It has no byte of a payload. */
export interface QueueEvent {
  /**
   * `retry`: runs again later; `dead`: failed for good; `stalled`: taken over from a worker that was not heard of; `lock`: was
   * not renewed, so another worker may run the batch too; `redis`: a fault of Redis or of the connection.
   */
  readonly type: 'retry' | 'dead' | 'stalled' | 'lock' | 'redis'
  /** Id of the batch. */
  readonly jobId?: string
  /** Of the fault. */
  readonly code?: string
  /** One sentence. */
  readonly message: string
}

/** Options of `runQueueWorker`. */
export interface QueueWorkerOptions extends QueuePlace, Omit<HostOptions, 'onEvent'> {
  /** How batches run. */
  readonly batch?:
    | {
        /** Batches that run at the same time, 1 to 1,000. Default 4. */
        readonly concurrency?: number | undefined
      }
    | undefined
  /**
   * Where results go. `redis`: keys with a lifetime, which producers read. `return`: the return value of the job. A function:
   * to the app. Default `redis`.
   */
  readonly results?: 'redis' | 'return' | TakeResults | undefined
  /** Lifetime of an accepted result, in ms, 1 to 2,592,000,000. Default 600,000. Within it, an equal payload is not run again. */
  readonly resultTtlMs?: number | undefined
  /** Lifetime of a rejection with its issues, in ms, 1 to 2,592,000,000. Default 86,400,000. */
  readonly rejectTtlMs?: number | undefined
  /** A batch whose worker has not been heard of for so long, in ms, 1,000 to 3,600,000, is taken over. Default 30,000. */
  readonly lockMs?: number | undefined
  /** So often may a batch be taken over; the next time it is dead. Default 5. */
  readonly maxTakeovers?: number | undefined
  /** Pause before the second run of a batch, in ms, 1 to 10,000; it doubles up to 10,000. Default 200. */
  readonly retryMs?: number | undefined
  /** Time limit of each payload in the placement, in ms, 1 to 60,000. Default 30,000. */
  readonly payloadDeadlineMs?: number | undefined
  /** Dead batches that are kept, 1 to 10,000,000. Default 10,000. */
  readonly maxDead?: number | undefined
  /** Lifetime of a dead batch, in ms, at least 1,000. Default 604,800,000, a week. */
  readonly deadTtlMs?: number | undefined
  /** `close` waits so long, in ms, 1 to 3,600,000, for batches that run; then they are left to other workers. Default 30,000. */
  readonly closeTimeoutMs?: number | undefined
  /** Closes the worker. */
  readonly signal?: AbortSignal | undefined
  /** Called for each event, those of the host's breaker too; one that throws is a warning of the process. */
  readonly onEvent?: ((event: QueueEvent | BreakerEvent) => void) | undefined
}
