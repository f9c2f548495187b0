// A launched daemon: it starts, gets its contracts, is restarted when it dies, and never outlives its app.
import { execFile, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createHost, createProcessor, type Host, type HostOptions } from '../../src/index.ts'
import { DaemonSupervisor } from '../../src/placements/sidecar/daemon-supervisor.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { childrenOf, isGone, needProc } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { Backoff } from '../../src/util/backoff.ts'

const number = contractOf({ type: 'number' }, { name: 'number' })
const setup = { placement: 'sidecar', engine: 'js', deadlineMs: 10_000, launch: { daemon: 'node' } } as const

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function hostWith(options: HostOptions = {}): Promise<Host> {
  const host = await createHost({ ...setup, ...options })
  cleanups.push(() => host.destroy())
  return host
}

/** The process id of the daemon among a process's children, from /proc. */
function daemonOf(parent: number): number {
  const daemons = childrenOf(parent).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('daemon.js'),
  )
  if (daemons.length !== 1) throw new Error(`${daemons.length} daemons`)
  return daemons[0] as number
}

const folderOf = (host: Host): string => /at (.*)\/s\.sock /.exec(host.engine.reason)?.[1] ?? ''

describe('a launched daemon', () => {
  test('answers, and its directory is deleted at the end', async () => {
    const processor = await createProcessor(number, setup)
    expect(canonicalText(await processor.process('1.0'))).toBe('1')
    expect(processor.engine.kind).toBe('js')
    const folder = folderOf(processor as unknown as Host)
    expect(folder.startsWith(join(tmpdir(), 'sidelane-'))).toBe(true)
    // Contracts and keys do not touch the disk.
    expect(readdirSync(folder)).toEqual(['s.sock'])
    await processor.close()
    expect(existsSync(folder)).toBe(false)
  })

  test('removes directories of killed apps, but none that is new, in use or of another kind', async () => {
    const hourAgo = Date.now() / 1000 - 3600
    // Of its own: other processes of this user clean up the shared one.
    const own = mkdtempSync(join(tmpdir(), 'sidelane-own-'))
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = own
    cleanups.push(async () => {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
      rmSync(own, { recursive: true, force: true })
    })
    const dead = spawnSync('true').pid
    const folder = (prefix: string, age = hourAgo, mode = 0o700): string => {
      const path = mkdtempSync(join(tmpdir(), prefix))
      writeFileSync(join(path, 's.sock'), '')
      chmodSync(path, mode)
      utimesSync(path, age, age)
      cleanups.push(async () => rmSync(path, { recursive: true, force: true }))
      return path
    }
    const left = folder(`sidelane-launch-${dead}-`)
    const link = join(tmpdir(), `sidelane-launch-${dead}-LINK00`)
    symlinkSync(folder('sidelane-target-'), link)
    cleanups.push(async () => rmSync(link))
    const kept = [
      folder(`sidelane-launch-${dead}-`, Date.now() / 1000),
      folder(`sidelane-launch-${process.pid}-`),
      folder(`sidelane-launch-${dead}-`, hourAgo, 0o755),
      folder('sidelane-launch-x-'),
      folder('sidelane-other-'),
      join(link, 's.sock'),
    ]
    const inUse = folderOf(await hostWith())
    utimesSync(inUse, hourAgo, hourAgo)
    await hostWith()
    await until(() => !existsSync(left))
    expect([...kept, inUse].filter((path) => !existsSync(path))).toEqual([])
  })

  test('gets contracts while it runs, each with its key', async () => {
    const host = await hostWith()
    const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
    const digestKey = Buffer.alloc(16, 7)
    const numbers = Array.from({ length: 12 }, (_, minimum) =>
      host.processor(contractOf({ type: 'number', minimum }, { name: `n-${minimum}` })),
    )
    const outcomes = await Promise.all(numbers.map((processor) => processor.process('5')))
    expect(outcomes.map(({ ok }) => ok)).toEqual(numbers.map((_, minimum) => minimum <= 5))
    expect((await host.processor(keyed, { digestKey }).process('1')).ok).toBe(true)
    // The contracts from before the reload are still served.
    expect((await numbers[0]?.process('0'))?.ok).toBe(true)
    expect(() => host.processor(keyed, { digestKey: Buffer.alloc(16, 8) })).toThrow(
      expect.objectContaining({ code: 'options.invalid' }),
    )
  })

  test('serves contracts that were given a key which they do not need, as the other placements do', async () => {
    const digestKey = Buffer.alloc(32, 1)
    const first = await createProcessor(number, { ...setup, digestKey })
    cleanups.push(() => first.destroy())
    expect((await first.process('1')).ok).toBe(true)
    for (const placement of ['sidecar', 'inline', 'pool'] as const) {
      const { launch, ...rest } = setup
      const host = await createHost({ ...rest, placement, ...(placement === 'sidecar' && { launch }) })
      cleanups.push(() => host.destroy())
      const processors = [
        host.processor(number),
        host.processor(contractOf({ type: 'string' }, { name: 'word' }), { digestKey }),
        host.processor(number, { digestKey: Buffer.alloc(16, 2) }),
      ]
      const outcomes = await Promise.all(processors.map((one, i) => one.process(i === 1 ? '"a"' : '1')))
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true])
    }
  })

  test.each([2, 4, 16])('gets contracts one after the other, with %i connections', async (connections) => {
    const host = await hostWith({ connections })
    const first = host.processor(number)
    for (let minimum = 0; minimum < 5; minimum++) {
      const added = host.processor(contractOf({ type: 'number', minimum }, { name: `n-${minimum}` }))
      // More than one connection, and calls on those that the reload replaces.
      const calls = Array.from({ length: 50 }, () => [added.process('5'), first.process('5')]).flat()
      expect((await Promise.all(calls)).every(({ ok }) => ok)).toBe(true)
    }
    expect(host.stats()).toMatchObject({ accepted: 500, failed: 0 })
  })

  test('that exits before it answers is reported at once, with its last log lines', async () => {
    const opening = createHost({ ...setup, launch: { daemon: 'node', args: ['--nothing'] } })
    await expect(opening).rejects.toMatchObject({
      code: 'engine.unavailable',
      message: expect.stringContaining('--nothing'),
    })
  })

  test('is restarted when it dies', async (context) => {
    needProc(context)
    const host = await hostWith()
    const processor = host.processor(number)
    await processor.process('1')
    const before = daemonOf(process.pid)
    process.kill(before, 'SIGKILL')
    await until(() => isGone(before))
    const call = async (): Promise<boolean> =>
      processor.process('2').then(
        ({ ok }) => ok,
        (error: { code: string }) => error.code !== 'unavailable',
      )
    await until(call)
    expect(daemonOf(process.pid)).not.toBe(before)
    expect((await processor.process('3')).ok).toBe(true)
  })

  test('is restarted also when the system has refused to start it again', async (context) => {
    needProc(context)
    let served = 0
    const events = { onServed: () => served++, onRefused: () => {} }
    const supervisor = new DaemonSupervisor({ daemon: 'node', args: [], threads: undefined }, 'js', events)
    cleanups.push(() => supervisor.stop())
    await supervisor.start(() => until(() => served > 0))
    const daemon = daemonOf(process.pid)
    const failures = vi.spyOn(Backoff.prototype, 'fail')
    // Longer than a variable can be: E2BIG, which spawn throws.
    process.env['LC_CTYPE'] = 'x'.repeat(1_000_000)
    try {
      process.kill(daemon, 'SIGKILL')
      await until(() => failures.mock.calls.length >= 3)
    } finally {
      delete process.env['LC_CTYPE']
      failures.mockRestore()
    }
    await until(() => served > 1)
    expect(daemonOf(process.pid)).not.toBe(daemon)
  })

  test('that the system refuses to start is reported', async () => {
    const opening = createHost({ ...setup, launch: { daemon: 'node', args: ['x'.repeat(1_000_000)] } })
    await expect(opening).rejects.toMatchObject({
      code: 'engine.unavailable',
      message: expect.stringContaining('cannot be started: spawn E2BIG'),
      cause: { code: 'E2BIG' },
    })
    const withNul = createHost({ ...setup, launch: { daemon: 'node', args: ['--x\0'] } })
    await expect(withNul).rejects.toMatchObject({ code: 'options.invalid', message: expect.stringContaining('args') })
  })

  test('can be destroyed while it dies', async (context) => {
    needProc(context)
    const host = await hostWith()
    const daemon = daemonOf(process.pid)
    process.kill(daemon, 'SIGKILL')
    // In one of the next turns, its exit is known and its pipes are not closed yet.
    await until(() => isGone(daemon))
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    await host.destroy()
    expect(host.state).toBe('closed')
  })

  test('inherits only the listed environment variables', async (context) => {
    needProc(context)
    process.env['SIDELANE_TEST_SECRET'] = 'x'
    cleanups.push(() => Promise.resolve(delete process.env['SIDELANE_TEST_SECRET']))
    await hostWith()
    const environment = readFileSync(`/proc/${daemonOf(process.pid)}/environ`, 'latin1')
    expect(environment).toContain('PATH=')
    expect(environment).not.toMatch(/SIDELANE_TEST_SECRET|NODE_OPTIONS|LISTEN_|NOTIFY_SOCKET|VITEST/)
  })

  test('excludes the socket option, and sidelaned excludes the js engine', async () => {
    await expect(createHost({ ...setup, socket: '/tmp/x.sock' })).rejects.toMatchObject({ code: 'options.invalid' })
    const launch = { daemon: 'sidelaned' } as const
    await expect(createHost({ ...setup, launch })).rejects.toMatchObject({ code: 'options.invalid' })
  })
})

describe('an app with a launched daemon', () => {
  const script = `
    import { createProcessor, parseContract } from 'sidelane'
    const [lock, stay] = process.argv.slice(1)
    const options = { placement: 'sidecar', engine: 'js', launch: { daemon: 'node' } }
    const processor = await createProcessor(parseContract(lock), options)
    console.log((await processor.process('1')).ok)
    if (stay) setInterval(() => {}, 1000)
  `
  const args = ['--input-type=module', '-e', script, JSON.stringify(number.lock)]

  test('exits when it has nothing to do', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 40_000 })
    expect(stdout).toBe('true\n')
  })

  test('leaves no daemon behind when it is killed', async (context) => {
    needProc(context)
    const app = spawn(process.execPath, [...args, 'stay'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(app.stdout, 'data')
    const daemon = daemonOf(app.pid as number)
    app.kill('SIGKILL')
    await until(() => isGone(daemon))
  })
})
