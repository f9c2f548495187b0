// zod as an oracle: for every random schema that becomes a contract, both engines have zod's verdict, zod's output
// document, and zod's output as `outcome.value()`, except for the differences that docs/contract.md lists.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { needEngine } from '../support/need.ts'
import { compareWithZod, type Case, type Counts } from './compare-with-zod.ts'
import { schemaSources, schemaSourcesWithBigints } from './random-schemas.ts'

const seed = Number(process.env['SIDELANE_SEED'] ?? Date.now() & 0x7fffffff)
const schemas = Number(process.env['SIDELANE_RUNS'] ?? (process.env['CI'] ? 150 : 60))

const cases: fc.Arbitrary<Case> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ source: schemaSources, numbers: fc.constantFrom('safe', 'double', 'int64'), seed: fc.integer() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ source: schemaSourcesWithBigints, numbers: fc.constant('int64' as const), seed: fc.integer() }),
  },
)

test(`the engines make of a payload what zod makes of it (SIDELANE_SEED=${seed})`, { timeout: 3_600_000 }, async (context) => {
  needEngine('native', context)
  const counts: Counts = new Map()
  await fc.assert(
    fc.asyncProperty(cases, (each) => compareWithZod(each, counts, ['js', 'native'])),
    { seed, numRuns: schemas },
  )
  const share = (what: string, of: string): number => (counts.get(what) ?? 0) / (counts.get(of) ?? 0)
  expect(share('contracts', 'refused'), 'contracts for each refused schema').toBeGreaterThan(0.5)
  expect(share('accepted', 'payloads'), 'accepted payloads').toBeGreaterThan(0.15)
  expect(share('rejected', 'payloads'), 'rejected payloads').toBeGreaterThan(0.15)
})
