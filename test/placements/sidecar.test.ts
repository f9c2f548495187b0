// The client of a daemon, against one that is made up: what it writes, and what it does when the daemon is not as it
// should be. Outcomes are the conformance suite's.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { createHost, createProcessor, type CreateOptions, type Processor } from '../../src/index.ts'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SidelaneError } from '../../src/model/index.ts'
import { kinds } from '../../src/wire/index.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { fakeDaemon, type Behaviour, type FakeDaemon, type Request } from './fake-daemon.ts'

const number = contractOf({ type: 'number' }, { name: 'number' })
const contracts = [{ contract: number }]

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function daemonWith(behaviour: Behaviour = {}): Promise<FakeDaemon> {
  const daemon = await fakeDaemon({ contracts, ...behaviour })
  cleanups.push(() => daemon.remove())
  return daemon
}

async function clientOf(daemon: FakeDaemon, options: CreateOptions<false> = {}): Promise<Processor> {
  const processor = await createProcessor(number, { placement: 'sidecar', socket: daemon.path, ...options })
  cleanups.push(() => processor.destroy())
  return processor
}

const text = (request: Request): string => Buffer.from(request.payload).toString()
const requestsOf = ({ frames }: FakeDaemon): number => frames.filter(({ kind }) => kind === kinds.request).length
const hasCome = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('a daemon that works', () => {
  test('answers bytes, texts and values, and the report names it', async () => {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon)
    const calls = ['1.0', Buffer.from('2'), 3].map((payload) => processor.process(payload))
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(['1', '2', '3'])
    expect(processor.engine).toEqual({ kind: 'js', reason: `The daemon at ${daemon.path} answers with js.`, tried: [] })
    expect(await processor.process('"x"')).toMatchObject({ ok: false, code: 'validate.failed' })
  })

  test('gets the calls of one tick in one piece', async () => {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon)
    const before = daemon.chunks.length
    await Promise.all(Array.from({ length: 100 }, (_, i) => processor.process(`${i}`)))
    expect(daemon.chunks.length - before).toBe(1)
  })

  test('gets no more requests than it allows, and ids that only grow', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ inFlight: 3, request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon)
    const calls = Array.from({ length: 20 }, (_, i) => processor.process(`${i}`))
    for (let answered = 0; answered < 20; answered++) {
      await hasCome(() => waiting.length > 0)
      expect(requestsOf(daemon) - answered).toBeLessThanOrEqual(3)
      // The youngest first: the others keep their places.
      waiting.pop()?.answer()
    }
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(calls.map((_, i) => `${i}`))
    const ids = daemon.frames.filter(({ kind }) => kind === kinds.request).map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
  })

  test('gets payloads as they were when they were handed over, those that wait too', async () => {
    const daemon = await daemonWith({ inFlight: 2 })
    const processor = await clientOf(daemon)
    const payload = Buffer.from('111')
    const calls = Array.from({ length: 9 }, (_, i) => {
      payload.fill(`${i + 1}`)
      return processor.process(payload)
    })
    const outcomes = await Promise.all(calls)
    expect(outcomes.map(canonicalText)).toEqual(calls.map((_, i) => `${i + 1}`.repeat(3)))
  })

  test('learns of more contracts while it works', async () => {
    const texts = contractOf({ type: 'string' }, { name: 'text' })
    const daemon = await daemonWith({ contracts: [...contracts, { contract: texts }] })
    const host = await createHost({ placement: 'sidecar', socket: daemon.path })
    cleanups.push(() => host.destroy())
    expect((await host.processor(number).process('1')).ok).toBe(true)
    expect((await host.processor(texts).process('"a"')).ok).toBe(true)
    expect(daemon.peers.length).toBe(1)
  })

  test('is asked for a thousand contracts in HELLOs that each keep to its cap', async () => {
    const many = Array.from({ length: 1000 }, (_, minimum) =>
      contractOf({ type: 'number', minimum }, { name: `${'n'.repeat(59)}-${minimum}` }),
    )
    const daemon = await daemonWith({ contracts: many.map((contract) => ({ contract })) })
    const host = await createHost({ placement: 'sidecar', socket: daemon.path })
    cleanups.push(() => host.destroy())
    const processors = many.map((contract) => host.processor(contract))
    const answers = async (): Promise<boolean[]> =>
      (await Promise.all(processors.map((processor) => processor.process('500')))).map(({ ok }) => ok)
    const expected = many.map((_, minimum) => minimum <= 500)
    expect(await answers()).toEqual(expected)
    // On a new connection all of them are asked for at once.
    const before = daemon.frames.length
    for (const peer of daemon.peers) peer.send(kinds.goaway, 0)
    await hasCome(() => daemon.peers.length === 0)
    expect(await answers()).toEqual(expected)
    expect(daemon.frames.slice(before).filter(({ kind }) => kind === kinds.hello)).toHaveLength(2)
  })

  test('serves as many connections as are asked for', async () => {
    const daemon = await daemonWith({ request: () => true })
    const processor = await clientOf(daemon, { connections: 3, deadlineMs: 20_000 })
    const used = new Set<number>()
    await hasCome(() => {
      void Promise.allSettled([processor.process('1')])
      for (const { kind, peer } of daemon.frames) if (kind === kinds.request) used.add(peer)
      return used.size === 3
    })
    expect(used).toEqual(new Set([0, 1, 2]))
  })

  test('is asked to cancel what was aborted or is late, and its late answer is dropped', async () => {
    const late: Request[] = []
    const daemon = await daemonWith({ request: (request) => text(request) !== '3' && late.push(request) > 0 })
    const processor = await clientOf(daemon)
    const controller = new AbortController()
    const aborted = processor.process('1', { signal: controller.signal })
    const slow = processor.process('2', { deadlineMs: 20 })
    await hasCome(() => late.length === 2)
    expect(late[1]?.leftMs).toBeLessThanOrEqual(20)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
    await expect(slow).rejects.toMatchObject({ code: 'deadline.exceeded', params: { where: 'run' } })
    await hasCome(() => daemon.frames.filter(({ kind }) => kind === kinds.cancel).length === 2)
    for (const request of late) request.answer()
    expect((await processor.process('3')).ok).toBe(true)
    expect(processor.stats()).toMatchObject({ cancelled: 1, deadlineExceeded: 1, accepted: 1, inFlight: 0 })
    expect(daemon.peers.length).toBe(1)
  })

  test('is left only when everything is answered, or at once by destroy', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon)
    const call = processor.process('1')
    const closed = processor.close()
    await hasCome(() => waiting.length === 1)
    expect(processor.state).toBe('closing')
    waiting[0]?.answer()
    expect((await call).ok).toBe(true)
    await closed
    const other = await clientOf(daemon)
    const lost = other.process('1')
    const settled = Promise.allSettled([lost])
    await other.destroy()
    expect(await settled).toMatchObject([{ reason: { code: 'unavailable' } }])
    await hasCome(() => daemon.peers.length === 0)
  })
})

describe('contracts', () => {
  const other = contractOf({ type: 'number', minimum: 1 }, { name: 'number' })
  const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })

  test('another content by the same name is refused before a payload is sent', async () => {
    const daemon = await daemonWith({ contracts: [{ contract: other }] })
    const opening = createProcessor(number, { placement: 'sidecar', socket: daemon.path })
    await expect(opening).rejects.toMatchObject({
      code: 'contract.mismatch',
      params: { name: 'number', have: other.id, want: number.id },
    })
    expect(requestsOf(daemon)).toBe(0)
  })

  test('another digest key is refused too, and a missing one before anything is asked', async () => {
    const [key, wrong] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
    const daemon = await daemonWith({ contracts: [{ contract: keyed, digestKey: key }] })
    const setup = { placement: 'sidecar', socket: daemon.path } as const
    await expect(createProcessor(keyed, { ...setup, digestKey: wrong })).rejects.toMatchObject({
      code: 'contract.mismatch',
      params: { have: keyed.id, want: keyed.id },
    })
    await expect(createProcessor(keyed, setup)).rejects.toMatchObject({ code: 'options.invalid' })
    await using processor = await createProcessor(keyed, { ...setup, digestKey: key })
    expect((await processor.process('1')).ok).toBe(true)
  })

  test('a name that the daemon does not know is contract.unknown', async () => {
    const daemon = await daemonWith({ contracts: [] })
    await expect(clientOf(daemon)).rejects.toMatchObject({ code: 'contract.unknown' })
  })

  test('on a host, the calls of a refused contract fail and the others do not', async () => {
    const daemon = await daemonWith()
    const host = await createHost({ placement: 'sidecar', socket: daemon.path })
    cleanups.push(() => host.destroy())
    const [good, bad] = [host.processor(number), host.processor(other)]
    const results = await Promise.allSettled([bad.process('1'), good.process('1'), bad.process('2')])
    const mismatch = { status: 'rejected', reason: { code: 'contract.mismatch' } }
    expect(results).toMatchObject([mismatch, { value: { ok: true } }, mismatch])
    // A new daemon is asked again.
    daemon.behaviour = { contracts: [{ contract: other }] }
    for (const peer of daemon.peers) peer.send(kinds.goaway, 0)
    await hasCome(() => daemon.peers.length === 0)
    expect((await bad.process('3')).ok).toBe(true)
  })
})

describe('a daemon that is not there, or is something else', () => {
  const fault = { code: 'unavailable', status: 503, retryable: true }

  test('nothing at the path, and nobody behind it', async () => {
    const daemon = await daemonWith()
    await expect(createHost({ placement: 'sidecar', socket: `${daemon.path}x` })).rejects.toMatchObject(fault)
    const processor = await clientOf(daemon)
    await daemon.close()
    await expect(processor.process('1')).rejects.toMatchObject(fault)
  })

  test('a path that the system would cut', async () => {
    const socket = `/tmp/${'x'.repeat(103)}`
    await expect(createHost({ placement: 'sidecar', socket })).rejects.toMatchObject({
      code: 'options.invalid',
      message: expect.stringContaining('has 108'),
    })
  })

  test('another version of the protocol', async () => {
    const daemon = await daemonWith({ preface: Uint8Array.of(0xf5, 0x53, 0x44, 0x4c, 0x4e, 0x0a, 7, 0) })
    await expect(clientOf(daemon)).rejects.toMatchObject({
      ...fault,
      params: { have: 7, want: 1 },
      message: expect.stringContaining('version 7'),
    })
  })

  test('no daemon of sidelane', async () => {
    const daemon = await daemonWith({ preface: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') })
    await expect(clientOf(daemon)).rejects.toMatchObject({ ...fault, message: expect.stringContaining('no daemon') })
  })

  test('one that closes at once', async () => {
    const daemon = await daemonWith({ connection: (socket) => socket.destroy() !== undefined })
    await expect(clientOf(daemon)).rejects.toMatchObject(fault)
  })

  test('another engine than the one that was asked for', async () => {
    const daemon = await daemonWith()
    await expect(clientOf(daemon, { engine: 'native' })).rejects.toMatchObject({ code: 'engine.unavailable' })
  })

  test('one that is gone and comes back is found again', async () => {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon)
    await processor.process('1')
    await daemon.close()
    await expect(processor.process('1')).rejects.toMatchObject({ ...fault, retryAfterMs: undefined })
    // In the pause after a failure nobody tries: the answer comes at once, and says when it makes sense.
    await expect(processor.process('1')).rejects.toMatchObject(fault)
    await daemon.listen()
    const found = async (): Promise<boolean> =>
      processor.process('2').then(
        ({ ok }) => ok,
        () => false,
      )
    while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(processor.stats().inFlight).toBe(0)
  })
})

describe('a connection that is lost', () => {
  test('with calls in flight: they are sent once more, and no more than that', async () => {
    let losses = 1
    const daemon = await daemonWith({ request: ({ peer }) => losses-- > 0 && peer.socket.destroy() !== undefined })
    const processor = await clientOf(daemon)
    const calls = Array.from({ length: 50 }, (_, i) => processor.process(`${i}`))
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(calls.map((_, i) => `${i}`))
    losses = 2
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'unavailable' })
    expect((await processor.process('2')).ok).toBe(true)
  })

  test('in the middle of an answer: that call is not sent again', async () => {
    const daemon = await daemonWith({
      request: ({ peer, id, payload }) => {
        if (payload[0] !== 0x31) return false
        const answer = Buffer.alloc(48 + 24)
        answer.writeUInt32LE(1000, 0)
        answer[4] = kinds.accepted
        answer.writeUInt32LE(id, 8)
        peer.socket.end(answer)
        return true
      },
    })
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'unavailable' })
    expect(requestsOf(daemon)).toBe(1)
    expect((await processor.process('2')).ok).toBe(true)
  })

  test('retries have a budget', async () => {
    const daemon = await daemonWith({ request: ({ peer }) => peer.socket.destroy() !== undefined })
    const processor = await clientOf(daemon)
    for (let round = 0; round < 40; round++) {
      await Promise.allSettled(Array.from({ length: 10 }, () => processor.process('1')))
    }
    const { failed, calls } = processor.stats()
    expect([failed, calls]).toEqual([400, 400])
    // 100 saved up, a tenth of the calls, and ten a second.
    expect(requestsOf(daemon)).toBeLessThan(400 + 100 + 40 + 200)
  })

  test('GOAWAY: what is in flight is answered, what comes then goes elsewhere', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ request: (request) => text(request) === '1' && waiting.push(request) > 0 })
    const processor = await clientOf(daemon)
    const first = processor.process('1')
    await hasCome(() => waiting.length === 1)
    waiting[0]?.peer.send(kinds.goaway, 0)
    waiting[0]?.peer.send(kinds.ping, 9)
    await hasCome(() => daemon.frames.some(({ kind, id }) => kind === kinds.pong && id === 9))
    const later = processor.process('2')
    expect((await later).ok).toBe(true)
    expect(daemon.peers.map(({ number: n }) => n)).toEqual([0, 1])
    waiting[0]?.answer()
    expect((await first).ok).toBe(true)
    await hasCome(() => daemon.peers.length === 1)
  })

  test('a daemon that breaks the protocol is left, and its calls fail', async () => {
    let kind: number = 77
    const daemon = await daemonWith({
      request: ({ peer, id, payload }) => {
        if (payload[0] !== 0x31) return false
        peer.send(kind, kind === kinds.accepted ? id + 5 : id)
        return true
      },
    })
    const processor = await clientOf(daemon)
    for (kind of [77, kinds.request, kinds.accepted]) {
      await expect(processor.process('1')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('broke the protocol'),
      })
      const works = async (): Promise<boolean> =>
        processor.process('2').then(
          ({ ok }) => ok,
          () => false,
        )
      while (!(await works())) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })

  test('a daemon that complains gets nothing more on that connection', async () => {
    const complaint = new SidelaneError('protocol.violation', { message: 'The connection broke the protocol: so.' })
    const daemon = await daemonWith({
      request: ({ peer, payload }) => payload[0] === 0x31 && peer.fault(0, complaint) === undefined,
    })
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'unavailable', cause: { code: complaint.code } })
    await hasCome(() => daemon.peers.length === 0)
  })

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['no code', '{}'],
    ['a code that nobody knows', '{"code":"new.code","message":"x"}'],
    ['a code of the prototype', '{"code":"constructor"}'],
  ])('a fault that is odd: %s', async (_, said) => {
    const fault = Buffer.alloc(8 + said.length)
    fault[0] = 3
    fault.writeUInt32LE(said.length, 4)
    fault.write(said, 8)
    const daemon = await daemonWith({
      request: ({ peer, id, payload }) => payload[0] === 0x31 && peer.send(kinds.error, id, fault) === undefined,
    })
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({
      name: 'SidelaneError',
      code: 'internal.panic',
      status: 500,
    })
    expect((await processor.process('2')).ok).toBe(true)
  })

  test('an answer beyond the cap of LIMITS is a violation', async () => {
    const daemon = await daemonWith({ answerBytes: 60 })
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a daemon that has too much to do', () => {
  const overloaded = new SidelaneError('overloaded', { retryAfterMs: 2 })

  test('is asked once more, then the caller is told', async () => {
    const daemon = await daemonWith({ request: ({ peer, id }) => peer.fault(id, overloaded) === undefined })
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'overloaded', status: 429 })
    expect(processor.stats()).toMatchObject({ shed: 1, failed: 0 })
    expect(requestsOf(daemon)).toBe(2)
  })

  test('is not asked again when the time would be over by then', async () => {
    const later = new SidelaneError('overloaded', { retryAfterMs: 900 })
    const daemon = await daemonWith({ request: ({ peer, id }) => peer.fault(id, later) === undefined })
    const processor = await clientOf(daemon)
    const call = processor.process('1', { deadlineMs: 800 })
    await expect(call).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 900 })
    expect(requestsOf(daemon)).toBe(1)
  })

  test('gets fewer at a time, and the refused payload with them', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ inFlight: 8, request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon, { deadlineMs: 20_000 })
    const calls = Array.from({ length: 20 }, (_, i) => processor.process(`${i}`))
    await hasCome(() => waiting.length === 8)
    const refused = waiting.shift()
    refused?.peer.fault(refused.id, overloaded)
    for (let answered = 0; answered < 20; answered++) {
      await hasCome(() => waiting.length > 0)
      waiting.shift()?.answer()
      expect(waiting.length).toBeLessThan(7)
    }
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(calls.map((_, i) => `${i}`))
    expect(requestsOf(daemon)).toBe(21)
  })

  test('is not asked again by more than the budget of all retries', async () => {
    const daemon = await daemonWith({ request: ({ peer, id }) => peer.fault(id, overloaded) === undefined })
    const processor = await clientOf(daemon)
    for (let round = 0; round < 10; round++) {
      await Promise.allSettled(Array.from({ length: 40 }, () => processor.process('1')))
    }
    expect(processor.stats()).toMatchObject({ calls: 400, shed: 400 })
    expect(requestsOf(daemon)).toBeLessThan(400 + 100 + 40 + 200)
  })

  test('gets the payloads of a stream again', async () => {
    let refusals = 60
    const daemon = await daemonWith({
      request: ({ peer, id }) => refusals-- > 0 && peer.fault(id, overloaded) === undefined,
    })
    const processor = await clientOf(daemon)
    const outcomes: string[] = []
    for await (const item of processor.stream(Array.from({ length: 100 }, (_, i) => `${i}`))) {
      outcomes.push('error' in item ? item.code : canonicalText(item))
    }
    expect(outcomes).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  })

  test('never gets more than its limit: the rest waits here, and then is refused', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ inFlight: 2, request: (request) => waiting.push(request) > 0 })
    const processor = await clientOf(daemon, { maxQueue: 3, deadlineMs: 20_000 })
    const calls = Array.from({ length: 8 }, (_, i) => processor.process(`${i}`))
    const refused = await Promise.allSettled(calls.slice(5))
    expect(refused).toMatchObject(refused.map(() => ({ reason: { code: 'overloaded' } })))
    expect(processor.stats()).toMatchObject({ inFlight: 5, queued: 3, queuedBytes: 3, shed: 3 })
    daemon.behaviour = { contracts }
    for (const request of waiting) request.answer()
    expect((await Promise.all(calls.slice(0, 5))).every(({ ok }) => ok)).toBe(true)
  })
})

describe('a daemon that is stopped', () => {
  test.skipIf(process.platform !== 'linux')('and its backlog full: overloaded, not gone', async () => {
    const { path } = await daemonWith()
    const script = `require('net').createServer().listen({ path: process.argv[1], backlog: 8 }, () => console.log('up'))`
    const stopped = spawn(process.execPath, ['-e', script, `${path}2`], { stdio: ['ignore', 'pipe', 'inherit'] })
    cleanups.push(() => Promise.resolve(stopped.kill('SIGKILL')))
    await once(stopped.stdout, 'data')
    stopped.kill('SIGSTOP')
    const others = Array.from({ length: 20 }, () => connect(`${path}2`).on('error', () => {}))
    cleanups.push(async () => others.forEach((socket) => socket.destroy()))
    const opening = createHost({ placement: 'sidecar', socket: `${path}2` })
    await expect(opening).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 5 })
  })
})

describe('a daemon that is silent', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is asked for a sign of life though calls go out, and then left', async () => {
    const daemon = await daemonWith({ request: ({ payload }) => payload[0] === 0x31 })
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const processor = await clientOf(daemon, { deadlineMs: 60_000 })
    const call = Promise.allSettled([processor.process('1')])
    await hasCome(() => requestsOf(daemon) === 1)
    const pings = (): number => daemon.frames.filter(({ kind }) => kind === kinds.ping).length
    vi.advanceTimersByTime(60_000)
    await hasCome(() => pings() === 1)
    // Its PONG comes before that answer.
    await processor.process('2')
    vi.advanceTimersByTime(60_000)
    await hasCome(() => pings() === 2)
    await processor.process('2')
    for (const { socket } of daemon.peers) socket.pause()
    vi.advanceTimersByTime(90_000)
    expect(await call).toMatchObject([{ reason: { code: 'unavailable', message: expect.stringContaining('PING') } }])
  })
})

describe('a daemon that says no HELLO', () => {
  async function withoutHello(options: CreateOptions<false> = {}): Promise<[FakeDaemon, Processor]> {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon, options)
    daemon.behaviour = { contracts, hello: false }
    for (const peer of daemon.peers) peer.send(kinds.goaway, 0)
    await hasCome(() => daemon.peers.length === 0)
    return [daemon, processor]
  }

  test('calls end by their deadline or their signal, and what comes later works', async () => {
    const [daemon, processor] = await withoutHello()
    const controller = new AbortController()
    const aborted = processor.process('1', { signal: controller.signal })
    const late = processor.process('2', { deadlineMs: 20 })
    const patient = processor.process('3', { deadlineMs: 60_000 })
    await hasCome(() => daemon.peers.length === 1)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
    await expect(late).rejects.toMatchObject({ code: 'deadline.exceeded', params: { where: 'queue' } })
    daemon.behaviour = { contracts }
    for (const { socket } of daemon.peers) socket.destroy()
    await expect(patient).rejects.toMatchObject({ code: 'unavailable' })
    const works = async (): Promise<boolean> =>
      processor.process('4').then(
        () => true,
        () => false,
      )
    while (!(await works())) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(processor.stats()).toMatchObject({ cancelled: 1, deadlineExceeded: 1, inFlight: 0, queued: 0 })
  })

  test('destroy ends the connection on its way, and the calls', async () => {
    const [daemon, processor] = await withoutHello()
    const call = Promise.allSettled([processor.process('1', { deadlineMs: 60_000 })])
    await hasCome(() => daemon.peers.length === 1)
    await processor.destroy()
    expect(await call).toMatchObject([{ reason: { code: 'unavailable' } }])
    await hasCome(() => daemon.peers.length === 0)
  })
})

describe('a process', () => {
  test('that lets a client idle ends by itself, and one with a call in flight waits for it', async () => {
    const daemon = await daemonWith({
      request: ({ answer }) => {
        setTimeout(answer, 100)
        return true
      },
    })
    const script = `
      import { createProcessor, parseContract } from 'sidelane'
      const [socket, lock] = process.argv.slice(1)
      const processor = await createProcessor(parseContract(lock), { placement: 'sidecar', socket })
      void processor.process('1').then(({ ok }) => console.log(ok))
    `
    const args = ['--input-type=module', '-e', script, daemon.path, JSON.stringify(number.lock)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 10_000 })
    expect(stdout).toBe('true\n')
  })
})
