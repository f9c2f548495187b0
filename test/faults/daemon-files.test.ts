// Fault rows about the files that an operator names, at the start and at a reload, and about signals in every state.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { sidelane } from '../support/cli.ts'
import { ask, Daemon, daemonKinds, needDaemon, socketFolder, startDaemon, type DaemonKind } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'
import { cpuTicks } from '../support/processes.ts'
import { needTool } from '../support/tools.ts'
import { anything, freshFolder, metricsOf, onDaemon, sampleOf } from './daemon-kit.ts'

const file = socketFolder()
const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
const secret = 'planted-secret-4d1a'

/** Make something at a path that cannot be read as a lock, a key, a dictionary or a configuration. */
const makers: Readonly<Record<string, (path: string) => void>> = {
  'a FIFO': (path) => spawnSync('mkfifo', [path]),
  'a link to a device without end': (path) => symlinkSync('/dev/zero', path),
  'a sparse file of a tebibyte': (path) => {
    const descriptor = openSync(path, 'w')
    ftruncateSync(descriptor, 2 ** 40)
    closeSync(descriptor)
  },
  'a directory': (path) => mkdirSync(path),
  'a file of the kernel that blocks': (path) => symlinkSync('/proc/kmsg', path),
  'a file without a size': (path) => symlinkSync('/proc/self/maps', path),
  'a dangling link': (path) => symlinkSync(`${path}.none`, path),
}

/** Where the operator names the file: the options of a daemon whose other files are good. */
const places: Readonly<Record<string, (path: string, folder: string) => string[]>> = {
  lock: (path) => ['--contract', path],
  'lock in a directory': (path, folder) => {
    mkdirSync(join(folder, 'locks'))
    symlinkSync(path, join(folder, 'locks/bad.lock.json'))
    return ['--contract', join(folder, 'locks')]
  },
  key: (path, folder) => [
    ...['--contract', write(join(folder, 'keyed.lock.json'), JSON.stringify(keyed.lock))],
    ...['--digest-key-file', `keyed=${path}`],
  ],
  dictionary: (path, folder) => {
    const dictionary = { id: 0, sha256: '0'.repeat(64), path: path.slice(folder.length + 1) }
    const { lock } = contractOf({}, { name: 'dict', compress: { codec: 'zstd' } })
    return ['--contract', write(join(folder, 'dict.lock.json'), JSON.stringify({ ...lock, dictionary }))]
  },
  config: (path, folder) => [
    ...['--contract', write(join(folder, 'order.lock.json'), JSON.stringify(anything.lock))],
    ...['--config', path],
  ],
}

function write(path: string, content: string): string {
  writeFileSync(path, content)
  return path
}

const peakBytes = ({ child: { pid } }: Daemon): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

describe.each(daemonKinds)('%s', (kind) => {
  test.for(Object.keys(places))(
    'F80: at the start, no ordinary file as %s: exit code 2 and its path',
    async (place, context) => {
      needDaemon(kind, context)
      needTool('mkfifo', context)
      for (const [what, make] of Object.entries(makers)) {
        // As a key, its bytes are valid.
        if (place === 'key' && what === 'a file without a size') continue
        const folder = freshFolder()
        const path = join(folder, 'odd')
        make(path)
        // An empty directory of locks is valid: this one holds a broken lock.
        if (what === 'a directory' && place.startsWith('lock')) write(join(path, 'x.lock.json'), '{')
        const named = places[place]?.(path, folder) ?? []
        const daemon = new Daemon({ kind, args: ['--socket', join(folder, 's.sock'), ...named] })
        expect(await daemon.exited, `${what}: ${daemon.stderr}`).toBe(2)
        expect(daemon.stderr, what).toMatch(/odd|bad\.lock\.json|dict\.lock\.json/)
        expect(daemon.stderr.length, what).toBeLessThan(600)
      }
    },
  )

  test('F81: at a reload, no ordinary file changes nothing, takes no memory, and health is answered', async (context) => {
    needTool('mkfifo', context)
    await onDaemon(context, kind, async (row) => {
      const path = join(row.folder, 'locks/odd.lock.json')
      const before = peakBytes(row.daemon)
      let reloads = 0
      for (const [what, make] of Object.entries(makers)) {
        make(path)
        row.daemon.child.kill('SIGHUP')
        await expect
          .poll(() => row.daemon.log.filter(({ event }) => event === 'reload_failed').length, { message: what })
          .toBe(++reloads)
        expect(row.daemon.log.findLast(({ event }) => event === 'reload_failed')?.['message']).toContain('odd.lock')
        expect((await ask(row.socket, '/healthz')).status, what).toBe(200)
        expect((await row.trial.offer('[1]')).code, what).toBe('ok')
        rmSync(path, { recursive: true })
      }
      expect(peakBytes(row.daemon) - before).toBeLessThan(64 * 2 ** 20)
      expect(sampleOf(await row.metrics(), 'sidelane_reloads_total{result="failed"}')).toBe(reloads)
      row.daemon.child.kill('SIGHUP')
      await row.daemon.event('reloaded')
    })
  })

  test.for(['SIGTERM', 'SIGINT'] as const)(
    'F82: %s ends the daemon while it reads its options or contracts from a disk that does not answer',
    async (signal, context) => {
      needDaemon(kind, context)
      for (const option of ['--config', '--contract']) {
        const folder = freshFolder()
        const path = write(join(folder, 'slow.json'), option === '--config' ? '{}' : JSON.stringify(anything.lock))
        const lock = write(join(folder, 'a.lock.json'), JSON.stringify(anything.lock))
        const args = ['--socket', join(folder, 's.sock'), '--contract', lock, option, path]
        const disk = hangingDisk(path, context)
        const daemon = new Daemon({ kind, args, env: disk.env })
        await disk.isRead()
        daemon.child.kill(signal)
        await daemon.exited
        expect([daemon.child.exitCode, daemon.child.signalCode], daemon.stderr).toEqual([null, signal])
        expect(daemon.stderr).toBe('')
      }
    },
  )

  test.for(['SIGTERM', 'SIGINT'] as const)(
    'F82: while a reload reads from such a disk, health and calls are answered and %s ends the daemon',
    async (signal, context) => {
      needDaemon(kind, context)
      const folder = freshFolder()
      const socket = join(folder, 's.sock')
      mkdirSync(join(folder, 'locks'))
      write(join(folder, 'locks/a.lock.json'), JSON.stringify(anything.lock))
      const path = join(folder, 'locks/b.lock.json')
      const disk = hangingDisk(path, context)
      const args = ['--socket', socket, '--contract', join(folder, 'locks'), '--log-sample', '1']
      const daemon = await startDaemon({ kind, args, env: disk.env })
      write(path, JSON.stringify({ ...anything.lock, name: 'b' }))
      daemon.child.kill('SIGHUP')
      await disk.isRead()
      expect((await ask(socket, '/readyz')).status).toBe(200)
      expect((await ask(socket, '/v1/contracts/anything/process', { body: '[1]' })).status).toBe(200)
      daemon.child.kill(signal)
      await daemon.exited
      // Node joins its threads at an exit, and one does not return: it ends by the signal.
      const byNode = [null, 'SIGTERM']
      expect([daemon.child.exitCode, daemon.child.signalCode]).toEqual(kind === 'node' ? byNode : [0, null])
      expect(daemon.log.map(({ event }) => event)).toEqual(expect.arrayContaining(['draining', 'stopped']))
    },
  )

  test.for(['SIGTERM', 'SIGINT'] as const)(
    'F82: %s ends a daemon that listens, and one that drains',
    async (signal, context) => {
      needDaemon(kind, context)
      for (const state of ['listening', 'draining'] as const) {
        const { daemon, socket } = await served(kind, ['--drain-ms', '600000'])
        if (state === 'draining') {
          await holdOpen(socket)
          daemon.child.kill(signal)
          await daemon.event('draining')
        }
        daemon.child.kill(signal)
        expect(await daemon.exited, state).toBe(state === 'listening' ? 0 : 1)
      }
    },
  )

  test('F82: SIGTERM ends a daemon with a worker that does not return', async (context) => {
    needDaemon(kind, context)
    const contract = contractOf(
      {},
      { name: 'endless', compress: { codec: 'brotli', level: 11 }, limits: { maxBytes: 67_108_864 } },
    )
    const pool = kind === 'node' ? ['--placement', 'pool', '--threads', '1'] : ['--threads', '1']
    const { daemon, socket } = await served(kind, ['--drain-ms', '300', ...pool], contract)
    // Many seconds of work.
    const body = `"${Array.from({ length: 5e6 }, (_, i) => i.toString(36)).join('')}"`
    const lost = ask(socket, '/v1/contracts/endless/process', { body, headers: { 'Sidelane-Deadline-Ms': '60000' } })
    const settled = lost.catch(() => undefined)
    await expect.poll(() => cpuTicks(daemon.child.pid as number)).toBeGreaterThan(100)
    await sleep(300)
    const startedAt = performance.now()
    daemon.child.kill('SIGTERM')
    await daemon.exited
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await settled
  })

  test('F83: no error holds a part of a file', async (context) => {
    needDaemon(kind, context)
    const folder = freshFolder()
    const lock = write(join(folder, 'good.lock.json'), JSON.stringify(keyed.lock))
    const contents = {
      'not JSON': `root:${secret}:0:0\n`,
      'a JSON text': `"${secret}"`,
      'an array': `["${secret}"]`,
      'an object with other keys': `{"k ${secret}":"${secret}"}`,
      'an object with keys of options': `{"threads":"${secret}","socket":{"${secret}":1}}`,
      'a short key': secret.slice(0, 15),
    }
    for (const [what, content] of Object.entries(contents)) {
      const path = write(join(folder, 'odd'), content)
      const uses = {
        contract: ['--contract', path],
        config: ['--contract', lock, '--config', path],
        key: ['--contract', lock, '--digest-key-file', `keyed=${path}`, '--check'],
      }
      for (const [place, args] of Object.entries(uses)) {
        // An error about a lock has a pointer, and so the names of members.
        if (place === 'contract' && what === 'an object with other keys') continue
        const daemon = new Daemon({ kind, args: ['--socket', join(folder, 's.sock'), ...args] })
        const code = await daemon.exited
        if (place !== 'key' || what === 'a short key') expect(code, `${what} as ${place}`).toBe(2)
        expect(daemon.stdout + daemon.stderr, `${what} as ${place}`).not.toContain(secret.slice(0, 12))
      }
    }
  })
})

test('F83, F89: the command line refuses them too, within a bound and without their content', async (context) => {
  needTool('mkfifo', context)
  const folder = freshFolder()
  const lock = write(join(folder, 'good.lock.json'), JSON.stringify(keyed.lock))
  const commands = (path: string): readonly (readonly string[])[] => [
    ['contract', 'show', path],
    ['contract', 'check', path, lock],
    ['contract', 'import', path, '-o', '-', '--name', 'x'],
    ['contract', 'infer', path, '-o', '-', '--name', 'x'],
    ['process', '--contract', path],
    ['process', '--contract', lock, '--digest-key-file', path],
    ['inspect', '--contract', path],
    ['doctor', '--contract', path],
    ['serve', '--contract', lock, '--config', path],
  ]
  for (const what of ['a FIFO', 'a link to a device without end', 'a sparse file of a tebibyte']) {
    const path = join(freshFolder(), 'odd')
    makers[what]?.(path)
    const results = commands(path).map(async (args) => {
      const { status, stdout, stderr } = await sidelane(args)
      expect([status, stdout], `${what}: ${args.join(' ')}: ${stderr}`).toEqual([2, ''])
      expect(stderr, what).toContain(path)
    })
    await Promise.all(results)
  }
  const path = write(join(folder, 'odd'), `root:${secret}:0:0\n`)
  for (const args of commands(path)) {
    const { status, stdout, stderr } = await sidelane(args)
    if (!args.includes('--digest-key-file')) expect(status, args.join(' ')).not.toBe(0)
    expect(stdout + stderr, args.join(' ')).not.toContain(secret)
  }
})

/** The library of hanging-open.c, compiled once. */
function hangingOpen(context: TestContext): string {
  needTool('cc', context)
  const library = file('hang.so')
  if (existsSync(library)) return library
  const source = fileURLToPath(new URL('../support/hanging-open.c', import.meta.url))
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return library
}

/** The environment of a daemon whose attempt to open the file does not return, and what resolves at that attempt. */
function hangingDisk(
  path: string,
  context: TestContext,
): { readonly env: Readonly<Record<string, string>>; readonly isRead: () => Promise<void> } {
  const library = hangingOpen(context)
  const mark = join(freshFolder(), 'mark')
  return {
    env: { LD_PRELOAD: library, HANG_PATH: path, HANG_MARK: mark },
    isRead: () => expect.poll(() => existsSync(mark)).toBe(true),
  }
}

async function served(
  kind: DaemonKind,
  args: readonly string[],
  contract = anything,
): Promise<{ daemon: Daemon; socket: string }> {
  const folder = freshFolder()
  const socket = join(folder, 's.sock')
  const lock = write(join(folder, 'a.lock.json'), JSON.stringify(contract.lock))
  return { daemon: await startDaemon({ kind, args: ['--socket', socket, '--contract', lock, ...args] }), socket }
}

/** A request that is not complete delays the drain. */
async function holdOpen(socket: string): Promise<void> {
  const client = connect(socket).on('error', () => {})
  onTestFinished(() => void client.destroy())
  client.write('POST /v1/contracts/anything/process HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[')
  await expect.poll(async () => sampleOf(await metricsOf(socket), 'sidelane_queued_bytes')).toBe(10)
}
