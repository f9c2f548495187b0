// The socket file of both daemons: permissions, stale files, takeover, and what remains at the end.
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { ask, Daemon, daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'
import { freePort } from '../support/free-port.ts'
import { httpVectors } from './http-kit.ts'

const file = socketFolder()
const contract = file('order.lock.json', httpVectors[0]?.[1].lock)
let folders = 0
/** A path in an empty folder. */
function freshPath(name = 's.sock'): string {
  const folder = file(String(folders++))
  mkdirSync(folder, { mode: 0o700 })
  return join(folder, name)
}

const argsFor = (socket: string, ...more: string[]): string[] => ['--socket', socket, '--contract', contract, ...more]

describe.each(daemonKinds)('%s', (kind) => {
  const start = (socket: string, ...more: string[]): Promise<Daemon> =>
    startDaemon({ kind, args: argsFor(socket, ...more) })

  async function refusal(context: TestContext, socket: string, ...more: string[]): Promise<[number | null, string]> {
    needDaemon(kind, context)
    const daemon = new Daemon({ kind, args: argsFor(socket, ...more) })
    return [await daemon.exited, daemon.stderr]
  }

  test('the file has mode 0600, and the folder is empty at the end', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const daemon = await start(socket)
    expect(lstatSync(socket).mode & 0o777).toBe(0o600)
    expect(readdirSync(dirname(socket))).toEqual(['s.sock'])
    expect(await daemon.stop()).toBe(0)
    expect(readdirSync(dirname(socket))).toEqual([])
  })

  test('--socket-mode is the mode of the file', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    await start(socket, '--socket-mode', '0660')
    expect(lstatSync(socket).mode & 0o777).toBe(0o660)
  })

  test('the directory of the default path is created with mode 0700', async (context) => {
    needDaemon(kind, context)
    const runtime = dirname(freshPath())
    const env = { XDG_RUNTIME_DIR: runtime }
    const daemon = await startDaemon({ kind, args: ['--contract', contract], env })
    expect(statSync(join(runtime, 'sidelane')).mode & 0o777).toBe(0o700)
    expect((await ask(join(runtime, 'sidelane/sidelane.sock'), '/healthz')).status).toBe(200)
    expect(await daemon.stop()).toBe(0)
    chmodSync(join(runtime, 'sidelane'), 0o755)
    const second = new Daemon({ kind, args: ['--contract', contract], env })
    expect(await second.exited).toBe(1)
    expect(second.stderr).toContain('0700')
  })

  test('a stale file is replaced', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const first = await start(socket)
    first.child.kill('SIGKILL')
    await first.exited
    expect(existsSync(socket)).toBe(true)
    await start(socket)
    expect((await ask(socket, '/healthz')).status).toBe(200)
  })

  test('a second daemon at the same path is refused as in use', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    await start(socket)
    const [code, stderr] = await refusal(context, socket)
    expect(code).toBe(1)
    expect(stderr).toContain('in use')
    expect((await ask(socket, '/healthz')).status).toBe(200)
  })

  test('a takeover loses no request, and the old daemon keeps the new file', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const old = await start(socket)
    const statuses = new Set<number>()
    const going = new AbortController()
    const client = (async () => {
      while (!going.signal.aborted) statuses.add((await ask(socket, '/healthz')).status)
    })()
    const next = await start(socket, '--takeover')
    expect(await old.exited).toBe(0)
    going.abort()
    await client
    expect([...statuses]).toEqual([200])
    expect(old.log.map(({ event }) => event)).toEqual(expect.arrayContaining(['taken_over', 'draining', 'stopped']))
    expect((await ask(socket, '/healthz')).status).toBe(200)
    expect(await next.stop()).toBe(0)
    expect(existsSync(socket)).toBe(false)
  })

  test('a takeover with the same --metrics-listen gets the address', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const port = await freePort('127.0.0.1')
    const listen = `127.0.0.1:${port}`
    // Its metrics stay with it until it drains.
    const old = await start(socket, '--metrics-listen', listen)
    const next = await start(socket, '--metrics-listen', listen, '--takeover')
    const warnings = (): unknown[] => next.log.filter(({ event }) => event === 'warning').map(({ message }) => message)
    await expect.poll(warnings).toContain(`Cannot listen on ${listen}: it is in use`)
    expect(await old.exited).toBe(0)
    await expect
      .poll(() =>
        fetch(`http://${listen}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      )
      .toBe(true)
    expect(await next.stop()).toBe(0)
  })

  test('a daemon whose successor has died at once publishes its file again', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const daemon = await start(socket)
    // What it leaves: a socket without a listener in the place of the file.
    const [bound, left] = ['bound', 'left'].map((name) => join(dirname(socket), name)) as [string, string]
    const successor = createServer().listen(bound)
    await once(successor, 'listening')
    linkSync(bound, left)
    await once(successor.close(), 'close')
    renameSync(left, socket)
    await daemon.event('republished')
    expect((await ask(socket, '/healthz')).status).toBe(200)
    expect(await daemon.stop()).toBe(0)
    expect(readdirSync(dirname(socket))).toEqual([])
    expect(daemon.log.map(({ event }) => event)).not.toContain('taken_over')
  })

  test('a deleted file is published again', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const daemon = await start(socket)
    rmSync(socket)
    await daemon.event('republished')
    expect((await ask(socket, '/healthz')).status).toBe(200)
    expect(lstatSync(socket).mode & 0o777).toBe(0o600)
    expect(await daemon.stop()).toBe(0)
    expect(readdirSync(dirname(socket))).toEqual([])
  })

  test('a file, a folder, a link or a dangling link at the path is refused and kept', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const target = `${socket}.target`
    const makers: readonly (() => void)[] = [
      () => linkSync(contract, socket),
      () => mkdirSync(socket),
      () => symlinkSync(contract, socket),
      () => symlinkSync(target, socket),
    ]
    for (const make of makers) {
      make()
      const before = lstatSync(socket)
      for (const more of [[], ['--takeover']]) {
        const [code, stderr] = await refusal(context, socket, ...more)
        expect(code).toBe(1)
        expect(stderr).toContain('is not a socket')
      }
      expect(lstatSync(socket).ino).toBe(before.ino)
      rmSync(socket, { recursive: true })
    }
    expect(readFileSync(contract).length).toBeGreaterThan(0)
  })

  test('a missing folder is refused', async (context) => {
    const folder = join(freshPath(), 'none')
    const [code, stderr] = await refusal(context, join(folder, 's.sock'))
    expect(code).toBe(1)
    expect(stderr).toContain(`(umask 077 && mkdir -p ${folder})\n`)
    expect(stderr).not.toContain('listening')
  })

  test('a folder that others can write to is refused, also if it is sticky', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    chmodSync(dirname(socket), 0o777)
    for (const mode of [0o777, 0o1777, 0o770]) {
      chmodSync(dirname(socket), mode)
      const [code, stderr] = await refusal(context, socket)
      expect(code).toBe(1)
      expect(stderr).toContain('Others may write')
    }
    chmodSync(dirname(socket), 0o755)
    expect(await (await start(socket)).stop()).toBe(0)
  })

  test('a path of 107 bytes works, and one of 108 is refused with its length', async (context) => {
    needDaemon(kind, context)
    const folder = dirname(freshPath())
    const pathOf = (bytes: number): string => join(folder, 'x'.repeat(bytes - folder.length - 1))
    expect(await (await start(pathOf(107))).stop()).toBe(0)
    const [code, stderr] = await refusal(context, pathOf(108))
    expect(code).toBe(2)
    expect(stderr).toContain('108')
    expect(readdirSync(folder)).toEqual([])
  })

  test('a name of one letter works', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath('s')
    expect(await (await start(socket)).stop()).toBe(0)
    expect(readdirSync(dirname(socket))).toEqual([])
  })

  test('a daemon does not delete a file that replaced its own', async (context) => {
    needDaemon(kind, context)
    const socket = freshPath()
    const daemon = await start(socket)
    const other = createServer().listen(`${socket}.2`)
    await new Promise((resolve) => other.once('listening', resolve))
    renameSync(`${socket}.2`, socket)
    expect(await daemon.stop()).toBe(0)
    expect(existsSync(socket)).toBe(true)
    other.close()
  })
})
