// The structure of schemas: shared and recursive ones, unions by a discriminator, intersections. Verdict and document are
// those of zod, and what cannot be a contract is refused at once.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { lockText } from '../../src/contract/index.ts'
import { engineDocument } from './engine-document.ts'

const define = (schema: unknown): ReturnType<typeof defineContract> =>
  defineContract({ name: 's', schema: schema as z.ZodType, compress: { codec: 'none' }, digest: 'none' })

function expectAsZod(schema: z.ZodType, values: readonly unknown[]): void {
  const document = engineDocument(schema)
  for (const value of values) {
    const text = document(JSON.stringify(value))
    const parsed = schema.safeParse(value)
    expect(text === undefined ? undefined : JSON.parse(text), JSON.stringify(value)).toEqual(
      parsed.success ? JSON.parse(JSON.stringify(parsed.data)) : undefined,
    )
  }
}

const bytes = (schema: z.ZodType): number => lockText(define(schema).lock).length
const refusal = (schema: unknown): string => {
  try {
    define(schema)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('It became a contract')
}

describe('a schema that is used more than once', () => {
  it.each<readonly [string, (inner: z.ZodType) => z.ZodType]>([
    ['a tuple in a record', (inner) => z.record(z.string(), z.tuple([inner, inner]))],
    ['a list and a member', (inner) => z.object({ l: z.array(inner), r: z.array(inner) })],
    ['a member with a default', (inner) => z.looseObject({ l: inner.optional(), r: inner.default({}) })],
    ['an option given twice', (inner) => z.union([inner, inner.nullable()])],
    ['both sides of an intersection', (inner) => z.looseObject({ l: inner }).and(z.looseObject({ r: inner }))],
  ])('is not repeated, 40 levels deep: %s', (_, level) => {
    let schema: z.ZodType = z.looseObject({ x: z.string().optional() })
    for (let i = 0; i < 40; i++) schema = level(schema)
    expect(bytes(schema)).toBeLessThan(16_384)
  })

  it('is compared once, in members that both sides of an intersection declare', () => {
    const deep = (): z.ZodType => {
      let schema: z.ZodType = z.looseObject({ x: z.string() })
      for (let i = 0; i < 40; i++) schema = z.looseObject({ l: schema, r: schema })
      return schema
    }
    expect(bytes(z.object({ a: deep() }).and(z.object({ a: deep() })))).toBeLessThan(16_384)
  })

  it('is one definition: 25 levels of a pair are a lock of 4 KB', () => {
    let pair: z.ZodType = z.object({ x: z.string() })
    for (let level = 0; level < 25; level++) pair = z.object({ l: pair, r: pair })
    expect(bytes(pair)).toBeLessThan(4096)
    let tuple: z.ZodType = z.tuple([z.string()])
    for (let level = 0; level < 25; level++) tuple = z.tuple([tuple, tuple])
    expect(bytes(tuple)).toBeLessThan(4096)
  })

  it('has the name of its id or of its first place, and stays inline where it is small', () => {
    const address = z.object({ city: z.string() })
    const { schema } = define(z.object({ a: address, b: address.optional(), c: z.array(address), d: z.string() })).lock
    expect(schema).toMatchObject({
      $defs: { a: { type: 'object', properties: { city: { type: 'string' } } } },
      properties: { a: { $ref: '#/$defs/a' }, b: { $ref: '#/$defs/a' }, c: { items: { $ref: '#/$defs/a' } } },
    })
    const named = address.meta({ id: 'Address' })
    expect(define(z.object({ a: named, b: named })).lock.schema).toHaveProperty('$defs.Address')
    const text = z.string().max(5)
    expect(define(z.object({ a: text, b: text })).lock.schema).not.toHaveProperty('$defs')
  })

  it('keeps the default of each place', () => {
    const address = z.object({ city: z.string() })
    expectAsZod(z.object({ a: address, b: address.default({ city: 'x' }), c: address.optional() }), [
      { a: { city: 'y' } },
      { a: { city: 'y' }, b: { city: 'z', more: 1 }, c: { city: '' } },
      { b: { city: 'y' } },
    ])
  })

  it('is told once for all places where it cannot be a contract', () => {
    const flagged = z.object({ at: z.date() })
    expect(refusal(z.object({ a: flagged, b: flagged })).split('\n')).toHaveLength(2)
    expect(refusal(z.object({ a: flagged, b: flagged }))).toContain('a.at, b.at: ')
  })
})

describe('an infinite schema', () => {
  const Tree = (): z.ZodType =>
    z.strictObject({
      v: z.string(),
      get left() {
        return Tree().optional()
      },
      get right() {
        return Tree().optional()
      },
    })
  const Lazy = (): z.ZodType => z.lazy(() => z.array(Lazy()))

  it.each([
    ['a factory with getters', Tree],
    ['z.lazy of a factory', Lazy],
  ])('is refused in one line: %s', (_, make) => {
    expect(refusal(make()).split('\n')).toHaveLength(2)
    expect(refusal(make())).toContain('refers to itself')
  })

  it('becomes a contract as the refusal advises', () => {
    const Good = z.object({
      v: z.string(),
      get left() {
        return Good.optional()
      },
    })
    expectAsZod(Good, [{ v: 'a' }, { v: 'a', left: { v: 'b', x: 1 } }, { v: 'a', left: { v: 1 } }])
  })
})

describe('a discriminated union', () => {
  const values = [
    {},
    { k: 'a' },
    { k: 'a', x: 1, y: 2 },
    { k: 'b', z: 'q' },
    { k: 'b' },
    { k: null },
    { k: 'c' },
    { k: null, x: 3 },
    { x: 1 },
    { k: 'd', t: 1 },
    { k: 'd', t: 2, s: 'x' },
    null,
    [],
  ]
  const b = z.object({ k: z.literal('b'), z: z.string() })
  const a = { x: z.number().optional() }

  it.each<readonly [string, z.ZodType]>([
    ['an optional one', z.discriminatedUnion('k', [z.object({ k: z.literal('a').optional(), ...a }), b])],
    ['a nullable one', z.discriminatedUnion('k', [z.object({ k: z.literal('a').nullable(), ...a }), b])],
    ['a nullish one', z.discriminatedUnion('k', [z.object({ k: z.literal('a').nullish(), ...a }), b])],
    ['a defaulted one', z.discriminatedUnion('k', [z.object({ k: z.literal('a').default('a'), ...a }), b])],
    ['null', z.discriminatedUnion('k', [z.object({ k: z.null(), ...a }), b])],
    [
      'a union of literals',
      z.discriminatedUnion('k', [z.object({ k: z.union([z.literal('a'), z.literal('c')]), ...a }), b]),
    ],
    ['with a fallback', z.discriminatedUnion('k', [z.object({ k: z.literal('a'), ...a }), b], { unionFallback: true })],
    [
      'as option of another, by another key',
      z.discriminatedUnion('k', [
        z.discriminatedUnion('t', [
          z.object({ k: z.literal('d'), t: z.literal(1) }),
          z.object({ k: z.literal('d'), t: z.literal(2), s: z.string() }),
        ]),
        b,
      ]),
    ],
    [
      'as option of another, by the same key',
      z.discriminatedUnion('k', [
        z.discriminatedUnion('k', [z.object({ k: z.literal('a'), ...a }), b]),
        z.object({ k: z.null() }),
      ]),
    ],
    [
      'as option of a plain union',
      z.union([z.discriminatedUnion('k', [z.object({ k: z.literal('a'), ...a }), b]), z.null(), z.array(z.string())]),
    ],
    [
      'of strict objects',
      z.discriminatedUnion('k', [z.strictObject({ k: z.literal('a').optional(), ...a }), z.strictObject(b.shape)]),
    ],
  ])('has the verdict and the document of zod: %s', (_, schema) => expectAsZod(schema, values))

  it('that zod itself cannot use is refused with its reason', () => {
    const broken = z.discriminatedUnion('k', [z.object({ k: z.string() as never }), b])
    expect(refusal(broken)).toContain('Invalid discriminated union option')
    const twice = z.discriminatedUnion('k', [z.object({ k: z.literal('b') }), b])
    expect(refusal(twice)).toContain('Duplicate discriminator value')
  })
})

describe('an intersection', () => {
  const values = [
    {},
    { a: 'x' },
    { a: 'x', b: 1 },
    { a: 'x', b: 1, c: true },
    { b: 1, c: true },
    { a: 'xyz', b: '2' },
    { k: 1, a: 'x', c: true },
    { k: 2, b: 1, c: true, d: 0 },
    { n: { p: 'q', r: 1 }, a: 'x' },
    null,
    'x',
    'xy',
    [1],
    null,
    'x',
  ]
  const [A, B, C] = [z.object({ a: z.string() }), z.object({ b: z.number() }), z.object({ c: z.boolean() })]

  it.each<readonly [string, z.ZodType]>([
    ['two objects', z.intersection(A, B)],
    ['strict and strip', z.intersection(A.strict(), B)],
    ['loose and strip', z.intersection(A.loose(), B)],
    ['strict and loose', z.intersection(A.strict(), B.loose())],
    ['two strict ones', z.intersection(A.strict(), B.strict())],
    ['an object and a catchall', z.intersection(A, z.object({ b: z.unknown() }).catchall(z.string()))],
    ['a default', z.intersection(z.object({ a: z.string().default('q') }), B)],
    ['a default under loose', z.intersection(z.object({ a: z.string().default('q') }), B.loose())],
    ['a record and an object', z.intersection(z.record(z.string(), z.unknown()), A)],
    [
      'a record of strings and an object with limits',
      z.intersection(z.record(z.string(), z.string()), z.object({ a: z.string().min(2) })),
    ],
    ['a union and an object', z.intersection(z.union([A, B]), C)],
    ['an object and a nullable one', z.intersection(C, z.union([A, z.null()]))],
    ['two nullable objects', z.intersection(A.nullable(), B.nullable())],
    ['two nullable scalars with null in common', z.intersection(z.string().nullable(), z.number().nullable())],
    ['a string and one with limits', z.intersection(z.string(), z.string().max(1))],
    ['a strict object or null', z.intersection(A.strict().nullable(), B)],
    ['anything and an object', z.intersection(z.unknown(), A)],
    ['an option that is anything', z.intersection(z.union([A, z.unknown()]), B)],
    ['an option that is a list', z.intersection(z.union([A, z.array(z.int())]), z.union([B, z.array(z.int())]))],
    ['two unions', z.intersection(z.union([A, B]), z.union([C, z.object({ d: z.number() })]))],
    [
      'a discriminated union and an object',
      z.intersection(
        z.discriminatedUnion('k', [
          z.object({ k: z.literal(1), ...A.shape }),
          z.object({ k: z.literal(2), ...B.shape }),
        ]),
        C,
      ),
    ],
    [
      'a discriminated union of strict objects and an object',
      z.intersection(
        z.discriminatedUnion('k', [
          z.strictObject({ k: z.literal(1), ...A.shape }),
          z.strictObject({ k: z.literal(2), ...B.shape }),
        ]),
        C,
      ),
    ],
    ['a nested object that drops keys', z.intersection(z.object({ n: z.object({ p: z.string() }) }), A)],
  ])('has the verdict and the document of zod: %s', (_, schema) => expectAsZod(schema, values))

  it.each<readonly [string, z.ZodType, string]>([
    [
      'trims a member that the other side keeps',
      z.intersection(z.object({ a: z.string().trim() }), z.looseObject({})),
      'A.extend(B.shape)',
    ],
    [
      'drops keys of a member that the other side keeps',
      z.intersection(z.object({ n: z.object({ p: z.string() }) }), z.looseObject({})),
      'A.extend(B.shape)',
    ],
    ['has two defaults for a member', z.intersection(z.object({ a: z.string().default('x') }), A), 'A.extend(B.shape)'],
    [
      'adds an item that the other side has not',
      z.intersection(z.object({ a: z.tuple([z.string(), z.string().default('x')]) }), z.looseObject({})),
      'A.extend(B.shape)',
    ],
    [
      'has a record with a pattern of keys',
      z.intersection(z.record(z.string().regex(/^a/), z.string()), B),
      'one schema',
    ],
    [
      'has an option that is a record with a pattern of keys',
      z.intersection(z.union([A, z.record(z.string().regex(/^b/), z.number())]), B),
      'one schema',
    ],
    [
      'has strict objects inside an option',
      z.intersection(z.union([z.discriminatedUnion('k', [z.strictObject({ k: z.literal(1) })]), A]), C),
      'z.discriminatedUnion()',
    ],
    ['has strict options', z.intersection(z.union([A.strict(), B.strict()]), C), 'z.discriminatedUnion()'],
    ['is of strings', z.intersection(z.string().min(1), z.string().max(2)), 'write one schema'],
  ])('is refused where zod would merge differing results: one that %s', (_, schema, words) => {
    expect(refusal(schema)).toContain(words)
  })
})

describe('a key that must be absent', () => {
  const values = [{ b: 'x' }, { a: 1, b: 'x' }, { a: null, b: 'x' }, { a: 'q', b: 'x' }, { b: 'x', c: 1 }]

  it.each<readonly [string, z.ZodType]>([
    ['in an object that drops keys', z.object({ a: z.never().optional(), b: z.string() })],
    ['in a strict object', z.strictObject({ a: z.undefined().optional(), b: z.string() })],
    ['in a loose object', z.looseObject({ a: z.never().optional(), b: z.string() })],
    ['void', z.object({ a: z.void().optional(), b: z.string() })],
  ])('has the verdict and the document of zod: %s', (_, schema) => expectAsZod(schema, values))

  it('cannot be told for a member that is required: no payload passes', () => {
    expect(refusal(z.object({ a: z.undefined() }))).toContain('write .optional()')
    expect(refusal(z.object({ a: z.never() }))).toContain('a: z.never() accepts nothing')
  })
})

describe('an option that no JSON value is of', () => {
  it.each<[string, z.ZodType]>([
    ['z.undefined()', z.union([z.undefined(), z.string()])],
    ['z.void()', z.string().or(z.void())],
    ['z.date()', z.union([z.date(), z.iso.datetime(), z.number()])],
    [
      'z.map() and z.set()',
      z.union([z.map(z.string(), z.number()), z.set(z.string()), z.record(z.string(), z.number())]),
    ],
    ['z.never() and z.nan()', z.union([z.never(), z.nan(), z.null()])],
    ['z.undefined() and null', z.union([z.string(), z.null(), z.undefined()])],
    ['undefined among literals', z.literal(['a', undefined, 'b'])],
  ])('is left out, and a missing member stays missing: %s', (_, member) => {
    const values = ['a', '2026-01-02T03:04:05Z', 1, null, {}, { a: 1 }, [], true].map((a) => ({ a }))
    expectAsZod(z.object({ a: member }), [{}, ...values])
    expectAsZod(z.object({ a: member.optional() }), [{}, ...values])
    expectAsZod(z.array(member), [[], ...values.map(({ a }) => [a])])
  })

  it('is left out of a discriminated union too', () => {
    const schema = z.discriminatedUnion('provider', [
      z.object({ provider: z.literal('mail'), sender: z.string() }),
      z.object({ provider: z.literal('sms'), number: z.string() }),
      z.object({ provider: z.undefined() }),
    ])
    const mail = { provider: 'mail', sender: 'a' }
    expectAsZod(schema, [mail, { provider: 'sms', number: '1', extra: 2 }, {}, { sender: 'a' }, { provider: null }])
  })

  it('is told where nothing else is left, once, whatever checks it has', () => {
    expect(refusal(z.object({ a: z.union([z.undefined(), z.void()]) })).split('\n')).toHaveLength(2)
    const day = z.date().min(new Date(0)).max(new Date(1))
    expect(refusal(z.object({ a: day })).split('\n')).toHaveLength(2)
  })
})

describe('what is no schema of zod 4', () => {
  const zod3 = { _def: { typeName: 'ZodString' }, parse: () => {} }

  it.each<readonly [string, unknown, string]>([
    ['undefined', undefined, 'a schema of zod 4, got nothing'],
    ['a schema of zod 3', zod3, 'got one of zod 3'],
    ['a plain object', { a: 1 }, 'a schema of zod 4, got object'],
    ['a member that is undefined', z.object({ a: undefined as never, b: z.string() }), 'a: undefined is not a schema'],
    ['a member of zod 3', z.object({ a: zod3 as never }), 'a: not a schema of zod 4 but of zod 3'],
    ['an item of zod 3', z.array(z.union([z.string(), zod3 as never])), 'not a schema of zod 4 but of zod 3'],
  ])('is refused: %s', (_, schema, words) => expect(refusal(schema)).toContain(words))
})
