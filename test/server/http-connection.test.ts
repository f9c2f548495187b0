// HTTP connections of the Node daemon, in this process: what a client may leave unread, and send ahead.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { HttpServer, Log, Telemetry, type Readiness, type Service } from '../../src/server/index.ts'
import { socketFolder } from '../support/daemon.ts'
import { RawHttp } from './http-kit.ts'
import { lock, serve, unlocked } from './kit.ts'
import { RawClient } from './raw-client.ts'

const file = socketFolder()

interface StuckServer {
  readonly path: string
  readonly sockets: readonly Socket[]
  submitted: number
}

/** A server whose payloads are never answered. */
async function stuckServer(): Promise<StuckServer> {
  const { service } = await serve([unlocked(lock('stuck'))])
  const sockets: Socket[] = []
  const stuck = { path: file('stuck.sock'), sockets, submitted: 0 }
  const http = new HttpServer({
    service: {
      contracts: service.contracts,
      engine: service.engine,
      state: 'ready',
      queue: { reserve: () => undefined, release: () => {}, submit: () => stuck.submitted++, drop: () => 'full' },
    } as unknown as Service,
    telemetry: new Telemetry(new Log({ write: () => true, onLost: undefined }), 0),
    readiness: { reasons: () => [] } as unknown as Readiness,
    deadlineMs: 1000,
    version: '1',
  })
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    http.accept(socket, new Uint8Array(), 'full')
  }).listen(stuck.path)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return stuck
}

test('while a request runs, a bounded number of the next ones is read, and none runs', async () => {
  const server = await stuckServer()
  const request = 'POST /v1/contracts/stuck/process HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}'
  const [client, other] = [new RawHttp(server.path), new RawHttp(server.path)]
  client.socket.write(request.repeat(200_000))
  await expect.poll(() => server.sockets[0]?.isPaused()).toBe(true)
  for (let i = 0; i < 100; i++) {
    await other.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
    expect((await other.response())?.status).toBe(200)
  }
  expect(server.sockets[0]?.bytesRead).toBeLessThan(1_000_000)
  expect(server.submitted).toBe(1)
  client.close()
  other.close()
})

test('the bodies of requests that wait are bounded together', async () => {
  const server = await stuckServer()
  const client = new RawHttp(server.path)
  const post = (size: number): string =>
    `POST /v1/contracts/stuck/process HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n${' '.repeat(size)}`
  client.socket.write(post(2) + post(60_000).repeat(100))
  await expect.poll(() => server.sockets[0]?.isPaused()).toBe(true)
  const read = server.sockets[0]?.bytesRead
  // The read that passes the bound, of 64 KiB, and the one before.
  expect(read).toBeLessThan(200_000)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(server.sockets[0]?.bytesRead).toBe(read)
  client.close()
})

test('a response that the client does not take ends the connection in time', async () => {
  const server = await stuckServer()
  const client = new RawHttp(server.path)
  client.socket.pause()
  client.socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2000))
  await expect.poll(() => server.sockets[0]?.writableLength).toBeGreaterThan(0)
  // The write timeout, not the idle timeout of 65 s.
  await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
  client.close()
})

test('a connection that sends nothing has the idle timeout', async () => {
  const server = await stuckServer()
  const client = new RawHttp(server.path)
  await expect.poll(() => server.sockets[0]?.timeout).toBe(65_000)
  client.close()
})

test('a connection above the limit that has its response is not counted again when it makes room', async () => {
  const settings = { maxConnections: 1, maxExcessConnections: 1 }
  const { path, service, seen } = await serve([unlocked(lock('one'))], { settings })
  const telemetry = new Telemetry(new Log({ write: () => true, onLost: undefined }), 0)
  const sheds = vi.spyOn(telemetry, 'shed')
  const readiness = { reasons: () => [] } as unknown as Readiness
  service.http = new HttpServer({ service, telemetry, readiness, deadlineMs: 1000, version: '1' })
  const clients = [await RawClient.afterHello(path, lock('one'))]
  for (const count of [1, 2, 3]) {
    // Its client does not close, so that the daemon waits for up to a second.
    const client = await RawClient.connect(path)
    clients.push(client)
    client.send(Buffer.from('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'))
    await once(client.socket, 'end')
    expect(sheds).toHaveBeenCalledTimes(count)
  }
  expect(seen.sheds).toEqual([])
  for (const { socket } of clients) socket.destroy()
})
