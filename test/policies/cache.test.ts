// The result cache: what it shares, what it keeps, and what it must never do to a caller.
import { createHost, createProcessor, type HostOptions } from 'sidelane'
import { expect, onTestFinished, test, vi } from 'vitest'
import { act, hold, occupy, openPool, tick } from '../placements/pool-kit.ts'
import { comparable, contractOf } from '../support/locks.ts'
import { bytesOfEachKind } from '../support/payload-kinds.ts'

const inline = async (cache: HostOptions['cache'] = {}) => {
  const host = await createHost({ engine: 'js', cache })
  onTestFinished(() => host.destroy())
  return { host, processor: host.processor(contractOf({ type: 'array' }, {})) }
}

test('there is no cache by default', async () => {
  await using processor = await createProcessor(contractOf({}, {}))
  await processor.process('1')
  expect('cache' in processor.stats()).toBe(false)
})

test('bytes, text and a value with the same bytes share an entry', async () => {
  const { processor } = await inline()
  for (const payload of ['[1]', ...bytesOfEachKind('[1]'), [1]]) await processor.process(payload)
  await processor.process('[1 ]')
  expect(processor.stats().cache).toMatchObject({ hits: 9, misses: 2, entries: 2 })
})

test('a caller that overwrites its outcome does not change other outcomes', async () => {
  const { processor } = await inline()
  const ask = () => processor.process('[1,2]', { canonical: true })
  const first = await ask()
  const wanted = comparable(first)
  for (let i = 0; i < 3; i++) {
    const outcome = i === 0 ? first : await ask()
    expect(comparable(outcome)).toEqual(wanted)
    if (!outcome.ok) throw new Error('rejected')
    expect(outcome.value()).toEqual([1, 2])
    outcome.body.fill(0)
    outcome.canonical.fill(0)
    ;(outcome as { digest: string }).digest = 'mine'
  }
  for (let i = 0; i < 3; i++) {
    const outcome = await processor.process('{}')
    if (outcome.ok) throw new Error('accepted')
    expect(outcome.issues).toEqual([
      { code: 'validate.failed', pointer: '', keyword: 'type', params: { expected: ['array'] } },
    ])
    ;(outcome.issues as unknown[]).length = 0
  }
})

test('contracts, keys and canonical have separate entries', async () => {
  const { host } = await inline()
  const keyed = contractOf({}, { digest: 'hmac-sha-256' })
  const withKey = (n: number) => host.processor(keyed, { digestKey: new Uint8Array(16).fill(n) })
  const loose = host.processor(contractOf({}, { name: 'loose' }))
  const strict = host.processor(contractOf({ type: 'string' }, { name: 'strict' }))
  const outcomes = await Promise.all(
    [withKey(1), withKey(2), loose, strict].map((processor) => processor.process('[1]')),
  )
  const digests = outcomes.map((outcome) => outcome.ok && outcome.digest)
  expect(new Set(digests).size).toBe(4)
  expect('canonical' in (await loose.process('[1]', { canonical: true }))).toBe(true)
  expect('canonical' in (await loose.process('[1]'))).toBe(false)
  expect(host.stats().cache).toMatchObject({ misses: 5, hits: 1 })
})

test('entries and bytes are bounded; the most recently used entries stay', async () => {
  const { processor } = await inline({ maxEntries: 3 })
  for (const payload of ['[1]', '[2]', '[3]', '[1]', '[4]', '[1]', '[2]']) await processor.process(payload)
  expect(processor.stats().cache).toMatchObject({ entries: 3, hits: 2, misses: 5 })
  const { processor: small } = await inline({ maxBytes: 5000 })
  for (let i = 0; i < 1000; i++) {
    await small.process(`[${i}]`)
    expect(small.stats().cache?.bytes).toBeLessThanOrEqual(5000)
  }
  expect(small.stats().cache?.entries).toBeGreaterThan(3)
  await small.process(JSON.stringify(Array.from({ length: 5000 }, Math.random)))
  expect(small.stats().cache?.bytes).toBeLessThanOrEqual(5000)
})

test('a result expires after its time to live', async () => {
  const { processor } = await inline({ ttlMs: 1000 })
  const now = vi.spyOn(performance, 'now')
  onTestFinished(() => now.mockRestore())
  const start = performance.now()
  for (const ms of [0, 900, 1001, 1900]) {
    now.mockReturnValue(start + ms)
    await processor.process('[1]')
  }
  expect(processor.stats().cache).toMatchObject({ hits: 2, misses: 2, entries: 1 })
})

test('equal payloads in flight share one run', async () => {
  const { processor } = await openPool({ cache: {} })
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => processor.process(act('sleep', 30))))
  expect(outcomes.every((outcome) => outcome.ok)).toBe(true)
  expect(new Set(outcomes.map((outcome) => outcome.ok && outcome.body.buffer)).size).toBe(200)
  expect(processor.stats()).toMatchObject({ calls: 200, accepted: 200, cache: { hits: 199, misses: 1 } })
})

test('a call that is cancelled or late does not end the run of the others', async () => {
  const { processor } = await openPool({ cache: {} })
  const controller = new AbortController()
  const { payload: slow, release } = hold()
  const first = processor.process(slow, { signal: controller.signal })
  const late = expect(processor.process(slow, { deadlineMs: 50 })).rejects.toMatchObject({
    code: 'deadline.exceeded',
    params: { where: 'run' },
  })
  const patient = processor.process(slow)
  await tick()
  controller.abort()
  await expect(first).rejects.toMatchObject({ code: 'cancelled' })
  await late
  release()
  expect((await patient).ok).toBe(true)
  expect(processor.stats()).toMatchObject({ cancelled: 1, deadlineExceeded: 1, accepted: 1, inFlight: 0 })
})

test('a run without waiting calls leaves the queue', async () => {
  const { processor } = await openPool({ cache: {}, maxQueue: 1 })
  const busy = await occupy(processor)
  const controller = new AbortController()
  const calls = [1, 2].map(() => processor.process('[1]', { signal: controller.signal }))
  expect(processor.stats()).toMatchObject({ queued: 2, queuedBytes: 3 })
  controller.abort()
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'cancelled' })
  expect(processor.stats()).toMatchObject({ queued: 0, queuedBytes: 0 })
  const next = processor.process('[1]')
  await busy.end()
  expect((await next).ok).toBe(true)
})

test('all waiting calls get a fault, and it is not cached', async () => {
  const { processor } = await openPool({ cache: {} })
  const results = await Promise.allSettled([1, 2, 3].map(() => processor.process(act('throw'))))
  for (const result of results) expect(result).toMatchObject({ reason: { code: 'internal.panic' } })
  await expect(processor.process(act('throw'))).rejects.toMatchObject({ code: 'internal.panic' })
  expect(processor.stats()).toMatchObject({ failed: 4, cache: { entries: 0, misses: 2, hits: 2 } })
})

test('a hit does not need space in a full queue', async () => {
  const { processor } = await openPool({ cache: {}, maxQueue: 0 })
  await processor.process('[1]')
  const busy = await occupy(processor)
  expect((await processor.process('[1]')).ok).toBe(true)
  await expect(processor.process('[2]')).rejects.toMatchObject({ code: 'overloaded' })
  expect(processor.stats()).toMatchObject({ shed: 1, inFlight: 2 })
  await busy.end()
})

test('destroy and close leave no run in flight', async () => {
  const { host, processor } = await openPool({ cache: {} })
  const calls = [1, 2].map(() => processor.process(act('sleep', 3000)))
  const settled = Promise.allSettled(calls)
  await tick()
  await host.destroy()
  for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'unavailable' } })
  expect(host.stats()).toMatchObject({ inFlight: 0, failed: 2 })
})

test('an invalid payload is rejected before the cache', async () => {
  const { processor } = await inline()
  expect(await processor.process([Number.NaN])).toMatchObject({ code: 'value.not_json' })
  expect(await processor.process(new Uint8Array(2_000_000))).toMatchObject({ code: 'limit.bytes' })
  expect(processor.stats()).toMatchObject({ rejected: 2, cache: { hits: 0, misses: 0, entries: 0, hitRatio: 0 } })
})

test.each([{ maxEntries: 0 }, { ttlMs: Number.NaN }, { maxBytes: 0 }, { size: 1 }, 1, null])(
  '%o is refused',
  async (cache) => {
    await expect(createHost({ cache: cache as never })).rejects.toMatchObject({ code: 'options.invalid' })
  },
)
