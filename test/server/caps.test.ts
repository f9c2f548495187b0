// The rows of WIRE.md's table "Violations and caps", in their order.
import { describe, expect, test } from 'vitest'
import { kinds } from '../../src/wire/index.ts'
import { lock, serve, unlocked } from './kit.ts'
import { frame, hello, preface, RawClient, request, type Frame } from './raw-client.ts'
import { until } from '../support/until.ts'

const small = lock('small', { limits: { maxBytes: 1000 } })
const cap = 1000 + 4096
const big = lock('big', {
  limits: { maxBytes: 8 * 1024 * 1024 },
  schema: { type: 'string' },
  compress: { codec: 'none' },
})

const shortOf = ({ kind, id, index, text }: Frame): string => `${kind} ${id} ${index} ${text?.code ?? ''}`
const rejectedBytes = (id: number): string => `${kinds.rejected} ${id} 1 limit.bytes`
const overloaded = (id: number): string => `${kinds.error} ${id} 60 overloaded`
const accepted = (id: number): string => `${kinds.accepted} ${id} 0 `
const violation = `${kinds.error} 0 64 protocol.violation`

describe('a request that is too long', () => {
  test('is rejected before its body arrives, and the body is skipped', async () => {
    const { path, service } = await serve([unlocked(small)])
    const client = await RawClient.afterHello(path, small)
    client.send(request(1, '', { length: 2 * cap }))
    expect(shortOf((await client.frame()) as Frame)).toBe(rejectedBytes(1))
    expect(service.gauges.queuedBytes).toBe(0)
    client.send(Buffer.alloc(2 * cap, 'x'), request(2, '{"n":1}'))
    expect(shortOf((await client.frame()) as Frame)).toBe(accepted(2))
  })

  test('is a violation above twice the cap', async () => {
    const { path } = await serve([unlocked(small)])
    const client = await RawClient.afterHello(path, small)
    client.send(request(1, '', { length: 2 * cap + 1 }))
    expect((await client.rest()).map(shortOf)).toEqual([violation])
  })
})

describe('a refused request', () => {
  test('with an index that HELLO did not assign is contract.unknown', async () => {
    const { path } = await serve([unlocked(small)])
    const client = await RawClient.afterHello(path, small)
    client.send(request(1, '{}', { index: 1 }), request(2, '{}'))
    expect((await client.frames(2)).map(shortOf).sort()).toEqual([accepted(2), `${kinds.error} 1 40 contract.unknown`])
  })

  test('above the in-flight limit of its connection is overloaded, and other connections are not affected', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxInFlight: 2 } })
    const [client, other] = [await RawClient.afterHello(path, small), await RawClient.afterHello(path, small)]
    client.send(...[1, 2, 3].map((id) => request(id, '{"n":1}')))
    other.send(request(1, '{"n":1}'))
    expect((await client.frames(3)).map(shortOf).sort()).toEqual([accepted(1), accepted(2), overloaded(3)])
    expect(shortOf((await other.frame()) as Frame)).toBe(accepted(1))
    expect(seen.sheds).toEqual(['in_flight'])
    client.send(request(4, '{"n":1}'))
    expect(shortOf((await client.frame()) as Frame)).toBe(accepted(4))
  })

  test('is overloaded while the queue is full, with retryAfterMs', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxQueue: 1 } })
    const client = await RawClient.afterHello(path, small)
    client.send(request(1, '{"n":1}'), request(2, '{"n":1}'))
    const frames = await client.frames(2)
    expect(frames.map(shortOf).sort()).toEqual([accepted(1), overloaded(2)])
    expect(frames.find(({ id }) => id === 2)?.text?.retryAfterMs).toBeGreaterThanOrEqual(1)
    expect(seen.sheds).toEqual(['queue'])
  })

  test('is overloaded from its header on when all bodies together would be too large', async () => {
    const { path, seen, service } = await serve([unlocked(big)], { settings: { maxBytes: 3_000_000 } })
    const [first, second] = [await RawClient.afterHello(path, big), await RawClient.afterHello(path, big)]
    first.send(request(1, '"', { length: 2_000_000 }))
    await until(() => service.gauges.queuedBytes === 2_000_000)
    second.send(request(1, '"', { length: 2_000_000 }))
    expect(shortOf((await second.frame()) as Frame)).toBe(overloaded(1))
    expect(seen.sheds).toEqual(['bytes'])
    first.socket.destroy()
    await until(() => service.gauges.queuedBytes === 0)
    second.send(Buffer.alloc(1_999_999), request(2, '"a"'))
    expect(shortOf((await second.frame()) as Frame)).toBe(accepted(2))
  })

  test('is overloaded while memory is short', async () => {
    const { path, seen, service } = await serve([unlocked(small)])
    const client = await RawClient.afterHello(path, small)
    service.queue.outOfMemory = true
    client.send(request(1, '{}'))
    expect(shortOf((await client.frame()) as Frame)).toBe(overloaded(1))
    expect(seen.sheds).toEqual(['memory'])
  })
})

describe('a client that does not read', () => {
  const payload = `"${'x'.repeat(400_000)}"`

  test('is not read from, and gets all answers when it reads again', async () => {
    const { path, service } = await serve([unlocked(big)], { limits: { softOutputBytes: 500_000 } })
    const client = await RawClient.afterHello(path, big)
    client.socket.pause()
    const count = 60
    let id = 0
    for (; id < count; id++) client.send(request(id + 1, payload))
    await until(() => service.gauges.inFlight === 0 && client.socket.writableLength > 0)
    // Round trips of another connection give the server time to read more, which it must not do.
    const other = await RawClient.afterHello(path, big)
    for (let turn = 1; turn <= 20; turn++) {
      other.send(request(turn, '"a"'))
      await other.frame()
    }
    expect(client.socket.writableLength).toBeGreaterThan(0)
    client.socket.resume()
    const answers = await client.frames(count)
    expect(answers.filter(({ kind }) => kind === kinds.accepted)).toHaveLength(count)
  })

  test('gets overloaded when too many answers are unwritten', async () => {
    const { path, seen } = await serve([unlocked(big)], {
      limits: { softOutputBytes: 64_000_000, hardOutputBytes: 1_000_000 },
    })
    const client = await RawClient.afterHello(path, big)
    client.socket.pause()
    for (let id = 1; id <= 8; id++) client.send(request(id, payload))
    await until(() => seen.sheds.includes('output'))
    client.socket.resume()
    const codes = (await client.frames(8)).map(({ text }) => text?.code ?? 'accepted')
    expect(new Set(codes)).toEqual(new Set(['accepted', 'overloaded']))
  })

  test('is closed when its write makes no progress', async () => {
    const { path, seen } = await serve([unlocked(big)], { limits: { writeTimeoutMs: 50, tickMs: 10 } })
    const client = await RawClient.afterHello(path, big)
    client.socket.pause()
    for (let id = 1; id <= 8; id++) client.send(request(id, payload))
    await until(() => seen.open() === 0)
    client.socket.resume()
    await client.rest()
  })
})

describe('a violation', () => {
  const rows: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['a HELLO longer than 65,536 bytes', frame({ kind: kinds.hello, length: 65_537 })],
    ['a HELLO with a truncated field', frame({ kind: kinds.hello, payload: Buffer.of(1, 0, 9, 0, 1) })],
    ['a CONTRACT of wrong size', frame({ kind: kinds.hello, payload: Buffer.from('010003000a0b0c', 'hex') })],
    ['a CANCEL with a payload', frame({ kind: kinds.cancel, id: 1, payload: 'x' })],
    ['a GOAWAY', frame({ kind: kinds.goaway })],
    ['a PING longer than 64 bytes', frame({ kind: kinds.ping, payload: 'x'.repeat(65) })],
    ['a PONG longer than 64 bytes', frame({ kind: kinds.pong, payload: 'x'.repeat(65) })],
    ['an unknown kind', frame({ kind: 77 })],
    ["a kind of the server's", frame({ kind: kinds.accepted, id: 1 })],
    ['an unknown flag', request(5, '{}', { flags: 4 })],
    ['a REQUEST with id 0', request(0, '{}')],
    ['a trace flag and fewer than 26 bytes', request(5, '{}', { flags: 1 })],
  ]

  test.each(rows)('%s gets ERROR 0, and the connection ends', async (_, bytes) => {
    const { path, seen } = await serve([unlocked(small)])
    const [client, other] = [await RawClient.afterHello(path, small), await RawClient.afterHello(path, small)]
    client.send(request(1, '{"n":1}'), bytes, request(9, '{"n":1}'))
    expect((await client.rest()).map(shortOf)).toEqual([accepted(1), violation])
    client.socket.end()
    other.send(request(1, '{"n":1}'))
    expect(shortOf((await other.frame()) as Frame)).toBe(accepted(1))
    await until(() => seen.open() === 1)
  })

  test('is an id that is not greater than all before', async () => {
    const { path } = await serve([unlocked(small)])
    const client = await RawClient.afterHello(path, small)
    client.send(request(3, '{}'), request(3, '{}'))
    expect((await client.rest()).map(shortOf)).toEqual([accepted(3), violation])
  })

  test('ends the connection after the linger timeout, although the peer sends more', async () => {
    const { path, seen } = await serve([unlocked(small)], { limits: { lingerTimeoutMs: 30, tickMs: 10 } })
    const client = await RawClient.afterHello(path, small)
    client.send(frame({ kind: 77 }))
    const sending = setInterval(() => client.socket.write('more and more'), 5)
    await client.closed
    clearInterval(sending)
    await until(() => seen.open() === 0)
  })
})

describe('a timeout', () => {
  const fast = { limits: { frameTimeoutMs: 40, idleTimeoutMs: 120, lingerTimeoutMs: 30, tickMs: 10 } }

  test('ends a connection with an incomplete frame', async () => {
    const { path, service } = await serve([unlocked(small)], fast)
    const client = await RawClient.afterHello(path, small)
    client.send(request(1, '{"n"', { length: 7 }))
    expect((await client.rest()).map(shortOf)).toEqual([violation])
    expect(service.gauges.queuedBytes).toBe(0)
  })

  test('ends a connection whose first read ends inside a frame', async () => {
    const { path, service } = await serve([unlocked(small)], fast)
    const client = await RawClient.connect(path)
    client.send(preface, hello([{ contract: small }]), request(1, '{"n"', { length: 7 }))
    expect((await client.rest()).filter(({ kind }) => kind !== kinds.hello).map(shortOf)).toEqual([violation])
    expect(service.gauges.queuedBytes).toBe(0)
  })

  test('ends a connection without HELLO, and one that sends nothing', async () => {
    const { path } = await serve([unlocked(small)], fast)
    const [silent, withPreface] = [await RawClient.connect(path), await RawClient.connect(path)]
    withPreface.send(preface)
    expect((await withPreface.rest()).map(shortOf)).toEqual([violation])
    expect(await silent.preface()).toBeUndefined()
  })

  test('ends an idle connection with GOAWAY', async () => {
    const { path } = await serve([unlocked(small)], fast)
    const client = await RawClient.afterHello(path, small)
    expect((await client.rest()).map(({ kind }) => kind)).toEqual([kinds.goaway])
  })
})

describe('connections', () => {
  test('above the limit are closed before anything is read, until others close', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxConnections: 1 } })
    const first = await RawClient.afterHello(path, small)
    // More are accepted up to their first byte: they could be health checks.
    const second = await RawClient.connect(path)
    second.send(preface, hello([]))
    expect(await second.preface()).toBeUndefined()
    expect(seen.sheds).toEqual(['connections'])
    first.socket.destroy()
    await first.closed
    await until(() => seen.open() === 0)
    const third = await RawClient.afterHello(path, small)
    third.send(request(1, '{}'))
    expect(shortOf((await third.frame()) as Frame)).toBe(accepted(1))
  })

  test('above the limit that were turned away are not counted again when they make room', async () => {
    const { path, seen } = await serve([unlocked(small)], {
      settings: { maxConnections: 1, maxExcessConnections: 1 },
      limits: { lingerTimeoutMs: 60_000 },
    })
    await RawClient.afterHello(path, small)
    // Its client does not close: the daemon waits, until the next one comes.
    for (const count of [1, 2, 3]) {
      const client = await RawClient.connect(path)
      client.send(preface)
      expect(await client.preface()).toBeUndefined()
      expect(seen.sheds).toHaveLength(count)
    }
  })

  test('above the limit that send nothing end, the oldest first, when there are more', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxConnections: 1 } })
    const silent: RawClient[] = []
    for (let i = 0; i < 10; i++) silent.push(await RawClient.connect(path))
    expect(await silent[1]?.preface()).toBeUndefined()
    expect(seen.sheds).toEqual(['connections'])
    expect(silent.flatMap(({ ended }, i) => (ended ? [i] : []))).toEqual([1])
  })
})
