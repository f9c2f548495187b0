// HTTP on the socket of both daemons: the requests of test/vectors/http, whole and byte by byte, and the pages.
import { beforeAll, describe, expect, test } from 'vitest'
import { type LockDocument } from '../../src/model/index.ts'
import { parseContract } from '../../src/contract/index.ts'
import { ask, askJson, daemonKinds, isBuilt, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'
import { casesOf, httpVectors, play, RawHttp } from './http-kit.ts'

const lock = httpVectors[0]?.[1].lock as LockDocument
const { id } = parseContract(lock)
const file = socketFolder()
const lockFile = file('order.lock.json', lock)
const hello = Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')

describe.each(daemonKinds)('%s', (kind) => {
  const socket = file(`${kind}.sock`)

  beforeAll(async () => {
    // The time of a request counts from its first byte, and some send 20,000 one by one.
    const args = ['--socket', socket, '--contract', lockFile, '--deadline-ms', '60000']
    if (isBuilt(kind)) await startDaemon({ kind, args })
  })

  describe.each(httpVectors)('%s', (_name, { cases }) => {
    test.for(casesOf(kind, cases))('$title', async (given, context) => {
      needDaemon(kind, context)
      expect(await play(socket, given, id)).toEqual({ answers: given.answers, closes: given.closes })
    })

    test.for(casesOf(kind, cases))('$title, byte by byte', async (given, context) => {
      needDaemon(kind, context)
      expect(await play(socket, given, id, 1)).toEqual({ answers: given.answers, closes: given.closes })
    })
  })

  test('/v1/contracts lists the contracts', async (context) => {
    needDaemon(kind, context)
    expect(await askJson(socket, '/v1/contracts')).toEqual([
      { name: 'Order_v1.2', id, codec: 'none', digest: 'sha-256', maxBytes: 64 },
    ])
  })

  test('/openapi.json describes all paths', async (context) => {
    needDaemon(kind, context)
    const document = (await askJson(socket, '/openapi.json')) as { openapi: string; paths: object }
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(Object.keys(document.paths).sort()).toEqual([
      '/healthz',
      '/metrics',
      '/openapi.json',
      '/readyz',
      '/v1/contracts',
      '/v1/contracts/{name}/process',
    ])
  })

  test('/metrics counts responses by code', async (context) => {
    needDaemon(kind, context)
    const before = await metric(socket, 'validate.failed')
    await ask(socket, '/v1/contracts/Order_v1.2/process', { body: '{}' })
    expect(await metric(socket, 'validate.failed')).toBe(before + 1)
  })

  test('concurrent requests on separate connections all get a response', async (context) => {
    needDaemon(kind, context)
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        ask(socket, '/v1/contracts/Order_v1.2/process', { body: `{"id":"${at}"}` }),
      ),
    )
    const right = answers.map(({ status, body }, at) => status === 429 || body.toString() === `{"id":"${at}"}`)
    expect(right).not.toContain(false)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
  })

  test('an incomplete head gets 408', async (context) => {
    needDaemon(kind, context)
    const http = new RawHttp(socket)
    await http.send(Buffer.from('GET /healthz HTTP/1.1\r\nHo'))
    expect((await http.response())?.status).toBe(408)
    await http.end()
  })

  test('a client that disconnects during a body leaves no reserved bytes', async (context) => {
    needDaemon(kind, context)
    const http = new RawHttp(socket)
    await http.send(
      Buffer.from('POST /v1/contracts/Order_v1.2/process HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n{"id"'),
    )
    await expect.poll(() => gauge(socket, 'sidelane_queued_bytes')).toBe(60)
    http.close()
    await expect.poll(() => gauge(socket, 'sidelane_queued_bytes')).toBe(0)
  })

  test('requests of a client that does not read its responses are read up to a bound', async (context) => {
    needDaemon(kind, context)
    const http = new RawHttp(socket)
    http.socket.pause()
    const requests = Buffer.from('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20_000))
    http.socket.write(requests)
    await expect.poll(async () => (await ask(socket, '/healthz')).status).toBe(200)
    // Socket buffers and the daemon hold far less than what was sent.
    expect(http.socket.writableLength).toBeGreaterThan(0)
    http.close()
  })

  test('pipelined requests behind one that runs are all answered', async (context) => {
    needDaemon(kind, context)
    const http = new RawHttp(socket)
    const count = 2000
    const first = 'POST /v1/contracts/Order_v1.2/process HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{"id":" a "}'
    await http.send(Buffer.from(first + 'GET / HTTP/1.1\r\nHost:\r\n\r\n'.repeat(count)))
    expect((await http.response())?.status).toBe(200)
    const statuses: (number | undefined)[] = []
    for (let i = 0; i < count; i++) statuses.push((await http.response())?.status)
    expect(statuses).toEqual(Array.from({ length: count }, () => 404))
    http.close()
  })

  test('a connection serves many requests', async (context) => {
    needDaemon(kind, context)
    const http = new RawHttp(socket)
    for (let i = 0; i < 50; i++) {
      await http.send(hello)
      expect((await http.response())?.status).toBe(200)
    }
    http.close()
  })
})

async function metric(socket: string, code: string): Promise<number> {
  const text = (await ask(socket, '/metrics')).body.toString()
  const line = text
    .split('\n')
    .find((each) => each.startsWith('sidelane_requests_total{') && each.includes(`"${code}"`))
  return Number(line?.split(' ')[1] ?? 0)
}

async function gauge(socket: string, name: string): Promise<number> {
  const text = (await ask(socket, '/metrics')).body.toString()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}
