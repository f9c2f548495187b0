// The entry point `sidelane/express`: in Express 5, and in a plain server of node:http.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { createProcessor as createBuiltProcessor } from 'sidelane'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { createHost } from '../../src/create.ts'
import { receive, respond } from '../../src/frameworks/express.ts'
import { SidelaneError, type Accepted, type Codec, type Processor } from '../../src/model/index.ts'
import { ConditionVariable } from '../support/condition-variable.ts'
import { needEngine } from '../support/need.ts'
import { open, send, type Answer } from './client.ts'
import { canonical, describeFramework, failing, order, text, type Served } from './framework.case.ts'

async function listen(app: RequestListener): Promise<Served> {
  const server = createServer(app).listen(0)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
}

describeFramework('express', ({ processor, onError, onHandler }) => {
  const app = express()
  let stored: Accepted | undefined
  app.all('/canonical', receive(processor, { onError }), respond)
  app.post('/orders', receive(processor, { onError, contract: 'order' }), (_req, res) => {
    onHandler()
    const outcome = res.locals.sidelane
    stored = outcome
    res.status(201).json({ digest: outcome.digest })
  })
  app.get('/stored', (req, res) => {
    res.locals.sidelane = stored
    respond(req, res)
  })
  app.options('/canonical', (_req, res) => void res.status(204).end())
  return listen(app)
})

describe('in Express', () => {
  test('a full pool refuses with 429 and answers the others', async () => {
    // Of the built package, so its errors are of another class.
    const pool = await createBuiltProcessor(order(), { placement: 'pool', threads: 1, maxQueue: 1 })
    const app = express()
    app.post('/canonical', receive(pool), respond)
    const { port, close } = await listen(app)
    const note = JSON.stringify('a'.repeat(50_000))
    const body = `{"id":7,"email":"ada@example.org","note":${note}}`
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(port, { body })))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.every(({ headers }) => Number(headers['retry-after']) >= 1)).toBe(true)
    expect(answers.filter(({ status }) => status === 200).length).toBe(answers.length - refused.length)
    await close()
    await pool.close()
  })

  test('a status of the app is kept, and its Vary', async () => {
    const host = await createHost()
    const app = express()
    app.post('/canonical', receive(host, { contract: order() }), (req, res) => {
      res.status(202).vary('Origin')
      respond(req, res)
    })
    const { port, close } = await listen(app)
    const answer = await send(port, { body: text })
    expect([answer.status, answer.headers.vary]).toEqual([202, 'Origin, Accept-Encoding'])
    await close()
    await host.close()
  })

  test('what a dictionary compressed is sent uncoded: no token tells the client which', async (context) => {
    needEngine('native', context)
    await using host = await createHost()
    const bytes = Buffer.from('{"email":"ada@example.org","id":1}')
    const contract = defineContract({
      name: 'order',
      schema: z.strictObject({ id: z.int(), email: z.string() }),
      compress: { codec: 'zstd' },
      dictionary: { path: 'a.dict', bytes },
    })
    const app = express()
    app.post('/canonical', receive(host.processor(contract)), respond)
    const { port, close } = await listen(app)
    const headers = { 'accept-encoding': 'zstd, gzip' }
    const answer = await send(port, { headers, body: '{"id":7,"email":"ada@example.org"}' })
    expect([answer.headers['content-encoding'], answer.body.toString()]).toEqual([undefined, canonical])
    expect(
      (await send(port, { headers: { 'accept-encoding': 'zstd, identity;q=0' }, body: '{"id":7,"email":"a"}' })).status,
    ).toBe(406)
    await close()
  })

  test('a logger sees 499 when the client went before the response', async () => {
    const called = new ConditionVariable()
    const closed = new ConditionVariable()
    const [calls, closes] = [called.wait(), closed.wait()]
    let status = 0
    const handler = receive({
      ...({ contract: order(), state: 'ready' } as Processor),
      process: (_payload: unknown, { signal }: { signal?: AbortSignal } = {}) => {
        called.notifyAll()
        return new Promise<never>((_, reject) => {
          signal?.addEventListener('abort', () => reject(new SidelaneError('cancelled')))
        })
      },
    })
    const { port, close } = await listen((req, res) => {
      handler(req, res, () => respond(req, res))
      res.on('close', () => {
        status = res.statusCode
        closed.notifyAll()
      })
    })
    const req = open(port, {})
    req.on('error', () => {})
    req.end(text)
    await calls
    req.destroy()
    await closes
    expect(status).toBe(499)
    await close()
  })

  test('a body parser in front is a mistake that is told to the developer', async () => {
    const host = await createHost()
    const errors: SidelaneError[] = []
    const app = express()
    app.use(express.json())
    app.post('/canonical', receive(host.processor(order()), { onError: (error) => errors.push(error) }), respond)
    const { port, close } = await listen(app)
    const answer = await send(port, { body: text })
    expect([answer.status, answer.json()['code']]).toEqual([500, 'options.invalid'])
    expect(errors.map(({ message }) => message)).toEqual([
      'The body was read before `receive`: no other body parser may be in front of it',
    ])
    await close()
    await host.close()
  })

  test('a body that arrives as text is its UTF-8; text of another encoding, or of gzip, has lost bytes', async () => {
    const host = await createHost()
    const payload = JSON.stringify({ id: 7, email: 'ada@example.org', note: 'é'.repeat(50) })
    const errors: SidelaneError[] = []
    const app = express()
    app.use((req, _res, next) => {
      req.setEncoding(req.get('x-encoding') as BufferEncoding)
      next()
    })
    const processor = host.processor(order('gzip', Buffer.byteLength(payload)))
    app.post('/canonical', receive(processor, { onError: (error) => errors.push(error) }), respond)
    const { port, close } = await listen(app)
    const post = (encoding: string, body: string | Buffer, headers = {}): Promise<Answer> =>
      send(port, { headers: { 'x-encoding': encoding, ...headers }, body })
    expect((await post('utf8', payload)).json()).toMatchObject({ note: 'é'.repeat(50) })
    expect((await post('utf8', `${payload} `)).status).toBe(413)
    for (const answer of [
      await post('latin1', payload),
      await post('utf8', gzipSync(payload), { 'content-encoding': 'gzip' }),
    ]) {
      expect([answer.status, answer.json()['code']]).toEqual([500, 'options.invalid'])
    }
    expect(errors.map(({ message }) => message)).toEqual([
      'The body is decoded as latin1, which loses bytes: its stream must give Buffers or UTF-8',
      'The compressed body arrives as text, which cannot hold its bytes: its stream must give Buffers',
    ])
    await close()
    await host.close()
  })

  test('a fault of the server is one line, without the message of its cause', async () => {
    const lines: unknown[][] = []
    const print = vi.spyOn(console, 'error').mockImplementation((...line) => void lines.push(line))
    const app = express()
    app.post('/canonical', receive(failing('app.threw', { cause: new TypeError('a secret') })), respond)
    const { port, close } = await listen(app)
    expect((await send(port, { body: text })).status).toBe(500)
    print.mockRestore()
    expect(lines).toEqual([[expect.stringMatching(/^sidelane: app\.threw: .* \(TypeError at .*\)$/)]])
    await close()
  })

  test('a stored body that cannot be sent is an error of the app', async () => {
    const errors: unknown[] = []
    const app = express()
    app.get('/:codec', (req, res, next) => {
      res.locals.sidelane = { body: new Uint8Array(9), codec: req.params.codec as Codec }
      respond(req, res, next)
    })
    app.use(((error, _req, res, _next) => {
      errors.push(error)
      res.status(500).end()
    }) satisfies express.ErrorRequestHandler)
    const { port, close } = await listen(app)
    for (const path of ['/gzip', '/lzma']) await send(port, { method: 'GET', path })
    expect(errors).toMatchObject([{ code: 'codec.corrupt' }, { code: 'codec.unknown' }])
    await close()
  })

  test('`respond` without `receive` is an error of the app', async () => {
    const errors: unknown[] = []
    const app = express()
    app.post('/canonical', respond)
    app.use(((error, _req, res, _next) => {
      errors.push(error)
      res.status(500).end()
    }) satisfies express.ErrorRequestHandler)
    const { port, close } = await listen(app)
    await send(port, { body: text })
    expect(errors).toMatchObject([{ code: 'options.invalid' }])
    await close()
  })
})

test('in a plain server of node:http, methods without a body are answered with 405', async () => {
  const host = await createHost()
  const handler = receive(host.processor(order()))
  const { port, close } = await listen((req, res) => handler(req, res, () => respond(req, res)))
  expect((await send(port, { body: text })).body.toString()).toBe(canonical)
  const answer = await send(port, { method: 'GET' })
  expect([answer.status, answer.headers.allow]).toEqual([405, 'POST, PUT, PATCH'])
  await close()
  await host.close()
})

test('options that are none are a mistake of the app', async () => {
  await using host = await createHost()
  const processor = host.processor(order())
  for (const options of [{ deadlineMs: -1 }, { deadlinems: 5 }, { onError: 'x' }, null]) {
    expect(() => receive(processor, options as never)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
  }
})

describe('the option contract', () => {
  test('names the contract of the processor, or is it', async () => {
    await using host = await createHost()
    const processor = host.processor(order())
    receive(processor, { contract: 'order' })
    receive(processor, { contract: order() })
    expect(() => receive(processor, { contract: 'invoice' })).toThrow(
      'The processor serves the contract "order", not "invoice".',
    )
    expect(() => receive(processor, { contract: order('brotli') })).toThrow('their ids differ')
    // @ts-expect-error A host has no contract of this name.
    expect(() => receive(host, { contract: 'order' })).toThrow('a host does not know one by its name')
    // @ts-expect-error A host needs a contract.
    expect(() => receive(host)).toThrow(SidelaneError)
    expect(() => receive(processor, { contract: null as never })).toThrow('Expected `contract` to be a contract or')
    expect(() => receive(undefined as never)).toThrow('Expected a processor or a host')
  })
})
