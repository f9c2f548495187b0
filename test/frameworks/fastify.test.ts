// The entry point `sidelane/fastify`.
import { once } from 'node:events'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { brotliCompressSync, createBrotliDecompress, gzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import { createHost } from '../../src/create.ts'
import { respond, sidelane } from '../../src/frameworks/fastify.ts'
import type { Accepted, Processor, SidelaneError } from '../../src/model/index.ts'
import { ConditionVariable } from '../support/condition-variable.ts'
import { json, open, send } from './client.ts'
import { canonical, describeFramework, failing, order, text, type Served } from './framework.case.ts'

const portOf = (app: FastifyInstance): number => (app.server.address() as AddressInfo).port

const served = async (app: FastifyInstance): Promise<Served> => {
  await app.listen({ port: 0 })
  return { port: portOf(app), close: () => app.close() }
}

test('a processor and a host are not given both', async () => {
  await using host = await createHost()
  const options = { processor: host.processor(order()), host }
  await expect(Fastify().register(sidelane, options)).rejects.toMatchObject({ code: 'options.invalid' })
})

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
    request.sidelane = stored
    return respond(request, reply)
  })
  app.options('/canonical', (_request, reply) => reply.code(204).send())
  return served(app)
})

describe('in Fastify', () => {
  test('the plugin opens a host with its options, and closes it with the app, behind the last request', async () => {
    const app = Fastify()
    await app.register(sidelane, { placement: 'inline', engine: 'js' })
    const [begins, releases] = [new ConditionVariable(), new ConditionVariable()]
    const [begun, released] = [begins.wait(), releases.wait()]
    app.post('/canonical', { contract: order() }, async (request, reply) => {
      begins.notifyAll()
      await released
      return respond(request, reply)
    })
    await app.listen({ port: 0 })
    const port = portOf(app)
    const answer = send(port, { headers: { connection: 'close' }, body: text })
    await begun
    const closed = app.close()
    releases.notifyAll()
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

  test('a header that a hook took back stays away', async () => {
    await using host = await createHost()
    const app = Fastify()
    app.addHook('onRequest', async (request) => void (request.headers = { 'x-user': 'verified' }))
    app.addHook('preValidation', async (request) => void (request.headers = {}))
    await app.register(sidelane, { processor: host.processor(order()) })
    app.post('/headers', { contract: 'order' }, (request) => request.headers)
    const answer = await app.inject({
      method: 'POST',
      url: '/headers',
      headers: { 'content-type': 'application/json' },
      payload: text,
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).not.toHaveProperty('x-user')
    await app.close()
  })

  test('what hooks set as headers reaches the handler and `receive`, whichever hook sets it', async () => {
    await using host = await createHost()
    const traces: unknown[] = []
    const app = Fastify()
    const processor: Processor = host.processor(order())
    const set = (values: Record<string, string | undefined>) => async (request: FastifyRequest) => {
      request.headers = { ...request.headers, ...values }
    }
    app.addHook('onRequest', set({ 'x-user': 'verified', 'content-type': 'application/json', forged: undefined }))
    // In front of the plugin, so between it and the preParsing hooks.
    app.addHook('preValidation', set({ 'x-between': 'set', 'content-length': '38' }))
    await app.register(sidelane, {
      processor: {
        ...processor,
        contract: processor.contract,
        state: 'ready',
        process: (payload: Uint8Array, options: { traceparent?: string }) => {
          traces.push(options.traceparent)
          return processor.process(payload)
        },
      } as never,
    })
    app.addHook('preValidation', set({ 'x-behind': 'set', traceparent: 'trace' }))
    let names: string[] = []
    app.post('/headers', { contract: 'order' }, (request) => {
      names = Object.keys(request.headers)
      return request.headers
    })
    const headers = { 'x-user': 'attacker', forged: 'yes', 'content-type': 'text/plain', accept: 'all' }
    const answer = await app.inject({ method: 'POST', url: '/headers', headers, payload: text })
    expect(answer.json()).toMatchObject({
      accept: 'all',
      'x-user': 'verified',
      'x-between': 'set',
      'x-behind': 'set',
      'content-type': 'application/json',
      'content-length': '38',
    })
    expect(answer.json()).not.toHaveProperty('forged')
    expect(names).not.toContain('transfer-encoding')
    expect(traces).toEqual(['trace'])
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

  test('a hook that only looks at the body leaves it coded, whatever its stream says', async () => {
    await using host = await createHost()
    const app = Fastify()
    await app.register(sidelane, { host })
    app.addHook('preParsing', async (_request, _reply, payload) =>
      payload.pipe(Object.assign(new PassThrough(), { receivedEncodedLength: 0 })),
    )
    app.post('/canonical', { contract: order() }, respond)
    const gzip = { 'content-encoding': 'gzip' }
    const post = (payload: Buffer): Promise<{ statusCode: number; body: string }> =>
      app.inject({ method: 'POST', url: '/canonical', headers: { ...json, ...gzip }, payload })
    expect(await post(gzipSync(text))).toMatchObject({ statusCode: 200, body: canonical })
    expect(await post(Buffer.from(text))).toMatchObject({ statusCode: 200, body: canonical })
    expect((await post(gzipSync(text).subarray(0, 20))).statusCode).toBe(422)
    expect((await post(gzipSync(Buffer.alloc(100_000, 0x20)))).statusCode).toBe(413)
    await app.close()
  })

  test('a hook may replace the body by text; one whose stream fails is a mistake of the app', async () => {
    const errors: SidelaneError[] = []
    await using host = await createHost()
    const app = Fastify()
    await app.register(sidelane, { host, onError: (error) => errors.push(error) })
    app.addHook('preParsing', async (request) => {
      if (request.headers['x-bodies'] === 'text') return Readable.from([text.slice(0, 9), text.slice(9)])
      if (request.headers['x-bodies'] === 'objects') return Readable.from([{}])
      return new Readable({ read: (): never => throwing() })
    })
    const throwing = (): never => {
      throw new Error('no key')
    }
    app.post('/canonical', { contract: order() }, respond)
    const post = (bodies: string): Promise<{ statusCode: number; body: string }> =>
      app.inject({ method: 'POST', url: '/canonical', headers: { ...json, 'x-bodies': bodies }, payload: 'sealed' })
    expect(await post('text')).toMatchObject({ statusCode: 200, body: canonical })
    expect((await post('objects')).statusCode).toBe(500)
    expect((await post('failing')).statusCode).toBe(500)
    expect(errors).toMatchObject([{ code: 'options.invalid' }, { code: 'app.threw', cause: { message: 'no key' } }])
    await app.close()
  })

  test('a client that goes ends the call, also where a hook has put a stream behind the request', async () => {
    const errors: unknown[] = []
    const [begins, ends] = [new ConditionVariable(), new ConditionVariable()]
    const [begun, ended] = [begins.wait(), ends.wait()]
    await using host = await createHost()
    const app = Fastify()
    await app.register(sidelane, { host, onError: (error) => errors.push(error) })
    app.addHook('preParsing', async (_request, _reply, payload) => payload.pipe(new PassThrough()))
    app.addHook('preHandler', async () => begins.notifyAll())
    let status = 0
    app.addHook('onSend', async (_request, reply) => {
      status = reply.statusCode
      ends.notifyAll()
    })
    app.post('/canonical', { contract: order() }, respond)
    await app.listen({ port: 0 })
    const req = open(portOf(app), {})
    req.on('error', () => {})
    req.write('{')
    await begun
    req.destroy()
    await ended
    expect([status, errors]).toEqual([499, []])
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
    expect(() => app.post('/c', { contract: 5 as never }, respond)).toThrow('Expected `contract` to be a contract or')
    const silent = Fastify().register(sidelane, { processor, onError: 'x' as never })
    await expect(silent.ready()).rejects.toMatchObject({ code: 'options.invalid' })
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
