// The entry point `sidelane/fetch`: in Hono on Node, and with Requests alone.
import { once } from 'node:events'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { describe, expect, test, vi } from 'vitest'
import { createProcessor as createBuiltProcessor } from 'sidelane'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { createHost } from '../../src/create.ts'
import { nativeDictionary } from '../../src/engine/native/index.ts'
import { receive, respond, type Sendable } from '../../src/frameworks/fetch.ts'
import type { Accepted, Contract } from '../../src/model/index.ts'
import { needEngine } from '../support/need.ts'
import { json } from './client.ts'
import { canonical, describeFramework, order, text } from './framework.case.ts'

describeFramework('hono', async ({ processor, onError, onHandler }) => {
  const app = new Hono()
  let stored: Accepted | undefined
  app.post('/canonical', async (c) => respond(c.req.raw, await receive(processor, c.req.raw, { onError })))
  app.post('/orders', async (c) => {
    const outcome = await receive(processor, c.req.raw, { onError, contract: 'order' })
    if (outcome instanceof Response) return outcome
    onHandler()
    stored = outcome
    return c.json({ digest: outcome.digest }, 201)
  })
  app.get('/stored', (c) => respond(c.req.raw, stored as Accepted))
  app.options('/canonical', (c) => c.body(null, 204))
  const server = createAdaptorServer({ fetch: app.fetch }).listen(0)
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
})

describe('with Requests alone', () => {
  const request = (init: RequestInit = {}): Request =>
    new Request('http://localhost/', { method: 'POST', headers: json, body: text, ...init })

  test('the outcome has the types of its processor', async () => {
    await using host = await createHost()
    const processor = host.processor(order(), { canonical: true })
    const outcome = await receive(processor, request())
    if (outcome instanceof Response) throw new Error('refused')
    expect(outcome.value()).toEqual({ email: 'ada@example.org', id: 7 })
    const other = await receive(host, request(), { contract: order() })
    expect(other).toMatchObject({ ok: true, codec: 'gzip' })
  })

  test('a worker of Cloudflare is told not to compress the body again', async () => {
    await using host = await createHost()
    const inits: unknown[] = []
    class Recorder extends Response {
      constructor(body: ConstructorParameters<typeof Response>[0], init: ResponseInit) {
        super(body, init)
        inits.push(init)
      }
    }
    vi.stubGlobal('Response', Recorder)
    const sent = request({ headers: { ...json, 'accept-encoding': 'gzip' } })
    await respond(sent, await receive(host.processor(order()), sent))
    vi.unstubAllGlobals()
    expect(inits).toMatchObject([{ encodeBody: 'manual', headers: { 'Content-Encoding': 'gzip' } }])
  })

  test('other methods are answered with 405', async () => {
    await using host = await createHost()
    const answer = await receive(host.processor(order()), new Request('http://localhost/'))
    if (!(answer instanceof Response)) throw new Error('accepted')
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, PUT, PATCH'])
  })

  test('an abort while the body arrives ends in 499', async () => {
    await using host = await createHost()
    const controller = new AbortController()
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(new TextEncoder().encode('{')),
      cancel: () => void (cancelled = true),
    })
    const init = { body, signal: controller.signal, duplex: 'half' } as RequestInit
    const answer = receive(host.processor(order()), request(init))
    controller.abort()
    expect(((await answer) as Response).status).toBe(499)
    expect(cancelled).toBe(true)
  })

  test('a host that closed before the contract was opened is 503', async () => {
    const host = await createHost()
    await host.close()
    const answer = (await receive(host, request(), { contract: order() })) as Response
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  })

  test('a signal that was aborted before ends in 499, and the body is not read', async () => {
    await using host = await createHost()
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) })
    const init = { body, signal: AbortSignal.abort(), duplex: 'half' } as RequestInit
    const answer = await receive(host.processor(order()), request(init))
    expect([(answer as Response).status, cancelled]).toEqual([499, true])
  })

  test('the source is not read beyond the limit', async () => {
    await using host = await createHost()
    for (const [headers, piece] of [
      [json, Buffer.alloc(1000, 0x20)],
      [{ ...json, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(20_000_000, 0x20))],
    ] as const) {
      let pulled = 0
      const body = new ReadableStream<Uint8Array>(
        {
          pull(stream) {
            pulled++
            stream.enqueue(piece)
          },
        },
        { highWaterMark: 0 },
      )
      const init = { headers, body, duplex: 'half' } as RequestInit
      const answer = await receive(host.processor(order('gzip', 10_000)), request(init))
      expect((answer as Response).status).toBe(413)
      expect(pulled).toBeLessThan(20)
    }
  })

  test('a body whose stream fails is that of a client that is gone', async () => {
    await using host = await createHost()
    for (const coding of ['identity', 'gzip']) {
      const errors: unknown[] = []
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => stream.enqueue(coding === 'gzip' ? gzipSync(text).subarray(0, 12) : Buffer.from('{')),
        pull: (stream) => stream.error(new Error('the wire broke')),
      })
      const init = { headers: { ...json, 'content-encoding': coding }, body, duplex: 'half' } as RequestInit
      const answer = await receive(host.processor(order()), request(init), { onError: (error) => errors.push(error) })
      expect([(answer as Response).status, errors]).toEqual([499, []])
    }
  })

  /** A request whose body has these pieces. */
  const requestOf = (pieces: readonly unknown[], headers: Record<string, string> = {}): Request => {
    const body = new ReadableStream({
      start(stream) {
        for (const piece of pieces) stream.enqueue(piece)
        stream.close()
      },
    })
    return request({ headers: { ...json, ...headers }, body, duplex: 'half' })
  }

  test('text in the body is its UTF-8, however it is cut', async () => {
    await using host = await createHost()
    const note = 'é𝒳'
    const payload = JSON.stringify({ id: 7, email: 'ada@example.org', note })
    const processor = host.processor(order('none', Buffer.byteLength(payload)))
    const answer = await receive(processor, requestOf(payload.split('')))
    if (answer instanceof Response) throw new Error('refused')
    expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({ note })
    expect(await receive(processor, requestOf([payload.slice(0, 5), ' ', payload.slice(5)]))).toMatchObject({
      status: 413,
    })
    const lone = (await receive(processor, requestOf(['{"id":7,"note":"\ud800', '"}']))) as Response
    expect(await lone.json()).toMatchObject({ code: 'parse.utf8', issues: [{ params: { offset: 16 } }] })
  })

  test('zero bytes behind gzip are refused as elsewhere, also in a piece of their own', async () => {
    await using host = await createHost()
    const coding = { 'content-encoding': 'gzip' }
    const answer = await receive(host.processor(order()), requestOf([gzipSync(text), Buffer.alloc(9)], coding))
    expect((answer as Response).status).toBe(422)
  })

  test('mistakes of the app are `options.invalid`', async () => {
    await using host = await createHost()
    const processor = host.processor(order())
    const invalid = { code: 'options.invalid' }
    await expect(receive(processor, request(), { deadlineMs: -1 })).rejects.toMatchObject(invalid)
    for (const outcome of [undefined, null, {}, { body: 'text', codec: 'none' }, { ok: false, code: 'parse.utf8' }]) {
      await expect(respond(request(), outcome as never)).rejects.toMatchObject(invalid)
    }
  })

  test('pieces that hold no bytes are a mistake of the app', async () => {
    await using host = await createHost()
    const processor = host.processor(order())
    for (const [pieces, headers] of [
      [[{}], {}],
      [[gzipSync(text).toString('latin1')], { 'content-encoding': 'gzip' }],
    ] as const) {
      const errors: { code: string }[] = []
      const answer = await receive(processor, requestOf(pieces, headers), { onError: (error) => errors.push(error) })
      expect([(answer as Response).status, errors.map(({ code }) => code)]).toEqual([500, ['options.invalid']])
    }
  })

  test('a body that was read before is a mistake of the app', async () => {
    await using host = await createHost()
    const read = request()
    await read.text()
    const locked = request()
    locked.body?.getReader()
    for (const taken of [read, locked]) {
      await expect(receive(host.processor(order()), taken)).rejects.toMatchObject({ code: 'options.invalid' })
    }
  })

  test('a body from a store is sent coded, and decompressed for a client that wants it so', async () => {
    await using host = await createHost()
    for (const codec of ['gzip', 'deflate', 'deflate-raw', 'brotli', 'none'] as const) {
      const outcome = await host.processor(order(codec)).process(text)
      if (!outcome.ok) throw new Error(outcome.code)
      const stored = { body: outcome.body, codec }
      const plain = await respond(new Request('http://localhost/'), stored)
      expect(await plain.text()).toBe(canonical)
      const response = await respond(
        new Request('http://localhost/', { headers: { 'accept-encoding': 'gzip' } }),
        stored,
      )
      const bytes = Buffer.from(await response.arrayBuffer())
      expect((codec === 'gzip' ? gunzipSync(bytes) : bytes).toString()).toBe(canonical)
    }
  })

  describe('no client gets what a dictionary compressed', () => {
    const withDictionary = (bytes: Uint8Array): Contract =>
      defineContract({
        name: 'order',
        schema: z.strictObject({ id: z.int(), email: z.string() }),
        compress: { codec: 'zstd' },
        dictionary: { path: 'a.dict', bytes },
      })
    const content = Buffer.from('{"email":"ada@example.org","id":1}')
    const trained = (): Uint8Array => {
      const samples = Array.from({ length: 500 }, (_, i) =>
        Buffer.from(`{"email":"ada${i}@example.org","id":${i * 7919}}`),
      )
      const sizes = Uint32Array.from(samples, ({ length }) => length)
      return nativeDictionary(Buffer.concat(samples), sizes, 1024) ?? Buffer.from('none')
    }
    const payload = '{"id":7,"email":"ada@example.org"}'
    const acceptsZstd = { 'accept-encoding': 'zstd, identity;q=0.5' }
    const sent = async (outcome: Sendable): Promise<unknown> => {
      const response = await respond(new Request('http://localhost/', { headers: acceptsZstd }), outcome)
      return [response.headers.get('content-encoding'), await response.text()]
    }
    const plain = [null, canonical]

    // The id of a trained one is in the frames.
    test.for([
      ['of plain content', () => content, false],
      ['that is trained', trained, true],
    ] as const)('%s', async ([, bytes, hasId], context) => {
      needEngine('native', context)
      await using host = await createHost()
      const processor = host.processor(withDictionary(bytes()))
      const taken = await receive(processor, request({ headers: { ...json, ...acceptsZstd }, body: payload }))
      const given = await processor.process(payload, { canonical: true })
      const bare = await processor.process(payload)
      if (taken instanceof Response || !given.ok || !bare.ok) throw new Error('refused')
      const { body, codec } = bare
      for (const outcome of [taken, given, { body, codec, canonical: given.canonical, dictionary: true }]) {
        expect(await sent(outcome)).toEqual(plain)
      }
      for (const outcome of [bare, { body, codec, dictionary: true }, ...(hasId ? [{ body, codec }] : [])]) {
        await expect(sent(outcome)).rejects.toMatchObject({
          code: 'options.invalid',
          message: expect.stringContaining('needs the `canonical` bytes') as string,
        })
      }
      // Nothing that is written or compared shows the mark.
      expect(Object.keys(bare)).toEqual(['ok', 'body', 'codec', 'digest', 'inBytes', 'canonicalBytes', 'outBytes'])
    })

    test('by another copy of the package', async (context) => {
      needEngine('native', context)
      const processor = await createBuiltProcessor(withDictionary(content), { canonical: true })
      const outcome = await processor.process(payload)
      if (!outcome.ok) throw new Error(outcome.code)
      expect(await sent(outcome)).toEqual(plain)
      await processor.close()
    })
  })
})
