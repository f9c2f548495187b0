// What strangers and single peers may take of a daemon over TLS, and what a reload of the certificates does to calls.
import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, statSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createProcessor, type Processor } from '../../src/index.ts'
import { decodeServerHello, kinds } from '../../src/wire/index.ts'
import { ask, Daemon, daemonKinds, needDaemon, socketFolder } from '../support/daemon.ts'
import { freePort } from '../support/free-port.ts'
import { contractOf } from '../support/locks.ts'
import { TestCa, type Identity } from '../support/tls-files.ts'
import { frame, hello, preface, RawClient, request } from './raw-client.ts'
import { needTool } from '../support/tools.ts'
import { textOf, TlsDaemon, tlsFiles } from './tls-kit.ts'
import { until } from '../support/until.ts'

const file = socketFolder()
const files = tlsFiles(file('ca'))
const order = contractOf({ type: 'object', properties: { n: { type: 'integer' } } }, { name: 'order' })
/** Milliseconds for a few hundred kilobytes. */
const slow = contractOf({}, { name: 'slow', compress: { codec: 'brotli', level: 11 } })
/** An answer is as long as its payload. */
const plain = contractOf({}, { name: 'plain', compress: { codec: 'none' }, digest: 'none' })
for (const { name, lock } of [order, slow, plain]) file(`${name}.lock.json`, lock)

let started = 0

/** Refused after the daemon has taken it: more than this many handshakes are never in progress. */
const maxHandshakes = 64

describe.each(daemonKinds)('%s', (kind) => {
  const start = (
    args: readonly string[] = [],
    own: Partial<{ server: Identity; ca: string }> = {},
  ): Promise<TlsDaemon> => {
    const { server, ca } = files()
    const options = { kind, contract: file('order.lock.json'), server, ca: ca.cert, ...own }
    const all = ['--contract', file('slow.lock.json'), '--contract', file('plain.lock.json'), ...args]
    return TlsDaemon.start({ ...options, socket: file(`${kind}-${++started}.sock`), args: all })
  }

  const clientOf = async (daemon: TlsDaemon, client: Identity): Promise<Processor> => {
    const tls = { ...client, ca: files().ca.cert }
    const processor = await createProcessor(order, {
      placement: 'sidecar',
      socket: daemon.address,
      tls,
      deadlineMs: 20_000,
    })
    onTestFinished(() => processor.destroy())
    return processor
  }

  /** A framed connection whose HELLO is answered. */
  const framed = async (daemon: TlsDaemon, client: Identity): Promise<RawClient> => {
    const socket = await daemon.connect(client, files().ca.cert, { ALPNProtocols: ['sidelane/1'] })
    return RawClient.on(socket)
  }

  test('1,000 connections without a handshake are bounded, and delay nobody', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { orders } = files()
    const before = await clientOf(daemon, orders)
    const strangers: Socket[] = []
    let most = 0
    for (let count = 0; count < 1000; count += 100) {
      const sockets = await Promise.all(Array.from({ length: 100 }, () => daemon.tcp()))
      // The head of a record whose rest never comes.
      for (const socket of sockets.slice(50)) socket.write(Buffer.from('1603010200', 'hex'))
      strangers.push(...sockets)
      most = Math.max(most, (await daemon.metrics())['handshakes'] ?? Number.NaN)
      expect((await before.process({ n: count })).ok).toBe(true)
      expect((await ask(daemon.socket, '/v1/contracts/order/process', { body: `{"n":${count}}` })).status).toBe(200)
      expect(await daemon.serves(orders, files().ca.cert)).toBe(true)
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(maxHandshakes)
    // On a slow machine the time of some is over before others need their place.
    const ended = ({ handshakes = 0, timeout = 0 }: Record<string, number>): number => handshakes + timeout
    await until(async () => ended(await daemon.refusals()) >= 1000 - maxHandshakes)
    const kept = strangers.filter((socket) => !socket.closed && !socket.readableEnded).length
    expect(kept).toBeLessThanOrEqual(maxHandshakes)
    for (const socket of strangers) socket.destroy()
    await until(async () => (await daemon.metrics())['handshakes'] === 0)
    expect((await before.process({ n: 1 })).ok).toBe(true)
    await daemon.daemon.stop()
  })

  test('a handshake of one byte a second is ended', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const socket = await daemon.tcp()
    const bytes = Buffer.from('16030100ff010000fb0303', 'hex')
    let sent = 0
    const timer = setInterval(() => {
      if (sent < bytes.length) socket.write(bytes.subarray(sent, ++sent))
    }, 1000)
    await textOf(socket)
    clearInterval(timer)
    expect(sent).toBeLessThan(bytes.length)
    await until(async () => (await daemon.refusals())['timeout'] === 1)
    await daemon.daemon.stop()
  })

  test('a peer has a quarter of the connections, and its own share of work', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start(['--max-connections', '12', '--max-in-flight', '8'])
    const { orders, billing } = files()
    const clients = [await framed(daemon, orders), await framed(daemon, orders)]
    for (const client of clients) {
      client.send(preface, hello([{ contract: slow }]))
      const answer = decodeServerHello((await client.frame())?.payload as Buffer)
      expect(typeof answer === 'object' && answer.limits.inFlight).toBe(2)
    }
    // A fourth connection of this peer is ended without a preface; one of another peer is served.
    const third = await daemon.connect(orders, files().ca.cert)
    const fourth = await framed(daemon, orders)
    fourth.send(preface, hello([{ contract: slow }]))
    expect(await fourth.preface()).toBeUndefined()
    const other = await framed(daemon, billing)
    other.send(preface, hello([{ contract: slow }]))
    await other.frame()
    expect(await daemon.refusals()).toEqual({ peer_connections: 1 })
    // Two requests in flight over both connections; those of the other peer are counted apart.
    const payload = JSON.stringify(randomBytes(250_000).toString('base64'))
    const [first, second] = clients as [RawClient, RawClient]
    first.send(request(1, payload), request(2, payload))
    await until(async () => (await daemon.metrics('sidelane_in_flight'))[''] === 2)
    const http = textOf(third)
    const head = 'POST /v1/contracts/order/process HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2'
    third.write(`${head}\r\n\r\n{}`)
    second.send(request(1, '1'))
    expect((await second.frame())?.text?.code).toBe('overloaded')
    expect(await http).toMatch(/^HTTP\/1\.1 429 /)
    other.send(request(1, '1'))
    expect((await other.frame())?.text).toBeUndefined()
    expect((await first.frames(2)).map(({ text }) => text)).toEqual([undefined, undefined])
    second.send(request(2, '1'))
    expect((await second.frame())?.text).toBeUndefined()
    // A connection that is closed makes room for the next.
    first.socket.destroy()
    await first.closed
    // The HTTP connection ended with its answer.
    await until(async () => (await daemon.metrics())['connections'] === 2)
    const next = await framed(daemon, orders)
    next.send(preface, hello([{ contract: slow }]))
    expect((await next.frame())?.kind).toBe(1)
    for (const { socket } of [second, fourth, other, next]) socket.destroy()
    await daemon.daemon.stop()
  })

  test('answers that the client reads late arrive whole; a client that never reads them is closed', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { ca, orders, billing } = files()
    const payload = JSON.stringify(randomBytes(450_000).toString('base64'))
    const stalled = async (client: Identity, count: number): Promise<RawClient> => {
      const raw = await framed(daemon, client)
      raw.send(preface, hello([{ contract: plain }]))
      await raw.frame()
      raw.socket.pause()
      for (let id = 1; id <= count; id++) raw.send(request(id, payload))
      return raw
    }
    const late = await stalled(orders, 12)
    let inFlight = -1
    // The daemon has written what the system takes.
    await until(async () => {
      const before = inFlight
      inFlight = (await daemon.metrics('sidelane_in_flight'))[''] ?? -1
      return inFlight === before
    })
    late.socket.resume()
    const answers = await late.frames(12)
    expect(answers).toHaveLength(12)
    for (const { text, payload: body } of answers) {
      // What did not fit into its output is refused.
      if (text === undefined) expect(body.toString('latin1', 48) === payload).toBe(true)
      else expect(text.code).toBe('overloaded')
    }
    const never = await stalled(billing, 60)
    expect(await daemon.serves(orders, ca.cert)).toBe(true)
    await until(async () => (await daemon.metrics('sidelane_connections'))['{protocol="framed"}'] === 1)
    await until(async () => (await daemon.metrics('sidelane_in_flight'))[''] === 0)
    expect((await daemon.metrics('sidelane_queued_bytes'))['']).toBe(0)
    for (const { socket } of [late, never]) socket.destroy()
    await daemon.daemon.stop()
  })

  test('certificates that are replaced under load lose no call; broken ones keep the old', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const { ca, server, orders } = files()
    const own = { cert: file(`${kind}.crt`), key: file(`${kind}.key`) }
    const install = ({ cert, key }: Identity): void => {
      copyFileSync(cert, own.cert)
      copyFileSync(key, own.key)
      chmodSync(own.key, 0o600)
    }
    install(server)
    const daemon = await start([], { server: own })
    const serial = async (): Promise<string | undefined> => {
      const socket = await daemon.connect(orders, ca.cert)
      const number = socket.getPeerX509Certificate()?.serialNumber
      socket.destroy()
      return number
    }
    const processor = await clientOf(daemon, orders)
    let calls = 0
    const ending = new AbortController()
    const load = Array.from({ length: 8 }, async () => {
      while (!ending.signal.aborted) {
        const outcome = await processor.process({ n: calls++ })
        if (!outcome.ok) throw new Error(`rejected: ${outcome.code}`)
      }
    })
    const lines = (event: string): number => daemon.daemon.log.filter((line) => line.event === event).length
    const reload = async (event: string): Promise<void> => {
      const before = [lines(event), calls] as const
      daemon.daemon.child.kill('SIGHUP')
      await until(async () => lines(event) > before[0] && calls > before[1] + 50)
    }
    const serials = new Set([await serial()])
    for (const name of ['next', 'third']) {
      install(ca.issue(`${kind}-${name}`, { san: ['DNS:localhost'], usage: 'serverAuth' }))
      await reload('reloaded')
      serials.add(await serial())
    }
    expect(serials.size).toBe(3)
    const broken: readonly (readonly [what: string, make: () => void, reason: string])[] = [
      [
        'no PEM',
        () => writeFileSync(own.cert, 'x'),
        `Cannot read the TLS certificate ${own.cert}: it holds no certificate in PEM`,
      ],
      [
        'another key',
        () => copyFileSync(server.cert, own.cert),
        `Cannot read the TLS key ${own.key}: it is not the key of the certificate ${own.cert}`,
      ],
      [
        'an open key',
        () => chmodSync(own.key, 0o644),
        `Cannot read the TLS key ${own.key}: others may read or replace it`,
      ],
      [
        'a key that is too short',
        () => install(TestCa.selfSigned(file(`${kind}-short`), 'rsa:512')),
        `Cannot read the TLS key ${own.key}: it holds no private key in PEM of a kind that is supported`,
      ],
    ]
    for (const [what, make, reason] of broken) {
      make()
      await reload('reload_failed')
      expect(daemon.daemon.log.findLast(({ event }) => event === 'reload_failed')?.['message'], what).toContain(reason)
      serials.add(await serial())
    }
    expect(serials.size).toBe(3)
    ending.abort()
    await Promise.all(load)
    await daemon.daemon.stop()
  })

  test('a daemon that takes over gets the address, too', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const { ca, server, orders } = files()
    const old = await start()
    const processor = await clientOf(old, orders)
    const listen = ['--tls-listen', `127.0.0.1:${old.port}`, '--takeover', '--contract', file('slow.lock.json')]
    const options = { kind, contract: file('order.lock.json'), server, ca: ca.cert, socket: old.socket }
    const next = await TlsDaemon.start({ ...options, args: listen })
    expect(await old.daemon.exited).toBe(0)
    await until(() => next.serves(orders, ca.cert))
    expect((await processor.process({ n: 1 })).ok).toBe(true)
    expect(
      next.daemon.log.some(({ event, message }) => event === 'warning' && String(message).includes('it is in use')),
    ).toBe(true)
    await next.daemon.stop()
  })

  test('a daemon that drains for a signal leaves its addresses to the one that takes over', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const { ca, server, orders } = files()
    const port = await freePort('127.0.0.1')
    const metrics = ['--metrics-listen', `127.0.0.1:${port}`]
    const old = await start([...metrics, '--drain-ms', '60000'])
    const client = await framed(old, orders)
    client.send(preface, hello([{ contract: plain }]))
    await client.frame()
    // An incomplete request keeps sidelaned from its end, frames the Node daemon.
    const upload = await old.connect(orders, ca.cert)
    upload.write('POST /v1/contracts/order/process HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{')
    upload.on('error', () => {})
    const pings = setInterval(() => client.send(frame({ kind: kinds.ping })), 100)
    onTestFinished(() => clearInterval(pings))
    old.daemon.child.kill('SIGTERM')
    await old.daemon.event('draining')
    const listen = ['--tls-listen', `127.0.0.1:${old.port}`, ...metrics, '--takeover']
    const options = { kind, contract: file('order.lock.json'), server, ca: ca.cert, socket: old.socket }
    const next = await TlsDaemon.start({ ...options, args: listen })
    // The old one is not ready.
    const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
    await until(() => next.serves(orders, ca.cert))
    await until(() => isReady().catch(() => false))
    expect(old.daemon.log.map(({ event }) => event)).not.toContain('stopped')
    clearInterval(pings)
    client.socket.destroy()
    upload.destroy()
    expect(await old.daemon.exited).toBe(0)
    await next.daemon.stop()
  })

  test('names of certificates are escaped in the log, and are in no metric', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start(['--tls-allow-san', 'only.test'])
    const odd = files().ca.issue(`${kind}-odd`, { san: ['URI:spiffe://marker/%22\u001b[31m"x'] })
    expect(await daemon.serves(odd, files().ca.cert)).toBe(false)
    await until(async () => (await daemon.refusals())['san'] === 1)
    expect((await daemon.page('/metrics')).body.toString()).not.toContain('marker')
    await daemon.daemon.stop()
    expect(daemon.daemon.stderr).not.toContain('\u001b')
    expect(daemon.daemon.stderr).toContain('spiffe://marker/')
  })
})

test('sidelaned that takes over with too few files for its start leaves the path to the other one', async (context) => {
  needDaemon('sidelaned', context)
  for (const tool of ['openssl', 'prlimit']) needTool(tool, context)
  const { ca, server } = files()
  const contract = file('order.lock.json')
  const old = await TlsDaemon.start({ kind: 'sidelaned', socket: file('few.sock'), contract, server, ca: ca.cert })
  const { ino } = statSync(old.socket)
  const tls = ['--tls-listen', '127.0.0.1:0', '--tls-cert', server.cert, '--tls-key', server.key]
  const all = [...tls, '--tls-client-ca', ca.cert, '--socket', old.socket, '--contract', contract]
  const codes: (number | null)[] = []
  // Whatever opens the file that is one too many, until there are enough.
  for (let limit = 12; limit < 200 && codes.at(-1) !== 0; limit++) {
    const args = [...all, '--takeover', '--threads', '1']
    const next = new Daemon({ kind: 'sidelaned', args, by: ['prlimit', `--nofile=${limit}`] })
    if (await next.event('listening').catch(() => false)) codes.push(await next.stop())
    else {
      codes.push(await next.exited)
      expect([limit, statSync(old.socket, { throwIfNoEntry: false })?.ino]).toEqual([limit, ino])
    }
  }
  expect(codes.length).toBeGreaterThan(5)
})
