// The rows of WIRE.md's table "Violations and caps", in their order.
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { kinds } from '../../src/wire/index.ts'
import { lock, serve, unlocked } from './kit.ts'
import { frame, hello, preface, RawClient, request, type Frame } from './raw-client.ts'

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

/** Until the condition holds: for what the server does without telling. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('a request that is too long', () => {
  test('is rejected before its body is there, and the body is read past', async () => {
    const { path, service } = await serve([unlocked(small)])
    const client = await RawClient.greeted(path, small)
    client.send(request(1, '', { length: 2 * cap }))
    expect(shortOf((await client.frame()) as Frame)).toBe(rejectedBytes(1))
    expect(service.gauges.queuedBytes).toBe(0)
    client.send(Buffer.alloc(2 * cap, 'x'), request(2, '{"n":1}'))
    expect(shortOf((await client.frame()) as Frame)).toBe(accepted(2))
  })

  test('is a violation beyond twice the cap', async () => {
    const { path } = await serve([unlocked(small)])
    const client = await RawClient.greeted(path, small)
    client.send(request(1, '', { length: 2 * cap + 1 }))
    expect((await client.rest()).map(shortOf)).toEqual([violation])
  })
})

describe('a request that is not taken', () => {
  test('with an index that HELLO has not given out is answered with contract.unknown', async () => {
    const { path } = await serve([unlocked(small)])
    const client = await RawClient.greeted(path, small)
    client.send(request(1, '{}', { index: 1 }), request(2, '{}'))
    expect((await client.frames(2)).map(shortOf).sort()).toEqual([accepted(2), `${kinds.error} 1 40 contract.unknown`])
  })

  test('beyond those in flight on its connection is overloaded; other connections do not notice', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxInFlight: 2 } })
    const [client, other] = [await RawClient.greeted(path, small), await RawClient.greeted(path, small)]
    client.send(...[1, 2, 3].map((id) => request(id, '{"n":1}')))
    other.send(request(1, '{"n":1}'))
    expect((await client.frames(3)).map(shortOf).sort()).toEqual([accepted(1), accepted(2), overloaded(3)])
    expect(shortOf((await other.frame()) as Frame)).toBe(accepted(1))
    expect(seen.sheds).toEqual(['in_flight'])
    client.send(request(4, '{"n":1}'))
    expect(shortOf((await client.frame()) as Frame)).toBe(accepted(4))
  })

  test('because the queue is full is overloaded, and says when to come again', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxQueue: 1 } })
    const client = await RawClient.greeted(path, small)
    client.send(request(1, '{"n":1}'), request(2, '{"n":1}'))
    const frames = await client.frames(2)
    expect(frames.map(shortOf).sort()).toEqual([accepted(1), overloaded(2)])
    expect(frames.find(({ id }) => id === 2)?.text?.retryAfterMs).toBeGreaterThanOrEqual(1)
    expect(seen.sheds).toEqual(['queue'])
  })

  test('because all bodies together would be too large is overloaded from the header on', async () => {
    const { path, seen, service } = await serve([unlocked(big)], { settings: { maxBytes: 3_000_000 } })
    const [first, second] = [await RawClient.greeted(path, big), await RawClient.greeted(path, big)]
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

  test('while memory is short is overloaded', async () => {
    const { path, seen, service } = await serve([unlocked(small)])
    const client = await RawClient.greeted(path, small)
    service.outOfMemory = true
    client.send(request(1, '{}'))
    expect(shortOf((await client.frame()) as Frame)).toBe(overloaded(1))
    expect(seen.sheds).toEqual(['memory'])
  })
})

describe('a client that does not read', () => {
  const payload = `"${'x'.repeat(400_000)}"`

  test('is not read from, and gets everything when it reads again', async () => {
    const { path, service } = await serve([unlocked(big)], { limits: { softOutputBytes: 500_000 } })
    const client = await RawClient.greeted(path, big)
    client.socket.pause()
    const count = 60
    let id = 0
    for (; id < count; id++) client.send(request(id + 1, payload))
    await until(() => service.gauges.inFlight === 0 && client.socket.writableLength > 0)
    // What the server has read does not grow any more.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(client.socket.writableLength).toBeGreaterThan(0)
    client.socket.resume()
    const answers = await client.frames(count)
    expect(answers.filter(({ kind }) => kind === kinds.accepted)).toHaveLength(count)
  })

  test('is refused when too many answers wait', async () => {
    const { path, seen } = await serve([unlocked(big)], {
      limits: { softOutputBytes: 64_000_000, hardOutputBytes: 1_000_000 },
    })
    const client = await RawClient.greeted(path, big)
    client.socket.pause()
    for (let id = 1; id <= 8; id++) client.send(request(id, payload))
    await until(() => seen.sheds.includes('output'))
    client.socket.resume()
    const codes = (await client.frames(8)).map(({ text }) => text?.code ?? 'accepted')
    expect(new Set(codes)).toEqual(new Set(['accepted', 'overloaded']))
  })

  test('is closed when no write makes progress', async () => {
    const { path, seen } = await serve([unlocked(big)], { limits: { writeTimeoutMs: 50, tickMs: 10 } })
    const client = await RawClient.greeted(path, big)
    client.socket.pause()
    for (let id = 1; id <= 8; id++) client.send(request(id, payload))
    await until(() => seen.open() === 0)
    client.socket.resume()
    await client.closed
  })
})

describe('a violation', () => {
  const rows: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['a HELLO longer than 65,536 bytes', frame({ kind: kinds.hello, length: 65_537 })],
    ['a HELLO with a field that does not end', frame({ kind: kinds.hello, payload: Buffer.of(1, 0, 9, 0, 1) })],
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

  test.each(rows)('%s is answered with ERROR 0 and ends the connection', async (_, bytes) => {
    const { path, seen } = await serve([unlocked(small)])
    const [client, other] = [await RawClient.greeted(path, small), await RawClient.greeted(path, small)]
    client.send(request(1, '{"n":1}'), bytes, request(9, '{"n":1}'))
    expect((await client.rest()).map(shortOf)).toEqual([accepted(1), violation])
    client.socket.end()
    other.send(request(1, '{"n":1}'))
    expect(shortOf((await other.frame()) as Frame)).toBe(accepted(1))
    await until(() => seen.open() === 1)
  })

  test('an id that is not greater than all before is one too', async () => {
    const { path } = await serve([unlocked(small)])
    const client = await RawClient.greeted(path, small)
    client.send(request(3, '{}'), request(3, '{}'))
    expect((await client.rest()).map(shortOf)).toEqual([accepted(3), violation])
  })

  test('a peer that goes on sending is dropped after its time', async () => {
    const { path, seen } = await serve([unlocked(small)], { limits: { lingerTimeoutMs: 30, tickMs: 10 } })
    const client = await RawClient.greeted(path, small)
    client.send(frame({ kind: 77 }))
    const sending = setInterval(() => client.socket.write('more and more'), 5)
    await client.closed
    clearInterval(sending)
    await until(() => seen.open() === 0)
  })
})

describe('a clock', () => {
  const fast = { limits: { frameTimeoutMs: 40, idleTimeoutMs: 120, lingerTimeoutMs: 30, tickMs: 10 } }

  test('ends a connection whose frame does not get complete', async () => {
    const { path, service } = await serve([unlocked(small)], fast)
    const client = await RawClient.greeted(path, small)
    client.send(request(1, '{"n"', { length: 7 }))
    expect((await client.rest()).map(shortOf)).toEqual([violation])
    expect(service.gauges.queuedBytes).toBe(0)
  })

  test('ends a connection without a HELLO, and one that says nothing at all', async () => {
    const { path } = await serve([unlocked(small)], fast)
    const [silent, greeted] = [await RawClient.connect(path), await RawClient.connect(path)]
    greeted.send(preface)
    expect((await greeted.rest()).map(shortOf)).toEqual([violation])
    expect(await silent.preface()).toBeUndefined()
  })

  test('ends an idle connection with GOAWAY', async () => {
    const { path } = await serve([unlocked(small)], fast)
    const client = await RawClient.greeted(path, small)
    expect((await client.rest()).map(({ kind }) => kind)).toEqual([kinds.goaway])
  })
})

describe('connections', () => {
  test('beyond the allowed are closed before anything is read, and the places come back', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxConnections: 1 } })
    const first = await RawClient.greeted(path, small)
    // Eight more are let in as far as the first byte: they may be asking for health.
    const second = await RawClient.connect(path)
    second.send(preface, hello([]))
    expect(await second.preface()).toBeUndefined()
    expect(seen.sheds).toEqual(['connections'])
    first.socket.destroy()
    await once(first.socket, 'close')
    await until(() => seen.open() === 0)
    const third = await RawClient.greeted(path, small)
    third.send(request(1, '{}'))
    expect(shortOf((await third.frame()) as Frame)).toBe(accepted(1))
  })

  test('that say nothing fill the places kept for health at most, then the next is closed at once', async () => {
    const { path, seen } = await serve([unlocked(small)], { settings: { maxConnections: 1 } })
    const silent = await Promise.all(Array.from({ length: 9 }, () => RawClient.connect(path)))
    const next = await RawClient.connect(path)
    expect(await next.preface()).toBeUndefined()
    expect(seen.sheds).toEqual(['connections'])
    expect(silent.every(({ ended }) => !ended)).toBe(true)
  })
})
