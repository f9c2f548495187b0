// The entry point `sidelane/fetch`: in Hono on Node, and with Requests alone.
import { once } from 'node:events'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { describe, expect, test, vi } from 'vitest'
import { createHost } from '../../src/create.ts'
import { receive, respond } from '../../src/frameworks/fetch.ts'
import type { Accepted } from '../../src/model/index.ts'
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

  test('an error of the source is a fault of the server, not a damaged body', async () => {
    await using host = await createHost()
    const errors: unknown[] = []
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(gzipSync(text).subarray(0, 12)),
      pull: (stream) => stream.error(new Error('the wire broke')),
    })
    const init = { headers: { ...json, 'content-encoding': 'gzip' }, body, duplex: 'half' } as RequestInit
    const answer = await receive(host.processor(order()), request(init), { onError: (error) => errors.push(error) })
    expect((answer as Response).status).toBe(500)
    expect(errors).toMatchObject([{ cause: { message: 'the wire broke' } }])
  })

  test('a body that was read before is a mistake of the app', async () => {
    await using host = await createHost()
    const read = request()
    await read.text()
    await expect(receive(host.processor(order()), read)).rejects.toMatchObject({ code: 'options.invalid' })
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
})
