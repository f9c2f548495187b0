// The options of producers and workers: their rules, defaults and reasons.

import {
  check,
  copyOptions,
  functionRule,
  inRange,
  invalidOptions,
  isObject,
  msRule,
  rule,
  type BreakerEvent,
  type Contract,
  type HostOptions,
  type Outcome,
  type ProcessorOptions,
  type Rule,
} from '../model/index.ts'
import { connectionRule, type RedisConnection } from '../redis/index.ts'
import { integer } from '../util/option-parsers.ts'

/** Where the queue is. */
export interface QueuePlace {
  /** The Redis or Valkey: a URL, options of ioredis, or a client of ioredis, which is duplicated. */
  readonly connection: RedisConnection
  /** Name of the queue. Default "sidelane". */
  readonly queue?: string | undefined
  /** What all keys in Redis start with. Default "sidelane". */
  readonly prefix?: string | undefined
  /** For the first connection, in ms, 1 to 60,000. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined
}

/** What makes a batch: the first bound that is met. */
export interface BatchOptions {
  /** Payloads in a batch, 1 to 10,000. Default 100. */
  readonly maxPayloads?: number | undefined
  /** Bytes in a batch; a larger payload is a batch of its own. Default 1,048,576. */
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

const nameRule = rule('a name without ":"', (value) => typeof value === 'string' && /^[^:\s]{1,64}$/.test(value))
const longMs = msRule(30 * 86_400_000)

const placeRules: Readonly<Record<keyof QueuePlace, Rule>> = {
  connection: connectionRule,
  queue: nameRule,
  prefix: nameRule,
  connectTimeoutMs: msRule(60_000),
}

const batchRules: Readonly<Record<keyof BatchOptions, Rule>> = {
  maxPayloads: integer(1, 10_000),
  maxBytes: integer(1, 256 * 1_048_576),
  maxWaitMs: rule('a number of milliseconds from 0 to 60000', (value) => inRange(value, 60_000, 0)),
}

const producerRules = {
  ...placeRules,
  batch: rule('an object', isObject),
  maxInFlight: integer(1, 1_000_000),
  maxInFlightBytes: integer(1),
  maxWaiting: integer(1, 10_000_000),
  maxRedisMemory: rule('a number above 0, up to 1', (value) => inRange(value, 1, Number.MIN_VALUE)),
  deadlineMs: msRule(3_600_000),
  giveUpMs: msRule(3_600_000),
  attempts: integer(1, 1000),
} satisfies Partial<Record<keyof QueueProcessorOptions, Rule>>

const workerRules = {
  ...placeRules,
  batch: rule('an object', isObject),
  results: rule('"redis", "return" or a function', (value) =>
    ['redis', 'return'].includes(value as string) ? true : functionRule.value(value) !== undefined,
  ),
  resultTtlMs: longMs,
  rejectTtlMs: longMs,
  lockMs: rule('a number of milliseconds from 1000 to 3600000', (value) => inRange(value, 3_600_000, 1000)),
  maxTakeovers: integer(0, 1000),
  retryMs: msRule(10_000),
  payloadDeadlineMs: msRule(60_000),
  // With none, a producer could not be told why its batch failed.
  maxDead: integer(1, 10_000_000),
  deadTtlMs: rule('a number of milliseconds, at least 1000', (value) => inRange(value, Number.MAX_SAFE_INTEGER, 1000)),
  closeTimeoutMs: msRule(3_600_000),
  signal: rule('an AbortSignal', (value) => isObject(value) && 'aborted' in value && 'addEventListener' in value),
  onEvent: functionRule,
} satisfies Partial<Record<keyof QueueWorkerOptions, Rule>>

/** Of a connection: longer than BullMQ lets Redis block, which is up to 10 s. */
export const silentMs = 15_000

const placeDefaults = { queue: 'sidelane', prefix: 'sidelane', connectTimeoutMs: 5000 }

const batchDefaults = {
  // A hundred payloads of 1 KB share the work that BullMQ does for a job.
  maxPayloads: 100,
  maxBytes: 1_048_576,
  maxWaitMs: 5,
}

const producerDefaults = {
  ...placeDefaults,
  maxInFlight: 10_000,
  maxInFlightBytes: 64 * 1_048_576,
  maxWaiting: 1000,
  maxRedisMemory: 0.8,
  deadlineMs: 30_000,
  // Longer than a restart of Redis with a large append-only file.
  giveUpMs: 30_000,
  attempts: 12,
}

const workerDefaults = {
  ...placeDefaults,
  results: 'redis' as const,
  resultTtlMs: 600_000,
  rejectTtlMs: 86_400_000,
  lockMs: 30_000,
  maxTakeovers: 5,
  retryMs: 200,
  payloadDeadlineMs: 30_000,
  maxDead: 10_000,
  deadTtlMs: 7 * 86_400_000,
  closeTimeoutMs: 30_000,
}

/** The options with their defaults. */
type Resolved<O, K extends keyof O> = Omit<O, K> & { readonly [N in K]-?: NonNullable<O[N]> }
type PlaceKey = 'queue' | 'prefix' | 'connectTimeoutMs'

export type PlaceSettings = Resolved<QueuePlace, PlaceKey>
export type ProducerSettings = Resolved<
  Omit<QueueProcessorOptions, keyof ProcessorOptions | 'batch'>,
  | PlaceKey
  | 'maxInFlight'
  | 'maxInFlightBytes'
  | 'maxWaiting'
  | 'maxRedisMemory'
  | 'deadlineMs'
  | 'giveUpMs'
  | 'attempts'
> & { readonly batch: Resolved<BatchOptions, keyof BatchOptions> }
export type WorkerSettings = Resolved<
  Omit<QueueWorkerOptions, Exclude<keyof HostOptions, 'onEvent'> | 'batch'>,
  | PlaceKey
  | 'results'
  | 'resultTtlMs'
  | 'rejectTtlMs'
  | 'lockMs'
  | 'maxTakeovers'
  | 'retryMs'
  | 'payloadDeadlineMs'
  | 'maxDead'
  | 'deadTtlMs'
  | 'closeTimeoutMs'
> & { readonly concurrency: number }

const defined = (options: object): object =>
  Object.fromEntries(Object.entries(copyOptions(options)).filter(([, value]) => value !== undefined))

const pick = (options: object, isOwn: (name: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(copyOptions(options)).filter(([name]) => isOwn(name)))

/** Throws `options.invalid`. */
export function resolvePlace(where: string, options: QueuePlace): PlaceSettings {
  check(where, options, placeRules)
  requireConnection(where, options)
  return { ...placeDefaults, ...(defined(options) as QueuePlace) } as PlaceSettings
}

/** Splits the options of a producer into its own and those of the processor. Throws `options.invalid`. */
export function resolveProducer(options: QueueProcessorOptions): {
  settings: ProducerSettings
  processor: ProcessorOptions
} {
  const isProcessors = (name: string): boolean => ['digestKey', 'canonical', 'runInApp'].includes(name)
  const own = isObject(options) ? pick(options, (name) => !isProcessors(name)) : options
  check('createQueueProcessor', own, producerRules)
  requireConnection('createQueueProcessor', options)
  const { batch = {}, ...rest } = own as unknown as QueueProcessorOptions
  check('batch', batch, batchRules)
  const settings = { ...producerDefaults, ...defined(rest), batch: { ...batchDefaults, ...defined(batch) } }
  return { settings: settings as unknown as ProducerSettings, processor: pick(options, isProcessors) }
}

/** Splits the options of a worker into its own and those of the host. Throws `options.invalid`. */
export function resolveWorker(options: QueueWorkerOptions): { settings: WorkerSettings; host: HostOptions } {
  const isOwn = (name: string): boolean => Object.hasOwn(workerRules, name)
  const own = isObject(options) ? pick(options, isOwn) : options
  check('runQueueWorker', own, workerRules)
  requireConnection('runQueueWorker', options)
  const { batch = {}, ...rest } = own as unknown as QueueWorkerOptions
  check('batch', batch, { concurrency: integer(1, 1000) })
  const settings = {
    ...workerDefaults,
    ...defined(rest),
    concurrency: batch.concurrency ?? 4,
  } as unknown as WorkerSettings
  return {
    settings: {
      ...settings,
      // Redis takes whole milliseconds.
      resultTtlMs: Math.ceil(settings.resultTtlMs),
      rejectTtlMs: Math.ceil(settings.rejectTtlMs),
      lockMs: Math.ceil(settings.lockMs),
    },
    host: pick(options, (name) => !isOwn(name) || name === 'onEvent'),
  }
}

function requireConnection(where: string, options: QueuePlace): void {
  if (options.connection === undefined)
    throw invalidOptions(`Expected the options of \`${where}\` to have \`connection\``)
}
