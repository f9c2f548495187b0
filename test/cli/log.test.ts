// `sidelane log`, run as a program, over lines of daemons, rollouts and calls of apps.
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Running, shell, sidelane, temporaryFiles } from '../support/cli.ts'
import { socketFolder, startDaemon, ask } from '../support/daemon.ts'
import { httpVectors } from '../server/http-kit.ts'

const file = temporaryFiles()
const socketFile = socketFolder()

const at = (second: number): string => `2026-01-02T03:04:0${second}.000Z`
const call = (second: number, millis: number, more: object = {}): object => ({
  time: at(second),
  level: 'info',
  event: 'request',
  trace_id: `4bf92f3577b34da6a3ce929d0e0e473${second}`,
  route: 'order',
  in_bytes: 4006,
  out_bytes: 1311,
  millis,
  status: 200,
  ...more,
})
const lines: readonly object[] = [
  { time: at(0), level: 'info', event: 'listening', socket: '/run/app/s.sock', pid: 7, contracts: ['order@9f2c'] },
  call(1, 0.061),
  call(2, 3, { status: 422, code: 'validate.failed', out_bytes: 0 }),
  call(3, 1000.5, { level: 'error', status: 504, code: 'deadline.exceeded', out_bytes: 0, route: 'user' }),
  call(4, 0.2, { event: 'call', placement: 'inline', engine: 'app', side: 'baseline', fallback: 'deadline.exceeded' }),
  { time: at(5), level: 'warn', event: 'rollout_percent', contract: 'order', from: 50, to: 0, held: true, by: 'guard' },
]
const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')

describe('sidelane log', () => {
  test('shows a line for each line, of calls what happened first', async () => {
    const { status, stdout, stderr } = await sidelane(['log', '-'], { input: text })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      `${at(0)}  info  listening  socket=/run/app/s.sock  pid=7  contracts=["order@9f2c"]\n` +
        `${at(1)}  200 accepted  order  0.061 ms  3.9 KiB → 1.3 KiB  trace_id=4bf92f3577b34da6a3ce929d0e0e4731\n` +
        `${at(2)}  422 validate.failed  order  3 ms  3.9 KiB → 0 B  trace_id=4bf92f3577b34da6a3ce929d0e0e4732\n` +
        `${at(3)}  504 deadline.exceeded  user  1000.5 ms  3.9 KiB → 0 B  trace_id=4bf92f3577b34da6a3ce929d0e0e4733\n` +
        `${at(4)}  200 accepted  order  0.2 ms  3.9 KiB → 1.3 KiB  trace_id=4bf92f3577b34da6a3ce929d0e0e4734` +
        '  placement=inline  engine=app  side=baseline  fallback=deadline.exceeded\n' +
        `${at(5)}  warn  rollout_percent  contract=order  from=50  to=0  held=true  by=guard\n`,
    )
  })

  test.each([
    [
      ['--code', 'deadline.exceeded'],
      [3, 4],
    ],
    [
      ['--code', 'accepted'],
      [1, 4],
    ],
    [
      ['--contract', 'order'],
      [1, 2, 4, 5],
    ],
    [['--trace', '4BF92F3577B34DA6A3CE929D0E0E4732'], [2]],
    [
      ['--trace', '4bf9'],
      [1, 2, 3, 4],
    ],
    [
      ['--slow', '3'],
      [2, 3],
    ],
    [['--contract', 'order', '--slow', '1'], [2]],
    [['--code', 'overloaded'], []],
  ])('%j selects lines, which --json leaves as they are', async (args, expected) => {
    const { status, stdout } = await sidelane(['log', file('some.log', text), ...args, '--json'])
    expect(status).toBe(0)
    expect(stdout).toBe(expected.map((i) => `${JSON.stringify(lines[i])}\n`).join(''))
  })

  test('--summary counts by contract and code, and by event', async () => {
    const many = text + Array.from({ length: 1200 }, () => `${JSON.stringify(call(6, 2))}\n`).join('')
    const { stdout } = await sidelane(['log', '--summary'], { input: many })
    expect(stdout).toBe(`${at(0)} to ${at(6)}

calls  mean ms  max ms  fallback  code               contract
1,202        2       2         1  accepted           order
    1        3       3         0  validate.failed    order
    1     1000    1000         0  deadline.exceeded  user

lines  event
    1  listening
    1  rollout_percent
`)
    const none = await sidelane(['log', '--summary', '--code', 'overloaded'], { input: many })
    expect([none.status, none.stdout]).toEqual([0, 'no lines\n'])
  })

  test('reads compressed files, prefixes of other programs, and skips what is no log line', async () => {
    const noisy = `app-1  | ${JSON.stringify(lines[1])}\nError: oops\n{"a":1}\n[1]\n{"torn": \n${'x'.repeat(1_100_000)}\n`
    const { status, stdout, stderr } = await sidelane(['log', file('old.log.gz', gzipSync(noisy)), '--json'])
    expect([status, stdout]).toEqual([0, `${JSON.stringify(lines[1])}\n`])
    expect(stderr).toBe('5 other lines skipped\n')
  })

  test('no character of a line controls the terminal', async () => {
    const wild = { ...call(1, 1), route: '\u001b[2J\n', 'x\u009b': '\u0007' }
    const { stdout } = await sidelane(['log'], { input: JSON.stringify(wild) })
    expect(stdout).toMatch(/^[^\p{Cc}]+\n$/u)
    const { stdout: counted } = await sidelane(['log', '--summary'], { input: JSON.stringify(wild) })
    expect(counted.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('reads what a daemon writes', async () => {
    const vector = httpVectors[0]?.[1]
    const socket = socketFile('log.sock')
    const contract = socketFile('log.lock.json', vector?.lock)
    const daemon = await startDaemon({ args: ['--socket', socket, '--contract', contract, '--log-sample', '1'] })
    await ask(socket, '/nothing-here')
    await daemon.event('request')
    await daemon.stop()
    const { stdout, stderr } = await sidelane(['log'], { input: daemon.stderr })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/ {2}info {2}listening {2}/)
    expect(stdout).toMatch(/ {2}404 /)
  })

  test.each([
    [['missing.log'], 'Cannot read missing.log: '],
    [['/tmp'], 'Cannot read /tmp: it is a directory'],
    [['a.log', 'b.log'], 'Unexpected "b.log"'],
    [['--slow', 'x'], 'Expected --slow to be an integer ≥ 0, got "x"'],
    [['--trace', 'xyz'], 'Expected --trace to be 1 to 32 hexadecimal digits, got "xyz"'],
    [['--summary', '--json'], '--summary and --json exclude each other'],
  ])('%j is a usage error', async (args, message) => {
    const { status, stdout, stderr } = await sidelane(['log', ...args])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
  })

  test.each<[string, readonly number[]]>([
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 7, 0, 0]],
    ['gzip', [0x1f, 0x8b, 8, 0, ...Buffer.alloc(40, 7)]],
    ['UTF-32', [0x7b, 0, 0, 0, 0x22, 0, 0, 0]],
  ])('what is wrong with %s from a pipe is told while the pipe is open', async (_, bytes) => {
    const running = new Running(['log'])
    running.child.stdin.write(Buffer.from(bytes))
    expect(await running.ended).toMatchObject({ status: 1, stderr: expect.stringMatching(/^sidelane: The .*\n$/) })
  })

  test('damaged input is told, after what could be read', async () => {
    const whole = gzipSync(text)
    const { status, stderr } = await sidelane(['log', file('torn.gz', whole.subarray(0, whole.length - 10))])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sidelane: The gzip input is damaged/)
  })
})

test('reads a log that begins with a hole, as a log that was cut while it was written does', async () => {
  const holed = file('holed.log', Buffer.concat([Buffer.alloc(4096), Buffer.from(text)]))
  const { status, stdout } = await sidelane(['log', holed])
  expect(status).toBe(0)
  expect(stdout).toContain('listening')
})

test.skipIf(process.platform !== 'linux')('exits 1 where a file can be opened, but not read', async () => {
  const { status, stderr } = await sidelane(['log', '/proc/self/mem'])
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^sidelane: EIO: .*\n$/) })
})

test.skipIf(process.platform === 'win32')('ends with its output, also where the lines come from stdin', async () => {
  const many = file('many.log', text.repeat(5000))
  const left = await shell('{ "$@" < "$MANY"; echo "$?" >&3; } 3>&2 | head -n 1', ['log'], { MANY: many })
  expect(left).toMatchObject({ stderr: '141\n' })
  if (process.platform !== 'linux') return
  const full = await shell('"$@" < "$MANY" > /dev/full', ['log'], { MANY: many })
  expect(full).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^sidelane: Cannot write stdout: ENOSPC.*\n$/),
  })
})
