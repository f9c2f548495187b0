// What placement auto does where: which calls run on the caller's thread, which in the pool, and what is left when the
// pool is gone. What it answers is the conformance suite's (test/contract/auto-*.test.ts).
import { rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { createHost, createProcessor, type Processor } from 'sidelane'
import { expect, onTestFinished, test } from 'vitest'
import { Rate, thresholdsOf } from '../../src/placement/auto/threshold.ts'
import { contractOf } from '../support/locks.ts'
import { act, faultyWorkerSource, freshFile, openPool, tick } from './pool-kit.ts'

const openAuto = async (options: object = {}): Promise<Processor> =>
  (await openPool({ placement: 'auto', ...options })).processor

/** Nothing fits into this turn any more. */
function fillTurn(processor: Processor): void {
  void processor.process('0')
  const from = performance.now()
  while (performance.now() - from < 20);
}

const largeText = `"${'x'.repeat(900_000)}"`

test('small payloads on an idle loop never see a worker', async () => {
  const processor = await openAuto()
  for (let i = 0; i < 50; i++) {
    await tick()
    // A worker would sleep.
    expect((await processor.process(act('sleep', 60_000))).ok).toBe(true)
  }
  expect(processor.stats()).toMatchObject({ calls: 50, accepted: 50, ranInline: 50, queued: 0 })
})

test('a large payload goes to a worker, however idle the loop is', async () => {
  const processor = await openAuto()
  for (let i = 0; i < 3; i++) {
    await tick()
    expect((await processor.process(largeText)).ok).toBe(true)
  }
  expect(processor.stats()).toMatchObject({ accepted: 3, ranInline: 0 })
})

test('a burst in one turn spills over to the workers', async () => {
  const processor = await openAuto({ maxQueue: 100_000 })
  const count = 5000
  const outcomes = await Promise.all(Array.from({ length: count }, (_, i) => processor.process(`[${i}]`)))
  expect(outcomes.every(({ ok }) => ok)).toBe(true)
  const { ranInline = 0, accepted } = processor.stats()
  expect(accepted).toBe(count)
  expect(ranInline).toBeGreaterThan(0)
  expect(ranInline).toBeLessThan(count)
})

test('a loop that is busy with something else is not idle', async () => {
  const processor = await openAuto()
  await tick()
  fillTurn(processor)
  expect((await processor.process('1')).ok).toBe(true)
  expect(processor.stats()).toMatchObject({ accepted: 2, ranInline: 1 })
  await tick()
  await processor.process('2')
  expect(processor.stats()).toMatchObject({ accepted: 3, ranInline: 2 })
})

test('only what goes to the pool meets its queue and its deadlines', async () => {
  const processor = await openAuto({ maxQueue: 1 })
  await tick()
  fillTurn(processor)
  const calls = Array.from({ length: 200 }, () => processor.process(act('sleep', 300), { deadlineMs: 100 }))
  const results = Promise.allSettled(calls)
  await tick()
  expect((await processor.process('1')).ok).toBe(true)
  const codes = (await results).map((result) => (result.status === 'rejected' ? result.reason.code : 'ok'))
  expect(new Set(codes)).toEqual(new Set(['deadline.exceeded', 'overloaded']))
  expect(processor.stats()).toMatchObject({ accepted: 2, ranInline: 2, inFlight: 0 })
})

test('destroy fails what is in the pool', async () => {
  const processor = await openAuto()
  await tick()
  fillTurn(processor)
  const call = processor.process(act('sleep', 300))
  const failed = expect(call).rejects.toMatchObject({ code: 'unavailable' })
  await processor.destroy()
  await failed
  expect(processor.state).toBe('closed')
})

test('without workers small payloads are answered still, and large ones are refused', async () => {
  const file = freshFile('worker.mjs')
  writeFileSync(file, faultyWorkerSource())
  const processor = await openAuto({ workerUrl: pathToFileURL(file) })
  rmSync(file)
  await tick()
  fillTurn(processor)
  await expect(processor.process(act('exit'))).rejects.toMatchObject({ code: 'unavailable' })
  await expect(processor.process(largeText)).rejects.toMatchObject({ code: 'unavailable' })
  // As many as no turn would take with workers.
  fillTurn(processor)
  const outcomes = await Promise.all(Array.from({ length: 1000 }, (_, i) => processor.process(`[${i}]`)))
  expect(outcomes.every(({ ok }) => ok)).toBe(true)
})

test('host and processor tell the thresholds; the other placements have none', async () => {
  const host = await createHost({ placement: 'auto', threads: 1 })
  onTestFinished(() => host.close())
  const { thresholds } = host.processor(contractOf({}, { name: 'any' }))
  expect(thresholds).toBe(host.thresholds)
  expect(thresholds?.hopUs).toBeGreaterThan(0)
  expect(thresholds?.perKibUs).toBeGreaterThan(0)
  expect(thresholds?.inlineBudgetUs).toBeGreaterThanOrEqual(100)
  expect(thresholds?.inlineBudgetUs).toBeLessThanOrEqual(500)
  await using inline = await createProcessor(contractOf({}, { name: 'any' }))
  expect(inline.thresholds).toBeUndefined()
  expect('ranInline' in inline.stats()).toBe(false)
})

test('a rate follows the payloads, and one strange measurement hardly moves it', () => {
  const thresholds = thresholdsOf({ hopUs: 100, sampleUs: 50, sampleBytes: 4096 })
  expect(thresholds).toMatchObject({ inlineBudgetUs: 200, inlineMaxBytes: 19_456, hopUs: 100, perKibUs: 12.5 })
  const rate = new Rate(thresholds)
  expect(rate.expectedUs(4096)).toBeCloseTo(50)
  rate.note(4096, 1_000_000)
  expect(rate.expectedUs(4096)).toBeLessThan(70)
  for (let i = 0; i < 100; i++) rate.note(4096, 300)
  expect(rate.expectedUs(4096)).toBeGreaterThan(250)
})

test('a contract that was slow once is tried here again when the workers find it fast', () => {
  const thresholds = thresholdsOf({ hopUs: 100, sampleUs: 50, sampleBytes: 4096 })
  const rate = new Rate(thresholds)
  for (let i = 0; i < 100; i++) rate.note(4096, 300)
  for (let i = 0; i < 200; i++) rate.doubt(4096, 60)
  expect(rate.expectedUs(4096)).toBeLessThan(thresholds.inlineBudgetUs)
  for (let i = 0; i < 200; i++) rate.doubt(4096, 600)
  expect(rate.expectedUs(4096)).toBeLessThan(thresholds.inlineBudgetUs)
})
