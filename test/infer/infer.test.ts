// The source of a draft.
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { random, shuffled } from '../support/draft-figures.ts'
import { inferContract, type InferOptions, type Skipped } from '../../src/infer/index.ts'

const draft = (values: readonly unknown[], options: Partial<InferOptions> = {}): string =>
  inferContract(
    values.map((value) => JSON.stringify(value)),
    { name: 'draft', ...options },
  ).source
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

test('a member missing in some samples is optional, one that is null in some is nullable', () => {
  const source = draft([
    { a: 1, b: 'xy' },
    { a: 2.5, b: null, c: true },
    { a: 3, b: 'x' },
  ])
  expect(source).toContain('  a: z.number(),\n')
  expect(source).toContain('  b: z.string().nullable(), // null in 1 of 3; length seen 1..2\n')
  expect(source).toContain('  c: z.boolean().optional(), // in 1 of 3\n')
})

test.for([
  ['f47ac10b-58cc-4372-a567-0e02b2c3d479', 'z.uuid()'],
  ['2024-05-06T07:08:09Z', 'z.iso.datetime()'],
  ['2024-05-06T07:08:09+02:00', 'z.iso.datetime({ offset: true })'],
  ['2024-05-06', 'z.iso.date()'],
  ['a@example.com', 'z.email()'],
  ['https://example.com/a?b=c', 'z.url()'],
  ['https://api.example.com/keys{/key_id}', 'z.url()'],
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

test('samples beyond the defaults set limits, with a comment', () => {
  expect(draft([{ text: 'x'.repeat(1_100_000) }])).toContain('  limits: { maxBytes: 4194304 },\n')
})

test('integers of 64 bits choose int64, larger ones are rounded; the first is named', () => {
  const long = inferContract(['{"id":1}', '{"id":9223372036854775807}', '{"id":18446744073709551615}'], { name: 'x' })
  expect(long.source).toContain("  numbers: 'int64',\n")
  expect(long.source).toContain('  id: z.uint64(), // beyond 2^53 - 1 in 2 of 3\n')
  expect(long.largeInteger).toEqual({ index: 1, pointer: '/id', numbers: 'int64' })
  const rounded = inferContract(['{"a":[9223372036854775807,1e30]}'], { name: 'x' })
  expect(rounded.source).toContain("  numbers: 'double',\n")
  expect(rounded.largeInteger).toEqual({ index: 0, pointer: '/a/1', numbers: 'double' })
})

test('the order of the samples does not matter', () => {
  const samples = times(60, (i) => ({
    type: ['order', 'refund', 'note'][i % 3],
    [`of${i % 3}`]: i % 3 === 2 ? 'x' : { id: i, amount: i / 2, by: { id: i, login: `u${i % 5}`, admin: i % 2 === 0 } },
    user: { id: i, login: `u${i % 7}`, admin: false },
    labels: { [`example.org/l${i % 9}`]: 'x' },
    state: ['open', 'closed'][i % 2],
  }))
  const source = draft(samples)
  for (let seed = 1; seed <= 8; seed++) expect(draft(shuffled(samples, random(seed)))).toBe(source)
})

test('a type-like discriminator wins over other keys, and is found again below another one', () => {
  const source = draft(
    times(60, (i) => {
      const kind = ['a', 'b'][i % 2]
      const inner = Math.floor(i / 2) % 2 === 0 ? { type: 'text', text: 'x' } : { type: 'image', width: 1 }
      return {
        kind,
        login: `u${i % 2}`,
        id: i % 2,
        [`only_${kind}`]: 1,
        ...(kind === 'a' ? { part: inner } : { parts: [inner] }),
      }
    }),
  )
  expect(source).toContain("z.discriminatedUnion('kind', [")
  expect(source).toContain("const Part = z.discriminatedUnion('type', [")
  expect(source).toContain('    part: Part,\n')
  expect(source).toContain('    parts: z.array(Part),')
})

test.for(['name', 'login', 'screen_name', 'code'])('%s that fixes an id is no discriminator', (key) => {
  const people = [
    { id: 7, [key]: 'ann', site: 'x' },
    { id: 9, [key]: 'bob', phone: '1' },
  ]
  expect(draft(times(60, (i) => people[i % 2]))).not.toContain('discriminatedUnion')
})

test('Polygon and MultiPolygon are told apart', () => {
  const ring = [[0, 0], [1, 0.5], [1, 1], [0, 0]] // prettier-ignore
  const source = draft(
    times(12, (i) =>
      i % 3 === 0 ? { type: 'MultiPolygon', coordinates: [[ring]] } : { type: 'Polygon', coordinates: [ring] },
    ),
  )
  expect(source).toContain("z.discriminatedUnion('type', [")
  expect(source).toContain('coordinates: z.array(z.array(z.array(z.array(z.number())))),')
  expect(source).toContain('coordinates: z.array(z.array(z.array(z.number()))),')
})

test('a record is found in one sample, by names of packages or values of one shape; mixed types make none', () => {
  expect(draft([{ deps: { '@a/b': '1', '@a/c': '2' } }])).toContain('deps: z.record(z.string(), z.string())')
  const point = { x: 1, y: 2 }
  expect(draft([{ at: { one: point, two: point, three: point } }])).toContain('at: z.record(z.string(), z.')
  expect(draft([{ deps: { '@a/b': '1', '@a/c': 2 } }])).not.toContain('z.record')
})

test('objects within objects of their shape make a constant that uses itself', () => {
  const comment = (depth: number): unknown => ({
    author: 'x',
    text: `at ${depth}`,
    replies: depth === 0 ? [] : [comment(depth - 1), comment(0)],
  })
  const source = draft([comment(3), comment(1)])
  expect(source).toMatch(/const (\w+) = z\.[^]*get replies\(\) \{\n\s+return z\.array\(\1\)/)
})

test('a shape at two places is one constant', () => {
  const user = { login: 'x', id: 1, admin: false, url: 'https://a.example/x' }
  const source = draft(times(5, () => ({ sender: user, owner: user })))
  expect(source).toContain('const Owner = z.')
  expect(source).toContain('  owner: Owner,\n')
  expect(source).toContain('  sender: Owner,\n')
})

test('ids, names and credentials make no enum; values are in comments only when asked for', () => {
  const samples = times(40, (i) => ({
    user_id: ['UAXXONE', 'UAXXTWO'][i % 2],
    api_token: ['tokenaaa', 'tokenbbb'][i % 2],
    key: ['AKIA12345678ABCD', 'AKIA87654321ABCD'][i % 2],
    ref: 'secretvalue',
    amount: 4711,
  }))
  const source = draft(samples)
  for (const value of ['UAXX', 'tokenaaa', 'AKIA', 'secretvalue', '4711']) expect(source).not.toContain(value)
  const shown = draft(samples, { showValues: true })
  expect(shown).toContain('amount: z.int(), // always 4711')
  expect(shown).toContain('ref: z.string(), // always "secretvalue"')
})

test.for([
  ['strip', 'z.object({'],
  ['strict', 'z.strictObject({'],
  ['loose', 'z.looseObject({'],
] as const)('objects: %s', ([objects, callee]) => {
  expect(draft([{ a: { b: 1 } }], { objects })).toContain(`  a: ${callee}`)
})

test('a draft beyond the bounds of a lock leaves open what is rare, and says why', () => {
  // 52,000 members with names of their own, of 2 kinds, in objects that occur once.
  const rare = (i: number): object => Object.fromEntries(times(520, (k) => [`m${i}x${k}`, k % 2 === 0 ? 'text' : 1.5]))
  const samples = times(120, (i) => ({ id: i, common: { a: 1, b: 'x' }, ...(i < 100 && { [`kind${i}`]: rare(i) }) }))
  const { source, cut } = inferContract(
    samples.map((sample) => JSON.stringify(sample)),
    { name: 'x' },
  )
  expect(cut).toBe('Objects seen once are left open, as z.unknown(): the whole draft exceeds the bounds of a lock.')
  expect(source).toContain(`// ${cut}\n`)
  expect(source).toContain('  common: z.object({\n')
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
    { index: 1, code: 'parse.duplicate_key', pointer: '/a', params: { offset: 7, line: 1, column: 8 } },
    { index: 2, code: 'parse.syntax', pointer: '', params: { offset: 1, line: 1, column: 2, expected: 'key-or-end' } },
  ])
  expect(() => inferContract(['{'], { name: 'x' })).toThrow('at least one sample')
})

test('bytes of another realm are bytes', () => {
  const foreign = runInNewContext('Uint8Array.from([91, 55, 93])') as Uint8Array
  const { source, samples } = inferContract([foreign], { name: 'draft' })
  expect(samples).toBe(1)
  expect(source).toBe(draft([[7]]))
})

test.for<readonly [string, unknown, unknown, string]>([
  ['one text', '[1,2]', { name: 't' }, 'for one sample write [sample]'],
  ['one buffer', Buffer.from('[1,2]'), { name: 't' }, 'for one sample write [sample]'],
  [
    'no samples',
    undefined,
    { name: 't' },
    'Expected `samples` to be an array or another iterable of JSON texts or bytes',
  ],
  ['values', [{ a: 1 }], { name: 't' }, 'Expected `samples` to hold JSON texts or their UTF-8 bytes, got object at 0'],
  ['null', ['1', null], { name: 't' }, 'got null at 1'],
  ['no options', ['1'], undefined, 'Expected the options of `inferContract` to be an object'],
  ['no name', ['1'], {}, 'Expected `name` to be a string, got nothing'],
  ['another name', ['1'], { name: 5 }, 'Expected `name` to be a string, got `5` (number)'],
  [
    'an unknown value of `objects`',
    ['1'],
    { name: 't', objects: 'foo' },
    'to be one of "strip", "strict", "loose", got `foo`',
  ],
  ['an unknown option', ['1'], { name: 't', title: 'x' }, 'got `title`'],
  ['text as a callback', ['1'], { name: 't', onSkipped: 'x' }, 'Expected `onSkipped` to be a function'],
])('%s: options.invalid', ([, samples, options, message]) => {
  const infer = inferContract as (samples: unknown, options: unknown) => unknown
  expect(() => infer(samples, options)).toThrow(
    expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining(message) as string }),
  )
})
