// Reports of crashes in --crash-dir: real signals and exceptions in built daemons. native/daemon/tests/crash.rs has faults of
// memory, overflows of the stack, and panics.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { needProc } from '../support/processes.ts'
import { ask, Daemon, daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'

const fresh = socketFolder()
const lock = fresh('order.lock.json', { profile: 'p1', unicode: '15.0', name: 'order', schema: {} })
const secret = 'payload-bytes-of-a-customer'
const process1 = '/v1/contracts/order/process'
let sockets = 0

interface Report {
  readonly [field: string]: unknown
}

const namesIn = (directory: string): string[] => readdirSync(directory).filter((name) => name.endsWith('.json'))

function reportsIn(directory: string): Report[] {
  return namesIn(directory).map((name) => {
    const path = join(directory, name)
    const text = readFileSync(path, 'utf8')
    expect(text).not.toContain(secret)
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
    return JSON.parse(text) as Report
  })
}

const crashes = async (socket: string): Promise<string | undefined> =>
  /\nsidelane_crash_reports (\d+)\n/.exec((await ask(socket, '/metrics')).body.toString())?.[1]

describe.for(daemonKinds)('%s', (kind) => {
  const start = async (directory: string, more: readonly string[] = [], env = {}): Promise<[Daemon, string]> => {
    const socket = fresh(`${kind}-${sockets++}.sock`)
    const args = ['--socket', socket, '--contract', lock, '--crash-dir', directory, ...more]
    return [await startDaemon({ kind, args, env }), socket]
  }

  test.for(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT'] as const)(
    'reports %s with the last codes, and the next start counts the report',
    async (signal, context) => {
      needDaemon(kind, context)
      needProc(context)
      const directory = join(freshFolder(), 'crashes')
      const [daemon, socket] = await start(directory)
      expect(await crashes(socket)).toBe('0')
      expect((statSync(directory).mode & 0o777).toString(8)).toBe('700')
      expect((await ask(socket, process1, { body: `{"${secret}":1,"${secret}":2}` })).status).toBe(400)
      daemon.child.kill(signal)
      expect(await daemon.exited).toBe(null)
      expect(daemon.child.signalCode).toBe(signal)
      const [next, nextSocket] = await start(directory)
      const [report, ...others] = reportsIn(directory)
      expect(others).toEqual([])
      expect(report).toMatchObject({
        level: 'error',
        event: 'crash',
        daemon: kind,
        pid: daemon.child.pid,
        location: expect.any(String),
        thread: expect.any(String),
        uptime_ms: expect.any(Number),
        last_codes: kind === 'node' ? expect.any(Array) : ['parse.duplicate_key'],
        ...(kind === 'sidelaned' && { signal }),
      })
      expect(next.log.find(({ event }) => event === 'crash_reports')).toMatchObject({ level: 'warn', count: 1 })
      expect(await crashes(nextSocket)).toBe('1')
      expect(await next.stop()).toBe(0)
    },
  )

  test('leaves nothing after a clean end', async (context) => {
    needDaemon(kind, context)
    const directory = freshFolder()
    const [daemon] = await start(directory)
    expect(await daemon.stop()).toBe(0)
    expect(readdirSync(directory)).toEqual([])
  })

  test('keeps the newest reports, and other files', async (context) => {
    needDaemon(kind, context)
    const directory = freshFolder()
    writeFileSync(join(directory, 'a.txt'), '')
    for (let at = 10; at < 40; at++) writeFileSync(join(directory, `crash-20200101T0000${at}Z-node-1-0.json`), '{}')
    const [daemon, socket] = await start(directory)
    expect(await crashes(socket)).toBe('15')
    expect(namesIn(directory).toSorted()[0]).toBe('crash-20200101T000025Z-node-1-0.json')
    expect(existsSync(join(directory, 'a.txt'))).toBe(true)
    await daemon.stop()
  })

  test('refuses a directory that it cannot use, with the reason', async (context) => {
    needDaemon(kind, context)
    const file = fresh('a-file', '')
    for (const directory of [file, '/nonexistent/folder']) {
      const args = ['--socket', fresh('never.sock'), '--contract', lock, '--crash-dir', directory]
      const daemon = new Daemon({ kind, args })
      expect(await daemon.exited).toBe(2)
      expect(daemon.stderr).toContain(`Cannot use ${directory} of --crash-dir: `)
    }
  })

  test('a full disk neither keeps it from serving nor gets a part of a report', async (context) => {
    needDaemon(kind, context)
    const directory = freshFolder()
    const [first] = await start(directory)
    first.child.kill('SIGABRT')
    await first.exited
    const before = readdirSync(directory)
    const full = { by: ['sh', '-c', 'ulimit -f 0; exec "$@"', 'sh'], kind }
    const args = ['--socket', fresh(`${kind}-full.sock`), '--contract', lock, '--crash-dir', directory]
    const daemon = await startDaemon({ ...full, args })
    if (kind === 'node') {
      expect((await daemon.event('warning'))['message']).toContain(`Cannot use ${directory} of --crash-dir: EFBIG`)
    }
    daemon.child.kill('SIGABRT')
    await daemon.exited
    expect(readdirSync(directory)).toEqual(before)
    // What could not be reported is reported when there is room.
    const [next] = await start(directory)
    expect(reportsIn(directory)).toMatchObject([{ event: 'crash', pid: first.child.pid }])
    await next.stop()
  })

  test('writes no memory to core files, unless they are allowed', async (context) => {
    needDaemon(kind, context)
    needProc(context)
    const [daemon] = await start(freshFolder())
    const { pid } = daemon.child
    const limit = (of: number | undefined): string | undefined =>
      /^Max core file size +(\S+)/m.exec(readFileSync(`/proc/${of}/limits`, 'latin1'))?.[1]
    if (kind === 'node') expect(readFileSync(`/proc/${pid}/coredump_filter`, 'latin1').trim()).toMatch(/^0+$/)
    else {
      expect(limit(pid)).toBe('0')
      // The files of a process that is not dumpable belong to root.
      if (process.getuid?.() !== 0) expect(statSync(`/proc/${pid}/maps`).uid).toBe(0)
    }
    await daemon.stop()
    const [open] = await start(freshFolder(), ['--allow-core-dumps'])
    if (kind === 'node') {
      expect(readFileSync(`/proc/${open.child.pid}/coredump_filter`, 'latin1').trim()).not.toMatch(/^0+$/)
    } else expect(limit(open.child.pid)).toBe(limit(process.pid))
    await open.stop()
  })
})

test('an exception of the Node daemon leaves a report with its place and without its message', async (context) => {
  needDaemon('node', context)
  const directory = join(freshFolder(), 'crashes')
  mkdirSync(directory)
  const fault = fresh(
    'fault.cjs',
    `process.on('SIGUSR2', () => setImmediate(function faulty() { throw new RangeError('${secret}') }))`,
  )
  const daemon = await startDaemon({
    args: ['--socket', fresh('fault.sock'), '--contract', lock, '--crash-dir', directory],
    env: { NODE_OPTIONS: `--require ${fault}` },
  })
  daemon.child.kill('SIGUSR2')
  expect(await daemon.exited).toBe(1)
  expect(daemon.stderr).not.toContain(secret)
  const reports = reportsIn(directory)
  expect(reports).toMatchObject([
    { event: 'panic', error: 'RangeError', location: expect.stringContaining('fault.cjs') },
  ])
  expect(readdirSync(directory)).toHaveLength(1)
})
