// The comparison of instruction counts with the recorded ones.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compare, comparisonText, type Counted, type Recorded } from '../../bench/instructions/compare.ts'

const counted: Counted = {
  origin: { rustc: '1.95.0 abc x86_64', cc: 'cc 14', features: ['avx2', 'bmi2'] },
  inputs: 'aa',
  counts: [
    { stage: 'parse', payloads: 'orders', bytes: 1000, instructions: 10_000 },
    { stage: 'digest', payloads: 'orders', bytes: 1000, instructions: 20_000 },
  ],
}
const recorded: Recorded = { note: '', ...counted }

/** The recorded counts, changed by factors. */
const grown = (...factors: number[]): Counted => ({
  ...counted,
  counts: counted.counts.map((one, index) => ({
    ...one,
    instructions: Math.round(one.instructions * (factors[index] ?? 1)),
  })),
})

test('equal counts pass', () => {
  expect(compare(recorded, counted)).toMatchObject({ kind: 'compared', failed: [], gone: [] })
})

test.for([
  ['three per cent more', 1.03, []],
  ['more than three per cent more', 1.0301, ['parse']],
  ['much less', 0.5, []],
] as const)('%s', ([, factor, failed]) => {
  const result = compare(recorded, grown(factor))
  expect(result.kind === 'compared' && result.failed.map(({ stage }) => stage)).toEqual(failed)
})

test('each change is printed, and the one that fails is marked', () => {
  const result = compare(recorded, grown(1.05, 0.99))
  if (result.kind !== 'compared') throw new Error('not compared')
  const [, parse, digest] = comparisonText(result.deltas).split('\n')
  expect(parse).toMatch(/parse .* 10,500 +10\.50 +\+5\.00 % {2}too many$/)
  expect(digest).toMatch(/digest .* 19,800 +19\.80 +−1\.00 %$/)
})

test.for([
  ['rustc', { rustc: '1.96.0 def x86_64' }, 'rustc: recorded `1.95.0 abc x86_64`, here `1.96.0 def x86_64`'],
  ['C compiler', { cc: 'cc 15' }, 'C compiler: recorded `cc 14`, here `cc 15`'],
  ['processor', { features: ['avx2'] }, 'processor features: recorded `avx2 bmi2`, here `avx2`'],
] as const)('with another %s nothing is compared, whatever the counts', ([, change, difference]) => {
  const other = { ...grown(9), origin: { ...counted.origin, ...change } }
  expect(compare(recorded, other)).toEqual({ kind: 'other-origin', differences: [difference] })
})

test('other payloads or locks must be recorded first', () => {
  expect(compare(recorded, { ...counted, inputs: 'bb' })).toEqual({ kind: 'other-inputs' })
})

test('a new count passes, a missing one is named', () => {
  const [parse, digest] = counted.counts as [Counted['counts'][0], Counted['counts'][0]]
  const changed = { ...counted, counts: [parse, { ...digest, stage: 'compress' }] }
  expect(compare(recorded, changed)).toMatchObject({
    kind: 'compared',
    failed: [],
    deltas: [
      { stage: 'parse', change: 0 },
      { stage: 'compress', change: undefined },
    ],
    gone: [{ stage: 'digest' }],
  })
})

test('the record in the repository has every stage at every size', () => {
  const file = new URL('../../bench/record/instructions.json', import.meta.url)
  const { counts } = JSON.parse(readFileSync(file, 'utf8')) as Recorded
  const sets = ['clicks-256b', 'orders-1kb', 'orders', 'orders-16kb', 'orders-64kb', 'orders-1mb']
  const stages = ['parse', 'validate', 'canonical', 'digest', 'compress', 'compress-table', 'whole']
  expect(counts.map(({ stage, payloads }) => [payloads, stage])).toEqual(
    sets.flatMap((set) => stages.map((stage) => [set, stage])),
  )
  for (const one of counts) expect(one.instructions, `${one.stage} ${one.payloads}`).toBeGreaterThan(0)
})
