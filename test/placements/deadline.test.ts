// Deadlines and cancellation in the pool: a call ends in time, and its worker keeps running.
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { act, freshFile, hold, occupy, openPool, tick, timed } from './pool-kit.ts'

/** Timers fire late on a busy machine. Nothing but its deadline ends a call here. */
const graceMs = 5000

test('a call that waits too long fails at its deadline and never runs', async () => {
  const { processor } = await openPool()
  const busy = await occupy(processor)
  const file = freshFile('ran')
  const { error, ms } = await timed(processor.process(act('touch', file), { deadlineMs: 50 }))
  expect(error).toMatchObject({ code: 'deadline.exceeded', status: 504, retryable: true, params: { where: 'queue' } })
  expect(ms).toBeGreaterThan(45)
  expect(ms).toBeLessThan(50 + graceMs)
  expect(processor.stats()).toMatchObject({ queued: 0, queuedBytes: 0, deadlineExceeded: 1 })
  await busy.end()
  await processor.process('1')
  expect(existsSync(file)).toBe(false)
})

test('a call that runs too long fails at its deadline, and its result is dropped', async () => {
  const { processor } = await openPool()
  const { payload, release } = hold()
  const { error, ms } = await timed(processor.process(payload, { deadlineMs: 50 }))
  expect(error).toMatchObject({ code: 'deadline.exceeded', params: { where: 'run' } })
  expect(ms).toBeLessThan(50 + graceMs)
  release()
  expect((await processor.process('1')).ok).toBe(true)
  expect(processor.stats()).toMatchObject({ calls: 2, accepted: 1, deadlineExceeded: 1, inFlight: 0 })
})

test('the pool has a deadline of 1,000 ms by default, and a host may set another', async () => {
  const { processor } = await openPool({ deadlineMs: 100 })
  const { error, ms } = await timed(processor.process(hold().payload))
  expect(error).toMatchObject({ code: 'deadline.exceeded' })
  expect(ms).toBeLessThan(100 + graceMs)
  const { resolveHostOptions } = await import('../../src/model/options.ts')
  expect(resolveHostOptions({ placement: 'pool' }, 4).deadlineMs).toBe(1000)
  expect(resolveHostOptions({}, 4).deadlineMs).toBe(undefined)
})

test('a short deadline after a long one is observed', async () => {
  const { processor } = await openPool()
  const busy = await occupy(processor)
  const limits = [20_000, 150, 40, 90, 20, 15_000]
  const calls = limits.map((deadlineMs) => timed(processor.process('1', { deadlineMs })))
  const short = await Promise.all(calls.slice(1, 5))
  expect(short.map(({ error }) => error)).toMatchObject(short.map(() => ({ code: 'deadline.exceeded' })))
  expect(Math.max(...short.map(({ ms }) => ms))).toBeLessThan(150 + graceMs)
  await busy.end()
  const long = await Promise.all([calls[0], calls[5]])
  expect(long.map((ended) => ended?.error)).toEqual([undefined, undefined])
})

test('a worker skips a batch item whose call has ended', async () => {
  const { processor } = await openPool()
  await processor.process('1')
  const { payload, release } = hold()
  const file = freshFile('ran')
  const controller = new AbortController()
  const calls = [processor.process(payload), processor.process(act('touch', file), { signal: controller.signal })]
  const settled = Promise.allSettled(calls)
  await tick()
  // The worker has both.
  expect(processor.stats()).toMatchObject({ inFlight: 2, queued: 0 })
  controller.abort()
  release()
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(existsSync(file)).toBe(false)
})

test('a cancelled call leaves the queue immediately', async () => {
  const { processor } = await openPool()
  const busy = await occupy(processor)
  const file = freshFile('ran')
  const controller = new AbortController()
  const call = processor.process(act('touch', file), { signal: controller.signal })
  expect(processor.stats()).toMatchObject({ queued: 1 })
  controller.abort('no longer wanted')
  expect(processor.stats()).toMatchObject({ queued: 0, queuedBytes: 0, cancelled: 1 })
  await expect(call).rejects.toMatchObject({ code: 'cancelled', cause: 'no longer wanted' })
  await busy.end()
  await processor.process('1')
  expect(existsSync(file)).toBe(false)
})

test('the result of a cancelled call is dropped, and its worker keeps running', async () => {
  const { processor } = await openPool()
  const controller = new AbortController()
  const { payload, release } = hold()
  const call = processor.process(payload, { signal: controller.signal })
  const neighbour = processor.process('1')
  setTimeout(() => controller.abort(), 30)
  await expect(call).rejects.toMatchObject({ code: 'cancelled' })
  release()
  expect((await neighbour).ok).toBe(true)
})

test('one signal cancels hundreds of calls, without a warning', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): number => warnings.push(warning)
  process.on('warning', onWarning)
  const { processor } = await openPool()
  const busy = await occupy(processor)
  const controller = new AbortController()
  const calls = Array.from({ length: 500 }, () => processor.process('1', { signal: controller.signal }))
  const settled = Promise.allSettled(calls)
  controller.abort()
  for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'cancelled' } })
  expect(processor.stats()).toMatchObject({ cancelled: 500, queued: 0 })
  await busy.end()
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

describe('the end of one call admits another one, which ends at once', () => {
  /** Behind a full queue: a value that is no JSON, which is rejected when it is admitted, and others. */
  async function openFull() {
    const { host, processor } = await openPool({ maxQueue: 1 })
    const busy = await occupy(processor)
    const queued = timed(processor.process('1', { deadlineMs: 50 }))
    const source = [{ f: 10n }, ...Array.from({ length: 20 }, (_, i) => i)]
    const stream = processor.stream(source, { concurrency: source.length, deadlineMs: 60 })
    const items: unknown[] = []
    const read = (async () => {
      for await (const item of stream) items.push(item.ok ? 'accepted' : item.code)
    })().catch((error: unknown) => error)
    await tick()
    expect(host.stats()).toMatchObject({ inFlight: 2 + 1 + source.length })
    return { host, busy, queued, read, items }
  }

  test('the others still have their deadlines', async () => {
    const { busy, queued, read, items } = await openFull()
    expect((await queued).error).toMatchObject({ code: 'deadline.exceeded' })
    await read
    expect(items).toEqual(['value.not_json', ...Array.from({ length: 20 }, () => 'deadline.exceeded')])
    await busy.end()
  })

  test('destroy ends them all', async () => {
    const { host, busy, queued, read } = await openFull()
    const closed = host.destroy()
    const ended = Promise.allSettled([busy.end()])
    expect(host.stats()).toMatchObject({ inFlight: 0 })
    await Promise.all([closed, ended, queued, read])
  })
})
