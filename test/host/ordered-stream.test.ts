// Streams over a pool whose workers are busy or die: items are never refused, and other calls are not starved.
import { Duplex, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createHost, createProcessor, SidelaneError, toTransformStream, type StreamItem } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { act, hold, occupy, openPool, tick } from '../placements/pool-kit.ts'
import { contractOf } from '../support/locks.ts'

const numbers = function* (count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `[${i}]`
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

test.each([0, 1, 7, 1024])('a stream is never refused, with a queue of %i', async (maxQueue) => {
  const { processor } = await openPool({ maxQueue })
  const busy = await occupy(processor)
  const collected = collect(processor.stream(numbers(3000), { concurrency: 2000 }))
  await tick()
  await busy.end()
  const items = await collected
  expect(items.filter(({ ok }) => !ok)).toEqual([])
  expect(items.length).toBe(3000)
  expect(processor.stats()).toMatchObject({ calls: 3002, accepted: 3002, shed: 0, inFlight: 0, queued: 0 })
})

test('a stream leaves half of the queue to other calls and keeps its turn while it waits behind them', async () => {
  const { processor } = await openPool({ maxQueue: 100 })
  await processor.process('1')
  const busy = await occupy(processor)
  const stream = processor.stream(numbers(5000), { concurrency: 5000 })
  const first = stream.next()
  await tick()
  // The stream may use all workers, but at most half of the queue.
  const { queued } = processor.stats()
  expect(queued).toBeLessThanOrEqual(100)
  const busyStream = collect(stream)
  await busy.end()
  let refused = 0
  for (let i = 0; i < 50; i++) {
    await processor.process('2').catch(() => refused++)
  }
  expect(refused).toBe(0)
  expect((await first).value).toMatchObject({ ok: true })
  expect((await busyStream).length).toBe(4999)
})

test('a stream makes progress while other calls keep the queue full', async () => {
  const { processor } = await openPool({ maxQueue: 10 })
  const streamEnd = new AbortController()
  const flood = async (): Promise<void> => {
    while (!streamEnd.signal.aborted) {
      await Promise.allSettled(Array.from({ length: 300 }, () => processor.process('1')))
      await tick()
    }
  }
  const flooding = flood()
  const items = await collect(processor.stream(numbers(1000)))
  streamEnd.abort()
  await flooding
  expect(items.every(({ ok }) => ok)).toBe(true)
  expect(processor.stats().shed).toBeGreaterThan(0)
})

test('a fault takes the place of its item, and the stream goes on', async () => {
  const { processor } = await openPool()
  const source = ['1', act('exit'), '2', new SidelaneError('limit.bytes'), '"x', '3']
  const items = await collect(processor.stream(source, { concurrency: 1 }))
  expect(items.map((item) => (item.ok ? 'ok' : item.code))).toEqual([
    'ok',
    'internal.panic',
    'ok',
    'limit.bytes',
    'parse.syntax',
    'ok',
  ])
  expect(items[1]).toMatchObject({ ok: false, status: 500, error: { code: 'internal.panic' } })
})

test('a deadline applies to each payload', async () => {
  const { processor } = await openPool()
  await processor.process('1')
  const source = ['1', hold().payload, '2']
  const items = await collect(processor.stream(source, { deadlineMs: 500, concurrency: 1 }))
  expect(items[1]).toMatchObject({ ok: false, code: 'deadline.exceeded' })
  expect(items[0]?.ok).toBe(true)
})

test('there is no deadline by default', async () => {
  const { processor } = await openPool({ deadlineMs: 50 })
  const items = await collect(processor.stream([act('sleep', 200), '1']))
  expect(items.map(({ ok }) => ok)).toEqual([true, true])
})

test('leaving a stream cancels its queued and waiting calls', async () => {
  const { processor } = await openPool({ maxQueue: 10 })
  const busy = await occupy(processor)
  const stream = processor.stream(numbers(1000), { concurrency: 500 })
  const next = stream.next()
  await tick()
  expect(processor.stats().inFlight).toBe(502)
  await stream.return?.()
  expect(await next).toEqual({ done: true, value: undefined })
  expect(processor.stats()).toMatchObject({ inFlight: 2, queued: 0, queuedBytes: 0, cancelled: 500 })
  await busy.end()
  expect((await processor.process('1')).ok).toBe(true)
})

test('bytes that wait for the queue are copied', async () => {
  const { processor } = await openPool({ maxQueue: 1 })
  const busy = await occupy(processor)
  const reused = Buffer.from('[0]')
  const source = function* (): Generator<Uint8Array> {
    for (let i = 0; i < 10; i++) {
      reused[1] = 0x30 + i
      yield reused
    }
  }
  const collected = collect(processor.stream(source(), { canonical: true }))
  await tick()
  await busy.end()
  expect((await collected).map((item) => item.ok && item.value())).toEqual(Array.from({ length: 10 }, (_, i) => [i]))
})

test('a source with a pending item does not keep the consumer from leaving', async () => {
  await using processor = await createProcessor(contractOf({}, {}))
  const never: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: () => new Promise(() => {}),
    }),
  }
  const stream = processor.stream(never)
  const next = stream.next()
  await stream.return?.()
  expect(await next).toEqual({ done: true, value: undefined })
})

test('a closing processor ends a stream whose source is pending', async () => {
  const host = await createHost()
  const processor = host.processor(contractOf({}, {}))
  const silent: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
  const next = processor.stream(silent).next()
  await host.close()
  await expect(next).rejects.toMatchObject({ code: 'unavailable' })
})

test('destroy fails the calls in flight in order and ends the stream', async () => {
  const { host, processor } = await openPool()
  const stream = processor.stream([act('sleep', 5000), '1', '2'], { concurrency: 2 })
  const first = stream.next()
  await tick()
  const destroyed = host.destroy()
  expect((await first).value).toMatchObject({ ok: false, code: 'unavailable' })
  expect((await stream.next()).value).toMatchObject({ ok: false, code: 'unavailable' })
  await expect(stream.next()).rejects.toMatchObject({ code: 'unavailable' })
  await destroyed
})

test('an inline stream lets the event loop run', async () => {
  await using processor = await createProcessor(contractOf({}, {}), { engine: 'js' })
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const end = new AbortController()
  const before = process.cpuUsage()
  // By its own time: a busy machine lets this process run for less of 150 ms.
  const endless = function* (): Generator<string> {
    for (let item = 0; ; item++) {
      if (item % 100 === 0 && process.cpuUsage(before).user > 150_000) end.abort()
      yield '1'
    }
  }
  await expect(collect(processor.stream(endless(), { signal: end.signal }))).rejects.toMatchObject({
    code: 'cancelled',
  })
  clearInterval(timer)
  expect(turns).toBeGreaterThan(3)
})

test('concurrent calls of next resolve in order', async () => {
  const { processor } = await openPool()
  const stream = processor.stream(numbers(3), { canonical: true })
  const answers = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next(), stream.next()])
  expect(answers.map(({ value }) => value?.ok === true && value.value())).toEqual([[0], [1], [2], false, false])
  expect(answers.map(({ done }) => done)).toEqual([false, false, false, true, true])
})

test('a Web stream is piped through a processor', async () => {
  const { processor } = await openPool()
  const source = new ReadableStream<string>({
    start(controller) {
      for (const payload of ['1', 'x', '2']) controller.enqueue(payload)
      controller.close()
    },
  })
  const items: StreamItem[] = await collect(source.pipeThrough(toTransformStream(processor)))
  expect(items.map(({ ok }) => ok)).toEqual([true, false, true])
})

test('cancelling the readable side closes the source, and a failing source errors it', async () => {
  const { processor } = await openPool()
  let cancelled: unknown
  const endless = new ReadableStream<string>({
    pull: (controller) => controller.enqueue('1'),
    cancel: (reason) => void (cancelled = reason ?? 'cancelled'),
  })
  for await (const item of endless.pipeThrough(toTransformStream(processor))) {
    expect(item.ok).toBe(true)
    break
  }
  await expect.poll(() => cancelled).toBeDefined()
  const broken = new ReadableStream<string>({ start: (controller) => controller.error(new Error('torn')) })
  await expect(collect(broken.pipeThrough(toTransformStream(processor)))).rejects.toThrow('torn')
})

describe('the writer of a transform stream', () => {
  const endless = (): ReadableStream<string> => new ReadableStream({ pull: (controller) => controller.enqueue('1') })

  test.each([0, 3])('gets the reason of the reader, after %i items', async (count) => {
    const { processor } = await openPool()
    const pair = toTransformStream(processor)
    const writing = endless().pipeTo(pair.writable)
    const reader = pair.readable.getReader()
    for (let i = 0; i < count; i++) await reader.read()
    const mine = new Error('mine')
    await Promise.all([expect(writing).rejects.toBe(mine), reader.cancel(mine)])
  })

  test('learns that the reader left without one', async () => {
    const { processor } = await openPool()
    const pair = toTransformStream(processor)
    const writing = endless().pipeTo(pair.writable)
    for await (const _ of pair.readable) break
    await expect(writing).rejects.toMatchObject({ code: 'cancelled' })
  })

  test.each([0, 3])('learns that the signal ended the stream, after %i items', async (count) => {
    const { processor } = await openPool()
    const end = new AbortController()
    const pair = toTransformStream(processor, { signal: end.signal })
    const writing = endless().pipeTo(pair.writable)
    const reader = pair.readable.getReader()
    for (let i = 0; i < count; i++) await reader.read()
    end.abort(new Error('mine'))
    const told = { code: 'cancelled', cause: expect.objectContaining({ message: 'mine' }) as Error }
    await Promise.all([expect(writing).rejects.toMatchObject(told), expect(reader.read()).rejects.toMatchObject(told)])
  })

  test('learns that the processor closed', async () => {
    const { processor } = await openPool()
    const pair = toTransformStream(processor)
    const writing = endless().pipeTo(pair.writable)
    await pair.readable.getReader().read()
    await Promise.all([expect(writing).rejects.toMatchObject({ code: 'unavailable' }), processor.close()])
  })
})

test('a Node pipeline accepts the stream as it is, or as a Duplex', async () => {
  const { processor } = await openPool()
  const seen: boolean[] = []
  const sink = (): Writable =>
    new Writable({
      objectMode: true,
      write: (item: StreamItem, _encoding, done) => {
        seen.push(item.ok)
        done()
      },
    })
  await pipeline(Readable.from(['1', 'x']), (source: AsyncIterable<string>) => processor.stream(source), sink())
  const pair = toTransformStream(processor)
  const duplex = Duplex.fromWeb(pair, { objectMode: true })
  await pipeline(Readable.from(['1', 'x']), duplex, sink())
  expect(seen).toEqual([true, false, true, false])
})

describe('a source that breaks the protocol of iterators', () => {
  const thrown = new Error('of the source')
  const throwing = {
    get done(): boolean {
      throw thrown
    },
  }
  const results: [string, unknown, unknown][] = [
    [
      'undefined',
      undefined,
      { name: 'TypeError', message: 'Expected an object from next() of the source, got undefined' },
    ],
    ['null', null, { name: 'TypeError' }],
    ['a payload', '"secret"', { name: 'TypeError', message: expect.not.stringContaining('secret') }],
    ['a result that throws', throwing, thrown],
  ]
  const kinds = ['at once', 'later'] as const

  test.each(kinds.flatMap((kind) => results.map(([what, result, error]) => [kind, what, result, error] as const)))(
    '%s, with %s: the items before it are given out, then the error',
    async (kind, _, result, error) => {
      await using processor = await createProcessor(contractOf({ type: 'number' }))
      const answers = [{ done: false, value: '1' }, { done: false, value: '2' }, result]
      const next = (): unknown => (kind === 'at once' ? answers.shift() : Promise.resolve(answers.shift()))
      const symbol = kind === 'at once' ? Symbol.iterator : Symbol.asyncIterator
      const stream = processor.stream({ [symbol]: () => ({ next }) } as unknown as Iterable<string>)
      expect((await stream.next()).value).toMatchObject({ ok: true })
      expect((await stream.next()).value).toMatchObject({ ok: true })
      await expect(stream.next()).rejects.toMatchObject(error as object)
      expect(await stream.next()).toEqual({ done: true, value: undefined })
    },
  )

  test('one that ends the stream itself gives no item after that', async () => {
    await using processor = await createProcessor(contractOf({ type: 'number' }))
    const controller = new AbortController()
    const source = function* (): Generator<string> {
      yield '1'
      controller.abort()
      yield '2'
    }
    const stream = processor.stream(source(), { signal: controller.signal, concurrency: 2 })
    expect((await stream.next()).value).toMatchObject({ ok: true })
    await expect(stream.next()).rejects.toMatchObject({ code: 'cancelled' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(processor.stats().calls).toBe(1)
  })
})
