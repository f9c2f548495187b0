// How calls share tasks: the measured time per payload, and the reuse of shared memory.
import { Piscina } from 'piscina'
import { afterEach, expect, test, vi, type MockInstance } from 'vitest'
import { createProcessor } from '../../src/create.ts'
import { ProcessCall, type Processor } from '../../src/model/index.ts'
import { maxBatch } from '../../src/placements/pool/batch-layout.ts'
import { Queue, QueuedCall } from '../../src/placements/pool/queue.ts'
import { contractOf } from '../support/locks.ts'
import { tick } from './pool-kit.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const ignore = (): void => {}

/** The host runs from the sources, its worker from dist. */
async function withSpy(run: (processor: Processor, runs: Runs) => Promise<void>): Promise<void> {
  const workerUrl = new URL('../../dist/worker.js', import.meta.url)
  await using processor = await createProcessor(contractOf({}), {
    placement: 'pool',
    engine: 'js',
    threads: 1,
    workerUrl,
    deadlineMs: 20_000,
  })
  // The first payloads are slow, and the cost model remembers their times.
  for (let i = 0; i < 50; i++) await processor.process('1')
  await run(processor, vi.spyOn(Piscina.prototype, 'run'))
}

type Runs = MockInstance<Piscina['run']>

test('calls of one tick and its microtasks share tasks', async () => {
  await withSpy(async (processor, runs) => {
    const late = Promise.resolve().then(() => processor.process('0'))
    await Promise.all([late, ...Array.from({ length: 63 }, (_, i) => processor.process(`${i}`))])
    const counts = runs.mock.calls.map(([task]) => (task as { count: number }).count)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(64)
    // The size of a task depends on the time of the first ones: tasks are smaller on a busy machine.
    expect(counts.length).toBeLessThanOrEqual(16)
  })
})

test('a lone call is sent in its own tick', async () => {
  await withSpy(async (processor, runs) => {
    const call = processor.process('1')
    await new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(resolve)))
    expect(runs).toHaveBeenCalledTimes(1)
    await call
  })
})

test('Piscina never gets a signal, a transfer list or more than its workers hold', async () => {
  await withSpy(async (processor, runs) => {
    const { signal } = new AbortController()
    const calls = Array.from({ length: 1000 }, () => processor.process('[1]', { signal, deadlineMs: 10_000 }))
    await tick()
    expect(runs.mock.calls.length).toBeLessThanOrEqual(2 + 1000 / maxBatch)
    await Promise.all(calls)
    expect(runs.mock.calls.every(({ length }) => length === 1)).toBe(true)
  })
})

const route = { contract: contractOf({}), contractIndex: 0 }

function queuedCall(queue: Queue, payload: Uint8Array): QueuedCall {
  return new QueuedCall(new ProcessCall(route, '', false, ignore, ignore), payload, queue)
}

test('the memory of completed payloads is reused', () => {
  const queue = new Queue(ignore)
  const blocks = new Set<unknown>()
  for (let round = 0; round < 1000; round++) {
    const calls = Array.from({ length: 100 }, () => queuedCall(queue, new Uint8Array(4096)))
    for (const queued of calls) {
      blocks.add(queued.block)
      queued.releasePayload()
    }
  }
  expect(blocks.size).toBeLessThanOrEqual(3)
})

test('payloads in shared memory do not overlap', () => {
  const queue = new Queue(ignore)
  const source = new Uint8Array(700_000).map((_, i) => i % 251)
  const calls = Array.from({ length: 300 }, (_, i) => {
    const payload = source.subarray(i, i + (i % 50 === 0 ? 300_000 : 1 + ((i * 37) % 5000)))
    return { payload, queued: queuedCall(queue, payload) }
  })
  for (const { payload, queued } of calls) expect(Buffer.compare(queued.copy(), payload)).toBe(0)
})

test('the queue keeps its order and its counts when payloads leave from the middle', () => {
  const queue = new Queue(ignore)
  const calls = Array.from({ length: 6 }, (_, i) => queuedCall(queue, new Uint8Array(i)))
  const [a, b, c, d, e, f] = calls as [QueuedCall, QueuedCall, QueuedCall, QueuedCall, QueuedCall, QueuedCall]
  for (const queued of [a, b, c, d, e]) queue.push(queued)
  for (const queued of [c, a, e]) queue.remove(queued)
  queue.unshift(f)
  queue.push(a)
  const order: QueuedCall[] = []
  expect([queue.size, queue.bytes]).toEqual([4, 5 + 1 + 3 + 0])
  for (let queued = queue.first; queued !== undefined; queued = queue.first) {
    order.push(queued)
    queue.remove(queued)
  }
  expect(order.map(({ length }) => length)).toEqual([5, 1, 3, 0])
  expect([queue.size, queue.bytes]).toEqual([0, 0])
})
