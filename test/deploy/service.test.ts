// The units' commands under a service manager that a script stands for: activation, notifications, restarts.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProcessor } from 'sidelane'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { ConditionVariable } from '../support/condition-variable.ts'
import { daemonKinds, needDaemon, programs, type DaemonKind } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { contractOf } from '../support/locks.ts'
import { needProc, stopProcess } from '../support/processes.ts'
import { needTool } from '../support/tools.ts'
import { unitValues } from './deploy-kit.ts'

const lock = { profile: 'p1', unicode: '15.0', name: 'order', schema: {} }
const order = contractOf(lock.schema, { name: lock.name })
const manager = fileURLToPath(new URL('service-manager.py', import.meta.url))
const units = { node: 'sidelane-node.service', sidelaned: 'sidelaned.service' } as const

class Service {
  readonly socket: string
  readonly folder: string
  readonly lines: string[] = []
  readonly child: ChildProcess
  readonly #logged = new ConditionVariable()

  /** Runs the command of the unit, with the paths of this test. */
  constructor(kind: DaemonKind, prefix: readonly string[] = []) {
    this.folder = freshFolder()
    this.socket = join(this.folder, 's.sock')
    const contracts = join(this.folder, 'contracts')
    mkdirSync(contracts)
    writeFileSync(join(contracts, 'order.lock.json'), JSON.stringify(lock))
    const [command = ''] = unitValues(units[kind], 'ExecStart')
    const args = command.split(' ').slice(kind === 'node' ? 2 : 1)
    const paths: Record<string, string> = {
      '/etc/sidelane/contracts': contracts,
      '/var/lib/sidelaned': join(this.folder, 'crashes'),
      '/var/lib/sidelane-node': join(this.folder, 'crashes'),
    }
    const given = args.map((arg) => paths[arg] ?? arg)
    this.child = spawn('python3', [manager, this.socket, ...prefix, ...programs[kind], ...given], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.lines.push(...text.trim().split('\n'))
      this.#logged.notifyAll()
    })
    onTestFinished(() => void this.child.stdin?.end())
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** Resolves when so many lines match. */
  async seen(pattern: RegExp, count = 1): Promise<string[]> {
    for (;;) {
      const found = this.lines.filter((line) => pattern.test(line))
      if (found.length >= count) return found
      await this.#logged.wait()
    }
  }
}

function start(kind: DaemonKind, context: TestContext, prefix?: readonly string[]): Service {
  needDaemon(kind, context)
  needTool('python3', context)
  return new Service(kind, prefix)
}

test('sidelaned tells the service manager that it serves, lives, reloads and stops', async (context) => {
  const service = start('sidelaned', context)
  await service.seen(/^READY=1$/)
  // A third of WATCHDOG_USEC apart.
  await service.seen(/^WATCHDOG=1$/, 3)
  service.tell('kill SIGHUP')
  const [reloading = ''] = await service.seen(/^RELOADING=1/)
  expect(Number(/MONOTONIC_USEC=(\d+)/.exec(reloading)?.[1])).toBeGreaterThan(0)
  await service.seen(/^READY=1$/, 2)
  service.tell('stop')
  expect(await service.seen(/^ended/)).toEqual(['ended 0'])
  expect(service.lines.indexOf('STOPPING=1')).toBeGreaterThan(service.lines.lastIndexOf('READY=1'))
})

test('sidelaned answers the watchdog no more when it is stopped, and again when it goes on', async (context) => {
  needProc(context)
  const service = start('sidelaned', context)
  await service.seen(/^WATCHDOG=1$/, 2)
  const [started = ''] = await service.seen(/^started/)
  await stopProcess({ pid: Number(started.split(' ')[1]) })
  const before = (await service.seen(/^WATCHDOG=1$/)).length
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect((await service.seen(/^WATCHDOG=1$/)).length - before).toBeLessThanOrEqual(1)
  service.tell('kill SIGCONT')
  await service.seen(/^WATCHDOG=1$/, before + 2)
})

describe.for(daemonKinds)('%s with the socket of a service manager', (kind) => {
  test('loses no call while the service restarts', { timeout: 60_000 }, async (context) => {
    const service = start(kind, context)
    await service.seen(/^started/)
    const processor = await createProcessor(order, {
      placement: 'sidecar',
      socket: service.socket,
      deadlineMs: 30_000,
    })
    onTestFinished(() => processor.close())
    let calls = 0
    const end = new AbortController()
    const caller = async (): Promise<void> => {
      while (!end.signal.aborted) {
        const outcome = await processor.process('{"a":1}')
        expect(outcome.ok).toBe(true)
        calls++
      }
    }
    const callers = Promise.all([caller(), caller(), caller()])
    for (let restart = 1; restart <= 2; restart++) {
      const before = calls
      await expect.poll(() => calls).toBeGreaterThan(before + 20)
      service.tell('restart')
      await service.seen(/^started/, restart + 1)
      const after = calls
      await expect.poll(() => calls).toBeGreaterThan(after + 20)
    }
    end.abort()
    await callers
    expect(await service.seen(/^ended/)).toEqual(['ended 0', 'ended 0'])
    service.tell('stop')
    await service.seen(/^ended 0$/, 3)
  })
})

test.for(daemonKinds)('%s makes no system call that its unit forbids', { timeout: 120_000 }, async (kind, context) => {
  needTool('strace', context)
  needTool('systemd-analyze', context)
  const trace = join(freshFolder(), 'trace')
  const service = start(kind, context, ['strace', '-D', '-f', '-qq', '-o', trace])
  await service.seen(/^started/)
  const processor = await createProcessor(order, { placement: 'sidecar', socket: service.socket, deadlineMs: 60_000 })
  for (let call = 0; call < 20; call++) expect((await processor.process('{"a":1}')).ok).toBe(true)
  service.tell('kill SIGHUP')
  for (let call = 0; call < 20; call++) expect((await processor.process('{"a":1}')).ok).toBe(true)
  await processor.close()
  service.tell('stop')
  await service.seen(/^ended/)
  const calls = async (): Promise<string> => readFileSync(trace, 'utf8')
  await expect.poll(calls).toMatch(/exit_group/)
  const used = new Set(
    [...(await calls()).matchAll(/^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)/gm)].map(([, name = '']) => name),
  )
  expect(used.size).toBeGreaterThan(10)
  const [allowed = '', forbidden = ''] = unitValues(units[kind], 'SystemCallFilter')
  const isAllowed = (name: string): boolean => allowed.split(' ').some((set) => setOf(set).has(name))
  const isForbidden = (name: string): boolean =>
    forbidden
      .slice(1)
      .split(' ')
      .some((set) => setOf(set).has(name))
  // The service manager, not the daemon, executes it.
  const wrong = [...used].filter((name) => !isAllowed(name) || isForbidden(name))
  expect(wrong).toEqual([])
})

const sets = new Map<string, Set<string>>()

/** The system calls of a set of systemd, with those of the sets in it. */
function setOf(name: string): Set<string> {
  const known = sets.get(name)
  if (known !== undefined) return known
  const { stdout } = spawnSync('systemd-analyze', ['syscall-filter', '--no-pager', name], { encoding: 'utf8' })
  const entries = stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^@?\w[\w-]*$/.test(line) && line !== name)
  const set = new Set(entries.flatMap((entry) => (entry.startsWith('@') ? [...setOf(entry)] : [entry])))
  sets.set(name, set)
  return set
}
