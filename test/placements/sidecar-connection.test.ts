// The client of a daemon that is missing, is another program, closes connections, breaks the protocol or does not answer.
import { createHost, type CreateOptions, type Processor } from '../../src/index.ts'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SidelaneError } from '../../src/model/index.ts'
import { kinds } from '../../src/wire/index.ts'
import { canonicalText } from '../support/locks.ts'
import type { FakeDaemon, Request } from './fake-daemon.ts'
import { clientOf, contracts, daemonWith, requestsOf, text, works } from './sidecar-kit.ts'
import { until } from '../support/until.ts'

describe('a daemon that is missing or is something else', () => {
  const fault = { code: 'unavailable', status: 503, retryable: true }

  test('a path without a file, and a socket without a listener', async () => {
    const daemon = await daemonWith()
    await expect(createHost({ placement: 'sidecar', socket: `${daemon.path}x` })).rejects.toMatchObject(fault)
    const processor = await clientOf(daemon)
    await daemon.close()
    await expect(processor.process('1')).rejects.toMatchObject(fault)
  })

  test('a path that is too long for a socket', async () => {
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

  test('a server that is no sidelane daemon', async () => {
    const daemon = await daemonWith({ preface: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') })
    await expect(clientOf(daemon)).rejects.toMatchObject({ ...fault, message: expect.stringContaining('no daemon') })
  })

  test('a daemon that closes connections at once', async () => {
    const daemon = await daemonWith({ connection: (socket) => socket.destroy() !== undefined })
    await expect(clientOf(daemon)).rejects.toMatchObject(fault)
  })

  test('another engine than the requested one', async () => {
    const daemon = await daemonWith()
    await expect(clientOf(daemon, { engine: 'native' })).rejects.toMatchObject({ code: 'engine.unavailable' })
  })

  test('a daemon that stops and starts again is found again', async () => {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon)
    await processor.process('1')
    await daemon.close()
    await expect(processor.process('1')).rejects.toMatchObject({ ...fault, retryAfterMs: undefined })
    // Fails at once during the backoff.
    await expect(processor.process('1')).rejects.toMatchObject(fault)
    await daemon.listen()
    await until(() => works(processor, '2'))
    expect(processor.stats().inFlight).toBe(0)
  })
})

describe('a connection that is lost', () => {
  test('with calls in flight: they are sent a second time, and not a third time', async () => {
    let losses = 1
    const daemon = await daemonWith({ request: ({ peer }) => losses-- > 0 && peer.socket.destroy() !== undefined })
    const processor = await clientOf(daemon)
    const calls = Array.from({ length: 50 }, (_, i) => processor.process(`${i}`))
    expect((await Promise.all(calls)).map(canonicalText)).toEqual(calls.map((_, i) => `${i}`))
    losses = 2
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'unavailable' })
    expect((await processor.process('2')).ok).toBe(true)
  })

  test('in the middle of an answer: that call is not retried', async () => {
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
    // 100 at the start, a tenth of the calls, and ten per second.
    expect(requestsOf(daemon)).toBeLessThan(400 + 100 + 40 + 200)
  })

  test('after GOAWAY: calls in flight are answered, later calls use a new connection', async () => {
    const waiting: Request[] = []
    const daemon = await daemonWith({ request: (request) => text(request) === '1' && waiting.push(request) > 0 })
    const processor = await clientOf(daemon)
    const first = processor.process('1')
    await until(() => waiting.length === 1)
    waiting[0]?.peer.send(kinds.goaway, 0)
    waiting[0]?.peer.send(kinds.ping, 9)
    await until(() => daemon.frames.some(({ kind, id }) => kind === kinds.pong && id === 9))
    const later = processor.process('2')
    expect((await later).ok).toBe(true)
    expect(daemon.peers.map(({ number: n }) => n)).toEqual([0, 1])
    waiting[0]?.answer()
    expect((await first).ok).toBe(true)
    await until(() => daemon.peers.length === 1)
  })

  test('a protocol violation of the daemon ends the connection, and its calls fail', async () => {
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
      await until(() => works(processor, '2'))
    }
  })

  test('ERROR with id 0 ends the connection', async () => {
    const complaint = new SidelaneError('protocol.violation', { message: 'The connection broke the protocol: so.' })
    const daemon = await daemonWith({
      request: ({ peer, payload }) => payload[0] === 0x31 && peer.fault(0, complaint) === undefined,
    })
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'unavailable', cause: { code: complaint.code } })
    await until(() => daemon.peers.length === 0)
  })

  test('a daemon that does not serve this user says so before HELLO; after it that is a violation', async () => {
    const refusal = new SidelaneError('protocol.forbidden')
    let refuses = true
    const daemon = await daemonWith({
      answerHello: (usual, peer) => {
        if (refuses) peer.fault(0, refusal)
        return usual
      },
      request: ({ peer }) => peer.fault(0, refusal) === undefined,
    })
    await expect(clientOf(daemon)).rejects.toMatchObject({
      code: 'unavailable',
      message: `The daemon at ${daemon.path} does not serve uid ${process.geteuid?.()}; its --allow-uid names those that it does.`,
      params: { reason: 'forbidden' },
      cause: { code: 'protocol.forbidden', status: 403 },
    })
    refuses = false
    const processor = await clientOf(daemon)
    await expect(processor.process('1')).rejects.toMatchObject({ params: { reason: 'violation.code' } })
  })
})

describe('a daemon that sends nothing', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('gets a PING although calls are sent, and is disconnected without a PONG', async () => {
    const daemon = await daemonWith({ request: ({ payload }) => payload[0] === 0x31 })
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const processor = await clientOf(daemon, { deadlineMs: 60_000 })
    const call = Promise.allSettled([processor.process('1')])
    await until(() => requestsOf(daemon) === 1)
    const pings = (): number => daemon.frames.filter(({ kind }) => kind === kinds.ping).length
    vi.advanceTimersByTime(60_000)
    await until(() => pings() === 1)
    // The PONG arrives before this answer.
    await processor.process('2')
    vi.advanceTimersByTime(60_000)
    await until(() => pings() === 2)
    await processor.process('2')
    for (const { socket } of daemon.peers) socket.pause()
    vi.advanceTimersByTime(90_000)
    expect(await call).toMatchObject([{ reason: { code: 'unavailable', message: expect.stringContaining('PING') } }])
  })

  /** Minutes go by on the client, in which the daemon answers each PING. */
  async function passMinutes(daemon: FakeDaemon, minutes: number): Promise<void> {
    const received = (kind: number): number => daemon.frames.filter((frame) => frame.kind === kind).length
    for (let i = 0; i < minutes; i++) {
      vi.advanceTimersByTime(60_000)
      const peer = daemon.peers.at(-1)
      if (peer === undefined) return
      // The client has read all before it answers.
      const before = received(kinds.pong)
      peer.send(kinds.ping, i)
      await until(() => received(kinds.pong) > before || peer.socket.destroyed)
    }
  }

  const slotTaken = { limits: { inFlight: 1 }, request: ({ payload }: Request) => payload[0] === 0x31 }

  test('in answer to requests is replaced after minutes, also when the deadlines of all calls are over', async () => {
    const daemon = await daemonWith(slotTaken)
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const processor = await clientOf(daemon, { connections: 1, deadlineMs: 20 })
    await expect(processor.process('1')).rejects.toMatchObject({ code: 'deadline.exceeded' })
    await expect(processor.process('2')).rejects.toMatchObject({ params: { where: 'queue' } })
    await passMinutes(daemon, 7)
    await until(() => works(processor, '2'))
    expect(new Set(daemon.frames.map(({ peer }) => peer)).size).toBe(2)
  })

  test('in answer to requests is kept while it answers calls that are over', async () => {
    const late: Request[] = []
    const daemon = await daemonWith({ request: (request) => late.push(request) > 0 })
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const processor = await clientOf(daemon, { connections: 1, deadlineMs: 20 })
    for (let i = 0; i < 4; i++) {
      await expect(processor.process(`${i}`)).rejects.toMatchObject({ code: 'deadline.exceeded' })
      if (i > 0) late.shift()?.answer()
      await passMinutes(daemon, 3)
    }
    expect(daemon.peers.map(({ number }) => number)).toEqual([0])
  })
})

describe('a daemon that does not answer HELLO', () => {
  async function withoutHello(options: CreateOptions<false> = {}): Promise<[FakeDaemon, Processor]> {
    const daemon = await daemonWith()
    const processor = await clientOf(daemon, options)
    daemon.behaviour = { contracts, hello: false }
    for (const peer of daemon.peers) peer.send(kinds.goaway, 0)
    await until(() => daemon.peers.length === 0)
    return [daemon, processor]
  }

  test('calls end by deadline or signal, and later calls work', async () => {
    const [daemon, processor] = await withoutHello()
    const controller = new AbortController()
    const aborted = processor.process('1', { signal: controller.signal })
    const late = expect(processor.process('2', { deadlineMs: 20 })).rejects.toMatchObject({
      code: 'deadline.exceeded',
      params: { where: 'queue' },
    })
    const patient = processor.process('3', { deadlineMs: 60_000 })
    await until(() => daemon.peers.length === 1)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
    await late
    daemon.behaviour = { contracts }
    for (const { socket } of daemon.peers) socket.destroy()
    await expect(patient).rejects.toMatchObject({ code: 'unavailable' })
    await until(() => works(processor, '4'))
    expect(processor.stats()).toMatchObject({ cancelled: 1, deadlineExceeded: 1, inFlight: 0, queued: 0 })
  })

  test('destroy ends the handshake and the calls', async () => {
    const [daemon, processor] = await withoutHello()
    const call = Promise.allSettled([processor.process('1', { deadlineMs: 60_000 })])
    await until(() => daemon.peers.length === 1)
    await processor.destroy()
    expect(await call).toMatchObject([{ reason: { code: 'unavailable' } }])
    await until(() => daemon.peers.length === 0)
  })
})
