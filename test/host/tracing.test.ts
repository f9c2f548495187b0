// The tracing channel `sidelane:process`: which events a call has, what they say, and that they have nothing of the payload.
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createProcessor, createRollout, type CallEvent, type Processor } from '../../src/index.ts'
import { needDaemon, daemonKinds, socketFolder, startDaemon } from '../support/daemon.ts'
import { inline, oldCode, order, payloadOf } from '../rollout/rollout-kit.ts'

const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
type Name = (typeof names)[number]
interface Seen {
  readonly name: Name
  readonly event: CallEvent
}

const channel = tracingChannel<unknown, CallEvent>('sidelane:process')

function listen(onStart: (event: CallEvent) => void = () => {}): Seen[] {
  const seen: Seen[] = []
  const subscribers = Object.fromEntries(
    names.map((name) => [
      name,
      (event: CallEvent) => {
        seen.push({ name, event })
        if (name === 'start') onStart(event)
      },
    ]),
  ) as Record<Name, (event: CallEvent) => void>
  channel.subscribe(subscribers)
  onTestFinished(() => {
    channel.unsubscribe(subscribers)
  })
  return seen
}

const namesOf = (seen: readonly Seen[]): Name[] => seen.map(({ name }) => name)
const faultOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

async function pool(): Promise<Processor> {
  const processor = await createProcessor(order, { placement: 'pool', threads: 1, engine: 'js', deadlineMs: 20_000 })
  onTestFinished(() => processor.close())
  return processor
}

describe('a call', () => {
  test.each([
    ['inline', inline],
    ['pool', pool],
  ] as const)('%s: has a start, an end, and the two of its result, with one object', async (placement, open) => {
    const processor = await open()
    const seen = listen()
    await processor.process(payloadOf('a'))
    expect(namesOf(seen)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(new Set(seen.map(({ event }) => event)).size).toBe(1)
    const event = seen[0]?.event as CallEvent
    expect(event).toMatchObject({
      contract: 'order',
      contractId: order.id,
      placement,
      engine: 'js',
      code: 'accepted',
      status: 200,
      inBytes: 20,
    })
    expect(event.outBytes).toBeGreaterThan(0)
    expect(event.runUs).toBeGreaterThanOrEqual(0)
    expect(event.queueUs).toBeGreaterThanOrEqual(0)
    expect((event.millis as number) * 1000).toBeGreaterThanOrEqual(event.runUs as number)
    expect('error' in event).toBe(false)
  })

  test('that is rejected has its code, and no error', async () => {
    const processor = await inline()
    const seen = listen()
    await processor.process('{"id":1}')
    expect(namesOf(seen)).not.toContain('error')
    expect(seen[0]?.event).toMatchObject({ code: 'validate.failed', status: 422, inBytes: 8, outBytes: 0 })
  })

  test('that fails has an error before its end, and the error quotes nothing', async () => {
    const throws = (): never => {
      throw new Error('planted-marker')
    }
    const rollout = await createRollout({ contract: order, baseline: throws, candidate: oldCode, log: false })
    onTestFinished(() => rollout.close())
    const seen = listen()
    const error = await faultOf(rollout.process('{"id":"planted-marker"}'))
    expect(error).toMatchObject({ code: 'app.threw', cause: { message: 'planted-marker' } })
    expect(namesOf(seen)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    const event = seen[0]?.event as CallEvent
    expect(event).toMatchObject({ code: 'app.threw', status: 500, error: { code: 'app.threw', name: 'SidelaneError' } })
    expect(inspect(event, { depth: 9, showHidden: true })).not.toContain('planted-marker')
  })

  test('after close() is an event too', async () => {
    const processor = await inline()
    await processor.close()
    const seen = listen()
    await faultOf(processor.process('{}'))
    expect(seen.at(-1)?.event).toMatchObject({ code: 'unavailable', status: 503 })
  })

  test('of a stream is an event', async () => {
    const processor = await inline()
    const seen = listen()
    for await (const item of processor.stream([payloadOf('a'), payloadOf('b')])) expect(item.ok).toBe(true)
    expect(namesOf(seen).filter((name) => name === 'asyncEnd')).toHaveLength(2)
  })

  test('is not seen by a subscriber that has left', async () => {
    const processor = await inline()
    const seen: unknown[] = []
    const subscribers = { start: (event: CallEvent) => void seen.push(event) } as never
    channel.subscribe(subscribers)
    await processor.process(payloadOf('a'))
    channel.unsubscribe(subscribers)
    await processor.process(payloadOf('a'))
    expect(seen).toHaveLength(1)
  })
})

test('a rollout has one event for each call, with the side that answered', async () => {
  const rollout = await createRollout({
    contract: order,
    baseline: oldCode,
    candidate: await inline(),
    percent: 100,
    fallback: false,
    log: false,
  })
  onTestFinished(() => rollout.close())
  const seen = listen()
  await rollout.process(payloadOf('a'))
  await rollout.set(0)
  await rollout.process(payloadOf('a'))
  const ends = seen.filter(({ name }) => name === 'asyncEnd').map(({ event }) => event)
  expect(ends.map(({ side, engine }) => [side, engine])).toEqual([
    ['candidate', 'js'],
    ['baseline', 'app'],
  ])
})

test('a fallback is named with its cause', async () => {
  const processor = await createProcessor(order, {
    placement: 'sidecar',
    socket: '/nonexistent/sidelane.sock',
    fallback: { to: 'inline', exercise: 0 },
  })
  onTestFinished(() => processor.close())
  const seen = listen()
  await processor.process(payloadOf('a'))
  expect(seen.at(-1)?.event).toMatchObject({ placement: 'inline', fallback: 'unavailable', code: 'accepted' })
})

test('a store that is bound to `start` holds in a function of the app', async () => {
  const store = new AsyncLocalStorage<string>()
  channel.start.bindStore(store, () => 'span')
  onTestFinished(() => void channel.start.unbindStore(store))
  let inside: string | undefined
  const baseline: typeof oldCode = (payload, call) => {
    inside = store.getStore()
    return oldCode(payload, call)
  }
  const rollout = await createRollout({ contract: order, baseline, candidate: oldCode, log: false })
  onTestFinished(() => rollout.close())
  await rollout.process(payloadOf('a'))
  expect(inside).toBe('span')
})

const file = socketFolder()

describe.each(daemonKinds)('daemon %s', (kind) => {
  test('logs the trace of the caller, or the one that a subscriber puts in its place', async (context) => {
    needDaemon(kind, context)
    const socket = file(`${kind}.sock`)
    const lock = file('order.lock.json', { ...order.lock })
    const daemon = await startDaemon({ kind, args: ['--socket', socket, '--contract', lock, '--log-sample', '1'] })
    const processor = await createProcessor(order, { placement: 'sidecar', socket, deadlineMs: 20_000 })
    const own = 'a'.repeat(32)
    const ofSpan = 'b'.repeat(32)
    await processor.process(payloadOf('a'), { traceparent: `00-${own}-${'1'.repeat(16)}-01` })
    const seen = listen((event) => (event.traceparent = `00-${ofSpan}-${'2'.repeat(16)}-01`))
    await processor.process(payloadOf('a'), { traceparent: `00-${own}-${'1'.repeat(16)}-01` })
    expect(seen.at(-1)?.event).toMatchObject({ placement: 'sidecar', code: 'accepted' })
    await processor.close()
    await daemon.stop()
    const lines = daemon.log.filter(({ event }) => event === 'request')
    expect(lines.map(({ trace_id, route, status }) => [trace_id, route, status])).toEqual([
      [own, 'order', 200],
      [ofSpan, 'order', 200],
    ])
    expect(Object.keys(lines[0] as object)).toEqual([
      'time',
      'level',
      'event',
      'trace_id',
      'route',
      'in_bytes',
      'out_bytes',
      'millis',
      'status',
      'placement',
      'engine',
    ])
  })
})
