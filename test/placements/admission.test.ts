// Refusal before work: the pool's bounds.
import { expect, test } from 'vitest'
import { act, occupy, openPool } from './pool-kit.ts'

test('a burst on busy workers is accepted exactly up to the bound', async () => {
  const { processor } = await openPool({ maxQueue: 50 })
  const busy = await occupy(processor)
  const calls = Promise.allSettled(Array.from({ length: 500 }, () => processor.process('[1]')))
  await busy.end()
  const results = await calls
  const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as object)
  expect(refused.length).toBe(450)
  expect(refused[0]).toMatchObject({ code: 'overloaded', status: 429, retryable: true })
  expect((refused[0] as { retryAfterMs: number }).retryAfterMs).toBeGreaterThanOrEqual(1)
  expect(processor.stats()).toMatchObject({
    calls: 502,
    accepted: 52,
    shed: 450,
    inFlight: 0,
    queued: 0,
    queuedBytes: 0,
  })
})

test('a refusal has no stack; the stacks of other errors keep their length', async () => {
  const { processor } = await openPool({ maxQueue: 0 })
  const limit = Error.stackTraceLimit
  const busy = await occupy(processor)
  const refusal: unknown = await processor.process('[1]').catch((error: unknown) => error)
  expect((refusal as Error).stack).toBe('SidelaneError: The placement is full.')
  expect(Error.stackTraceLimit).toBe(limit)
  await busy.end()
})

test('a burst on idle workers is accepted up to the bound plus their free slots', async () => {
  const { processor } = await openPool({ maxQueue: 100 })
  const calls = Array.from({ length: 1100 }, () => processor.process('[1]'))
  const settled = Promise.allSettled(calls)
  await new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(resolve)))
  const { queued, inFlight, shed } = processor.stats()
  expect(queued).toBe(100)
  expect(inFlight).toBeGreaterThan(100)
  expect(shed + inFlight).toBe(1100)
  await settled
  expect(processor.stats().accepted).toBe(inFlight)
})

test('a thousand payloads at once fit the default bound', async () => {
  const { processor } = await openPool()
  const outcomes = await Promise.all(Array.from({ length: 1000 }, (_, i) => processor.process(`[${i}]`)))
  expect(outcomes.every((outcome) => outcome.ok)).toBe(true)
})

test('a refused payload is not read', async () => {
  const { processor } = await openPool({ maxQueue: 0 })
  const busy = await occupy(processor)
  let looks = 0
  const payload = {
    get field(): number {
      looks++
      return 1
    },
  }
  await expect(processor.process(payload)).rejects.toMatchObject({ code: 'overloaded' })
  expect(looks).toBe(0)
  await busy.end()
  expect((await processor.process(payload)).ok).toBe(true)
  expect(looks).toBeGreaterThan(0)
})

test('with no queue a call runs when a worker is free', async () => {
  const { processor } = await openPool({ maxQueue: 0 })
  for (let i = 0; i < 5; i++) expect((await processor.process('{}')).ok).toBe(true)
  const busy = await occupy(processor)
  await expect(processor.process('{}')).rejects.toMatchObject({ code: 'overloaded' })
  await busy.end()
})

test('waiting bytes are bounded; a single payload of any size may wait', async () => {
  const { processor } = await openPool({ maxQueueBytes: 1_000_000 })
  const busy = await occupy(processor)
  const large = Buffer.from(`"${'x'.repeat(600_000)}"`)
  const [first, second, third] = [large, large, '1'].map((payload) => processor.process(payload))
  expect(processor.stats()).toMatchObject({ queued: 2, queuedBytes: large.length + 1 })
  await expect(second).rejects.toMatchObject({ code: 'overloaded' })
  await busy.end()
  expect((await first)?.ok).toBe(true)
  expect((await third)?.ok).toBe(true)
})

test('a payload over the limit of its contract is refused as data, without waiting', async () => {
  const { processor } = await openPool({ maxQueueBytes: 10 })
  const busy = await occupy(processor)
  expect(await processor.process(new Uint8Array(2_000_000))).toMatchObject({
    ok: false,
    code: 'limit.bytes',
    status: 413,
  })
  await busy.end()
})

test('calls that end in the queue free their space', async () => {
  const { processor } = await openPool({ maxQueue: 1 })
  const busy = await occupy(processor)
  const controller = new AbortController()
  const waiting = processor.process(act('sleep', 0), { signal: controller.signal })
  await expect(processor.process('1')).rejects.toMatchObject({ code: 'overloaded' })
  controller.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
  const next = processor.process('1')
  await busy.end()
  expect((await next).ok).toBe(true)
})
