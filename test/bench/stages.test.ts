// Rows and tables of `--stages`, from given times, and the timing of steps.

import { expect, test } from 'vitest'
import { measureStages, steps, whole } from '../../bench/stages/rounds.ts'
import { toRows, type Measured } from '../../bench/stages/row.ts'
import { stageTables } from '../../bench/stages/text.ts'

const measured = (stage: Measured['stage'], id: string, us: number, outBytes: number | null = null): Measured => ({
  ...{ stage, id, us, medianUs: us, outBytes, rounds: 3 },
})

const set = { name: 'orders-4kb-cjk', series: { script: 'cjk', bytes: 4096 } } as const
const bytes = { payload: 4000, canonical: 3900 }

test('a row has its cost for a byte, its compression and its speed relative to the reference', () => {
  const rows = toRows(set, bytes, [
    measured('compress', 'sidelane-dynamic', 20, 1560),
    measured('compress', 'libdeflate-1', 40, 1500),
    measured('parse', 'JSON.parse', 16),
  ])
  expect(rows).toMatchObject([
    { stage: 'parse', id: 'JSON.parse', payloads: 'orders-4kb-cjk', size: 4096, nsPerByte: 4, ratio: null, speed: 1 },
    { stage: 'compress', id: 'sidelane-dynamic', us: 20, ratio: 2.5, speed: 2 },
    { stage: 'compress', id: 'libdeflate-1', us: 40, ratio: 2.6, speed: 1 },
  ])
})

test('without the Rust libraries compression is compared with node:zlib', () => {
  const rows = toRows(set, bytes, [
    measured('compress', 'node:zlib-1', 50, 1500),
    measured('compress', 'fflate-1', 200, 1500),
  ])
  expect(rows.map(({ speed }) => speed)).toEqual([1, 0.25])
})

test('a set outside of the series has its mean as size', () => {
  expect(toRows({ name: 'github' }, bytes, [measured('digest', 'ring', 2)])).toMatchObject([
    { payloads: 'github', size: 4000, speed: null },
  ])
})

test('the table of a stage has the sizes beside each other and how much the cost of a byte varies', () => {
  const of = (name: string, size: number, us: number): ReturnType<typeof toRows> =>
    toRows({ name, series: { script: 'ascii', bytes: size } }, { payload: size, canonical: size }, [
      measured('parse', 'JSON.parse', us),
    ])
  const text = stageTables([...of('orders-4kb-ascii', 4096, 4.096), ...of('orders-64kb-ascii', 65_536, 98.304)])
  expect(
    text
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ['payloads', 'contender', '4 KB', '64 KB', 'ns/B 4K', '64K', 'flat', '×'],
    ['ascii', 'JSON.parse', '4.10', '98.3', '1.00', '1.50', '1.50', '1.00'],
  ])
})

test('every contender runs in every round, and steps are given what the one before returned', async () => {
  const calls = { plain: 0, parse: 0 }
  const seen = new Set<unknown>()
  const contenders = [
    whole({ stage: 'digest', id: 'plain', outBytes: 7 }, 4, () => calls.plain++),
    steps(4, [
      { run: (_, index) => (calls.parse++, `value ${index}`) },
      { result: { stage: 'validate', id: 'stepped' }, run: (value) => (seen.add(value), value) },
    ]),
  ]
  const rounds: number[] = []
  const result = await measureStages(contenders, 4, {
    ...{ rounds: 5, minRounds: 5, budgetMs: 1 },
    onRound: (done) => rounds.push(done),
  })
  expect(result).toMatchObject([
    { stage: 'digest', id: 'plain', outBytes: 7, rounds: 5 },
    { stage: 'validate', id: 'stepped', outBytes: null, rounds: 5 },
  ])
  expect(rounds.at(-1)).toBe(5)
  expect(calls.plain).toBeGreaterThanOrEqual(6 * 4)
  expect(calls.parse).toBeGreaterThanOrEqual(6 * 4)
  expect([...seen]).toEqual(['value 0', 'value 1', 'value 2', 'value 3'])
})

test('a run whose time is used up stops after the least number of rounds', async () => {
  const slow = whole({ stage: 'digest', id: 'slow' }, 1, () =>
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2),
  )
  const [row] = await measureStages([slow], 1, { rounds: 1000, minRounds: 2, budgetMs: 1, onRound: () => {} })
  expect(row?.rounds).toBe(2)
})
