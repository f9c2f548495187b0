// Requests that wait: deadlines, CANCEL, the queue of the pool, the end of a connection.
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Engine } from '../../src/engine/index.ts'
import { SidelaneError } from '../../src/model/index.ts'
import type { LoadedContract } from '../../src/server/contracts.ts'
import { InlineExecutor, type Executor } from '../../src/server/executor.ts'
import type { SpareWorkers } from '../../src/server/spare-workers.ts'
import type { Observer } from '../../src/server/telemetry.ts'
import { RequestQueue } from '../../src/server/queue.ts'
import { ServerRequest, type Output } from '../../src/server/request.ts'
import { kinds } from '../../src/wire/index.ts'
import { until } from '../support/until.ts'
import { lock, serve, settings, unlocked } from './kit.ts'
import { frame, RawClient, request, type Frame } from './raw-client.ts'

/** The built worker: a thread does not run the sources. */
const workerUrl = new URL('../../dist/worker.js', import.meta.url)
const numbers = lock('numbers')
const codeOf = ({ text }: Frame): string => text?.code ?? 'accepted'

describe('a request that waits', () => {
  test('fails with deadline.exceeded and does not run when its time is over', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.send(request(1, '{}', { a: 0 }), request(2, '{}', { a: 60_000 }))
    expect((await client.frames(2)).map(codeOf)).toEqual(['deadline.exceeded', 'accepted'])
  })

  test('gets the response cancelled on CANCEL, and no other request does', async () => {
    const { path, seen } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    const other = await RawClient.afterHello(path, numbers)
    other.send(request(2, '{}'))
    client.send(
      ...[1, 2, 3].map((id) => request(id, '{}')),
      frame({ kind: kinds.cancel, id: 2 }),
      frame({ kind: kinds.cancel, id: 77 }),
    )
    const codes = new Map((await client.frames(3)).map((answer) => [answer.id, codeOf(answer)]))
    expect([...codes].sort(([a], [b]) => a - b)).toEqual([
      [1, 'accepted'],
      [2, 'cancelled'],
      [3, 'accepted'],
    ])
    expect(codeOf((await other.frame()) as Frame)).toBe('accepted')
    expect(seen.requests.filter((line) => line.includes('cancelled'))).toHaveLength(1)
  })

  test('gets one response when CANCEL comes after it', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.send(request(1, '{}'))
    await client.frame()
    client.send(frame({ kind: kinds.cancel, id: 1 }), frame({ kind: kinds.ping, id: 5 }))
    expect(await client.frame()).toMatchObject({ kind: kinds.pong, id: 5 })
  })

  test('does not delay PING', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.send(...Array.from({ length: 200 }, (_, i) => request(i + 1, '{}')), frame({ kind: kinds.ping, id: 5 }))
    expect(await client.frame()).toMatchObject({ kind: kinds.pong, id: 5 })
    expect(await client.frames(200)).toHaveLength(200)
  })

  test('is dropped with its connection', async () => {
    const { path, service, seen } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.send(...Array.from({ length: 200 }, (_, i) => request(i + 1, '{}')))
    client.socket.destroy()
    await client.closed
    while (seen.open() > 0 || service.gauges.inFlight > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(service.gauges).toEqual({ inFlight: 0, queued: 0, queuedBytes: 0, connections: 0 })
  })
})

describe('a pool daemon', () => {
  const settings = { placement: 'pool', threads: 1, workerUrl } as const

  test('gives the same outcomes as an inline daemon', async () => {
    const { path, service } = await serve([unlocked(numbers)], { settings })
    const client = await RawClient.afterHello(path, numbers)
    const payloads = ['{"n":1}', '{"n":"x"}', '{"n"', '{}']
    const all = Array.from({ length: 200 }, (_, i) => request(i + 1, payloads[i % 4] as string))
    client.send(...all)
    const codes = new Map((await client.frames(200)).map((answer) => [answer.id, codeOf(answer)]))
    const inline = await serve([unlocked(numbers)])
    const twin = await RawClient.afterHello(inline.path, numbers)
    twin.send(...all)
    expect(codes).toEqual(new Map((await twin.frames(200)).map((answer) => [answer.id, codeOf(answer)])))
    expect(service.gauges).toMatchObject({ inFlight: 0, queued: 0, queuedBytes: 0 })
  })

  test('finishes running requests whose connection is closed', async () => {
    const { path, service } = await serve([unlocked(numbers)], { settings })
    const client = await RawClient.afterHello(path, numbers)
    client.send(...Array.from({ length: 100 }, (_, i) => request(i + 1, '{}')))
    client.socket.destroy()
    await client.closed
    const next = await RawClient.afterHello(path, numbers)
    next.send(request(1, '{"n":1}'))
    expect(codeOf((await next.frame()) as Frame)).toBe('accepted')
    while (service.gauges.inFlight > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(service.gauges.queuedBytes).toBe(0)
  })

  test('runs the contracts of a reload', async () => {
    const { path, service } = await serve([unlocked(numbers)], { settings })
    const words = lock('words', { schema: { type: 'string' } })
    service.reload([unlocked(words)])
    const client = await RawClient.afterHello(path, words)
    client.send(request(1, '"a"'), request(2, '{}'))
    expect((await client.frames(2)).map(codeOf).sort()).toEqual(['accepted', 'validate.failed'])
  })
})

describe('a queue in front of busy workers', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const quiet = { shed: () => {}, request: () => {} } as unknown as Observer

  /** An executor whose workers take no request. */
  function busyExecutor(): Executor {
    let queued = 0
    const queue = { freeSlots: 0, capacity: 1, queuedBytes: 0, pendingCalls: [], onSpace: () => {} }
    const state = Object.defineProperties(queue, {
      queued: { get: () => queued },
      drainMs: { get: () => queued * 0.05 },
    }) as unknown as Executor['queue']
    return { workers: 1, queue: state, run: () => queued++ } as unknown as Executor
  }

  /** `clock` is the time in ms. */
  function standing(bounds: { maxQueue: number; maxQueueMs: number }): { clock: { ms: number }; take: () => boolean } {
    const clock = { ms: 1000 }
    vi.spyOn(performance, 'now').mockImplementation(() => clock.ms)
    const queue = new RequestQueue({ ...settings, ...bounds }, busyExecutor(), quiet)
    const take = (): boolean => {
      const refusal = queue.reserve(1)
      if (refusal === undefined) queue.submit(new TestRequest(clock.ms))
      return refusal === undefined
    }
    return { clock, take }
  }

  /** On the engine of this thread, which runs it in the next turn of the event loop. */
  function submitUnwelcome(spinUs: number, observer: Observer): TestRequest {
    const executor = new InlineExecutor(
      { report: {}, compile: vi.fn() } as unknown as Engine,
      { requests: [] } as unknown as SpareWorkers,
    )
    const queue = new RequestQueue({ ...settings, spinUs }, executor, observer)
    const unwelcome = new TestRequest(0, true)
    queue.submit(unwelcome)
    return unwelcome
  }

  test('admits a burst up to `maxQueue`, however long it takes to drain', () => {
    const { take } = standing({ maxQueue: 1000, maxQueueMs: 1 })
    expect(Array.from({ length: 1001 }, take).filter(Boolean)).toHaveLength(1000)
  })

  test('refuses a request that would wait too long when it has been too long for 100 ms', async () => {
    const { clock, take } = standing({ maxQueue: 1000, maxQueueMs: 1 })
    for (let i = 0; i < 500; i++) take()
    await new Promise((resolve) => setImmediate(resolve))
    clock.ms += 99
    expect(take()).toBe(true)
    clock.ms += 2
    expect(take()).toBe(false)
  })

  test('admits requests that will run in time', () => {
    const { clock, take } = standing({ maxQueue: 1000, maxQueueMs: 1000 })
    take()
    clock.ms += 10_000
    expect(take()).toBe(true)
  })

  test('runs no request of a client that has too many responses to read', () => {
    vi.useFakeTimers()
    const shed = vi.fn()
    const unwelcome = submitUnwelcome(0, { ...quiet, shed })
    vi.runAllTimers()
    vi.useRealTimers()
    expect(shed).toHaveBeenCalledWith('output')
    expect(unwelcome.response).toContain('"code":"overloaded"')
  })

  test.each([
    [100, 1],
    [0, 0],
  ])('with `spinUs` %d the event loop has %d reasons to stay awake after the last response', (spinUs, reasons) => {
    vi.useFakeTimers({ toFake: ['setImmediate'] })
    submitUnwelcome(spinUs, quiet)
    vi.advanceTimersToNextTimer()
    const left = vi.getTimerCount()
    vi.useRealTimers()
    expect(left).toBe(reasons)
  })

  test('never responds inside `submit`', async () => {
    const executor = {
      ...busyExecutor(),
      run: (request: ServerRequest) => request.fail(new SidelaneError('overloaded')),
    }
    const queue = new RequestQueue(settings, executor, quiet)
    const refused = new TestRequest(0)
    queue.submit(refused)
    expect(refused.response).toBe('')
    await until(() => refused.response !== '')
    expect(refused.response).toContain('"code":"overloaded"')
    expect(queue.inFlight).toBe(0)
  })
})

class TestRequest extends ServerRequest {
  readonly protocol = 'framed'
  response = ''
  readonly #isUnwelcome: boolean

  constructor(receivedAt: number, isUnwelcome = false) {
    const contract = { contract: numbers, contractIndex: 0 } as LoadedContract
    super(contract, new Uint8Array(1), false, undefined, receivedAt, Number.POSITIVE_INFINITY, 1)
    this.#isUnwelcome = isUnwelcome
  }

  override get isUnwelcome(): boolean {
    return this.#isUnwelcome
  }

  respond({ bytes, at }: Output, size: number): void {
    this.response = Buffer.from(bytes.subarray(at, at + size)).toString('latin1')
  }
}
