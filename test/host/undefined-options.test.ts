// An option that is undefined is absent: for the compiler, also with `exactOptionalPropertyTypes`, and when it runs.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import type * as bullmq from '../../src/bullmq/index.ts'
import type { HostReceiveOptions, ReceiveOptions } from '../../src/frameworks/express.ts'
import type { SidelanePluginOptions } from '../../src/frameworks/fastify.ts'
import * as main from '../../src/index.ts'
import { inferContract, type InferOptions } from '../../src/infer/index.ts'
import { logCalls, type LogCallsOptions } from '../../src/metrics/index.ts'
import { resolveHostOptions } from '../../src/model/index.ts'
import type { RedisCacheOptions } from '../../src/redis-cache/index.ts'
import { inline, oldCode, order, payloadOf } from '../rollout/rollout-kit.ts'

type Define = main.DefineOptions<z.ZodType>

/** Every exported type of options, and the objects in them without a name of their own. */
interface Options {
  AdvanceOptions: main.AdvanceOptions
  BatchOptions: bullmq.BatchOptions
  BreakerOptions: main.BreakerOptions
  CacheOptions: main.CacheOptions
  CreateOptions: main.CreateOptions
  DecompressOptions: main.DecompressOptions
  DefineOptions: Define
  FallbackOptions: main.FallbackOptions
  GuardOptions: main.GuardOptions
  HostOptions: main.HostOptions
  HostReceiveOptions: HostReceiveOptions
  ImportOptions: main.ImportOptions
  InferOptions: InferOptions
  LaunchOptions: main.LaunchOptions
  LinesOptions: main.LinesOptions
  ListOptions: bullmq.ListOptions
  LogCallsOptions: LogCallsOptions
  ParseOptions: main.ParseOptions
  ProcessOptions: main.ProcessOptions
  ProcessorOptions: main.ProcessorOptions
  QueueProcessorOptions: bullmq.QueueProcessorOptions
  QueueWorkerOptions: bullmq.QueueWorkerOptions
  ReceiveOptions: ReceiveOptions
  RedisCacheOptions: RedisCacheOptions
  RolloutChangeOptions: main.RolloutChangeOptions
  RolloutFallbackOptions: main.RolloutFallbackOptions
  RolloutOptions: main.RolloutOptions
  ShadowOptions: main.ShadowOptions
  SidecarTlsOptions: main.SidecarTlsOptions
  SidelaneErrorOptions: main.SidelaneErrorOptions
  SidelanePluginOptions: SidelanePluginOptions
  StreamOptions: main.StreamOptions
  SubmitOptions: bullmq.SubmitOptions
  VerifyOptions: main.VerifyOptions
  compress: NonNullable<Define['compress']>
  limits: NonNullable<Define['limits']>
  batch: NonNullable<bullmq.QueueWorkerOptions['batch']>
  guard: main.GuardLimit
  place: bullmq.QueuePlace
}

/** The options of `T` that may be absent, but not undefined. */
type Refusing<T> = {
  [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? (undefined extends Required<T>[K] ? never : K) : never
}[keyof T]

/** What the compiler finds. */
export const found: Refusing<{ readonly a?: number; readonly b?: number | undefined; readonly c: number }> = 'a'

/** An error of the compiler here names the option that needs `| undefined`. */
const takesUndefined: {
  readonly [Name in keyof Options]: [Refusing<Options[Name]>] extends [never] ? true : Refusing<Options[Name]>
} = {
  AdvanceOptions: true,
  BatchOptions: true,
  BreakerOptions: true,
  CacheOptions: true,
  CreateOptions: true,
  DecompressOptions: true,
  DefineOptions: true,
  FallbackOptions: true,
  GuardOptions: true,
  HostOptions: true,
  HostReceiveOptions: true,
  ImportOptions: true,
  InferOptions: true,
  LaunchOptions: true,
  LinesOptions: true,
  ListOptions: true,
  LogCallsOptions: true,
  ParseOptions: true,
  ProcessOptions: true,
  ProcessorOptions: true,
  QueueProcessorOptions: true,
  QueueWorkerOptions: true,
  ReceiveOptions: true,
  RedisCacheOptions: true,
  RolloutChangeOptions: true,
  RolloutFallbackOptions: true,
  RolloutOptions: true,
  ShadowOptions: true,
  SidecarTlsOptions: true,
  SidelaneErrorOptions: true,
  SidelanePluginOptions: true,
  StreamOptions: true,
  SubmitOptions: true,
  VerifyOptions: true,
  batch: true,
  compress: true,
  guard: true,
  limits: true,
  place: true,
}

test('every exported type of options is checked by the compiler', () => {
  const entries = [
    ...['index', 'edge', 'infer/index', 'metrics/index', 'bullmq/index', 'redis-cache/index'],
    ...['frameworks/express', 'frameworks/fastify', 'frameworks/fetch'],
  ]
  const exported = entries.flatMap((entry) => {
    const text = readFileSync(fileURLToPath(new URL(`../../src/${entry}.ts`, import.meta.url)), 'utf8')
    const blocks = [...text.matchAll(/^export (?:type )?\{[^}]*\}|^export interface \w+/gm)].join('\n')
    return blocks.match(/\b\w+Options\b/g) ?? []
  })
  expect(exported.length).toBeGreaterThan(30)
  expect([...new Set(exported)].filter((name) => !(name in takesUndefined))).toEqual([])
})

const undef = undefined

async function rolloutTo(candidate: main.Processor): Promise<main.Rollout> {
  const rollout = await main.createRollout({ contract: order, baseline: oldCode, candidate, percent: 1, log: false })
  onTestFinished(() => rollout.close())
  return rollout
}

test('undefined is as absent, for contracts', () => {
  const schema = z.object({ a: z.string() })
  const none = { numbers: undef, limits: undef, dictionary: undef, digest: undef, objects: undef }
  const plain = main.defineContract({ name: 'a', schema })
  const limits = { maxBytes: undef, maxDepth: undef, maxKeys: undef }
  for (const options of [
    { ...none, compress: undef, appOnly: undef, samples: undef },
    { limits, compress: { codec: 'gzip' as const, level: undef } },
  ]) {
    expect(main.defineContract({ name: 'a', schema, ...options }).id).toBe(plain.id)
  }
  const json = { type: 'object', properties: { a: { type: 'string' } } }
  const unset = { ...none, compress: undef, root: undef, defaults: undef, uri: undef, resolve: undef }
  expect(main.importContract(json, { name: 'a', ...unset }).id).toBe(main.importContract(json, { name: 'a' }).id)
  expect(main.parseContract(plain.lock, { dictionary: undef }).id).toBe(plain.id)
  const infer = { objects: undef, showValues: undef, typescript: undef, origin: undef, onSkipped: undef }
  expect(inferContract(['{}'], { name: 'a', ...infer }).source).toBe(inferContract(['{}'], { name: 'a' }).source)
})

test('undefined is as absent, for hosts, calls and streams', async () => {
  const cache = { maxEntries: undef, maxBytes: undef, ttlMs: undef, shared: undef }
  const launch = { daemon: undef, args: undef }
  expect(resolveHostOptions({ cache, launch }, 2)).toEqual(resolveHostOptions({ cache: {}, launch: {} }, 2))
  const processor = await inline()
  const call = { signal: undef, canonical: undef, deadlineMs: undef }
  const outcome = await processor.process(payloadOf('a'), { ...call, traceparent: undef })
  if (!outcome.ok) expect.unreachable()
  for await (const item of processor.stream([payloadOf('a')], { ...call, concurrency: undef })) {
    expect(item.ok).toBe(true)
  }
  const rollout = await rolloutTo(processor)
  await rollout.set(5, { reason: undef })
  await rollout.stop({ reason: undef })
  expect(rollout.stats().rollout).toMatchObject({ percent: 0, held: true, reason: 'stopped' })
  expect(main.verify(outcome, undef, { maxBytes: undef, dictionary: order.dictionary })).toBe(true)
  const { body, codec } = outcome
  expect(Buffer.from(main.decompress(body, codec, { maxBytes: 100, dictionary: undef })).toString()).toBe(
    payloadOf('a'),
  )
  logCalls({ sample: undef, write: undef })()
  for await (const line of main.lines('1', { maxBytes: undef })) expect(line).toHaveLength(1)
  const details = { message: undef, cause: undef, retryAfterMs: undef, pointer: undef, params: undef }
  expect(Object.keys(new main.SidelaneError('cancelled', details))).toEqual(
    Object.keys(new main.SidelaneError('cancelled')),
  )
})

test('options that are none are refused by every function that takes some', async () => {
  const refused = expect.objectContaining({ code: 'options.invalid' }) as Error
  const processor = await inline()
  const rollout = await rolloutTo(processor)
  const outcome = (await processor.process(payloadOf('a'))) as main.Accepted
  const given = { unknown: 1 } as never
  const calls: Readonly<Record<string, () => unknown>> = {
    parseContract: () => main.parseContract(order.lock, given),
    importContract: () => main.importContract({}, given),
    inferContract: () => inferContract(['{}'], given),
    verify: () => main.verify(outcome, undef, given),
    decompress: () => main.decompress(outcome.body, outcome.codec, given),
    set: () => rollout.set(1, given),
    stop: () => rollout.stop(given),
    stream: () => processor.stream([], given),
    process: () => processor.process('1', given),
    lines: () => main.lines([], given),
    toTransformStream: () => main.toTransformStream(processor, given),
    logCalls: () => logCalls(given),
  }
  for (const [name, call] of Object.entries(calls)) {
    await expect((async () => call())(), name).rejects.toThrow(refused)
  }
})
