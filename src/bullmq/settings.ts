// The rules and defaults of options, and the options with their defaults.

import {
  check,
  copyOptions,
  functionRule,
  inRange,
  invalidOptions,
  isObject,
  msRule,
  rule,
  type FallbackOptions,
  type HostOptions,
  type ProcessorOptions,
  type Rule,
} from '../model/index.ts'
import { connectionRule } from '../redis/index.ts'
import { integer } from '../util/option-parsers.ts'
import type { BatchOptions, QueuePlace, QueueProcessorOptions, QueueWorkerOptions } from './options.ts'

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
  requireStorable(options, settings)
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

/** A stored result has no codec, so it is that of an engine. */
function requireStorable({ fallback }: QueueWorkerOptions, { results }: WorkerSettings): void {
  const to = isObject(fallback) ? (fallback as Partial<FallbackOptions>).to : fallback
  if (typeof results === 'function' || to === undefined || to === 'inline') return
  throw invalidOptions(
    'Expected `fallback` to be "inline", or `results` to be a function: Redis holds results of engines',
  )
}

function requireConnection(where: string, options: QueuePlace): void {
  if (options.connection === undefined)
    throw invalidOptions(`Expected the options of \`${where}\` to have \`connection\``)
}
