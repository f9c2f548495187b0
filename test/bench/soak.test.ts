// The soak: what it calls growth, and a run of seconds.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { growthOf, isFlat, type Quantity, type Sample } from '../../bench/soak/slope.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const MiB = 2 ** 20

const series = (value: (at: number) => number): Sample[] =>
  Array.from({ length: 120 }, (_, at) => ({ at: at * 10, value: value(at) }))

describe('the growth of a series', () => {
  const cases: readonly [string, Quantity, (at: number) => number, boolean][] = [
    ['a steady size', 'rss', () => 80 * MiB, true],
    ['a warm-up', 'rss', (at) => (80 - 60 * Math.exp(-at / 10)) * MiB, true],
    ['a sawtooth', 'rss', (at) => (80 + (at % 7) * 10) * MiB, true],
    ['a few large values at the end', 'rss', (at) => (at > 114 ? 500 : 80) * MiB, true],
    ['a leak of 1 MiB each 10 s', 'rss', (at) => (80 + at) * MiB, false],
    ['a descriptor that is lost now and then', 'descriptors', (at) => 40 + at / 4, false],
    ['threads that never end', 'threads', (at) => 10 + at / 10, false],
    ['calls that become slower', 'p99', (at) => 2 + at, false],
  ]
  test.for(cases)('%s', ([, quantity, value, expected]) => {
    expect(isFlat(quantity, growthOf(series(value)))).toBe(expected)
  })

  test('values that are not known do not count', () => {
    expect(growthOf(series(() => Number.NaN))).toBe(undefined)
    expect(growthOf(series((at) => (at % 2 === 0 ? Number.NaN : 5)))?.median).toBe(5)
  })
})

test('a run of seconds drives all placements', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['build/bench/soak.js', '--minutes', '0.1', '--pause-ms', '5'],
    { cwd: root, encoding: 'utf8' },
  )
  // What is not progress.
  const errors = stderr.replaceAll(/^ *\d+ % .* calls\n/gm, '')
  expect([errors, status], stdout).toEqual(['', 0])
  expect(stderr).toMatch(/ \d+ %  \d+ s  \d+ calls/)
  for (const name of ['inline', 'pool', 'auto', 'rollout', 'sidecar, node daemon']) {
    const [, calls] = new RegExp(`^${name} +(\\d+) calls`, 'm').exec(stdout) ?? []
    expect(Number(calls), name).toBeGreaterThan(20)
  }
  expect(stdout).toContain('Every verdict was that of inline')
})

test('a wrong option is told', () => {
  const { status, stderr } = spawnSync(process.execPath, ['build/bench/soak.js', '--minutes', 'x'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([2, expect.stringContaining('--minutes')])
})
