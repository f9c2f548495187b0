// The built benchmark, run as a program with very short runs.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { StageRow } from '../../bench/stages/row.ts'

const entry = fileURLToPath(new URL('../../build/bench/run.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text?: string): string => {
  const path = join(folder, name)
  if (text !== undefined) writeFileSync(path, text)
  return path
}

function bench(...argv: string[]): ReturnType<typeof benchWith> {
  return benchWith({}, ...argv)
}

function benchWith(env: NodeJS.ProcessEnv, ...argv: string[]): { code: number | null; out: string; err: string } {
  const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...argv], options)
  return { code: status, out: stdout, err: stderr }
}

const short = ['--rounds', '1', '--budget-ms', '50', '--only', 'zod+zlib,inline-js']

const lock = {
  profile: 'p1',
  unicode: '15.0',
  name: 'mine',
  schema: {
    type: 'object',
    properties: { who: { type: 'string', 'x-norm': ['trim'] }, n: { type: 'integer' } },
    required: ['who'],
    additionalProperties: false,
  },
}

describe('the built benchmark', { timeout: 120_000 }, () => {
  beforeEach(({ skip }) => skip(!existsSync(entry), 'build/bench is not there: npm run build:bench'))

  test('--json writes header, rows and verdict', () => {
    const path = file('result.json')
    const { code, out } = bench(...short, '--sets', 'orders', '--json', path)
    expect(code).toBe(0)
    expect(out).toContain('verdict\norders: ')
    const result = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    expect(Object.keys(result).slice(0, 3)).toEqual(['header', 'rows', 'verdict'])
    expect(result.verdict).toMatchObject({ payloads: 'orders', text: expect.any(String) })
    expect(result.rows).toMatchObject([
      { id: 'zod+zlib', payloads: 'orders', digest: 'none', ratioZodZlib: 1 },
      { id: 'inline-js', payloads: 'orders', digest: 'none' },
      { id: 'inline-js', payloads: 'orders', digest: 'sha-256' },
    ])
    for (const row of result.rows as Record<string, unknown>[]) {
      for (const key of ['usPerPayload', 'payloadsPerSecond', 'p50Us', 'p99Us', 'mainThreadUs', 'outBytes']) {
        expect(row[key], key).toBeGreaterThan(0)
      }
    }
  })

  test('a bare worker loop stands beside the pool, without a ratio', () => {
    const path = file('floor.json')
    const argv = ['--rounds', '1', '--budget-ms', '300', '--only', 'zod+zlib,pool-floor', '--sets', 'orders']
    const { code, err } = bench(...argv, '--json', path)
    expect(code, err).toBe(0)
    const { rows } = JSON.parse(readFileSync(path, 'utf8')) as { rows: Record<string, unknown>[] }
    expect(rows.slice(1)).toMatchObject([
      { id: 'pool-floor', side: 'floor', depth: 64, ratioZodZlib: null },
      { id: 'pool-floor', side: 'floor', depth: 1, ratioZodZlib: null },
    ])
    for (const row of rows) expect(row['mainThreadUs']).toBeGreaterThan(0)
  })

  test('--sidecar measures a daemon and its client in separate processes', () => {
    const path = file('sidecar.json')
    const { code, err } = bench(
      ...['--rounds', '1', '--budget-ms', '300'],
      '--sidecar',
      '--only',
      'sidecar-node,sidecar-floor',
      '--json',
      path,
    )
    expect(code, err).toBe(0)
    const { sidecar } = JSON.parse(readFileSync(path, 'utf8')) as { sidecar: Record<string, unknown>[] }
    expect(sidecar.map(({ id, depth }) => [id, depth])).toEqual(
      ['sidecar-node', 'sidecar-floor'].flatMap((id) => [64, 8, 1].map((depth) => [id, depth])),
    )
    // The floor answers with outcomes of the library.
    expect(new Set(sidecar.map(({ outBytes }) => outBytes)).size).toBe(1)
    for (const row of sidecar) expect(row.clientUs).toBeGreaterThan(0)
  })

  test('--before-after prints a row for each way, and a verdict', () => {
    const path = file('endpoint.json')
    const { code, out, err } = bench('--before-after', '--rounds', '1', '--budget-ms', '1000', '--json', path)
    expect(code, err).toBe(0)
    expect(out).toMatch(/^payloads {2}orders: made order events, seed 1; 1024, mean [\d,]+ bytes$/m)
    // The project's own targets are for --targets.
    expect(out).not.toContain('to reach')
    const { rows, verdict } = JSON.parse(readFileSync(path, 'utf8')) as { rows: { way: string }[]; verdict: string }
    expect(rows.map(({ way }) => way)).toEqual(['zod+zlib', 'inline', 'pool', 'sidecar'])
    expect(verdict).toMatch(/^(?:Use|Do nothing)/)
  })

  test('--before-after sends the payloads of the user, and says so', () => {
    const payloads = file('endpoint.ndjson', '{"who":" a ","n":1}\n{"who":1}\n{"who":"b"}\n')
    const own = ['--payloads', payloads, '--contract', file('endpoint.lock.json', JSON.stringify(lock))]
    const { code, out, err } = bench('--before-after', '--rounds', '1', '--budget-ms', '1000', ...own)
    expect(code, err).toBe(0)
    expect(out).toContain(`payloads  yours: ${payloads}; 2, mean 15 bytes; 1 that the contract rejects are not sent`)
  })

  test('the compiled validators of zod and TypeBox do the same work as the other peers', () => {
    const path = file('compiled.json')
    const ids = ['zod-compiled+zlib', 'typebox+zlib']
    const sets = 'orders,orders-invalid,clicks-256b'
    const only = ['--rounds', '1', '--budget-ms', '50', '--only', ids.join(',')]
    const { code, out } = bench(...only, '--sets', sets, '--json', path)
    expect(code).toBe(0)
    expect(out).toMatch(/^peers .*typebox \d/m)
    const { rows } = JSON.parse(readFileSync(path, 'utf8')) as { rows: { id: string; payloads: string }[] }
    expect(rows.map(({ id, payloads }) => `${payloads} ${id}`)).toEqual(
      sets.split(',').flatMap((set) => ids.map((id) => `${set} ${id}`)),
    )
  })

  test('without cargo the Axum peers are left out, and the reason says what is missing', () => {
    const path = mkdtempSync(join(folder, 'no-cargo-'))
    const { code, out } = benchWith(
      { PATH: path },
      ...['--rounds', '1', '--budget-ms', '50', '--sets', 'orders', '--only', 'zod+zlib,axum-http'],
    )
    expect(code).toBe(0)
    expect(out).toContain('left out  axum-http: cargo was not found; install Rust (https://rustup.rs)')
  })

  test(
    '--stages --json has a row for each stage, contender and set, with ratios beside times',
    { timeout: 120_000 },
    () => {
      const path = file('stages.json')
      const argv = [
        '--stages',
        '--sets',
        'orders,clicks-256b-ascii',
        '--rounds',
        '1',
        '--budget-ms',
        '100',
        '--json',
        path,
      ]
      const { code, out, err } = benchWith({ SIDELANE_BENCH_CARGO: 'off' }, ...argv)
      expect(code, err).toBe(0)
      expect(out).toMatch(/^SHA-256 {3}node:crypto/m)
      expect(out).toMatch(/^crates {4}absent, no rows of Rust: /m)
      expect(out).toMatch(/^compress: .*relative to node:zlib-1/m)
      const { stages } = JSON.parse(readFileSync(path, 'utf8')) as { stages: StageRow[] }
      for (const [payloads, size] of [
        ['orders', 4096],
        ['clicks-256b-ascii', 256],
      ] as const) {
        const own = stages.filter((row) => row.payloads === payloads)
        const idsOf = (stage: string): string[] => own.filter((row) => row.stage === stage).map(({ id }) => id)
        expect(idsOf('parse')).toEqual(['JSON.parse', 'sidelane-js'])
        expect(idsOf('validate')).toEqual(['zod', 'z.compile', 'ajv', 'sidelane-js'])
        expect(idsOf('canonical')).toEqual(['canonicalize', 'JSON.stringify', 'sidelane-js'])
        expect(idsOf('digest')).toEqual(['node:crypto', 'sidelane-js'])
        expect(idsOf('compress')).toEqual(['node:zlib-1', 'node:zlib-6', 'fflate-1', 'sidelane-js'])
        expect(idsOf('whole')).toEqual(expect.arrayContaining(['zod+zlib', 'zod+zlib+jcs', 'sidelane-js']))
        for (const row of own) {
          expect(row).toMatchObject({ size, us: expect.any(Number), speed: expect.any(Number) })
          expect(row.us).toBeGreaterThan(0)
          expect(row.nsPerByte).toBeCloseTo((row.us * 1000) / row.meanBytes)
          if (row.stage === 'compress') expect(row.ratio).toBeGreaterThan(1)
        }
      }
    },
  )

  test('--stages refuses a set of invalid payloads', () => {
    const { code, err } = benchWith({ SIDELANE_BENCH_CARGO: 'off' }, '--stages', '--sets', 'orders-invalid')
    expect(code).toBe(2)
    expect(err).toContain('orders-invalid')
  })

  test('--payloads with --contract measures the accepted payloads and counts the rejected ones', () => {
    const payloads = file('mine.ndjson', '{"who":" a ","n":1}\n\n{"who":1}\n{"who":"b"}\n')
    const { code, out } = bench(...short, '--payloads', payloads, '--contract', file('mine.json', JSON.stringify(lock)))
    expect(code).toBe(0)
    expect(out).toContain('2, 2 distinct')
    expect(out).toContain('1, not timed; the first: validate.failed at "/who" type')
  })

  test.for([
    ['an unknown option', ['--fast']],
    ['a payload file that is not there', ['--payloads', file('none.ndjson'), '--contract', file('none.json')]],
  ] as const)('%s ends with exit code 2 and one clear message', ([, argv]) => {
    const { code, out, err } = bench(...argv)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).not.toContain('    at ')
    expect(err).toContain(argv[0] === '--fast' ? '--fast' : 'none.ndjson')
  })

  test('an unsupported lock is refused with a pointer', () => {
    const bad = file('bad.json', JSON.stringify({ ...lock, schema: { not: {} } }))
    const { code, err } = bench(...short, '--payloads', file('one.json', '[{"who":"a"}]'), '--contract', bad)
    expect(code).toBe(2)
    expect(err).toContain('/schema')
  })

  test('--help has examples', () => {
    const { code, out } = bench('--help')
    expect(code).toBe(0)
    expect(out).toContain('npm run bench -- --payloads mine.ndjson --contract mine.lock.json')
  })
})
