// The examples of docs/examples, each as a process of its own: plain JavaScript on the Node that runs the tests.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadContract } from '../../src/contract/index.ts'
import type { Contract } from '../../src/model/index.ts'
import { freePort } from '../support/free-port.ts'
import { answerOf, open, send } from './client.ts'

const root = new URL('../../', import.meta.url).pathname
const examples = join(root, 'docs/examples')
const text = '{ "id": 7, "email": " Ada@Example.org" }'
const canonical = '{"email":"ada@example.org","id":7}'

interface Example {
  /** Below docs/examples. */
  readonly file: string
  /** Answers with the outcome; undefined where the app answers alone. */
  readonly canonical?: string
  /** Stores the outcome, and answers with its digest. */
  readonly orders?: string
  /** Serves the stored outcome at the Location of the answer. */
  readonly stores?: boolean
  /** Needs another runtime to serve it. */
  readonly isModule?: boolean
}

const served: Example[] = [
  { file: 'express/server.js', canonical: '/canonical', orders: '/orders', stores: true },
  { file: 'fastify/server.js', canonical: '/canonical', orders: '/orders', stores: true },
  { file: 'hono/server.js', canonical: '/canonical', orders: '/orders', stores: true },
  { file: 'fetch/worker.js', canonical: '/', isModule: true },
  { file: 'next/route.js', orders: '/', isModule: true },
]

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The example ended with ${child.exitCode}.`)
    const socket = connect(port, 'localhost')
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (connected) return
    await new Promise((resolve) => void setTimeout(resolve, 50))
  }
}

test('every example is listed here', () => {
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\/.*\.js$/.test(name))
    // Those of no framework: test/package/observability.test.ts and test/bullmq/example.test.ts run them.
    .filter((name) => !/^(?:opentelemetry|queue)\//.test(name))
  expect(files.toSorted()).toEqual(served.map(({ file }) => file).toSorted())
})

test('the glue of each example has at most 12 lines', () => {
  for (const { file } of served) {
    const lines = readFileSync(join(examples, file), 'utf8').split('\n')
    // Lines that name the library or what comes of it: the rest is the app.
    const glue = lines.filter(
      (line) => !/^\s*(\/\/|$)/.test(line) && /sidelane|pool|processor|respond|receive/.test(line),
    )
    expect([file, glue.length <= 12 ? 'short' : glue]).toEqual([file, 'short'])
  }
})

test.skipIf(!existsSync(join(root, 'dist')))('the lock of the worker is that of the contract', async () => {
  const module = (await import(join(examples, 'order.contract.js'))) as { order: Contract }
  expect(loadContract(join(examples, 'order.lock.json')).id).toBe(module.order.id)
})

describe.skipIf(!existsSync(join(root, 'dist'))).each(served)('docs/examples/$file', (example) => {
  let child: ChildProcess
  let port: number
  let stderr = ''

  beforeAll(async () => {
    port = await freePort()
    const file = join(examples, example.file)
    const args = example.isModule === true ? [join(root, 'test/frameworks/serve-module.mjs'), file] : [file]
    child = spawn(process.execPath, ['--no-warnings', ...args], { env: { ...process.env, PORT: String(port) } })
    child.stderr?.on('data', (piece: Buffer) => (stderr += piece.toString()))
    await untilListening(port, child)
  }, 30_000)

  afterAll(() => void child.kill('SIGKILL'))

  const path = example.canonical ?? example.orders ?? '/'
  const accepted = example.canonical === undefined ? 201 : 200

  test('accepts a good payload', async () => {
    const answer = await send(port, { path, headers: { 'accept-encoding': 'gzip' }, body: text })
    expect(answer.status).toBe(accepted)
    if (example.canonical === undefined) return
    expect(gunzipSync(answer.body).toString()).toBe(canonical)
    // A client that decodes by itself.
    const headers = { 'content-type': 'application/json' }
    const decoded = await fetch(`http://localhost:${port}${path}`, { method: 'POST', headers, body: text })
    expect([decoded.headers.get('content-encoding'), await decoded.text()]).toEqual(['gzip', canonical])
  })

  const { orders } = example
  if (orders !== undefined) {
    test('stores it and answers for itself', async () => {
      const answer = await send(port, { path: orders, body: text })
      expect([answer.status, answer.json()['digest']]).toEqual([201, expect.stringMatching(/^[0-9a-f]{64}$/)])
    })
  }

  if (example.stores === true) {
    test('sends what it has stored', async () => {
      const made = await send(port, { path: orders ?? '', body: text })
      const get = { method: 'GET', path: String(made.headers.location), headers: { 'accept-encoding': 'gzip' } }
      const stored = await send(port, get)
      expect(gunzipSync(stored.body).toString()).toBe(canonical)
      const etag = String(stored.headers.etag)
      expect((await send(port, { ...get, headers: { ...get.headers, 'if-none-match': etag } })).status).toBe(304)
      expect((await send(port, { method: 'GET', path: '/orders/other' })).status).toBe(404)
    })
  }

  test('refuses a bad payload with a problem', async () => {
    const answer = await send(port, { path, body: '{"id":0,"email":"ada@example.org"}' })
    expect([answer.status, answer.headers['content-type']]).toEqual([422, 'application/problem+json'])
    expect(answer.json()['detail']).toBe('The value at /id must be at least 1.')
  })

  test('reads a body in gzip', async () => {
    const headers = { 'content-encoding': 'gzip' }
    expect((await send(port, { path, headers, body: gzipSync(text) })).status).toBe(accepted)
  })

  test('refuses a body that is too large', async () => {
    expect((await send(port, { path, body: Buffer.alloc(2_000_000, 0x20) })).status).toBe(413)
  })

  test('survives a client that goes', async () => {
    const req = open(port, { path, headers: { 'content-length': '1000' } })
    req.on('error', () => {})
    req.write('{')
    await once(req, 'socket')
    req.destroy()
    expect((await send(port, { path, body: text })).status).toBe(accepted)
  })

  test('on SIGTERM answers what it has begun, and ends with 0', async () => {
    const req = open(port, { path })
    const answer = answerOf(req)
    req.write(text)
    // Another request, to know that the first one has arrived.
    await send(port, { path, body: text })
    child.kill('SIGTERM')
    await new Promise((resolve) => void setTimeout(resolve, 100))
    req.end()
    expect((await answer).status).toBe(accepted)
    const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number | null]) : [child.exitCode]
    expect([code, stderr]).toEqual([0, ''])
  })
})
