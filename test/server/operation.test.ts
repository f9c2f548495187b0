// Operation of both daemons: signals, reloads, exit codes, health, metrics, log lines.
import { spawn } from 'node:child_process'
import { existsSync, linkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type LockDocument } from '../../src/model/index.ts'
import { parseContract } from '../../src/contract/index.ts'
import { createProcessor } from '../../src/index.ts'
import {
  ask,
  askJson,
  Daemon,
  daemonKinds,
  needDaemon,
  programs,
  socketFolder,
  startDaemon,
  type DaemonOptions,
  type Page,
} from '../support/daemon.ts'
import { freePort } from '../support/free-port.ts'
import { tableBelow } from '../docs/pages.ts'
import { httpVectors, RawHttp } from './http-kit.ts'

const lock = httpVectors[0]?.[1].lock as LockDocument
const { id } = parseContract(lock)
const process1 = '/v1/contracts/Order_v1.2/process'
const file = socketFolder()
const contract = file('order.lock.json', lock)
let sockets = 0
const freshSocket = (): string => file(`${sockets++}.sock`)

describe.each(daemonKinds)('%s', (kind) => {
  async function start(options: DaemonOptions = {}): Promise<{ daemon: Daemon; socket: string }> {
    const socket = freshSocket()
    const args = ['--socket', socket, '--contract', contract, ...(options.args ?? [])]
    return { daemon: await startDaemon({ ...options, kind, args }), socket }
  }

  const ended = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Daemon> => {
    const daemon = new Daemon({ kind, args, env })
    await daemon.exited
    return daemon
  }

  test('the first log line names the socket and the contracts', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start()
    const [line] = daemon.log
    expect(line).toMatchObject({
      level: 'info',
      event: 'listening',
      socket,
      pid: daemon.child.pid,
      daemon: kind,
      contracts: [`Order_v1.2@${id}`],
    })
    expect(Date.parse(line?.time ?? '')).toBeGreaterThan(0)
  })

  test('--check prints what it would serve, binds nothing and exits with 0', async (context) => {
    needDaemon(kind, context)
    const socket = freshSocket()
    const daemon = await ended(['--socket', socket, '--contract', contract, '--check'])
    expect(await daemon.exited).toBe(0)
    expect(daemon.stdout).toContain(`Order_v1.2@${id}`)
    expect(daemon.stdout).toContain(socket)
    expect(daemon.log).toEqual([])
  })

  test('--help and --version print on stdout', async (context) => {
    needDaemon(kind, context)
    expect((await ended(['--help'])).stdout).toContain('--metrics-listen')
    expect((await ended(['--version'])).stdout).toMatch(/\d+\.\d+\.\d+\n$/)
  })

  test('invalid options and contracts exit with 2 before anything is bound', async (context) => {
    needDaemon(kind, context)
    const broken = file('broken.lock.json', { ...lock, schema: { type: 'object', not: {} } })
    const wrong: readonly (readonly [readonly string[], Record<string, string>, string])[] = [
      [['--contract', contract, '--threads', '0'], {}, 'Expected `--threads` to be an integer from 1 to 1024, got `0`'],
      [['--contract', contract], { SIDELANED_NO: '1' }, 'SIDELANED_NO'],
      [['--contract', broken], {}, '/schema/not'],
      [['--contract', file('none.lock.json')], {}, 'none.lock.json'],
      [[], {}, '--contract'],
    ]
    for (const [args, env, message] of wrong) {
      const daemon = await ended(args, env)
      expect(await daemon.exited).toBe(2)
      expect(daemon.stderr).toContain(message)
      expect(daemon.log).toEqual([])
    }
  })

  test('SIGHUP loads the changed lock; an invalid one is logged and changes nothing', async (context) => {
    needDaemon(kind, context)
    const own = file(`reload-${kind}.lock.json`, lock)
    const socket = freshSocket()
    const daemon = await startDaemon({ kind, args: ['--socket', socket, '--contract', own] })
    writeFileSync(own, '{"profile":')
    daemon.child.kill('SIGHUP')
    const failed = await daemon.event('reload_failed')
    expect(failed.level).toBe('error')
    expect(JSON.stringify(failed)).toContain(`reload-${kind}.lock.json`)
    expect((await ask(socket, process1, { body: '{"id":"a"}' })).status).toBe(200)
    writeFileSync(own, JSON.stringify({ ...lock, limits: { maxBytes: 5 } }))
    daemon.child.kill('SIGHUP')
    await daemon.event('reloaded')
    expect((await ask(socket, process1, { body: '{"id":"a"}' })).status).toBe(413)
    const metrics = (await ask(socket, '/metrics')).body.toString()
    expect(metrics).toContain('sidelane_reloads_total{result="ok"} 1\n')
    expect(metrics).toContain('sidelane_reloads_total{result="failed"} 1\n')
  })

  test('SIGTERM completes a request in progress with "Connection: close", and exits with 0', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start()
    const answer = new Promise<Page['headers']>((resolve, reject) => {
      const sent = request(
        { socketPath: socket, path: process1, method: 'POST', headers: { 'Content-Length': 10 } },
        (response) => {
          response.resume().on('end', () => resolve({ ...response.headers, status: String(response.statusCode) }))
        },
      ).on('error', reject)
      sent.write('{"id":')
      void daemon.event('draining').then(() => sent.end('"a"}'))
    })
    await expect.poll(async () => gauge(socket, 'sidelane_queued_bytes')).toBe(10)
    daemon.child.kill('SIGTERM')
    expect(await answer).toMatchObject({ status: '200', connection: 'close' })
    expect(await daemon.exited).toBe(0)
    expect(daemon.log.map(({ event }) => event)).toEqual(expect.arrayContaining(['listening', 'draining', 'stopped']))
  })

  test('in a drain, an idle connection is kept for a moment: a request on its way is answered', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start()
    // Of these, nothing is read before the drain.
    const [mute, first] = [new RawHttp(socket), new RawHttp(socket)]
    const [idle, late] = [new RawHttp(socket), new RawHttp(socket)]
    for (const http of [idle, late]) {
      await http.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
      expect((await http.response())?.headers.get('connection')).toBeUndefined()
    }
    daemon.child.kill('SIGTERM')
    await daemon.event('draining')
    const post = `POST ${process1} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"id":"a"}`
    for (const http of [late, first]) {
      await http.send(Buffer.from(post))
      const answer = await http.response()
      expect([answer?.status, answer?.headers.get('connection')]).toEqual([200, 'close'])
    }
    // The others do not last until `--drain-ms`.
    expect(await daemon.exited).toBe(0)
    for (const http of [mute, first, idle, late]) await http.end()
  })

  test('in a drain, each new connection has its second, too', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start({ args: ['--drain-ms', '20000'] })
    const [mute, half] = [new RawHttp(socket), new RawHttp(socket)]
    const head = 'Host: x\r\nContent-Length: 10\r\nSidelane-Deadline-Ms: 60000\r\n\r\n'
    await half.send(Buffer.from(`POST ${process1} HTTP/1.1\r\n${head}{"id":`))
    await expect.poll(async () => gauge(socket, 'sidelane_queued_bytes')).toBe(10)
    daemon.child.kill('SIGTERM')
    // Long before `--drain-ms`, although a request keeps the drain open.
    await mute.end()
    const later = Array.from({ length: 20 }, () => new RawHttp(socket))
    // The daemon accepts them before they send anything.
    await sleep(50)
    await Promise.all(later.map((http) => http.send(Buffer.from('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'))))
    for (const http of later) {
      expect(await http.response()).toMatchObject({ status: 503, body: '{"ready":false,"reasons":["draining"]}' })
    }
    await half.send(Buffer.from('"a"}'))
    expect((await half.response())?.status).toBe(200)
    expect(await daemon.exited).toBe(0)
  })

  test('a drain that waits for an idle HTTP connection still accepts', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start()
    const idle = new RawHttp(socket)
    await idle.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
    expect((await idle.response())?.status).toBe(200)
    daemon.child.kill('SIGTERM')
    await daemon.event('draining')
    expect((await ask(socket, '/readyz')).status).toBe(503)
    await idle.end()
    expect(await daemon.exited).toBe(0)
  })

  test('clients that come again and again keep no drain open, and each of their requests is answered', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start({ args: ['--drain-ms', '3000'] })
    const loop = async (): Promise<unknown> => {
      try {
        for (;;) expect((await ask(socket, '/healthz')).status).toBe(200)
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? error
      }
    }
    const loops = Array.from({ length: 8 }, loop)
    daemon.child.kill('SIGTERM')
    // The path is gone, or has no listener.
    for (const code of await Promise.all(loops)) expect(['ENOENT', 'ECONNREFUSED']).toContain(code)
    expect(await daemon.exited).toBe(0)
  })

  test('a second SIGTERM exits at once', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start({ args: ['--drain-ms', '600000'] })
    const http = new RawHttp(socket)
    await http.send(Buffer.from(`POST ${process1} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{`))
    await expect.poll(async () => gauge(socket, 'sidelane_queued_bytes')).toBe(10)
    daemon.child.kill('SIGTERM')
    await daemon.event('draining')
    daemon.child.kill('SIGTERM')
    expect(await daemon.exited).not.toBe(0)
    http.close()
  })

  test('--exit-with-stdin drains and exits when stdin ends', async (context) => {
    needDaemon(kind, context)
    const { daemon } = await start({ args: ['--exit-with-stdin'] })
    daemon.child.stdin?.end()
    expect(await daemon.exited).toBe(0)
  })

  test('without --exit-with-stdin, the end of stdin is ignored', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start()
    daemon.child.stdin?.end()
    expect((await ask(socket, '/readyz')).status).toBe(200)
    expect(await daemon.stop()).toBe(0)
  })

  test('listens on the socket of a service manager and leaves its file in place', async (context) => {
    needDaemon(kind, context)
    const socket = freshSocket()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(`${socket}.1`, resolve))
    // Closing the server deletes the first name.
    linkSync(`${socket}.1`, socket)
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle
    const command = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
    const child = spawn('sh', ['-c', command, 'sh', ...programs[kind], '--contract', contract], {
      stdio: ['ignore', 'ignore', 'pipe', fd],
    })
    const exited = new Promise((resolve) => child.on('close', resolve))
    await new Promise((resolve) => child.stderr?.once('data', resolve))
    await new Promise((resolve) => server.close(resolve))
    expect((await ask(socket, '/readyz')).status).toBe(200)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect(existsSync(socket)).toBe(true)
  })

  test('refuses what is no Unix socket of a service manager', async (context) => {
    needDaemon(kind, context)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle
    const args = ['-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', 'sh', ...programs[kind], '--contract', contract]
    for (const passed of [fd, 'ignore'] as const) {
      const child = spawn('sh', args, { stdio: ['ignore', 'ignore', 'pipe', passed] })
      const exited = new Promise((resolve) => child.on('close', resolve))
      let stderr = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
        // It listens.
        if (text.startsWith('{')) child.kill('SIGKILL')
      })
      expect(await exited).toBe(1)
      expect(stderr).toContain('Cannot listen on LISTEN_FDS: ')
    }
    await new Promise((resolve) => server.close(resolve))
  })

  test('above its memory limit it is not ready and refuses payloads', async (context) => {
    needDaemon(kind, context)
    const { socket } = await start({ args: ['--memory-limit', '1048576'] })
    await expect.poll(async () => askJson(socket, '/readyz')).toEqual({ ready: false, reasons: ['memory'] })
    expect((await ask(socket, '/healthz')).status).toBe(200)
    const { status, headers } = await ask(socket, process1, { body: '{"id":"a"}' })
    expect(status).toBe(429)
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })

  test('--metrics-listen serves health and metrics over TCP, and nothing else', async (context) => {
    needDaemon(kind, context)
    const port = await freePort('127.0.0.1')
    await start({ args: ['--metrics-listen', `127.0.0.1:${port}`] })
    const status = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    expect(await status('/healthz')).toBe(200)
    expect(await status('/readyz')).toBe(200)
    expect(await status('/metrics')).toBe(200)
    // A scraper is no client.
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain(
      'sidelane_connections{protocol="http"} 0\n',
    )
    for (const path of ['/v1/contracts', '/openapi.json', process1, '/nothing']) expect(await status(path)).toBe(404)
    const post = await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST', body: '{}' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  test('a connection of --metrics-listen may be silent for longer than a head may take', async (context) => {
    needDaemon(kind, context)
    const port = await freePort('127.0.0.1')
    await start({ args: ['--metrics-listen', `127.0.0.1:${port}`] })
    const http = new RawHttp(port)
    await sleep(6000)
    expect([http.closed, http.rest]).toEqual([false, ''])
    await http.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
    expect((await http.response())?.status).toBe(200)
    await http.send(Buffer.from('GET /hea'))
    expect((await http.response())?.status).toBe(408)
    http.close()
  })

  test('connections beyond the limit get health and metrics only', async (context) => {
    needDaemon(kind, context)
    const { socket } = await start({ args: ['--max-connections', '2'] })
    const taken = [new RawHttp(socket), new RawHttp(socket)]
    for (const http of taken) {
      await http.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
      await http.response()
    }
    expect((await ask(socket, '/readyz')).status).toBe(200)
    expect((await ask(socket, '/v1/contracts')).status).toBe(429)
    for (const http of taken) http.close()
    await expect.poll(async () => (await ask(socket, '/v1/contracts')).status).toBe(200)
  })

  test('a sampled request is logged with its trace id and without its payload', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start({ args: ['--log-sample', '1'] })
    const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
    await ask(socket, process1, { body: '{"id":"  secret"}', headers })
    const line = await daemon.event('request')
    expect(line).toMatchObject({
      level: 'info',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      route: 'Order_v1.2',
      in_bytes: 17,
      out_bytes: 15,
      status: 200,
      placement: 'sidecar',
      engine: kind === 'sidelaned' ? 'native' : (expect.stringMatching(/^(native|js)$/) as string),
    })
    expect(line['millis']).toBeGreaterThan(0)
    expect(daemon.stderr).not.toContain('secret')
  })

  test('a call of the client is logged with its trace id; an invalid traceparent is ignored', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start({ args: ['--log-sample', '1'] })
    await using processor = await createProcessor(parseContract(lock), {
      placement: 'sidecar',
      socket,
      deadlineMs: 20_000,
    })
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    for (const traceparent of ['not one', `00-${traceId}-00f067aa0ba902b7-01`]) {
      expect((await processor.process('{"id":"a"}', { traceparent })).ok).toBe(true)
    }
    await expect.poll(() => daemon.log.filter(({ event }) => event === 'request')).toHaveLength(2)
    const lines = daemon.log.filter(({ event }) => event === 'request')
    expect(lines.map((line) => [line['trace_id'], line['in_bytes']])).toEqual([
      [undefined, 10],
      [traceId, 10],
    ])
  })

  test('a log that is not read blocks no request, dropped lines are counted, and the state is still told', async (context) => {
    needDaemon(kind, context)
    const { daemon, socket } = await start({ args: ['--log-sample', '1'] })
    daemon.child.stderr?.pause()
    const http = new RawHttp(socket)
    const hello = Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100))
    for (let i = 0; i < 40; i++) {
      await http.send(hello)
      for (let j = 0; j < 100; j++) expect((await http.response())?.status).toBe(200)
    }
    expect(await gauge(socket, 'sidelane_log_dropped_total')).toBeGreaterThan(0)
    http.close()
    daemon.child.kill('SIGHUP')
    await expect.poll(() => gauge(socket, 'sidelane_reloads_total{result="ok"}')).toBe(1)
    daemon.child.stderr?.resume()
    await daemon.event('reloaded')
    expect(await daemon.stop()).toBe(0)
  })

  test('/metrics has the names, types and labels of docs/daemon.md', async (context) => {
    needDaemon(kind, context)
    const { socket } = await start()
    await ask(socket, process1, { body: '{"id":"a"}' })
    const text = (await ask(socket, '/metrics')).body.toString()
    const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))
    const documented = tableBelow('docs/daemon.md', 'Metrics').flatMap(([names = '', type = '', labels = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({
        name,
        type: type.replace(/,.*/, ''),
        labels: [...labels.replaceAll(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].map(([, label]) => label),
      })),
    )
    expect(Object.fromEntries(types)).toEqual(Object.fromEntries(documented.map(({ name, type }) => [name, type])))
    for (const { name, labels } of documented) {
      if (labels.length === 0) continue
      const [, pairs = ''] = new RegExp(`^${name}\\{(.*)\\} `, 'm').exec(text) ?? []
      expect([...pairs.matchAll(/(\w+)="/g)].map(([, label]) => label)).toEqual(labels)
    }
    const bounds = [...text.matchAll(/^sidelane_run_seconds_bucket\{le="([^"]+)"\}/gm)].map(([, bound]) => bound)
    expect(bounds).toEqual(
      '0.000025 0.00005 0.0001 0.00025 0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 +Inf'.split(' '),
    )
    expect(text).toContain(`sidelane_requests_total{contract="Order_v1.2",protocol="http",code="accepted"} 1\n`)
  })
})

async function gauge(socket: string, name: string): Promise<number> {
  const text = (await ask(socket, '/metrics')).body.toString()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}
