// How calls share tasks, and what that rests on: measured time, shared memory that is used again.
import { Piscina } from 'piscina'
import { afterEach, expect, test, vi, type MockInstance } from 'vitest'
import { createProcessor } from '../../src/create.ts'
import { Call, type Processor } from '../../src/model/index.ts'
import { Arena, type Tenant } from '../../src/placements/pool/payload-arena.ts'
import { maxBatch } from '../../src/placements/pool/batch-layout.ts'
import { Queue, Ticket } from '../../src/placements/pool/queue.ts'
import { Pace } from '../../src/placements/pool/cost-model.ts'
import { contractOf } from '../support/locks.ts'
import { tick } from './pool-kit.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const ignore = (): void => {}

function placed(arena: Arena, payload: Uint8Array): Tenant {
  const tenant: Tenant = { chunk: arena.anyChunk, offset: 0 }
  arena.place(payload, tenant)
  return tenant
}

/** The sources on this thread, the built worker on the other. */
async function withSpy(run: (processor: Processor, runs: Runs) => Promise<void>): Promise<void> {
  const workerUrl = new URL('../../dist/placements/pool/worker.js', import.meta.url)
  await using processor = await createProcessor(contractOf({}), {
    placement: 'pool',
    engine: 'js',
    threads: 1,
    workerUrl,
  })
  // The first ones are slow, and what they take is remembered.
  for (let i = 0; i < 50; i++) await processor.process('1')
  await run(processor, vi.spyOn(Piscina.prototype, 'run'))
}

type Runs = MockInstance<Piscina['run']>

test('calls of one tick share tasks, microtasks and all', async () => {
  await withSpy(async (processor, runs) => {
    const late = Promise.resolve().then(() => processor.process('0'))
    await Promise.all([late, ...Array.from({ length: 63 }, (_, i) => processor.process(`${i}`))])
    const counts = runs.mock.calls.map(([task]) => (task as { count: number }).count)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(64)
    // How many depends on how long the first ones took: on a busy machine they are smaller.
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

test('the size of a task follows the measured time', () => {
  const slow = new Pace()
  const fast = new Pace()
  for (let i = 0; i < 50; i++) {
    slow.note(5000, 1, 4096)
    fast.note(200, 10, 40_960)
  }
  expect(slow.perTask).toBe(1)
  expect(fast.perTask).toBe(maxBatch)
  // Work for a second task only when there is enough of it.
  expect(fast.tasksFor(4, 4 * 4096, 2)).toBe(1)
  expect(slow.tasksFor(4, 4 * 4096, 2)).toBe(2)
  // One payload of a megabyte fills a task.
  expect(fast.full(1, 4096)).toBe(false)
  expect(fast.full(2, 3_000_000)).toBe(true)
})

test('what no worker has ever done as fast cannot be in time; a guess refuses nothing', () => {
  const pace = new Pace()
  expect(pace.leastMs(1_000_000)).toBe(0)
  pace.note(90_000, 1, 4096)
  pace.note(100, 1, 4096)
  expect(pace.leastMs(4096)).toBeCloseTo(0.1)
})

test('memory of payloads that are done is used again', () => {
  const arena = new Arena()
  const chunks = new Set<unknown>()
  for (let round = 0; round < 1000; round++) {
    const tenants = Array.from({ length: 100 }, () => placed(arena, new Uint8Array(4096)))
    for (const { chunk } of tenants) {
      chunks.add(chunk)
      arena.release(chunk)
    }
  }
  expect(chunks.size).toBeLessThanOrEqual(3)
})

test('payloads in the arena do not touch each other', () => {
  const arena = new Arena()
  const source = new Uint8Array(700_000).map((_, i) => i % 251)
  const places = Array.from({ length: 300 }, (_, i) => {
    const payload = source.subarray(i, i + (i % 50 === 0 ? 300_000 : 1 + ((i * 37) % 5000)))
    return { payload, place: placed(arena, payload) }
  })
  for (const { payload, place } of places) {
    const copy = place.chunk.bytes.slice(place.offset, place.offset + payload.length)
    expect(Buffer.compare(copy, payload)).toBe(0)
  }
})

test('the queue keeps its order and its counts when payloads leave from the middle', () => {
  const queue = new Queue(new Arena(), ignore)
  const tickets = Array.from({ length: 6 }, (_, i) => {
    const route = { contract: contractOf({}), contractIndex: 0, holders: [] }
    const call = new Call(route, '', false, undefined, undefined, ignore, ignore)
    return new Ticket(call, new Uint8Array(i), queue)
  })
  const [a, b, c, d, e, f] = tickets as [Ticket, Ticket, Ticket, Ticket, Ticket, Ticket]
  for (const ticket of [a, b, c, d, e]) queue.push(ticket)
  for (const ticket of [c, a, e]) queue.remove(ticket)
  queue.unshift(f)
  queue.push(a)
  const order: Ticket[] = []
  expect([queue.size, queue.bytes]).toEqual([4, 5 + 1 + 3 + 0])
  for (let ticket = queue.first; ticket !== undefined; ticket = queue.first) {
    order.push(ticket)
    queue.remove(ticket)
  }
  expect(order.map(({ length }) => length)).toEqual([5, 1, 3, 0])
  expect([queue.size, queue.bytes]).toEqual([0, 0])
})
