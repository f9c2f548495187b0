// Fault rows about the socket file, and what clients see during a takeover. Modes and messages are in test/server.
import { execFile, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHost, createProcessor } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { Daemon, daemonKinds, needDaemon } from '../support/daemon.ts'
import { stopProcess } from '../support/processes.ts'
import { hasTool, needTool } from '../support/tools.ts'
import { anything, freshFolder, mix, onDaemon, type Row } from './daemon-kit.ts'
import { expectSoon } from './oracles.ts'

const isRoot = process.getuid?.() === 0

describe.each(daemonKinds)('%s', (kind) => {
  test('F04: stopped with a full backlog: overloaded, and no other daemon takes the path', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const { ino } = lstatSync(row.socket)
        await stopProcess(row.daemon.child)
        const waiting = Array.from({ length: 700 }, () => connect(row.socket).on('error', () => {}))
        await sleep(200)
        const opening = createProcessor(anything, { placement: 'sidecar', socket: row.socket })
        await expect(opening).rejects.toMatchObject({ code: 'overloaded', status: 429, retryable: true })
        const second = row.another()
        await sleep(500)
        expect(lstatSync(row.socket).ino).toBe(ino)
        for (const socket of waiting) socket.destroy()
        row.daemon.child.kill('SIGCONT')
        expect(await second.exited).toBe(1)
        await row.back()
        // New connections are refused until it has seen that those that waited are closed.
        const processed = async (): Promise<boolean> => {
          await using host = await createHost({ placement: 'sidecar', socket: row.socket, deadlineMs: 20_000 })
          return (await host.processor(anything).process('[1]')).ok
        }
        await expect.poll(processed).toBe(true)
      },
      { kills: true },
    )
  })

  test('F35: a stale socket is replaced, and existing clients find the new daemon', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        await expectSoon(1000, async () => {
          await row.kill()
          expect(existsSync(row.socket)).toBe(true)
          expect((await row.trial.offer('[1]')).code).toBe('unavailable')
          await row.restart()
          return row.back()
        })
      },
      { kills: true },
    )
  })

  test('F36: a second daemon is refused as in use, and the first one still serves', async (context) => {
    await onDaemon(context, kind, async (row) => {
      const calls = row.trial.offerAll(mix(200))
      expect(await row.another().exited).toBe(1)
      expect((await calls).every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
    })
  })

  test('F36, F37: a takeover under load: no call fails, and the new daemon owns the file', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const old = row.daemon
        const over = new AbortController()
        const codes = new Set<string>()
        const caller = async (): Promise<void> => {
          while (!over.signal.aborted) {
            codes.add((await row.trial.offer('[1,2,3]')).code)
            await sleep(1)
          }
        }
        const callers = Promise.all(Array.from({ length: 8 }, caller))
        await row.restart('--takeover')
        const { ino } = lstatSync(row.socket)
        expect(await old.exited).toBe(0)
        await sleep(100)
        over.abort()
        await callers
        expect([...codes]).toEqual(['ok'])
        expect(lstatSync(row.socket).ino).toBe(ino)
      },
      { kills: true, unready: ['taken-over', 'draining', 'draining,taken-over', 'taken-over,draining'] },
    )
  })

  test('F38: a file, a folder, a link or a socket of another user at the path is refused and kept', async (context) => {
    needDaemon(kind, context)
    const folder = freshFolder()
    const lock = join(folder, 'a.lock.json')
    writeFileSync(lock, JSON.stringify(anything.lock))
    const path = join(folder, 's.sock')
    const makers: Record<string, () => void> = {
      file: () => writeFileSync(path, 'precious'),
      folder: () => mkdirSync(path),
      link: () => symlinkSync(lock, path),
      'dangling link': () => symlinkSync(join(folder, 'nothing'), path),
    }
    if (isRoot && hasTool('python3')) makers['socket of another user'] = () => staleSocketOfOtherUser(path)
    for (const [what, make] of Object.entries(makers)) {
      make()
      const { ino } = lstatSync(path)
      for (const more of [[], ['--takeover']]) {
        const daemon = new Daemon({ kind, args: ['--socket', path, '--contract', lock, ...more] })
        expect(await daemon.exited, what).toBe(1)
      }
      expect(lstatSync(path).ino, what).toBe(ino)
      rmSync(path, { recursive: true })
    }
  })

  test('F39: a path of 107 bytes works; 108 and 200 are invalid options for client and daemon', async (context) => {
    needDaemon(kind, context)
    const folder = freshFolder()
    const lock = join(folder, 'a.lock.json')
    writeFileSync(lock, JSON.stringify(anything.lock))
    for (const [bytes, code] of [
      [107, 0],
      [108, 2],
      [200, 2],
    ] as const) {
      const socket = join(folder, 'x'.repeat(bytes - folder.length - 1))
      const daemon = new Daemon({ kind, args: ['--socket', socket, '--contract', lock] })
      if (code === 0) {
        await daemon.event('listening')
        await using processor = await createProcessor(anything, { placement: 'sidecar', socket, deadlineMs: 20_000 })
        expect((await processor.process('[1]')).ok).toBe(true)
        await processor.close()
        daemon.child.kill('SIGTERM')
      } else {
        const opening = createProcessor(anything, { placement: 'sidecar', socket, deadlineMs: 20_000 })
        await expect(opening).rejects.toMatchObject({ code: 'options.invalid' })
      }
      expect(await daemon.exited).toBe(code)
    }
  })

  test('F40: a missing, read-only or world-writable folder is refused', async (context) => {
    needDaemon(kind, context)
    const folder = freshFolder()
    const lock = join(folder, 'a.lock.json')
    writeFileSync(lock, JSON.stringify(anything.lock))
    const refused = async (socket: string): Promise<void> => {
      const daemon = new Daemon({ kind, args: ['--socket', socket, '--contract', lock] })
      expect(await daemon.exited, socket).toBe(1)
    }
    await refused(join(folder, 'none', 's.sock'))
    const open = join(folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    await refused(join(open, 's.sock'))
    // Root can write to any folder but those of the kernel.
    const closed = isRoot ? '/proc/self' : join(folder, 'closed')
    if (!isRoot) mkdirSync(closed, { mode: 0o500 })
    await refused(join(closed, 's.sock'))
  })

  test('F84: a folder on the way to the socket that others may change is refused, with what to do', async (context) => {
    needDaemon(kind, context)
    const folder = freshFolder()
    const lock = join(folder, 'a.lock.json')
    writeFileSync(lock, JSON.stringify(anything.lock))
    const [outer, inner] = [join(folder, 'outer'), join(folder, 'outer/inner')]
    mkdirSync(inner, { recursive: true, mode: 0o755 })
    symlinkSync('outer/inner', join(folder, 'link'))
    const tries: readonly (readonly [path: string, outer: number, inner: number, refused?: string])[] = [
      ['outer/inner', 0o755, 0o755],
      ['outer/inner', 0o1777, 0o700],
      ['link', 0o1777, 0o700],
      ['outer/inner', 0o755, 0o770, inner],
      // Others could take the name while no daemon has it.
      ['outer/inner', 0o755, 0o1777, inner],
      ['outer/inner', 0o777, 0o700, outer],
      ['outer/inner', 0o775, 0o700, outer],
      ['link', 0o777, 0o700, outer],
      ['link/../inner', 0o777, 0o700, outer],
    ]
    for (const [path, outerMode, innerMode, refused] of tries) {
      chmodSync(outer, outerMode)
      chmodSync(inner, innerMode)
      const what = `${path} ${outerMode.toString(8)} ${innerMode.toString(8)}`
      const daemon = new Daemon({ kind, args: ['--socket', `${folder}/${path}/s.sock`, '--contract', lock] })
      if (refused === undefined) {
        await daemon.event('listening')
        expect(await daemon.stop(), what).toBe(0)
      } else {
        expect(await daemon.exited, what).toBe(1)
        expect(daemon.stderr.replaceAll(`${folder}/link`, inner), what).toContain(
          `Others may write to ${refused} (mode 0`,
        )
        expect(daemon.stderr, what).toContain('chmod go-w')
      }
    }
    if (!isRoot) return
    chmodSync(outer, 0o755)
    chmodSync(inner, 0o755)
    for (const foreign of [inner, outer]) {
      chownSync(foreign, 65_534, 65_534)
      const daemon = new Daemon({ kind, args: ['--socket', join(inner, 's.sock'), '--contract', lock] })
      expect(await daemon.exited).toBe(1)
      expect(daemon.stderr).toContain(`${foreign} belongs to uid 65534`)
      chownSync(foreign, 0, 0)
    }
  })

  test('F84: the folder is checked again at a takeover, and when a deleted file is published again', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const { ino } = lstatSync(row.socket)
        chmodSync(row.folder, 0o777)
        const second = row.another('--takeover')
        expect(await second.exited).toBe(1)
        expect(second.stderr).toContain('Others may write to')
        expect(lstatSync(row.socket).ino).toBe(ino)
        expect((await row.trial.offer('[1]')).code).toBe('ok')
        rmSync(row.socket)
        expect((await row.daemon.event('warning'))['message']).toContain('Others may write to')
        expect(existsSync(row.socket)).toBe(false)
        chmodSync(row.folder, 0o700)
        await expect.poll(() => readdirSync(row.folder).sort()).toEqual(['locks', 's.sock'])
      },
      { kills: true },
    )
  })

  test('F41: a deleted file is published again within seconds, and open connections are not affected', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        rmSync(row.socket)
        expect((await row.trial.offerAll(mix(50))).every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
        await row.trial.until('the file is back', () => existsSync(row.socket))
        await using host = await createHost({ placement: 'sidecar', socket: row.socket, deadlineMs: 20_000 })
        expect((await host.processor(anything).process('[1]')).ok).toBe(true)
        expect(lstatSync(row.socket).mode & 0o777).toBe(0o600)
      },
      { kills: true },
    )
  })

  test('F42: the mode of the file excludes another user', async (context) => {
    if (!isRoot) context.skip('only root can become another user')
    needTool('python3', context)
    await onDaemon(context, kind, async (row) => {
      chmodSync(row.folder, 0o755)
      expect(await requestAs(row, 65_534)).toContain('PermissionError')
    })
  })

  test('F42: with an open mode, sidelaned refuses another user before it reads a request', async (context) => {
    if (kind === 'node') context.skip('Node has no SO_PEERCRED: only the mode of the file restricts access')
    if (!isRoot) context.skip('only root can become another user')
    needTool('python3', context)
    await onDaemon(
      context,
      kind,
      async (row) => {
        chmodSync(row.folder, 0o755)
        expect(await requestAs(row, 65_534)).toMatch(/^b'HTTP\/1\.1 403 Forbidden.*"code":"protocol\.forbidden"/)
        expect(await requestAs(row, 0)).toContain('200 OK')
      },
      { args: ['--socket-mode', '0666'] },
    )
  })
})

function staleSocketOfOtherUser(path: string): void {
  const program = `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`
  spawnSync('python3', ['-c', program])
  chownSync(path, 65_534, 65_534)
}

/** The response that a user with that id gets, or the name of the error. */
async function requestAs({ socket }: Row, uid: number): Promise<string> {
  const program = `
import os, socket
os.setgroups([])
os.setgid(${uid})
os.setuid(${uid})
try:
    s = socket.socket(socket.AF_UNIX)
    s.connect(${JSON.stringify(socket)})
    s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')
    print(s.recv(4096))
except OSError as error:
    print(type(error).__name__)
`
  // Not `spawnSync`: a late answer of /readyz would be this process's own.
  const { stdout, stderr } = await promisify(execFile)('python3', ['-c', program])
  return `${stdout}${stderr}`
}
