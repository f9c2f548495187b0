// The entry point `sidelane/fastify`.
import { once } from 'node:events'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { brotliCompressSync, createBrotliDecompress } from 'node:zlib'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import { createHost } from '../../src/create.ts'
import { respond, sidelane } from '../../src/frameworks/fastify.ts'
import type { Accepted, Processor } from '../../src/model/index.ts'
import { Bell } from '../support/bell.ts'
import { json, send } from './client.ts'
import { canonical, describeFramework, failing, order, text, type Served } from './framework.case.ts'

const portOf = (app: FastifyInstance): number => (app.server.address() as AddressInfo).port

const served = async (app: FastifyInstance): Promise<Served> => {
  await app.listen({ port: 0 })
  return { port: portOf(app), close: () => app.close() }
}

describeFramework('fastify', async ({ processor, onError, onHandler }) => {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(sidelane, { processor, onError })
  let stored: Accepted | undefined
  app.post('/canonical', { contract: 'order' }, respond)
  app.post('/orders', { contract: processor.contract }, (request, reply) => {
    onHandler()
    stored = request.sidelane
    reply.code(201).send({ digest: request.sidelane.digest })
  })
  app.get('/stored', (request, reply) => {
    request.sidelane = stored as Accepted
    return respond(request, reply)
  })
  app.options('/canonical', (_request, reply) => reply.code(204).send())
  return served(app)
})

describe('in Fastify', () => {
  test('the plugin opens a host with its options, and closes it with the app, behind the last request', async () => {
    const app = Fastify()
    await app.register(sidelane, { placement: 'inline', engine: 'js' })
    const [begins, releases] = [new Bell(), new Bell()]
    const [begun, released] = [begins.next(), releases.next()]
    app.post('/canonical', { contract: order() }, async (request, reply) => {
      begins.ring()
      await released
      return respond(request, reply)
    })
    await app.listen({ port: 0 })
    const port = portOf(app)
    const answer = send(port, { headers: { connection: 'close' }, body: text })
    await begun
    const closed = app.close()
    releases.ring()
    expect((await answer).body.toString()).toBe(canonical)
    await closed
  })

  test('it does not close what the app gives to it', async () => {
    await using host = await createHost()
    const app = Fastify()
    await app.register(sidelane, { host })
    app.post('/canonical', { contract: order() }, respond)
    expect((await app.inject({ method: 'POST', url: '/canonical', headers: json, payload: text })).body).toBe(canonical)
    await app.close()
    expect(host.state).toBe('ready')
  })

  test('routes without the option keep the parser of Fastify, with and without their own hooks', async () => {
    await using host = await createHost()
    const app = Fastify()
    await app.register(sidelane, { host })
    app.post('/own', (request) => ({ body: request.body, outcome: request.sidelane ?? null }))
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/own', headers: json, payload: '{"a":1}' })
    expect([statusCode, body]).toEqual([200, '{"body":{"a":1},"outcome":null}'])
    await app.close()
  })

  test('hooks of the app run in front, see the headers, and may refuse the request before its body is read', async () => {
    await using host = await createHost()
    const processor = host.processor(order())
    const app = Fastify()
    await app.register(sidelane, { processor })
    const seen: unknown[] = []
    app.addHook('preValidation', async (request) => void seen.push(request.headers['content-type']))
    app.post(
      '/canonical',
      {
        contract: 'order',
        preHandler: async (request, reply) => {
          if (request.headers.authorization === undefined) return reply.code(401).send()
          return undefined
        },
      },
      respond,
    )
    const inject = (headers: Record<string, string>): Promise<{ statusCode: number }> =>
      app.inject({ method: 'POST', url: '/canonical', headers: { ...json, ...headers }, payload: text })
    expect((await inject({})).statusCode).toBe(401)
    expect(processor.stats().calls).toBe(0)
    expect((await inject({ authorization: 'x' })).statusCode).toBe(200)
    expect(seen).toEqual(['application/json', 'application/json'])
    await app.close()
  })

  test('a body that another plugin has decoded is not decoded again', async () => {
    await using host = await createHost()
    const app = Fastify()
    await app.register(sidelane, { host })
    // As @fastify/compress does.
    app.addHook('preParsing', (request, _reply, payload, done) => {
      if (request.headers['content-encoding'] === undefined) return done(null, payload)
      const decoder = Object.assign(createBrotliDecompress(), { receivedEncodedLength: 0 })
      return done(null, payload.pipe(decoder))
    })
    app.post('/canonical', { contract: order() }, respond)
    const post = (payload: Buffer, coding = {}): Promise<{ statusCode: number; body: string }> =>
      app.inject({ method: 'POST', url: '/canonical', headers: { ...json, ...coding }, payload })
    const br = { 'content-encoding': 'br' }
    expect(await post(brotliCompressSync(text), br)).toMatchObject({ statusCode: 200, body: canonical })
    expect(await post(Buffer.from(text))).toMatchObject({ statusCode: 200, body: canonical })
    expect((await post(Buffer.from(text), br)).statusCode).toBe(422)
    expect((await post(brotliCompressSync(Buffer.alloc(100_000, 0x20)), br)).statusCode).toBe(413)
    await app.close()
  })

  test('a status of the app is kept, and its Vary', async () => {
    await using host = await createHost()
    const app = Fastify()
    await app.register(sidelane, { host })
    app.post('/canonical', { contract: order() }, (request, reply) =>
      respond(request, reply.code(202).header('vary', 'Origin')),
    )
    const { statusCode, headers } = await app.inject({
      method: 'POST',
      url: '/canonical',
      headers: json,
      payload: text,
    })
    expect([statusCode, headers['vary']]).toEqual([202, 'Origin, Accept-Encoding'])
    await app.close()
  })

  test('a fault of the server is a line of the log, without the message of its cause', async () => {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'error', stream: { write: (line: string) => void lines.push(line) } } })
    await app.register(sidelane, { processor: failing('app.threw', { cause: new TypeError('a secret') }) })
    app.post('/canonical', { contract: 'order' }, respond)
    const { statusCode } = await app.inject({ method: 'POST', url: '/canonical', headers: json, payload: text })
    expect([statusCode, lines.length]).toEqual([500, 1])
    const { msg } = JSON.parse(lines[0] ?? '') as { msg: string }
    expect(msg).toMatch(
      /^app\.threw: A check or a conversion of the app threw an error\. \(TypeError at .*:\d+:\d+\)?\)$/,
    )
    await app.close()
  })

  test('over HTTP/2 the semantics are the same', async () => {
    await using host = await createHost()
    const app = Fastify({ http2: true })
    await app.register(sidelane, { processor: host.processor(order('gzip', 1000)) })
    app.post('/canonical', { contract: 'order' }, respond)
    await app.listen({ port: 0 })
    const client = connect(`http://localhost:${(app.server.address() as AddressInfo).port}`)
    const post = async (body: string | Buffer): Promise<[unknown, string]> => {
      const stream = client.request({ ':method': 'POST', ':path': '/canonical', ...json })
      stream.end(body)
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
      return [headers[':status'], await readText(stream)]
    }
    expect(await post(text)).toEqual([200, canonical])
    expect(await post(Buffer.alloc(200_000, 0x20))).toEqual([413, expect.stringContaining('limit.bytes')])
    expect(await post(text)).toEqual([200, canonical])
    client.close()
    await app.close()
  })

  test('mistakes are told when the route is made', async () => {
    await using host = await createHost()
    const processor: Processor = host.processor(order())
    const app = Fastify()
    await app.register(sidelane, { processor })
    expect(() => app.post('/a', { contract: 'invoice' }, respond)).toThrow('serves the contract "order"')
    expect(() => app.get('/b', { contract: 'order' }, respond)).toThrow('a route of POST, PUT or PATCH, got GET')
    const both = Fastify().register(sidelane, { processor, placement: 'pool' })
    await expect(both.ready()).rejects.toThrow('Expected no placement with `processor` or `host`')
    const wrong = Fastify().register(sidelane, { placement: 'nowhere' as never })
    await expect(wrong.ready()).rejects.toMatchObject({ code: 'options.invalid' })
  })

  test('`respond` without the option is an error of the app', async () => {
    const app = Fastify()
    app.get('/canonical', respond)
    expect((await app.inject('/canonical')).statusCode).toBe(500)
    await app.close()
  })
})
