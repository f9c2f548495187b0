// The queue of a placement under load, with a clock of its own: one worker, 4 ms for each task of 25 payloads, two tasks ahead.
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Call } from '../../src/model/index.ts'
import { Admission } from '../../src/policies/index.ts'

const payloadMs = 0.16
const perTask = 25
const slots = 2

interface Load {
  /** Payloads per second, as a multiple of what the worker can do. */
  readonly times: number
  readonly lengthMs: number
  readonly maxQueueMs: number
}

interface Ending {
  readonly at: number
  /** undefined: it was refused. */
  readonly waitedMs: number | undefined
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** Calls by the clock against a simulated worker. */
async function run({ times, lengthMs, maxQueueMs }: Load): Promise<Ending[]> {
  let now = 10_000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const from = now
  const waiting: number[] = []
  const tasks: { readonly calls: number[]; endsAt: number }[] = []
  const endings: Ending[] = []
  const queue = {
    get queued() {
      return waiting.length
    },
    queuedBytes: 0,
    get freeSlots() {
      return (slots - tasks.length) * perTask
    },
    capacity: slots * perTask,
    get drainMs() {
      return waiting.length * payloadMs
    },
    onSpace: () => {},
  }
  const admission = new Admission({
    maxQueue: 1024,
    maxQueueBytes: Number.POSITIVE_INFINITY,
    maxQueueMs,
    minWaiting: 4,
    queue,
  })
  const process = admission.layer(() => waiting.push(now))
  const call = {
    payload: '',
    waitsForSpace: false,
    fail: () => endings.push({ at: now, waitedMs: undefined }),
  } as unknown as Call
  const send = (): void => {
    while (tasks.length < slots && waiting.length > 0) {
      const calls = waiting.splice(0, perTask)
      tasks.push({ calls, endsAt: Math.max(now, tasks.at(-1)?.endsAt ?? 0) + calls.length * payloadMs })
    }
  }
  let offered = 0
  for (; now < from + lengthMs; now += 1) {
    while (tasks[0] !== undefined && tasks[0].endsAt <= now) {
      for (const at of tasks.shift()?.calls ?? []) endings.push({ at, waitedMs: now - at })
    }
    for (; offered < ((now - from) * times) / payloadMs; offered++) process(call)
    send()
    // One turn of the event loop a millisecond.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return endings
}

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0

/** Without the first half second, which may be a burst. */
function figures(endings: readonly Ending[], { lengthMs, times }: Load): { goodput: number; p99Ms: number } {
  const answered = endings.filter(({ at, waitedMs }) => waitedMs !== undefined && at >= 10_500)
  const most = ((lengthMs - 500) / payloadMs) * Math.min(1, times)
  return { goodput: answered.length / most, p99Ms: p99(answered.map(({ waitedMs }) => waitedMs as number)) }
}

test.each([
  ['an ArrayBuffer', ({ buffer }: Uint8Array<ArrayBuffer>) => buffer],
  ['a DataView', ({ buffer }: Uint8Array<ArrayBuffer>) => new DataView(buffer)],
  ['a Uint8Array', (bytes: Uint8Array<ArrayBuffer>) => bytes],
])('%s of a call that waits for space is copied', (_, make) => {
  const queue = { queued: 1, queuedBytes: 1, freeSlots: 0, capacity: 1, drainMs: 0, onSpace: () => {} }
  const entered: Call[] = []
  const admission = new Admission({ maxQueue: 1, maxQueueBytes: 10, maxQueueMs: 50, minWaiting: 1, queue })
  const bytes = Uint8Array.of(1, 2, 3)
  const call = { payload: make(bytes), waitsForSpace: true, ownsPayload: false } as unknown as Call
  admission.layer((one) => entered.push(one))(call)
  bytes.fill(0)
  queue.queued = 0
  queue.onSpace()
  expect(entered).toEqual([call])
  const kept = call.payload as ArrayBuffer | ArrayBufferView<ArrayBuffer>
  expect([...new Uint8Array(ArrayBuffer.isView(kept) ? kept.buffer : kept)]).toEqual([1, 2, 3])
})

describe('a queue in front of a worker', () => {
  test.each([1.5, 3, 10])('at %d times the knee most of the work is done, and answers are not late', async (times) => {
    const load = { times, lengthMs: 2000, maxQueueMs: 50 }
    const { goodput, p99Ms } = figures(await run(load), load)
    expect(goodput).toBeGreaterThan(0.95)
    // The bound, and the two tasks that the worker has.
    expect(p99Ms).toBeLessThan(50 + 2 * perTask * payloadMs + 5)
  })

  test('below the knee nothing is refused', async () => {
    const load = { times: 0.9, lengthMs: 1500, maxQueueMs: 50 }
    const endings = await run(load)
    expect(endings.filter(({ waitedMs }) => waitedMs === undefined)).toEqual([])
  })

  test('the first 100 ms of an overload are a burst, which fills the queue beyond its bound', async () => {
    const endings = await run({ times: 3, lengthMs: 400, maxQueueMs: 20 })
    const waits = endings.flatMap(({ waitedMs }) => waitedMs ?? [])
    expect(Math.max(...waits)).toBeGreaterThan(100)
  })
})
