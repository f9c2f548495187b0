// Fault rows about a log that cannot be written: the lines are lost and counted, the daemon lives, and whole lines follow.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { ask, Daemon, daemonKinds, needDaemon, type DaemonKind } from '../support/daemon.ts'
import { needStrace, needTool } from '../support/tools.ts'
import { anything, freshFolder, metricsOf, sampleOf } from './daemon-kit.ts'

interface Logging {
  readonly daemon: Daemon
  readonly socket: string
  /** Where the log goes. */
  readonly path: string
}

async function logTo(kind: DaemonKind, context: TestContext, flags: string, path?: string): Promise<Logging> {
  needDaemon(kind, context)
  const folder = freshFolder()
  const socket = join(folder, 's.sock')
  const lock = join(folder, 'a.lock.json')
  writeFileSync(lock, JSON.stringify(anything.lock))
  const target = path ?? join(folder, 'log')
  const log = openSync(target, flags)
  onTestFinished(() => closeSync(log))
  const daemon = new Daemon({
    kind,
    args: ['--socket', socket, '--contract', lock, '--log-sample', '1', '--deadline-ms', '60000'],
    log,
  })
  const answers = (): Promise<number> =>
    ask(socket, '/readyz').then(
      ({ status }) => status,
      () => 0,
    )
  await expect.poll(answers).toBe(200)
  return { daemon, socket, path: target }
}

const dropped = async ({ socket }: Logging): Promise<number> =>
  sampleOf(await metricsOf(socket), 'sidelane_log_dropped_total')

async function calls({ socket }: Logging, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    expect((await ask(socket, '/v1/contracts/anything/process', { body: `[${i}]` })).status).toBe(200)
}

/** Every line is whole, except those where a write stopped; a line says how many are lost. */
async function recovers(logging: Logging, torn: number): Promise<void> {
  await calls(logging, 3)
  const lines = (): string[] => readFileSync(logging.path, 'utf8').split('\n').filter(Boolean)
  await expect.poll(() => lines().filter((line) => line.includes('"event":"log_dropped"')).length).toBeGreaterThan(0)
  await expect.poll(() => lines().at(-1)).toContain('"event":"request"')
  const isWhole = (line: string): boolean => line.startsWith('{"time":') && line.endsWith('}')
  expect(lines().filter((line) => !isWhole(line)).length).toBeLessThanOrEqual(torn)
}

describe.each(daemonKinds)('%s', (kind) => {
  test('F87: a log file at RLIMIT_FSIZE (SIGXFSZ), within a line', async (context) => {
    needTool('prlimit', context)
    const logging = await logTo(kind, context, 'a')
    const { pid } = logging.daemon.child
    await calls(logging, 2)
    expect(await dropped(logging)).toBe(0)
    execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${statSync(logging.path).size + 30}:unlimited`])
    await calls(logging, 50)
    await expect.poll(() => dropped(logging)).toBeGreaterThanOrEqual(50)
    execFileSync('prlimit', [`--pid=${pid}`, '--fsize=unlimited:unlimited'])
    await recovers(logging, 1)
    expect(await logging.daemon.stop()).toBe(0)
  })

  test.for(['ENOSPC', 'EDQUOT', 'EIO'])(
    'F88: writing to the log fails with %s, then works again',
    async (error, context) => {
      needStrace(context)
      const logging = await logTo(kind, context, 'a')
      const inject = `inject=write,writev,pwrite64:error=${error}`
      const options = ['-f', '-qq', '-o', '/dev/null', '-P', logging.path, '-e', 'trace=write,writev,pwrite64']
      const tracer = spawn('strace', [...options, '-e', inject, '-p', String(logging.daemon.child.pid)])
      onTestFinished(() => void tracer.kill('SIGKILL'))
      await expect
        .poll(() => readFileSync(`/proc/${logging.daemon.child.pid}/status`, 'utf8'))
        .toMatch(/TracerPid:\s+[1-9]/)
      await calls(logging, 30)
      await expect.poll(() => dropped(logging)).toBeGreaterThanOrEqual(20)
      tracer.kill('SIGINT')
      await once(tracer, 'close')
      await recovers(logging, 0)
      expect(await logging.daemon.stop()).toBe(0)
    },
  )

  test('F88: messages to a full stderr or stdout do not change the exit code', async (context) => {
    needDaemon(kind, context)
    if (!existsSync('/dev/full')) context.skip('/dev/full is not there')
    const full = openSync('/dev/full', 'w')
    onTestFinished(() => closeSync(full))
    const folder = freshFolder()
    expect(await new Daemon({ kind, args: ['--nothing'], log: full }).exited).toBe(2)
    expect(await new Daemon({ kind, args: ['--contract', join(folder, 'none')], log: full }).exited).toBe(2)
    const closed = new Daemon({ kind, args: ['--help'] })
    closed.child.stdout?.destroy()
    expect(await closed.exited).toBe(0)
  })
})
