// How `sidelane profile` starts an app, ends it, and says why there is no profile.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Running, sidelane } from '../support/cli.ts'
import { freshFolder } from '../support/folders.ts'
import { isGone, needProc, tcpSockets } from '../support/processes.ts'
import { fixture, profileApp, shareOf } from './profiled.ts'

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  /** Resolves when a client was attached to its inspector so many times. */
  attached(times: number): Promise<void>
}

async function start(...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [output, log] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  await expect.poll(() => output).toContain('ready')
  const attachments = (): number => log.split('Debugger attached').length - 1
  return { child, output: () => output, attached: (times) => expect.poll(attachments).toBe(times) }
}

/** Its inspector is open. */
const inspected = (...args: string[]): Promise<Started> => start('--inspect=127.0.0.1:0', ...args)

test('an app that ends early is reported, with its exit code', async () => {
  const { record, status, stdout } = await profileApp(['--', 'node', fixture('ends.mjs'), '1200', '9'], { seconds: 60 })
  expect(status).toBe(9)
  expect(stdout).toMatch(/^ready\n/)
  expect(record.seconds).toBeLessThan(30)
  expect(shareOf(record, 'parse')).toBeGreaterThan(0.1)
})

test('after its time the app is ended', async () => {
  const { status, record } = await profileApp(['--', 'node', fixture('ends.mjs'), '60000', '9'])
  expect(status).toBe(0)
  expect(isGone(record.process.pid)).toBe(true)
})

test.for(['SIGTERM', 'SIGINT'] as const)('passes %s on, after the profile is written', async (signal) => {
  const running = new Running(['profile', '--seconds', '60', '--', 'node', fixture('ends.mjs'), '60000', '9'], {}, true)
  await running.lines(1)
  await new Promise((resolve) => void setTimeout(resolve, 1000))
  running.child.kill(signal)
  const { status, stdout } = await running.ended
  // The app has a handler for SIGTERM; SIGINT ends it as any program.
  expect(status).toBe(signal === 'SIGTERM' ? 10 : 130)
  expect(stdout).toContain('parsing JSON')
})

test('an npm script, with the options of Node that are set already', async () => {
  const folder = freshFolder()
  mkdirSync(`${folder}/my app`)
  writeFileSync(
    `${folder}/my app/package.json`,
    JSON.stringify({ name: 'app', version: '1.0.0', scripts: { start: `node "${fixture('ends.mjs')}" 1000 0` } }),
  )
  const { record, status } = await profileApp(['--', 'npm', '--prefix', `${folder}/my app`, 'start'], { seconds: 30 })
  expect(status).toBe(0)
  expect(record.process.script).toContain('ends.mjs')
  // npm itself is not part of the app.
  expect(record.others).toEqual([])
})

test('a build step before the app does not end it, and is not what is reported', async () => {
  const steps = `node "${fixture('ends.mjs')}" 1500 0; sleep 0.5; exec node "${fixture('mostly-waits.mjs')}"`
  const { record, status } = await profileApp(['--', 'sh', '-c', steps], { seconds: 3 })
  expect(status).toBe(0)
  expect(record.process.script).toContain('mostly-waits.mjs')
  expect(record.others.map(({ script }) => script)).toEqual([expect.stringContaining('ends.mjs')])
})

test('an app that drops its privileges is profiled', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can drop privileges')
  const { record, status } = await profileApp(['--', 'node', fixture('mostly-waits.mjs'), '65534'])
  expect(status).toBe(0)
  expect(record.process.script).toContain('mostly-waits.mjs')
})

test('a CommonJS app, which changes JSON.parse itself, keeps its change', async () => {
  const folder = freshFolder()
  writeFileSync(
    `${folder}/app.cjs`,
    `const before = JSON.parse
     JSON.parse = function patched(...args) { return before.apply(this, args) }
     const text = JSON.stringify({ list: Array.from({ length: 1000 }, (_, i) => i) })
     const end = Date.now() + 1000
     while (Date.now() < end) JSON.parse(text)
     process.stdout.write(JSON.parse.name + ' ' + before.name + ' ' + before.length + ' ' + JSON.stringify.length)`,
  )
  const { record, stdout } = await profileApp(['--', 'node', `${folder}/app.cjs`], { seconds: 30 })
  expect(stdout).toMatch(/^patched parse 2 3/)
  expect(shareOf(record, 'parse')).toBeGreaterThan(0.3)
})

test('a record that cannot be written does not take the screen', async () => {
  const folder = `${freshFolder()}/gone`
  mkdirSync(folder)
  const app = `fs.rmdirSync(process.argv[1]); const end = Date.now() + 1000; while (Date.now() < end) JSON.parse('[1]')`
  const own = ['profile', '--seconds', '30', '--json', `${folder}/profile.json`]
  const { status, stdout, stderr } = await sidelane([...own, '--', 'node', '-e', app, folder])
  expect([status, stdout]).toEqual([2, expect.stringContaining('parsing JSON')])
  expect(stderr).toContain(`${folder}/profile.json`)
})

describe('without a profile', () => {
  test.for([
    [['--', 'no-such-program'], 1, 'Cannot start no-such-program: there is no such program'],
    [['--', '/dev/null/program'], 1, 'Cannot start /dev/null/program: spawn ENOTDIR'],
    [['--', 'node', '-e', 'process.exit(7)'], 7, 'ended with exit code 7'],
    [['--', 'node', '-e', '0'], 1, 'before there was anything to profile'],
    [['--', 'sleep', '60'], 1, 'No Node process was seen in sleep 60'],
    [['--pid', '2147483646'], 1, 'There is no process 2147483646'],
    [[], 2, 'Expected either -- COMMAND'],
    [['node', 'app.js'], 2, 'the command stands behind --'],
    [['--pid', '1', '--', 'node'], 2, 'Expected either -- COMMAND'],
    [['--json', '-', '--', 'node'], 2, 'Expected --json to be a file, not stdout'],
    [['--html', '-', '--', 'node'], 2, 'Expected --html to be a file, not stdout'],
    [['--seconds', '0', '--', 'node'], 2, 'Expected --seconds to be an integer from 1 to 3600'],
  ] as const)('%j', async ([args, status, message]) => {
    const result = await sidelane(['profile', ...(args[0] === '--seconds' ? [] : ['--seconds', '4']), ...args])
    expect([result.status, result.stdout]).toEqual([status, ''])
    expect(result.stderr).toContain(message)
  })

  test('a disk that is full is named, and the app is ended', async (context) => {
    if (process.platform === 'win32') return context.skip('there is no ulimit here')
    const limited = ['-c', 'ulimit -f 1; exec "$@"', 'bash', 'node', fixture('ends.mjs'), '60000', '9']
    const { status, stderr } = await sidelane(['profile', '--seconds', '1', '--', 'bash', ...limited])
    expect([status, stderr]).toEqual([1, expect.stringMatching(/process \d+ could not write it: EFBIG/)])
  })

  test('a process that is not Node gets no signal', async (context) => {
    needProc(context)
    const child = spawn('sleep', ['60'])
    onTestFinished(() => void child.kill('SIGKILL'))
    const { status, stderr } = await sidelane(['profile', '--seconds', '1', '--pid', String(child.pid)])
    expect([status, stderr]).toEqual([1, expect.stringContaining(`Process ${child.pid} is not Node: it is sleep`)])
    expect(child.exitCode ?? child.signalCode).toBe(null)
  })

  test('a process that is killed meanwhile', async (context) => {
    needProc(context)
    const { child, attached } = await inspected(fixture('ends.mjs'), '60000', '0')
    const running = new Running(['profile', '--seconds', '60', '--pid', String(child.pid)])
    await attached(1)
    child.kill('SIGKILL')
    const { status, stderr } = await running.ended
    expect([status, stderr]).toEqual([1, expect.stringContaining('the process has ended')])
  })
})

test('a process that ends meanwhile is reported', async (context) => {
  needProc(context)
  const { child } = await inspected(fixture('ends.mjs'), '6000', '0')
  const { status, record } = await profileApp(['--pid', String(child.pid)], { seconds: 60 })
  expect(status).toBe(0)
  expect(shareOf(record, 'parse')).toBeGreaterThan(0.1)
})

test(
  'a process whose command was killed can be profiled again, and its inspector is closed',
  { timeout: 120_000 },
  async (context) => {
    needProc(context)
    const { child, attached } = await start('--inspect-port=0', fixture('ends.mjs'), '60000', '0')
    const profile = (seconds: number): Running =>
      new Running(['profile', '--seconds', String(seconds), '--pid', String(child.pid)])
    // Long enough for the next command to start.
    const lost = profile(6)
    await attached(1)
    await sleep(1000)
    lost.child.kill('SIGKILL')
    const refused = await profile(60).ended
    expect(refused.stderr).toContain('is being profiled already')
    const ports = (): number => tcpSockets(child.pid ?? 0, 'listening')
    expect(ports()).toBe(1)
    await expect.poll(ports).toBe(0)
    const running = profile(60)
    await attached(3)
    await sleep(1000)
    running.child.kill('SIGHUP')
    expect(await running.ended).toMatchObject({ status: 0, stdout: expect.stringContaining('parsing JSON') })
    await expect.poll(ports).toBe(0)
  },
)

test('the server of a process that runs already gets one request of the search for the inspector', async (context) => {
  needProc(context)
  const app = `require('node:http').createServer((request, response) => {
    process.stdout.write(request.url + '\\n')
    response.end()
  }).listen(0, '127.0.0.1', () => process.stdout.write('ready\\n'))`
  const { child, output } = await start('--inspect-port=0', '-e', app)
  await sidelane(['profile', '--seconds', '1', '--pid', String(child.pid)])
  expect(output()).toBe('ready\n/json/list\n')
})

test('a process whose main thread is blocked is named; a second signal does not wait', async (context) => {
  needProc(context)
  const { child } = await inspected(fixture('blocked.mjs'), '60000')
  const args = ['profile', '--seconds', '1', '--pid', String(child.pid)]
  const folder = freshFolder()
  const signaling = signalTwice(new Running(args, { TMPDIR: folder }))
  const [{ status, stderr }, signaled] = await Promise.all([sidelane(args), signaling])
  expect([status, stderr]).toEqual([1, expect.stringContaining('its main thread is blocked')])
  expect(signaled).toBe(130)
  expect(readdirSync(folder)).toEqual([])
})

test('a signal while the app is started reaches it, and no folder is left', async () => {
  const folder = freshFolder()
  const hook = join(folder, 'hook.cjs')
  writeFileSync(
    hook,
    `const processes = require('node:child_process')
const { spawn } = processes
processes.spawn = (...args) => {
  process.kill(process.pid, 'SIGTERM')
  return spawn(...args)
}
require('node:module').syncBuiltinESMExports()`,
  )
  const temporary = join(folder, 'temporary')
  mkdirSync(temporary)
  const options = { NODE_OPTIONS: `--require ${JSON.stringify(hook)}`, TMPDIR: temporary }
  const { status } = await sidelane(['profile', '--', 'node', fixture('ends.mjs'), '60000', '9'], { env: options })
  expect(status).not.toBe(null)
  expect(readdirSync(temporary)).toEqual([])
})

async function signalTwice({ child, ended }: Running): Promise<number | null> {
  const { pid = 0 } = child
  // It asks the process.
  await expect.poll(() => tcpSockets(pid, 'established')).toBeGreaterThan(0)
  child.kill('SIGINT')
  // Signals that a slow machine delivers together are one.
  await sleep(1000)
  child.kill('SIGINT')
  return (await ended).status
}
