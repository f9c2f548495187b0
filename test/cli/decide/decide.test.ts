// `sidelane decide`, run as a program with little time: what it says, and what it says about payloads that are of no use.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeOrders } from '../../../bench/payloads/orders.ts'
import type { DecisionRecord } from '../../../src/decide/record.ts'
import { sidelane, temporaryFiles, type Result } from '../../support/cli.ts'
import { freshFolder } from '../../support/folders.ts'
import { needTool } from '../../support/tools.ts'

const file = temporaryFiles()
const lines = (payloads: readonly unknown[]): string => payloads.map((one) => JSON.stringify(one)).join('\n')
const orders = (count: number): string =>
  makeOrders({ count, seed: 3 })
    .map((bytes) => Buffer.from(bytes).toString())
    .join('\n')
const short = { timeout: 120_000 }

interface Decided extends Result {
  readonly record: DecisionRecord | undefined
  /** What it was given. */
  readonly seconds: number
}

/** With the shortest time that it takes; with more where a busy machine leaves out what the tests look at. */
async function decideOn(text: string, args: readonly string[] = [], seconds = 2): Promise<Decided> {
  const json = file('record.json', '')
  const own = ['decide', '--payloads', file('own.ndjson', text), '--seconds', String(seconds), '--json', json]
  const result = await sidelane([...own, ...args], { env: { NO_COLOR: '1' } })
  const written = readFileSync(json, 'utf8')
  const record = written === '' ? undefined : (JSON.parse(written) as DecisionRecord)
  const isShort = result.stderr.includes('The time was over') || record?.sizes.length === 0
  return isShort && seconds === 2 ? decideOn(text, args, 30) : { ...result, record, seconds }
}

describe('sidelane decide', () => {
  test.each([[[]], [['--contract', file('any.lock.json', '{}')]]])('--export without a module: %j', async (more) => {
    const payloads = file('one.ndjson', '{"n":1}\n')
    const { status, stderr } = await sidelane(['decide', '--payloads', payloads, '--export', 'order', ...more])
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--export goes with a module'),
    })
  })

  test('one screen: the answer, six rows, what would change it, five questions', short, async () => {
    const { status, stdout, record, seconds } = await decideOn(orders(60), [
      '--rate',
      '2000/s',
      '--core-hour-cost',
      '0.05',
    ])
    expect(status).toBe(0)
    const screen = stdout.trimEnd().split('\n')
    expect(screen.length).toBeLessThanOrEqual(40)
    expect(screen.filter((line) => !line.includes('/')).filter((line) => line.length > 80)).toEqual([])
    expect(stdout).toContain('contract')
    expect(stdout).toContain('inferred')
    for (const question of ['CPU-bound', 'output bounded', 'contract small', 'turned off', 'traffic pay']) {
      expect(stdout).toMatch(new RegExp(`${question}\\? +(?:yes|no|\\?) `))
    }
    expect(stdout).toMatch(/^Again: npx sidelane decide --payloads /m)
    const found = record as DecisionRecord
    expect(found).toMatchObject({ schema: 1, kind: 'sidelane.decision', rate: { perSecond: 2000, isGiven: true } })
    expect(found.payloads).toMatchObject({ count: 60, rejected: 0, disagreed: 0, distinct: 60 })
    expect(found.options.map(({ id }) => id)).toEqual(expect.arrayContaining(['today', 'inline-js', 'pool', 'sidecar']))
    expect(found.options.length).toBeLessThanOrEqual(6)
    for (const { id, verified, cpuUs, appBytes } of found.options) {
      expect({ id, ...verified }).toMatchObject({ payloads: 60 })
      expect(cpuUs.low).toBeLessThanOrEqual(cpuUs.median)
      expect(appBytes).toBeGreaterThan(20e6)
    }
    expect(found.answers).toHaveLength(5)
    expect(found.recommendation.sentences).toHaveLength(2)
    // The hard end of the run, and what it takes to start and to end.
    expect(found.seconds).toBeLessThan(seconds + 20)
    expect(found.money?.coreHourCost).toBe(0.05)
    expect(found.sizes.length).toBeGreaterThan(0)
    // Null, not NaN or Infinity, is what was not measured: JSON has no others.
    expect(JSON.stringify(found)).not.toContain('null,"median"')
  })

  test('tiny payloads at a low rate: do nothing', short, async () => {
    const tiny = lines(Array.from({ length: 100 }, (_, id) => ({ id, ok: true })))
    const { status, stdout, record } = await decideOn(tiny, ['--rate', '5/s'])
    expect(status).toBe(0)
    expect(record?.recommendation.use).toBe('do nothing')
    expect(stdout).toContain('Do nothing: ')
  })

  test(
    'a zod schema of a module is today, also with code that stays in the app; rejected payloads are counted',
    short,
    async () => {
      const module = `import * as z from 'zod'
      export const order = z.object({ id: z.number().int(), at: z.string().refine((text) => text !== '') })`
      const root = fileURLToPath(new URL('../../../', import.meta.url))
      const schema = file('schema.mjs', module.replace("'zod'", JSON.stringify(`${root}node_modules/zod/index.js`)))
      const payloads = Array.from({ length: 40 }, (_, id) => ({ id: id === 7 ? 'seven' : id, at: `t${id}` }))
      const { status, stdout, record } = await decideOn(lines(payloads), ['--contract', schema])
      expect(status).toBe(0)
      expect(record).toMatchObject({
        contract: { from: 'zod', name: 'order', appOnly: 1 },
        today: { kind: 'zod' },
        payloads: { count: 39, rejected: 1 },
      })
      expect(record?.payloads.firstRejection).toContain('/id')
      expect(stdout).toContain('Not timed: 1 rejected by the contract')
    },
  )

  test(
    'a lock is a contract, one payload is enough, and the record of a profile may say that there is nothing to win',
    short,
    async () => {
      const lock = fileURLToPath(new URL('../../../docs/examples/order.lock.json', import.meta.url))
      const profile = file(
        'profile.json',
        JSON.stringify({
          ...{ kind: 'sidelane.profile', version: 1 },
          answers: { cpuBound: false, movableShare: 0.03, stalls: false, hotPath: false },
        }),
      )
      const payloads = [{ id: 1, email: ' U1@Example.com ' }]
      const args = ['--contract', lock, '--profile', profile, '--rate', '900/s']
      const { status, record } = await decideOn(lines(payloads), args)
      expect(status).toBe(0)
      expect(record).toMatchObject({
        contract: { from: 'lock' },
        today: { kind: 'zod-from-lock' },
        recommendation: { use: 'do nothing', confidence: 'low' },
        profile: { hotPath: false },
      })
    },
  )
})

describe('what cannot be measured', () => {
  test.each([
    ['an empty file', '', [], 'holds no payload'],
    ['no JSON', 'hello\nworld\n', [], 'holds no payload that is JSON; payload 1: parse.syntax'],
    [
      'all rejected',
      '{"id":"x"}\n{"id":"y"}',
      ['--contract', 'docs/examples/order.lock.json'],
      'rejects all 2 payloads',
    ],
    [
      'CSV by mistake',
      'id,name\n1,secret',
      ['--contract', 'docs/examples/order.lock.json'],
      'Expected one JSON payload a line, or a JSON array',
    ],
    ['a page in no folder', '{}', ['--html', '/nonexistent/page.html'], 'there is no such folder'],
    ['an unknown rate', '{}', ['--rate', 'fast'], 'Expected --rate to be a rate such as 500/s'],
    ['a share', '{}', ['--min-gain', 'x'], 'Expected --min-gain to be a share such as 15%'],
    ['another contract', '{}', ['--contract', 'package.json'], 'package.json'],
    ['no contract', '{}', ['--contract', 'none.ts'], 'There is no file none.ts'],
    [
      'another record',
      '{}',
      ['--profile', 'package.json'],
      'is no record of this version of "sidelane profile --json"',
    ],
  ])('%s', async (_name, text, args, message) => {
    const command = ['decide', '--payloads', file('own.ndjson', text), '--seconds', '2', ...args]
    const { status, stdout, stderr } = await sidelane(command, {})
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/secret|^ +at /m)
    expect(stdout).toBe('')
    expect([1, 2]).toContain(status)
  })

  test.for(['a new file', 'a file that is there'])(
    '%s in a folder that is read-only is told at once',
    async (name, context) => {
      needTool('setpriv', context)
      if (process.getuid?.() !== 0) context.skip('only root may become another user')
      const folder = mkdtempSync(join(tmpdir(), 'sidelane-decide-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      chmodSync(folder, 0o755)
      const page = join(folder, 'page.html')
      if (name === 'a file that is there') {
        writeFileSync(page, '')
        chmodSync(page, 0o666)
      }
      // Payloads that are read after the check, and are missing: nothing is measured in either case.
      const args = ['decide', '--payloads', '/nonexistent.ndjson', '--html', page]
      const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath]
      const { status, stderr } = spawnSync('setpriv', [...nobody, 'dist/cli/main.js', ...args], { encoding: 'utf8' })
      expect([status, stderr]).toEqual([2, expect.stringContaining(`Cannot write ${page}: EACCES`)])
    },
  )

  test.each([
    ['no JSON', 'secret-9f1c', 'is no record of this version'],
    ['no answers', '{"kind":"sidelane.profile","version":1,"answers":null}', 'is no record of this version'],
  ])('a record of a profile that holds %s is refused, and not quoted', async (_name, text, message) => {
    const command = ['decide', '--payloads', file('own.ndjson', '{}'), '--profile', file('profile.json', text)]
    const { status, stderr } = await sidelane(command, {})
    expect(status).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('secret')
    const missing = await sidelane([...command.slice(0, -1), '/nonexistent.json'], {})
    expect(missing.stderr).toContain('Cannot read the record of a profile /nonexistent.json: there is no such file')
  })

  test('without payloads, and with a missing file', async () => {
    expect(await sidelane(['decide'], {})).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--payloads FILE'),
    })
    const missing = await sidelane(['decide', '--payloads', '/nonexistent.ndjson'], {})
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no such file') })
  })
})

test('^C ends all processes, and leaves no folder', short, async () => {
  const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))
  const path = file('orders.ndjson', '')
  writeFileSync(path, orders(60))
  // Of its own: other programs of this machine launch daemons too.
  const temporary = freshFolder()
  const child = spawn(process.execPath, [main, 'decide', '--payloads', path], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const started = (async () => {
    for await (const chunk of child.stderr.setEncoding('utf8')) if (/warm up|round/.test(String(chunk))) return
  })()
  await started
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  expect(code).toBe(130)
  await expect.poll(() => readdirSync(temporary)).toEqual([])
})
