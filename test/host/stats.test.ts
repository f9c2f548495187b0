// What `stats()` says about ends, bytes and times.
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import {
  createHost,
  createProcessor,
  defineContract,
  type HostOptions,
  type LatencyHistogram,
  type Stats,
} from '../../src/index.ts'
import { act, occupy, openPool, tick } from '../placements/pool-kit.ts'
import { order, payloadOf } from '../rollout/rollout-kit.ts'

const ignore = (): void => {}
const { now } = performance

async function open(options: HostOptions): Promise<Awaited<ReturnType<typeof createHost>>> {
  const host = await createHost({ engine: 'js', ...options })
  onTestFinished(() => host.destroy())
  return host
}

/** The sum of the buckets, and what is said about them, agree. */
function expectWhole({ latency }: Stats): void {
  expect(latency.boundsUs[0]).toBe(25)
  for (const one of [latency.queueWait, latency.run, latency.added, latency.total]) {
    expect(one.buckets).toHaveLength(latency.boundsUs.length + 1)
    expect(one.buckets.reduce((sum, count) => sum + count, 0)).toBe(one.count)
    expect(one.sumUs).toBeGreaterThanOrEqual(0)
  }
  const parts = latency.run.sumUs + latency.added.sumUs
  expect(parts).toBeLessThanOrEqual(latency.total.sumUs + 1e-6)
}

/** All its times are at least so long. */
const atLeast = ({ buckets }: LatencyHistogram, boundsUs: readonly number[], us: number): boolean =>
  buckets.every((count, at) => count === 0 || (boundsUs[at] ?? Number.POSITIVE_INFINITY) >= us)

const plain = defineContract({ name: 'plain', schema: z.strictObject({ id: z.string() }) })

describe.each<HostOptions>([
  { placement: 'inline' },
  { placement: 'pool', threads: 1 },
  { placement: 'auto', threads: 1 },
  { placement: 'sidecar', launch: { daemon: 'node' } },
])('$placement', (options) => {
  test('counts codes, bytes and times', async () => {
    const host = await open(options)
    const processor = host.processor(order)
    const { outBytes } = (await processor.process(payloadOf('a'))) as { outBytes: number }
    await processor.process(Buffer.from(payloadOf('b')))
    await processor.process('{"id":1}')
    await processor.process('{')
    const stats = processor.stats()
    expect(stats.errors).toEqual({ 'validate.failed': 1, 'parse.syntax': 1 })
    expect(stats.inBytes).toBe(20 + 20 + 8 + 1)
    expect(stats.outBytes).toBe(2 * outBytes)
    expectWhole(stats)
    for (const one of Object.values(stats.latency).filter((part) => 'count' in part)) expect(one.count).toBe(4)
    expect(host.stats()).toEqual(stats)
  })

  test.each<HostOptions>([{}, { cache: {}, fallback: 'skip' }])(
    'counts a call once that its own payload ends, with %j',
    async (policies) => {
      const host = await open({ ...options, ...policies })
      const controller = new AbortController()
      const payload = {
        get id(): string {
          controller.abort()
          return 'a'
        },
      }
      for (const runInApp of [false, true]) {
        const processor = host.processor(plain, { runInApp })
        const call = processor.process(payload, { signal: controller.signal })
        await expect(call).rejects.toMatchObject({ code: 'cancelled' })
        expect(processor.stats()).toMatchObject({ calls: 1, accepted: 0, cancelled: 1, inFlight: 0, queued: 0 })
        expect((await processor.process('{"id":"b"}')).ok).toBe(true)
        await processor.close()
      }
      expect(host.stats()).toMatchObject({ calls: 4, accepted: 2, cancelled: 2, inFlight: 0 })
      const destroys = { toJSON: () => void host.destroy() }
      const ends = host.processor(plain).process(destroys as never)
      const isSync = options.placement === 'inline' && Object.keys(policies).every((name) => name === 'cache')
      if (isSync) expect(await ends).toMatchObject({ ok: false })
      else await expect(ends).rejects.toMatchObject({ code: 'unavailable' })
      expect(host.stats()).toMatchObject({ calls: 5, inFlight: 0 })
    },
  )
})

test('the time in the queue, in the engine and all around are told apart', async () => {
  const { processor } = await openPool({ maxQueue: 10 })
  const calls: Promise<unknown>[] = []
  for (const ms of [300, 300, 30]) {
    calls.push(processor.process(act('sleep', ms)))
    await tick()
  }
  await Promise.all(calls)
  const { latency } = processor.stats()
  expectWhole(processor.stats())
  // The third one waited for one of the others; the sleep is part of the run.
  expect(latency.queueWait.buckets.slice(latency.boundsUs.indexOf(100_000) + 1).reduce((a, b) => a + b)).toBe(1)
  expect(atLeast(latency.run, latency.boundsUs, 25_000)).toBe(true)
  expect(latency.added.sumUs).toBeGreaterThanOrEqual(latency.queueWait.sumUs)
  expect(latency.total.count).toBe(3)
})

test('faults count by code; refused and cancelled calls have no time', async () => {
  const { processor } = await openPool({ maxQueue: 0 })
  const busy = await occupy(processor)
  await processor.process('[1]').catch(ignore)
  const aborted = processor.process('[1]', { signal: AbortSignal.abort() }).catch(ignore)
  await Promise.all([busy.end(), aborted])
  const stats = processor.stats()
  expect(stats.errors).toEqual({ overloaded: 1, cancelled: 1 })
  expect(stats).toMatchObject({ shed: 1, cancelled: 1, accepted: 2 })
  expect(stats.latency.total.count).toBe(2)
})

test('a cached result has a total, and no time in an engine', async () => {
  const processor = await createProcessor(order, { engine: 'js', cache: {} })
  onTestFinished(() => processor.close())
  await processor.process(payloadOf('a'))
  await processor.process(payloadOf('a'))
  const { latency } = processor.stats()
  expect([latency.total.count, latency.run.count, latency.queueWait.count]).toEqual([2, 1, 1])
})

test('the clock of the times is monotonic', async () => {
  const processor = await createProcessor(order, { engine: 'js' })
  onTestFinished(() => processor.close())
  const { now: wall } = Date
  Date.now = () => 0
  onTestFinished(() => void (Date.now = wall))
  const from = now.call(performance)
  await processor.process(payloadOf('a'))
  expect(processor.stats().latency.total.sumUs).toBeLessThanOrEqual((now.call(performance) - from) * 1000)
})
