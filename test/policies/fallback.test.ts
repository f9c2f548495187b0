// `fallback` and `breaker` of createProcessor and createHost: starts without a daemon, what falls back and what does not, the
// payload, streams, the cache.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createHost,
  createProcessor,
  type AppCall,
  type BreakerEvent,
  type CreateOptions,
  type Processor,
  type SidelaneError,
} from 'sidelane'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fakeDaemon } from '../placements/fake-daemon.ts'
import { SidelaneError as SourceError } from '../../src/model/index.ts'
import { createHost as createEdgeHost } from '../../src/edge.ts'
import { freshFolder } from '../support/folders.ts'
import { contractOf } from '../support/locks.ts'
import { bytesOfEachKind } from '../support/payload-kinds.ts'
import { until } from '../support/until.ts'

const number = contractOf({ type: 'number' }, { name: 'number' })

async function open(options: CreateOptions): Promise<Processor> {
  const processor = await createProcessor(number, { placement: 'sidecar', ...options } as CreateOptions<false, false>)
  onTestFinished(() => processor.destroy())
  return processor
}

const nobody = (): string => join(freshFolder(), 's.sock')
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: SidelaneError) => error.code,
  )

describe('a sidecar whose daemon is absent at the start', () => {
  test('comes up with a fallback, answers, and uses the daemon when it is there', async () => {
    const daemon = await fakeDaemon({ contracts: [{ contract: number }] })
    onTestFinished(() => daemon.remove())
    await daemon.close()
    const processor = await open({ socket: daemon.path, fallback: { to: 'inline', exercise: 0 } })
    expect(processor.engine.kind).toBe('none')
    const first = await processor.process('1')
    expect(first).toMatchObject({ ok: true })
    expect(first.via).toMatchObject({ placement: 'inline', fallback: 'unavailable' })
    await daemon.listen()
    await until(async () => (await processor.process('1')).via.placement === 'sidecar')
    expect(processor.engine.kind).toBe('js')
  })

  test('rejects without one', async () => {
    expect(await codeOf(open({ socket: nobody() }))).toBe('unavailable')
  })

  test('a daemon without the contract is no reason to stay down', async () => {
    const daemon = await fakeDaemon({ contracts: [] })
    onTestFinished(() => daemon.remove())
    expect(await codeOf(open({ socket: daemon.path }))).toBe('contract.unknown')
    const processor = await open({ socket: daemon.path, fallback: { to: 'inline', exercise: 0 } })
    expect((await processor.process('1')).via.fallback).toBe('contract.unknown')
  })

  test('what no waiting repairs rejects nevertheless', async () => {
    expect(await codeOf(open({ socket: '', fallback: 'inline' }))).toBe('options.invalid')
    const daemon = await fakeDaemon({ contracts: [{ contract: number }], engine: 'js' })
    onTestFinished(() => daemon.remove())
    expect(await codeOf(open({ socket: daemon.path, engine: 'native', fallback: 'skip' }))).toBe('engine.unavailable')
  })

  test('a host with many contracts falls back for each', async () => {
    const host = await createHost({ placement: 'sidecar', socket: nobody(), fallback: 'inline' })
    onTestFinished(() => host.destroy())
    const text = host.processor(contractOf({ type: 'string' }, { name: 'text' }))
    const value = host.processor(number)
    expect(await text.process('1')).toMatchObject({ ok: false })
    expect(await text.process('"a"')).toMatchObject({ ok: true, canonicalBytes: 3 })
    expect(await value.process(12.5)).toMatchObject({ ok: true, canonicalBytes: 4 })
    expect(host.stats()).toMatchObject({
      calls: 3,
      accepted: 2,
      rejected: 1,
      fallback: { answered: { unavailable: 3 } },
    })
  })
})

test('a contract that the placement refuses does not shift the others', async () => {
  const host = await createHost({ placement: 'sidecar', launch: true, fallback: { to: 'inline', exercise: 100 } })
  onTestFinished(() => host.destroy())
  const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  host.processor(keyed, { digestKey: one })
  expect(() => host.processor(keyed, { digestKey: two })).toThrow('a daemon holds one key a contract')
  const text = host.processor(contractOf({ type: 'string' }, { name: 'text' }))
  const value = host.processor(number)
  const outcome = await text.process('"a"')
  expect([outcome.ok, outcome.via.fallback]).toEqual([true, 'exercise'])
  expect((await value.process('"a"')).ok).toBe(false)
})

describe('what falls back', () => {
  const answering = async (fault: SourceError, options: CreateOptions = {}): Promise<Processor> => {
    const daemon = await fakeDaemon({
      contracts: [{ contract: number }],
      request: ({ peer, id }) => {
        peer.fault(id, fault)
        return true
      },
    })
    onTestFinished(() => daemon.remove())
    return open({ socket: daemon.path, fallback: { to: 'inline', exercise: 0 }, ...options })
  }

  test('a fault of the path does, with its code as the cause', async () => {
    const processor = await answering(new SourceError('unavailable'))
    expect((await processor.process('1')).via.fallback).toBe('unavailable')
  })

  test('a panic of the engine does not, inline: it would panic here too. A function gets it', async () => {
    const inline = await answering(new SourceError('internal.panic'))
    expect(await codeOf(inline.process('1'))).toBe('internal.panic')
    const skipping = await answering(new SourceError('internal.panic'), { fallback: 'skip' })
    expect((await skipping.process('1')).via).toEqual({ placement: 'none', engine: 'none', fallback: 'internal.panic' })
  })

  test('a rejected payload, and a call that its caller cancelled, do not', async () => {
    const daemon = await fakeDaemon({ contracts: [{ contract: number }] })
    onTestFinished(() => daemon.remove())
    const processor = await open({ socket: daemon.path, fallback: { to: 'inline', exercise: 0 } })
    const rejected = await processor.process('"text"')
    expect([rejected.ok, rejected.via.fallback]).toEqual([false, undefined])
    const controller = new AbortController()
    const call = codeOf(processor.process('1', { signal: controller.signal }))
    controller.abort()
    expect(await call).toBe('cancelled')
    expect(processor.stats().fallback).toEqual({ answered: {}, failed: 0 })
  })

  test('a daemon that does not answer: the fallback does, before the deadline', async () => {
    const daemon = await fakeDaemon({ contracts: [{ contract: number }], request: () => true })
    onTestFinished(() => daemon.remove())
    const processor = await open({ socket: daemon.path, fallback: { to: 'inline', exercise: 0 } })
    const outcome = await processor.process('1', { deadlineMs: 1500 })
    expect([outcome.ok, outcome.via.fallback]).toEqual([true, 'deadline.exceeded'])
  })

  test('a part of the calls takes it always, so that it is known to work', async () => {
    const daemon = await fakeDaemon({ contracts: [{ contract: number }] })
    onTestFinished(() => daemon.remove())
    const processor = await open({ socket: daemon.path, fallback: { to: 'inline', exercise: 30 }, deadlineMs: 20_000 })
    for (let i = 0; i < 300; i++) await processor.process(`${i}`)
    const answered = processor.stats().fallback?.answered
    expect(Object.keys(answered ?? {})).toEqual(['exercise'])
    expect(answered?.exercise).toBeGreaterThan(30)
    expect(answered?.exercise).toBeLessThan(180)
  })
})

test('a function gets the bytes of the call, a value as JSON, the cause, and what is left of the deadline', async () => {
  const seen: [string, AppCall['cause'], boolean][] = []
  const processor = await open({
    socket: nobody(),
    fallback: async (payload, { cause, deadlineMs = 0 }) => {
      await sleep(1)
      seen.push([Buffer.from(payload).toString(), cause, deadlineMs > 0 && deadlineMs <= 1000])
      return { ok: true, body: Buffer.from('done'), codec: 'none' }
    },
  })
  const bytes = Buffer.from('12')
  const call = processor.process(bytes)
  bytes.fill(48)
  const outcome = await call
  expect(outcome).toMatchObject({ ok: true, outBytes: 4 })
  expect(outcome.via).toMatchObject({ engine: 'app', fallback: 'unavailable' })
  for (const payload of [7, ...bytesOfEachKind('7')]) await processor.process(payload)
  expect(seen.shift()).toEqual(['12', 'unavailable', true])
  expect(seen).toEqual(Array.from({ length: 9 }, () => ['7', 'unavailable', true]))
})

test('a function takes no more calls at once than its bound', async () => {
  const processor = await open({ socket: nobody(), fallback: { to: () => new Promise(() => {}), maxQueue: 3 } })
  const calls = Array.from({ length: 5 }, () => codeOf(processor.process('1', { deadlineMs: 50 })))
  expect(await Promise.all(calls)).toEqual([
    ...Array.from({ length: 3 }, () => 'deadline.exceeded'),
    'overloaded',
    'overloaded',
  ])
  expect(await codeOf(processor.process('1', { deadlineMs: 20 }))).toBe('deadline.exceeded')
})

test('a stream falls back item by item, in order', async () => {
  const processor = await open({ socket: nobody(), fallback: 'inline', breaker: true })
  const seen: unknown[] = []
  for await (const item of processor.stream(
    Array.from({ length: 300 }, (_, i) => `${i}`),
    { canonical: true },
  )) {
    if (!item.ok) throw new Error(item.code)
    seen.push(item.value())
  }
  expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i))
})

test('the cache answers while the placement is down, and keeps nothing that was skipped', async () => {
  const daemon = await fakeDaemon({ contracts: [{ contract: number }] })
  onTestFinished(() => daemon.remove())
  const processor = await open({ socket: daemon.path, fallback: 'skip', cache: {} })
  expect((await processor.process('1')).via.placement).toBe('sidecar')
  await daemon.close()
  const known = await processor.process('1')
  expect(known).toMatchObject({ ok: true, codec: 'gzip' })
  expect(known.via.fallback).toBeUndefined()
  expect((await processor.process('2')).via.placement).toBe('none')
  expect((await processor.process('2')).via.placement).toBe('none')
})

test('a pool that is full falls back, and every call is answered', async () => {
  const pool = await createProcessor(number, {
    placement: 'pool',
    threads: 1,
    maxQueue: 0,
    // All may wait for it, however slow the machine is.
    fallback: { to: 'inline', exercise: 0, maxQueue: 300 },
  })
  onTestFinished(() => pool.destroy())
  const outcomes = await Promise.all(Array.from({ length: 300 }, (_, i) => pool.process(`${i}`)))
  const causes = new Set(outcomes.map(({ via }) => via.fallback))
  expect(causes).toEqual(new Set([undefined, 'overloaded']))
  expect(pool.stats()).toMatchObject({ calls: 300, accepted: 300, shed: 0, inFlight: 0, queued: 0 })
})

test('options that make no sense are refused', async () => {
  const bad = (options: object): Promise<string> =>
    createProcessor(number, options as CreateOptions<false>).then(
      () => 'ok',
      (error: SidelaneError) => error.message,
    )
  expect(await bad({ fallback: 'inline' })).toMatch('is inline already')
  expect(await bad({ fallback: {} })).toBe('Expected `to` to be "inline", "skip" or a function, got `undefined`')
  expect(await bad({ fallback: { to: 'skip', exercise: 101 } })).toMatch(
    'Expected `exercise` to be a number from 0 to 100',
  )
  expect(await bad({ breaker: { minCalls: 0 } })).toMatch('Expected `minCalls` to be an integer from 1 to 1000000')
  await expect(createEdgeHost({ engine: 'js', fallback: 'skip' })).rejects.toMatchObject({ code: 'engine.unavailable' })
})

describe('a breaker without a rollout', () => {
  const kinds = (events: readonly BreakerEvent[]): string[] => events.map(({ state }) => state)

  test('tells the app, the channel and the log when it opens, tries and closes', async () => {
    const daemon = await fakeDaemon({ contracts: [{ contract: number }] })
    onTestFinished(() => daemon.remove())
    await daemon.close()
    const events: BreakerEvent[] = []
    const published: unknown[] = []
    const lines: string[] = []
    const listener = (event: unknown): void => void published.push(event)
    subscribe('sidelane:events', listener)
    onTestFinished(() => void unsubscribe('sidelane:events', listener))
    const processor = await open({
      socket: daemon.path,
      fallback: { to: 'inline', exercise: 0 },
      breaker: { connectFailures: 2, openMs: 50 },
      onEvent: (event) => events.push(event),
      log: (line) => lines.push(line),
    })
    const call = async (): Promise<void> => {
      expect(await processor.process('1')).toMatchObject({ ok: true })
      await sleep(5)
    }
    while (!kinds(events).includes('open')) await call()
    await daemon.listen()
    while (!kinds(events).includes('closed')) await call()
    expect(events[0]).toEqual({
      type: 'breaker',
      contract: 'number',
      placement: 'sidecar',
      state: 'open',
      reason: '2 connects failed in a row',
    })
    expect(kinds(events).slice(-2)).toEqual(['half-open', 'closed'])
    expect(published).toEqual(events)
    const told = lines.map((line) => JSON.parse(line) as Record<string, string>)
    expect(told.map(({ state }) => state)).toEqual(kinds(events))
    expect(Object.keys(told[0] ?? {})).toEqual(['time', 'level', 'event', 'contract', 'placement', 'state', 'reason'])
    expect([told[0]?.['level'], told[0]?.['event'], told.at(-1)?.['level']]).toEqual(['warn', 'breaker', 'info'])
  })

  test('does not open because a processor of the host is destroyed with calls in flight', async () => {
    const text = contractOf({ type: 'string' }, { name: 'text' })
    const daemon = await fakeDaemon({ contracts: [{ contract: number }, { contract: text }], request: () => true })
    onTestFinished(() => daemon.remove())
    const host = await createHost({
      placement: 'sidecar',
      socket: daemon.path,
      breaker: { minCalls: 5, failureRatio: 0.1 },
      log: false,
    })
    onTestFinished(() => host.destroy())
    const [one, other] = [host.processor(number), host.processor(text)]
    const calls = Array.from({ length: 20 }, () => codeOf(one.process('1')))
    await sleep(5)
    await one.destroy()
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['unavailable']))
    expect(host.stats().breaker).toMatchObject({ state: 'closed', opened: 0 })
    // Those that end by their deadline count.
    const late = Array.from({ length: 20 }, () => codeOf(other.process('"a"', { deadlineMs: 20 })))
    expect(new Set(await Promise.all(late))).toContain('deadline.exceeded')
    expect(host.stats().breaker).toMatchObject({ state: 'open', opened: 1 })
  })

  test('of a host has no contract; an observer that throws changes nothing', async () => {
    const events: BreakerEvent[] = []
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    const host = await createHost({
      placement: 'sidecar',
      socket: nobody(),
      fallback: 'inline',
      breaker: { connectFailures: 1 },
      onEvent(event) {
        events.push(event)
        throw new TypeError('no')
      },
      log: false,
    })
    onTestFinished(() => host.destroy())
    const processor = host.processor(number)
    await until(async () => {
      expect(await processor.process('1')).toMatchObject({ ok: true })
      await sleep(5)
      return events.length > 0
    })
    expect(events).toEqual([
      { type: 'breaker', placement: 'sidecar', state: 'open', reason: expect.any(String) as string },
    ])
    await sleep(5)
    expect(warnings.map(({ message }) => message)).toContain('onEvent, log, write or onMismatch threw: TypeError')
  })
})
