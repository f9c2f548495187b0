// Fault rows about what reads from a socket whose server may be anything: ping and stats, and the probe of a second daemon.
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sidelane, type Result } from '../support/cli.ts'
import { Daemon, daemonKinds, needDaemon, programs, type DaemonKind } from '../support/daemon.ts'
import { run } from '../support/run.ts'
import { anything, freshFolder } from './daemon-kit.ts'

const flood = (socket: Socket, chunk: Buffer): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}

/** One byte in 100 ms: each one arrives well within the time limit, the whole does not. */
const drip = (socket: Socket, text: string): void => {
  let at = 0
  const timer = setInterval(() => socket.write(text[at++ % text.length] as string), 100)
  socket.on('close', () => clearInterval(timer))
}

const page = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`

/** What a server does with a connection. */
const servers: Readonly<Record<string, (socket: Socket) => void>> = {
  'sends bytes without end': (socket) => flood(socket, Buffer.alloc(65_536, 0x41)),
  'sends a body without end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    flood(socket, Buffer.alloc(65_536, 0x41))
  },
  'sends interim responses without end': (socket) =>
    flood(socket, Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(99))),
  'sends a head byte by byte': (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX: '),
  'sends a body byte by byte': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
    drip(socket, ' ')
  },
  'sends nothing': () => {},
  'closes at once': (socket) => void socket.destroy(),
  'speaks another protocol': (socket) => void socket.end('SSH-2.0-x\r\n'),
}

function listen(serve: (socket: Socket) => void): Promise<string> {
  const path = join(freshFolder(), 's.sock')
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {}).resume()
    serve(socket)
  })
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return new Promise((resolve) => server.listen(path, () => resolve(path)))
}

type Command = (path: string) => Promise<Result>

/** The commands that ask a daemon, by the program that has them. */
const commands: Readonly<Record<DaemonKind, { readonly ping: Command; readonly stats?: Command }>> = {
  node: {
    ping: (path) => sidelane(['ping', '--socket', path]),
    stats: (path) => sidelane(['stats', '--socket', path]),
  },
  sidelaned: { ping: (path) => run(programs.sidelaned[0], ['ping', '--socket', path]) },
}

test('F86: stats prints no text of a server but what looks like a name', async () => {
  const metrics = 'sidelane_requests_total{contract="\u001b[2Jx",protocol="http",code="accepted"} 1\n'
  const path = await listen((socket) => void socket.end(page('200 OK', metrics)))
  const { status, stdout } = await sidelane(['stats', '--socket', path])
  expect(status).toBe(0)
  expect(stdout).not.toContain('\u001b')
})

describe.each(daemonKinds)('%s', (kind) => {
  test.for(Object.keys(servers))('F86: ping and stats end with 3 when a server %s', async (what, context) => {
    needDaemon(kind, context)
    const path = await listen(servers[what] as (socket: Socket) => void)
    const results = Object.entries(commands[kind]).map(async ([command, ask]) => {
      const { status, stdout, stderr } = await ask(path)
      expect({ status, stdout }, `${command}: ${stderr}`).toEqual({ status: 3, stdout: '' })
      expect(stderr.length, command).toBeLessThan(300)
      if (what === 'sends a body without end') expect(stderr, command).toContain('the answer has more than')
      if (what.includes('nothing') || what.includes('byte by byte'))
        expect(stderr, command).toContain('no answer within 5000 ms')
    })
    await Promise.all(results)
  })

  test('F86: ping prints no text of a server but what looks like a reason', async (context) => {
    needDaemon(kind, context)
    const reasons = ['memory', '\u001b[2Jplanted', 7, { planted: 1 }, 'x'.repeat(99)]
    const body = JSON.stringify({ ready: false, reasons })
    const path = await listen((socket) => void socket.end(page('503 Service Unavailable', body)))
    const { status, stdout, stderr } = await commands[kind].ping(path)
    expect([status, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/not ready: memory\n$/)
  })

  test('F86: a second daemon reads nothing from what is at the path', async (context) => {
    needDaemon(kind, context)
    for (const what of ['sends bytes without end', 'sends nothing', 'closes at once']) {
      const path = await listen(servers[what] as (socket: Socket) => void)
      const lock = `${path}.lock.json`
      writeFileSync(lock, JSON.stringify(anything.lock))
      const daemon = new Daemon({ kind, args: ['--socket', path, '--contract', lock] })
      expect(await daemon.exited, what).toBe(1)
      expect(daemon.stderr, what).toContain('in use')
    }
  })
})
