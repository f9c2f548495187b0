// The source of a draft.
import { expect, test } from 'vitest'
import { inferContract, type Skipped } from '../../src/infer/index.ts'

const draft = (values: readonly unknown[]): string =>
  inferContract(
    values.map((value) => JSON.stringify(value)),
    { name: 'draft' },
  ).source
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

test('a member missing in some samples is optional, one that is null in some is nullable', () => {
  const source = draft([
    { a: 1, b: 'xy' },
    { a: 2.5, b: null, c: true },
    { a: 3, b: 'x' },
  ])
  expect(source).toContain('  a: z.number(), // seen 1..3\n')
  expect(source).toContain('  b: z.string().nullable(), // null in 1 of 3; length seen 1..2\n')
  expect(source).toContain('  c: z.boolean().optional(), // in 1 of 3\n')
})

test.for([
  ['f47ac10b-58cc-4372-a567-0e02b2c3d479', 'z.uuid()'],
  ['2024-05-06T07:08:09Z', 'z.iso.datetime()'],
  ['2024-05-06T07:08:09+02:00', 'z.iso.datetime({ offset: true })'],
  ['2024-05-06', 'z.iso.date()'],
  ['a@example.com', 'z.email()'],
  ['https://example.com/a?b=c', 'z.httpUrl()'],
  ['192.0.2.1', 'z.ipv4()'],
  ['2001:db8::1', 'z.ipv6()'],
] as const)('%s is taken for %s where every sample is one', ([value, format]) => {
  expect(draft([{ a: value }, { a: value }])).toContain(`  a: ${format},`)
  expect(draft([{ a: value }, { a: 'other text' }])).toContain('  a: z.string(),')
})

test('few codes in many samples become an enum; in few samples, or as texts, they do not', () => {
  const enumerated = draft(times(30, (i) => ({ a: ['new', 'paid'][i % 2] })))
  expect(enumerated).toContain(
    "  a: z.enum(['new', 'paid']), // enum guessed from 2 values in 30; any other is rejected\n",
  )
  expect(draft(times(4, (i) => ({ a: ['new', 'paid'][i % 2] })))).toContain('  a: z.string(),')
  expect(draft(times(30, (i) => ({ a: ['New York', 'Köln'][i % 2] })))).toContain('  a: z.string(),')
})

test('a discriminator makes a discriminated union', () => {
  const source = draft(
    times(40, (i) => (i % 2 === 0 ? { by: 'card', last4: '1234', note: i } : { by: 'sepa', iban: 'DE00' })),
  )
  expect(source).toContain("z.discriminatedUnion('by', [")
  expect(source).toContain("by: z.literal('card'),")
  expect(source).not.toContain('optional')
})

test('a key with weak correlation is not a discriminator', () => {
  expect(
    draft([
      { by: 'card', last4: '1' },
      { by: 'sepa', iban: 'D' },
    ]),
  ).not.toContain('discriminatedUnion')
})

test('keys that are data make a record', () => {
  expect(draft([{ 101: 'a', 102: 'b', 205: 'c' }])).toContain('z.record(z.string().regex(/^[0-9]+$/), z.string())')
  expect(draft(times(40, (i) => ({ [`sku${i}x`]: i, [`sku${i + 1}x`]: i })))).toContain('z.record(z.string(), z.int())')
})

test('several types at one place make a union', () => {
  const source = draft([{ a: 1 }, { a: 'x' }, { a: null }])
  expect(source).toContain('of several types: 1 string, 1 number\n  a: z.union([\n    z.string(), ')
  expect(source).toContain('  ]).nullable(),\n')
})

test('samples beyond the defaults set numbers and limits, with a comment', () => {
  const source = draft([{ id: 2 ** 60, text: 'x'.repeat(1_100_000) }])
  expect(source).toContain("  numbers: 'double',\n")
  expect(source).toContain('  limits: { maxBytes: 4194304 },\n')
})

test('the same samples have the same source', () => {
  const samples = times(50, (i) => ({ id: i, kind: `k${i % 3}`, [`x${i % 3}`]: i % 3 === 0 ? 'a' : 1 }))
  expect(draft(samples)).toBe(draft(samples))
})

test('payload text cannot end a string or a comment', () => {
  const source = draft([
    { "it's": "*/ ' \u2028\n", 'a"b': 'x\u2028' },
    { "it's": "*/ ' \u2028\n", 'a"b': 'x\u2028' },
  ])
  expect(source).not.toContain('\u2028')
  expect(source).toContain(`"it's": z.string()`)
  expect(source.split('\n').filter((line) => line.startsWith("' "))).toEqual([])
})

test('samples that are not strict JSON are reported and skipped; without a valid one there is no draft', () => {
  const skipped: Skipped[] = []
  const inferred = inferContract(['{"a":1}', '{"a":1,"a":2}', '{'], {
    name: 'x',
    onSkipped: (one) => skipped.push(one),
  })
  expect(inferred).toMatchObject({ samples: 1, skipped: 2 })
  expect(skipped).toEqual([
    { index: 1, code: 'parse.duplicate_key', pointer: '/a' },
    { index: 2, code: 'parse.syntax', pointer: undefined },
  ])
  expect(() => inferContract(['{'], { name: 'x' })).toThrow('at least one sample')
})
