// zod as an oracle: for every random schema that becomes a contract, both engines have zod's verdict, zod's output
// document, and zod's output as `outcome.value()`, except for the differences that docs/contract.md lists.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { needEngine } from '../support/need.ts'
import { runs, seed } from '../support/seed.ts'
import { compareWithZod, type Case, type Counts } from './compare-with-zod.ts'
import { schemaSources, schemaSourcesWithBigints } from './random-schemas.ts'

const schemas = runs(150, 60)

const cases: fc.Arbitrary<Case> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      source: schemaSources,
      numbers: fc.constantFrom('safe', 'double', 'int64'),
      seed: fc.integer(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      source: schemaSourcesWithBigints,
      numbers: fc.constant('int64' as const),
      seed: fc.integer(),
    }),
  },
)

/** Found by the random test below. */
const found: Readonly<Record<string, Omit<Case, 'seed'>>> = {
  'null behind a coerced option': {
    source: 'z.array(z.union([z.coerce.string().max(4), z.null()]))',
    numbers: 'safe',
    payloads: [[null], ['null'], [12, null]],
  },
  'null that a coerced option rejects': {
    source: 'z.union([z.coerce.number().min(1), z.null()])',
    numbers: 'safe',
    payloads: [null, 0, '1', false],
  },
  'a missing key of a record of coerced values with checks': {
    source: "z.record(z.enum(['a', 'b']), z.coerce.string().trim().length(2))",
    numbers: 'safe',
    payloads: [{ b: '00' }, { a: '11', b: '00' }],
  },
  'a missing key of a record of coerced values in capitals': {
    source: "z.record(z.enum(['a', 'b']), z.coerce.string().toUpperCase().nonoptional())",
    numbers: 'safe',
    payloads: [{ b: 'x' }, {}],
  },
  'a key that must be absent, in an intersection with a strict object': {
    source: 'z.intersection(z.strictObject({ a: z.undefined().optional() }), z.object({ b: z.int() }))',
    numbers: 'safe',
    payloads: [{ a: false, b: 1 }, { b: 1 }, { b: 1, c: 1 }],
  },
  'an intersection with a union, used twice with a default': {
    source:
      "z.record(z.enum(['a', 'b']), z.union([z.object({ x: z.int() }), z.object({ y: z.int() })]).and(z.object({ w: z.int() })).default({}))",
    numbers: 'safe',
    payloads: [{ a: { x: 1, w: 2 } }, {}, { b: { y: 1 } }],
  },
  'null on both sides of an intersection': {
    source: 'z.object({ a: z.string() }).nullable().and(z.object({ b: z.number() }).nullable())',
    numbers: 'safe',
    payloads: [null, { a: 'x', b: 1 }, { a: 'x' }],
  },
  'null beside unions told apart by a member, in an intersection': {
    source:
      "z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('k') }), z.object({ kind: z.literal('l') })]).nullable().and(z.object({ b: z.number() }).nullish())",
    numbers: 'safe',
    payloads: [null, { kind: 'k', b: 1 }, { kind: 'k', b: 1, c: 1 }, { kind: 'l' }],
  },
  'an option of an intersection that accepts anything': {
    source: 'z.union([z.object({ a: z.string() }), z.unknown()]).and(z.object({ b: z.number() }))',
    numbers: 'safe',
    payloads: [{ b: 1 }, { a: 'x', b: 1, c: 1 }, { a: 1, b: 1, c: 1 }, { a: 'x' }],
  },
  'a strict object or null, in an intersection': {
    source: 'z.union([z.strictObject({ a: z.string() }), z.null()]).and(z.object({ b: z.number() }))',
    numbers: 'safe',
    payloads: [{ a: 'x', b: 1 }, { a: 'x', b: 1, c: 1 }, null],
  },
  'a schema with a default, used in two places': {
    source:
      '[1, 2, 3].reduce((t) => z.object({ a: t, b: t.default({}) }), z.looseObject({ x: z.string().optional() }))',
    numbers: 'safe',
    payloads: [{ a: { a: { a: {} } } }, { a: { a: { a: {} } }, b: 1 }],
  },
  'a default with a fraction at a bigint': {
    source: 'z.object({ a: z.bigint().default(0.5) })',
    numbers: 'int64',
    payloads: [{}, { a: 1 }],
  },
  'a wide literal': { source: 'z.literal(9007199254740992)', numbers: 'int64', payloads: [2n ** 53n, 2n ** 53n + 2n] },
  'a bigint beside a default that its schema rejects': {
    source: "z.union([z.object({ id: z.int64(), n: z.coerce.number().default('x') }), z.tuple([z.int()])])",
    numbers: 'int64',
    payloads: [{ id: 13 }, { id: 13, n: '2' }],
  },
}

test.for(Object.entries(found))('%s: as in zod', async ([, each], context) => {
  needEngine('native', context)
  const counts: Counts = new Map()
  await compareWithZod({ ...each, seed: 1 }, counts, ['js', 'native'])
  expect((counts.get('accepted') ?? 0) + (counts.get('rejected') ?? 0)).toBe(each.payloads?.length)
})

test(
  `the engines make of a payload what zod makes of it (SIDELANE_SEED=${seed})`,
  { timeout: 3_600_000 },
  async (context) => {
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
  },
)
