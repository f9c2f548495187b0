// Fault rows about bytes of the framed protocol: a violation ends its own connection and affects no other. Each violation
// by its message is in test/server and in the vectors of test/vectors/wire.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { headerBytes, kinds } from '../../src/wire/index.ts'
import { daemonKinds } from '../support/daemon.ts'
import { frame, hello, preface, RawClient, request } from '../server/raw-client.ts'
import { metricsOf, mix, onDaemon, raw, sampleOf, type Row } from './daemon-kit.ts'

const maxBytes = 1_048_576
/** The largest contract's limit and the slack of WIRE.md. */
const requestCap = maxBytes + 4096

/** Calls of a correct client continue while a peer misbehaves, and all of them are answered. */
async function beside(row: Row, misbehave: () => Promise<void>): Promise<void> {
  const over = new AbortController()
  const codes = new Set<string>()
  const caller = (async () => {
    for (let i = 0; !over.signal.aborted; i++) {
      codes.add((await row.trial.offer(`[${i}]`)).code)
      await sleep(2)
    }
  })()
  try {
    await misbehave()
  } finally {
    over.abort()
    await caller
  }
  expect([...codes]).toEqual(['ok'])
}

/** Codes of all frames until the daemon ends the connection. */
async function verdict(client: RawClient): Promise<(string | undefined)[]> {
  const frames = await client.rest()
  client.socket.destroy()
  return frames.map(({ kind, text }) => text?.code ?? `kind ${kind}`)
}

const answerOf = async (client: RawClient, bytes: Uint8Array): Promise<string> => {
  client.send(bytes)
  const answer = await client.frame()
  return answer?.text?.code ?? (answer?.kind === kinds.accepted ? 'accepted' : `kind ${answer?.kind}`)
}

describe.each(daemonKinds)('%s', (kind) => {
  test('F50: lengths of 0, the cap, one more, and 2^32 - 1', async (context) => {
    await onDaemon(context, kind, async (row) =>
      beside(row, async () => {
        const client = await RawClient.afterHello(row.socket, raw)
        expect(await answerOf(client, request(1, ''))).toBe('parse.syntax')
        expect(await answerOf(client, request(2, ' '.repeat(requestCap - 1)))).toBe('limit.bytes')
        expect(await answerOf(client, request(3, ' '.repeat(requestCap)))).toBe('limit.bytes')
        expect(await answerOf(client, request(4, ' '.repeat(requestCap + 1)))).toBe('limit.bytes')
        expect(await answerOf(client, request(5, '[1]'))).toBe('accepted')
        client.socket.end()
        await client.closed
        for (const length of [2 * requestCap + 1, 0x7fff_ffff, 0xffff_ffff]) {
          const liar = await RawClient.afterHello(row.socket, raw)
          liar.send(request(1, '[', { length }))
          expect(await verdict(liar), `${length}`).toEqual(['protocol.violation'])
        }
        expect(sampleOf(await row.metrics(), 'sidelane_queued_bytes')).toBeLessThan(maxBytes)
      }),
    )
  })

  test('F51: every split point, single bytes, 1,000 frames in one write', async (context) => {
    await onDaemon(context, kind, async (row) =>
      beside(row, async () => {
        const talk = Buffer.concat([preface, hello([{ contract: raw }]), request(1, '[1]'), request(2, '{"a":')])
        const wanted = ['kind 1', 'kind 3', 'parse.syntax']
        const codesOf = async (...parts: Uint8Array[]): Promise<unknown> => {
          const client = await RawClient.connect(row.socket)
          client.socket.setNoDelay()
          for (const part of parts) {
            client.send(part)
            await new Promise((resolve) => setImmediate(resolve))
          }
          client.socket.end()
          return verdict(client)
        }
        for (let at = 1; at < talk.length; at++) {
          expect(await codesOf(talk.subarray(0, at), talk.subarray(at)), `cut at ${at}`).toEqual(wanted)
        }
        expect(await codesOf(...[...talk].map((byte) => Uint8Array.of(byte)))).toEqual(wanted)
        const client = await RawClient.afterHello(row.socket, raw)
        client.send(...Array.from({ length: 1000 }, (_, i) => request(i + 1, `[${i}]`)))
        const frames = await client.frames(1000)
        expect(frames.map(({ id }) => id).sort((a, b) => a - b)).toEqual(frames.map((_, i) => i + 1))
        const codes = new Set(frames.map(({ kind: answer, text }) => text?.code ?? answer))
        expect([kinds.accepted, 'overloaded']).toEqual(expect.arrayContaining([...codes]))
        expect(codes).toContain(kinds.accepted)
        client.socket.end()
        await client.closed
      }),
    )
  })

  test('F52: wrong magic, version, kind, flags, id, index', async (context) => {
    await onDaemon(context, kind, async (row) =>
      beside(row, async () => {
        const silent = await RawClient.connect(row.socket)
        silent.send(Buffer.from('f553444c4e0b0100', 'hex'))
        expect(await silent.preface()).toBeUndefined()
        silent.socket.destroy()
        const newer = await RawClient.connect(row.socket)
        newer.send(Buffer.from('f553444c4e0a0900', 'hex'))
        expect((await newer.preface())?.toString('hex')).toBe(preface.toString('hex'))
        expect(await verdict(newer)).toEqual([])
        const broken: Readonly<Record<string, Buffer>> = {
          'kind 0': frame({ kind: 0 }),
          'kind 99': frame({ kind: 99 }),
          'a kind of the server': frame({ kind: kinds.accepted, id: 1 }),
          'an unknown flag': request(1, '[1]', { flags: 128 }),
          'id 0': request(0, '[1]'),
          'a trace that is too short': request(1, '[1]', { flags: 1 }),
          'a cancel with a payload': frame({ kind: kinds.cancel, id: 1, payload: 'x' }),
          'a ping of 65 bytes': frame({ kind: kinds.ping, payload: 'x'.repeat(65) }),
        }
        for (const [what, bytes] of Object.entries(broken)) {
          const client = await RawClient.afterHello(row.socket, raw)
          client.send(bytes)
          expect(await verdict(client), what).toEqual(['protocol.violation'])
        }
        const twice = await RawClient.afterHello(row.socket, raw)
        expect(await answerOf(twice, request(7, '[1]'))).toBe('accepted')
        twice.send(request(7, '[1]'))
        expect(await verdict(twice)).toEqual(['protocol.violation'])
        const lost = await RawClient.afterHello(row.socket, raw)
        expect(await answerOf(lost, request(1, '[1]', { index: 40 }))).toBe('contract.unknown')
        expect(await answerOf(lost, request(2, '[1]'))).toBe('accepted')
        lost.socket.end()
        await lost.closed
      }),
    )
  })

  test('F53: connections that close anywhere in a frame leak nothing', async (context) => {
    await onDaemon(context, kind, async (row) =>
      beside(row, async () => {
        const whole = request(1, `[${'1,'.repeat(500)}1]`)
        for (const at of [1, 8, headerBytes - 1, headerBytes, headerBytes + 1, 500, whole.length - 1]) {
          for (const how of ['end', 'resetAndDestroy', 'destroy'] as const) {
            const client = await RawClient.afterHello(row.socket, raw)
            client.send(whole.subarray(0, at))
            await sleep(2)
            // Unix sockets have no reset.
            if (how === 'end') client.socket.end()
            else client.socket.destroy()
            await client.closed
          }
        }
        await expect
          .poll(async () => sampleOf(await row.metrics(), 'sidelane_queued_bytes'), {
            // Not by the timeout of frames, 5 s.
            timeout: 4500,
          })
          .toBeLessThan(100)
      }),
    )
  })

  test('F54: a frame that arrives in single bytes ends the connection at the frame timeout', async (context) => {
    await onDaemon(context, kind, async (row) =>
      beside(row, async () => {
        const startedAt = performance.now()
        const slow = async (client: RawClient, bytes: Uint8Array): Promise<number> => {
          for (const byte of bytes) {
            if (client.ended) break
            client.socket.write(Uint8Array.of(byte))
            await sleep(150)
          }
          const codes = await verdict(client)
          expect(codes).toEqual(bytes.length < preface.length ? [] : ['protocol.violation'])
          return performance.now() - startedAt
        }
        const inPreface = RawClient.connect(row.socket).then((client) => slow(client, preface.subarray(0, 3)))
        const inHead = RawClient.afterHello(row.socket, raw).then((client) => slow(client, request(1, ' '.repeat(100))))
        const inBody = RawClient.afterHello(row.socket, raw).then((client) => {
          client.send(request(1, '', { length: 50_000 }))
          return slow(client, Buffer.alloc(100, ' '))
        })
        for (const ms of await Promise.all([inPreface, inHead, inBody])) {
          expect(ms).toBeGreaterThan(4500)
          // The bytes take 15 s.
          expect(ms).toBeLessThan(12_000)
        }
      }),
    )
  })

  test('F55: more requests in flight than allowed: the excess is refused, the others are answered', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) =>
        beside(row, async () => {
          const client = await RawClient.afterHello(row.socket, raw)
          const payload = `[${'1.5,'.repeat(10_000)}1]`
          client.send(...Array.from({ length: 64 }, (_, i) => request(i + 1, payload)))
          const codes = (await client.frames(64)).map(({ kind: answer, text }) => text?.code ?? answer)
          expect(codes.filter((code) => code === kinds.accepted).length).toBeGreaterThanOrEqual(4)
          expect(new Set(codes)).toEqual(new Set([kinds.accepted, 'overloaded']))
          expect(sampleOf(await metricsOf(row.socket), 'sidelane_sheds_total{reason="in_flight"}')).toBeGreaterThan(0)
          expect(await answerOf(client, request(100, '[1]'))).toBe('accepted')
          client.socket.end()
          await client.closed
        }),
      { args: ['--max-in-flight', '4'] },
    )
  })

  test('F45: a client that ends its writing side gets all answers', async (context) => {
    await onDaemon(context, kind, async (row) => {
      const client = await RawClient.connect(row.socket)
      client.send(
        preface,
        hello([{ contract: raw }]),
        ...Array.from({ length: 50 }, (_, i) => request(i + 1, `[${i}]`)),
      )
      client.socket.end()
      const frames = await client.rest()
      expect(frames.length).toBe(51)
      await client.closed
      expect((await row.trial.offerAll(mix(20))).every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
    })
  })

  test('F46: 1,000 silent connections are closed in time, and the client is served', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) =>
        beside(row, async () => {
          const silent: RawClient[] = []
          const startedAt = performance.now()
          for (let i = 0; i < 1000; i++) silent.push(await RawClient.connect(row.socket))
          await Promise.all(silent.map(verdict))
          // Not by the timeout of idle connections, 120 s.
          expect(performance.now() - startedAt).toBeLessThan(60_000)
        }),
      // The watcher of /readyz needs a connection, too.
      { args: ['--max-connections', '4096'] },
    )
  })

  test('F47: a peer that never reads is disconnected, with bounded memory', async (context) => {
    await onDaemon(context, kind, async (row) =>
      beside(row, async () => {
        const client = await RawClient.afterHello(row.socket, raw)
        client.socket.pause()
        // Incompressible: the answers are as large as the requests.
        const payload = JSON.stringify(Array.from({ length: 4000 }, () => Math.random()))
        let id = 1
        const startedAt = performance.now()
        while (
          !client.socket.destroyed &&
          client.socket.writableLength < 2 ** 20 &&
          performance.now() - startedAt < 20_000
        ) {
          client.send(request(id++, payload))
          await sleep(1)
        }
        expect(id).toBeLessThan(4000)
        await sleep(100)
        const closedAt = performance.now()
        // Writes make this side notice the close.
        while (!client.socket.destroyed && performance.now() - closedAt < 15_000) {
          client.socket.write(Buffer.alloc(1))
          await sleep(100)
        }
        expect(client.socket.destroyed, 'by the daemon').toBe(true)
        await client.closed
      }),
    )
  })
})
