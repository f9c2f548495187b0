// Framed connections of the Node daemon: preface, HELLO, requests and answers.
import { createHmac } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { kinds } from '../../src/wire/index.ts'
import { lock, serve, unlocked } from './kit.ts'
import { frame, hello, preface, RawClient, request } from './raw-client.ts'

const numbers = lock('numbers')
const words = lock('words', { schema: { type: 'string' } })

const body = (payload: Buffer): string => gunzipSync(payload.subarray(48, 48 + payload.readUInt32LE(12))).toString()

describe('a framed connection', () => {
  test('gets the preface before it sends HELLO', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.connect(path)
    client.send(preface)
    expect(await client.preface()).toEqual(preface)
  })

  test('gets the preface and the end when its version is unknown', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.connect(path)
    client.send(Buffer.from('f553444c4e0a0700', 'hex'), hello([]))
    expect(await client.preface()).toEqual(preface)
    expect(await client.frame()).toBeUndefined()
  })

  test('is closed without an answer when the magic bytes are wrong', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.connect(path)
    client.send(Buffer.from('f553444c4e0b0100', 'hex'))
    expect(await client.preface()).toBeUndefined()
  })

  test('gets one answer for each accepted, rejected and faulty request, with its id', async () => {
    const { path, seen } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.send(request(1, '{"n":1}'), request(2, '{"n":"x"}'), request(7, '{}', { index: 3 }))
    const frames = await client.frames(3)
    const byId = new Map(frames.map((answer) => [answer.id, answer]))
    expect(byId.get(1)).toMatchObject({ kind: kinds.accepted, index: 0 })
    expect(body(byId.get(1)?.payload as Buffer)).toBe('{"n":1}')
    expect(byId.get(2)).toMatchObject({ kind: kinds.rejected, index: 30, text: { code: 'validate.failed' } })
    expect(byId.get(7)).toMatchObject({ kind: kinds.error, index: 40, text: { code: 'contract.unknown' } })
    expect(seen.requests.sort()).toEqual([
      '- contract.unknown 404',
      'numbers accepted 200',
      'numbers validate.failed 422',
    ])
  })

  test('takes any deadline without a warning of the runtime', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', onWarning)
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.send(request(1, '{}', { a: 2 ** 31 }), request(2, '{}', { a: 2 ** 32 - 2 }))
    expect((await client.frames(2)).map(({ kind }) => kind)).toEqual([kinds.accepted, kinds.accepted])
    await new Promise((resolve) => setImmediate(resolve))
    process.removeListener('warning', onWarning)
    expect(warnings).toEqual([])
  })

  test('can arrive in single bytes', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.connect(path)
    client.socket.setNoDelay(true)
    for (const byte of Buffer.concat([preface, hello([{ contract: numbers }]), request(1, '{"n":1}')])) {
      client.socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const [first, answer] = await client.frames(2)
    expect(first).toMatchObject({ kind: kinds.hello })
    expect(answer).toMatchObject({ kind: kinds.accepted, id: 1 })
  })

  test('gets the canonical bytes on request, and a trace context is no payload', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.send(request(1, Buffer.concat([Buffer.alloc(26, 1), Buffer.from('{ "n" : 1 }')]), { flags: 3 }))
    const answer = await client.frame()
    expect(answer?.payload.subarray(-7).toString()).toBe('{"n":1}')
  })

  test('gets PONG with the bytes of its PING', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path)
    client.send(frame({ kind: kinds.ping, id: 99, payload: 'are you there' }))
    const pong = await client.frame()
    expect(pong).toMatchObject({ kind: kinds.pong, id: 99 })
    expect(String(pong?.payload)).toBe('are you there')
  })

  test('gets all answers and the end after it ended its writing side', async () => {
    const { path } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    client.socket.end(Buffer.concat([1, 2, 3].map((id) => request(id, '{"n":1}'))))
    expect((await client.rest()).map(({ id }) => id)).toEqual([1, 2, 3])
  })
})

describe('HELLO', () => {
  const statuses = (payload: Buffer): string[] => {
    const list: string[] = []
    for (let at = 0; at < payload.length; at += 4 + payload.readUInt16LE(at + 2)) {
      if (payload.readUInt16LE(at) !== 17) continue
      const have = payload.toString('hex', at + 8, at + 40)
      list.push(`${payload.readUInt16LE(at + 4)} ${payload.readUInt16LE(at + 6)} ${have}`)
    }
    return list
  }

  test('can be repeated: a contract keeps its index, new ones get the next', async () => {
    const { path } = await serve([unlocked(numbers), unlocked(words)])
    const client = await RawClient.connect(path)
    client.send(preface, hello([{ contract: words }], 5), hello([{ contract: numbers }, { contract: words }], 6))
    const [first, second] = await client.frames(2)
    expect(first?.id).toBe(5)
    expect(statuses(first?.payload as Buffer)).toEqual([`0 0 ${words.id}`])
    expect(second?.id).toBe(6)
    expect(statuses(second?.payload as Buffer)).toEqual([`0 1 ${numbers.id}`, `0 0 ${words.id}`])
    client.send(request(1, '"a"', { index: 0 }), request(2, '{"n":1}', { index: 1 }))
    expect((await client.frames(2)).map(({ kind }) => kind)).toEqual([kinds.accepted, kinds.accepted])
  })

  test('serves a contract that needs no key without one, also when it was given one', async () => {
    const { path } = await serve([unlocked(numbers, Buffer.alloc(32, 1))])
    const client = await RawClient.connect(path)
    client.send(preface, hello([{ contract: numbers }]))
    expect(statuses((await client.frame())?.payload as Buffer)).toEqual([`0 0 ${numbers.id}`])
  })

  test('distinguishes an unknown name, another id and another key', async () => {
    const key = Buffer.alloc(32, 7)
    const signed = lock('signed', { digest: 'hmac-sha-256' })
    const { path } = await serve([unlocked(numbers), unlocked(signed, key)])
    const client = await RawClient.connect(path)
    const other = { ...numbers, id: 'ab'.repeat(32) }
    client.send(
      preface,
      hello([
        { contract: { id: numbers.id, name: 'nobody' } },
        { contract: other },
        { contract: signed, key: Buffer.alloc(32, 8) },
        { contract: signed, key },
      ]),
    )
    expect(statuses((await client.frame())?.payload as Buffer)).toEqual([
      `40 0 ${'0'.repeat(64)}`,
      `41 0 ${numbers.id}`,
      `41 0 ${signed.id}`,
      `0 0 ${signed.id}`,
    ])
    client.send(request(1, '{"n":1}'))
    const answer = await client.frame()
    const mac = createHmac('sha256', key).update('{"n":1}').digest('hex')
    expect(answer?.payload.toString('hex', 16, 48)).toBe(mac)
  })

  test('finds every id of a name, and a mismatch has the id loaded last', async () => {
    const newer = lock('numbers', { schema: { type: 'integer' } })
    const { path } = await serve([unlocked(numbers), unlocked(newer)])
    const client = await RawClient.connect(path)
    const asked = [numbers, newer, { ...numbers, id: 'ab'.repeat(32) }].map((contract) => ({ contract }))
    client.send(preface, hello(asked))
    expect(statuses((await client.frame())?.payload as Buffer)).toEqual([
      `0 0 ${numbers.id}`,
      `0 1 ${newer.id}`,
      `41 0 ${newer.id}`,
    ])
  })
})
