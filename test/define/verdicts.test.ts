// zod as an oracle: what safeParse says of a value is what the engine says of it, for every form that defineContract
// accepts. Schemas are written by hand (all formats) and made by fast-check (all containers); values are made to fit and
// then broken. The differences that are on purpose are at the end.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { createEngine } from '../../src/engine/index.ts'

type Accepts = (value: unknown) => boolean

const js = createEngine('js')

/** The engine's verdict; numbers are doubles, as they are for zod. */
function accepting(schema: z.ZodType): Accepts {
  const contract = defineContract({
    name: 'any',
    schema,
    numbers: 'double',
    compress: { codec: 'none' },
    digest: 'none',
  })
  const compiled = js.compile(contract)
  return (value) => {
    const outcome = compiled.process(Buffer.from(JSON.stringify(value)), false)
    if (!outcome.ok) expect(outcome.code).toBe('validate.failed')
    return outcome.ok
  }
}

/** zod's verdict. Without a prototype: it reads a missing `toString` from one (listed below). */
const zodAccepts = (schema: z.ZodType, value: unknown): boolean =>
  schema.safeParse(JSON.parse(JSON.stringify(value), bare)).success

const bare = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.assign(Object.create(null) as object, value)
    : value

/** A piece of text near the bounds of most checks, or of none. */
const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'A',
    'abc',
    'a.b',
    '1',
    '0',
    '-1',
    '\u00e9',
    'e\u0301',
    '\u{1f600}',
    ' a ',
    '\n',
    'constructor',
    'toString',
  ),
  fc.string({ maxLength: 6 }),
)

const anyNumber = fc.oneof(
  fc.constantFrom(
    0,
    1,
    -1,
    2,
    3,
    0.5,
    1.5,
    0.1,
    0.30000000000000004,
    19.99,
    4.35,
    100,
    2147483647,
    2147483648,
    -2147483649,
    1e21,
    1e-7,
  ),
  fc.constantFrom(
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER + 1,
    Number.MIN_SAFE_INTEGER,
    Number.MAX_VALUE,
    3.5e38,
    5e-324,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)

const anyKey = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'kind', '1', '01', '-1', 'constructor', 'toString', ''),
  fc.string({ maxLength: 3 }),
)
const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    anyNumber,
    anyText,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(anyKey, tie('value'), { maxKeys: 3 }).map(withoutProto),
  ),
})).value

/** `__proto__` never reaches a schema: reading a payload refuses it. */
function withoutProto<T>(object: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== '__proto__'))
}

/** One or two small changes somewhere in a value. */
const broken = (value: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(fc.array(fc.nat(20), { minLength: 6, maxLength: 6 }), anyValue, anyText).map(([turns, other, text]) => {
    let turn = 0
    const next = (): number => turns[turn++ % turns.length] ?? 0
    const change = (at: unknown, depth: number): unknown => {
      const choice = next()
      if (Array.isArray(at)) {
        if (choice < 4 || at.length === 0 || depth > 4) return choice % 2 === 0 ? [...at, other] : at.slice(1)
        return at.map((item: unknown, i) => (i === choice % at.length ? change(item, depth + 1) : item))
      }
      if (typeof at === 'object' && at !== null) {
        const entries = Object.entries(at)
        if (choice < 3 || depth > 4) return withoutProto({ ...at, [text]: other })
        if (choice < 6 || entries.length === 0) return Object.fromEntries(entries.slice(1))
        return Object.fromEntries(
          entries.map(([key, member], i) => [key, i === choice % entries.length ? change(member, depth + 1) : member]),
        )
      }
      if (typeof at === 'string' && choice < 14) {
        const from = next() % (at.length + 1)
        const edited = at.slice(0, from) + (choice < 7 ? text.slice(0, 1) : '') + at.slice(from + (choice % 2))
        return edited.isWellFormed() ? edited : at
      }
      if (typeof at === 'number' && choice < 12) return choice < 6 ? at + 1 : at / 2
      return other
    }
    return change(value, 0)
  })

const near = (fitting: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: fitting },
    { weight: 4, arbitrary: fitting.chain(broken) },
    { weight: 1, arbitrary: anyValue },
  )

function compare(
  schema: z.ZodType,
  fitting: fc.Arbitrary<unknown>,
  numRuns: number,
): { taken: number; refused: number } {
  const accepts = accepting(schema)
  const seen = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(near(fitting), (value) => {
      const expected = zodAccepts(schema, value)
      seen[expected ? 'taken' : 'refused']++
      expect(accepts(value), JSON.stringify(value)).toBe(expected)
    }),
    { numRuns },
  )
  return seen
}

const leap = ['2024-02-29', '2023-12-31', '2000-02-29']
const formats: Readonly<Record<string, readonly [z.ZodType, readonly string[]]>> = {
  uuid: [z.uuid(), ['123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000']],
  uuidv7: [z.uuidv7(), ['018f4d9e-1c2a-7b3c-8d4e-5f6a7b8c9d0e']],
  guid: [z.guid(), ['123e4567-e89b-02d3-0456-426614174000']],
  email: [z.email(), ['ada@example.com', "o'neil+x@a-b.co.uk"]],
  'email, as HTML5': [z.email({ pattern: z.regexes.html5Email }), ['ada@example.com', 'a@b']],
  'iso.date': [z.iso.date(), leap],
  'iso.time': [z.iso.time(), ['23:59:59', '10:00', '00:00:00.123']],
  'iso.time to the minute': [z.iso.time({ precision: -1 }), ['23:59', '10:00']],
  'iso.datetime': [z.iso.datetime(), leap.map((day) => `${day}T10:00:00Z`)],
  'iso.datetime with offset': [
    z.iso.datetime({ offset: true, precision: 3 }),
    leap.map((day) => `${day}T10:00:00.123+02:00`),
  ],
  'iso.datetime, local': [z.iso.datetime({ local: true }), leap.map((day) => `${day}T10:00`)],
  'iso.duration': [z.iso.duration(), ['P1Y2M3DT4H5M6S', 'P3W', 'PT0.5S']],
  ipv4: [z.ipv4(), ['1.2.3.4', '255.255.255.255']],
  ipv6: [z.ipv6(), ['::1', '2001:db8::1', '::ffff:1.2.3.4']],
  cidrv4: [z.cidrv4(), ['10.0.0.0/8', '1.2.3.4/32']],
  cidrv6: [z.cidrv6(), ['2001:db8::/32', '::/0']],
  mac: [z.mac(), ['00:1A:2B:3C:4D:5E', '00:1a:2b:3c:4d:5e']],
  'mac with dashes': [z.mac({ delimiter: '-' }), ['00-1A-2B-3C-4D-5E']],
  base64: [z.base64(), ['', 'AA==', 'AAA=', 'abcd']],
  base64url: [z.base64url(), ['', 'AA', 'AAA', 'ab-_']],
  hostname: [z.hostname(), ['example.com', 'a', 'a.b.']],
  e164: [z.e164(), ['+14155552671', '+1234567']],
  nanoid: [z.nanoid(), ['V1StGXR8_Z5jdHi6B-myT']],
  cuid: [z.cuid(), ['cjld2cjxh0000qzrmn831i7rn']],
  cuid2: [z.cuid2(), ['tz4a98xxat96iws9zmbrgj3a']],
  ulid: [z.ulid(), ['01ARZ3NDEKTSV4RRFFQ69G5FAV']],
  xid: [z.xid(), ['9m4e2mr0ui3e8a215n4g']],
  ksuid: [z.ksuid(), ['0ujtsYcgvSTl8PAuAdqWYSMnLOv']],
  hex: [z.hex(), ['', 'ff00']],
  'a hash': [z.hash('md5'), ['d41d8cd98f00b204e9800998ecf8427e']],
  currencyCode: [z.currencyCode(), ['EUR', 'USD']],
  lowercase: [z.string().lowercase(), ['abc', '']],
  uppercase: [z.string().uppercase(), ['ABC', '']],
  'startsWith and endsWith': [z.string().startsWith('a.').endsWith('$'), ['a.$', 'a. \n$']],
  includes: [z.string().includes('(a+'), ['(a+', 'x(a+\n']],
  'lengths in code points': [z.string().min(2).max(3), ['\u{1f600}\u{1f600}', 'abc', 'e\u0301']],
  'two patterns': [
    z
      .string()
      .regex(/^[^x]+$/)
      .regex(/\d$/),
    ['a1', '\n1'],
  ],
  'classes and dots': [z.string().regex(/^\w.\s\D?$/), ['a- x', 'a-\u00a0', '_\u00e9\ufeff']],
  'a template': [z.templateLiteral(['v', z.int(), '-', z.enum(['a', 'b']), z.string().max(2)]), ['v1-a', 'v-2-bxy']],
  'a template of a number': [z.templateLiteral([z.number(), 'px']), ['1.5px', '-3px']],
}

describe('of a string format, zod and the engine say the same:', () => {
  it.each(Object.entries(formats))('%s', (_, [schema, seeds]) => {
    const seen = compare(schema, fc.constantFrom(...seeds), 600)
    expect(seen.taken).toBeGreaterThan(50)
    expect(seen.refused).toBeGreaterThan(50)
  })
})

interface Sample {
  readonly schema: z.ZodType
  readonly fitting: fc.Arbitrary<unknown>
}

const sample = (schema: z.ZodType, fitting: fc.Arbitrary<unknown>): Sample => ({ schema, fitting })

const leaves: fc.Arbitrary<Sample> = fc.oneof(
  fc.constantFrom(
    sample(z.string(), anyText),
    sample(z.string().min(1).max(3), fc.string({ minLength: 1, maxLength: 3 })),
    sample(z.string().regex(/^a*b?$/), fc.constantFrom('', 'a', 'aab')),
    sample(z.boolean(), fc.boolean()),
    sample(z.null(), fc.constant(null)),
    sample(z.any(), anyValue),
    sample(z.unknown(), anyValue),
    sample(z.json(), anyValue),
    sample(z.number(), anyNumber),
    sample(z.int(), fc.integer()),
    sample(z.int32(), fc.integer()),
    sample(z.uint32(), fc.nat()),
    sample(z.float32(), fc.double({ min: -1, max: 1, noNaN: true })),
    sample(z.float64(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    sample(z.literal([1, 'a', true, null]), fc.constantFrom(1, 'a', true, null)),
    sample(z.literal(0), fc.constantFrom(0, -0)),
    sample(z.enum(['a', 'b']), fc.constantFrom('a', 'b')),
    sample(z.enum({ A: 0, B: 1, 0: 'A', 1: 'B' }), fc.constantFrom(0, 1)),
  ),
  fc
    .record({
      gte: fc.option(fc.integer({ min: -3, max: 1 })),
      lt: fc.option(fc.integer({ min: 2, max: 5 })),
      step: fc.option(fc.constantFrom(0.01, 0.1, 0.5, 1, 3, 7)),
    })
    .map(({ gte, lt, step }) => {
      // Far away, multiples differ on purpose (below).
      let schema = z.number().gt(-1e9).lte(1e9)
      if (gte !== null) schema = schema.gte(gte)
      if (lt !== null) schema = schema.lt(lt)
      if (step !== null) schema = schema.multipleOf(step)
      return sample(
        schema,
        fc.oneof(
          fc.integer({ min: -4, max: 6 }),
          fc.integer({ min: -400, max: 600 }).map((cents) => cents / 100),
        ),
      )
    }),
)

const keyed = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc
    .tuple(
      fc.dictionary(
        fc.constantFrom('a', 'b', 'c', 'toString', '1'),
        fc.tuple(inner, fc.constantFrom('must', 'may', 'exact', 'nullish')),
        { maxKeys: 4 },
      ),
      fc.constantFrom('strict', 'loose', 'catchall'),
      inner,
    )
    .map(([members, mode, rest]) => {
      const shape: Record<string, z.ZodType> = {}
      const fitting: Record<string, fc.Arbitrary<unknown>> = {}
      const requiredKeys: string[] = []
      for (const [key, [member, presence]] of Object.entries(members)) {
        const { schema } = member
        shape[key] =
          presence === 'must'
            ? schema
            : presence === 'may'
              ? schema.optional()
              : presence === 'exact'
                ? schema.exactOptional()
                : schema.nullish()
        fitting[key] = presence === 'nullish' ? fc.option(member.fitting) : member.fitting
        if (presence === 'must') requiredKeys.push(key)
      }
      const known = fc.record(fitting, { requiredKeys })
      if (mode === 'strict') return sample(z.strictObject(shape), known)
      const more = fc.dictionary(anyKey, mode === 'loose' ? anyValue : rest.fitting, { maxKeys: 2 }).map(withoutProto)
      const open = fc.tuple(more, known).map(([extra, object]) => Object.assign(extra, object))
      return sample(mode === 'loose' ? z.looseObject(shape) : z.object(shape).catchall(rest.schema), open)
    })

const listed = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc.tuple(inner, fc.nat(2), fc.nat(3)).map(([item, min, more]) =>
    sample(
      z
        .array(item.schema)
        .min(min)
        .max(min + more),
      fc.array(item.fitting, { minLength: min, maxLength: min + more }),
    ),
  )

const tupled = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc
    .tuple(fc.array(inner, { maxLength: 2 }), fc.array(inner, { maxLength: 2 }), fc.option(inner))
    .map(([must, may, rest]) => {
      const items = [...must.map(({ schema }) => schema), ...may.map(({ schema }) => schema.optional())] as [
        z.ZodType,
        ...z.ZodType[],
      ]
      const fitting = fc
        .tuple(
          fc.tuple(...must.map((item) => item.fitting)),
          fc.tuple(...may.map((item) => item.fitting)),
          fc.nat(2),
          fc.array(rest?.fitting ?? fc.constant(0), { maxLength: 2 }),
        )
        .map(([head, tail, length, more]) =>
          head.concat(tail.slice(0, length), rest === null || length < may.length ? [] : more),
        )
      return sample(rest === null ? z.tuple(items) : z.tuple(items, rest.schema), fitting)
    })

const recorded = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc.tuple(inner, fc.constantFrom('any', 'short', 'listed', 'partial', 'numbers', 'loose')).map(([value, kind]) => {
    const free = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value.fitting).map(withoutProto)
    const both = fc.record({ a: value.fitting, b: value.fitting })
    switch (kind) {
      case 'any':
        return sample(z.record(z.string(), value.schema), free)
      case 'short':
        return sample(z.record(z.string().max(1).regex(/[a-z]/), value.schema), free)
      case 'listed':
        return sample(z.record(z.enum(['a', 'b']), value.schema), both)
      case 'partial':
        return sample(z.partialRecord(z.enum(['a', 'b']), value.schema), both)
      case 'numbers':
        return sample(z.record(z.literal([1, 2]), value.schema), fc.record({ 1: value.fitting, 2: value.fitting }))
      default:
        return sample(z.looseRecord(z.enum(['a', 'b']), value.schema), both)
    }
  })

const united = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc
    .array(inner, { minLength: 1, maxLength: 3 })
    .map((options) =>
      sample(z.union(options.map(({ schema }) => schema)), fc.oneof(...options.map(({ fitting }) => fitting))),
    )

const discriminated = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc
    .tuple(inner, inner)
    .map(([left, right]) =>
      sample(
        z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal(['l', 1]), value: left.schema }),
          z.looseObject({ kind: z.enum(['r']), value: right.schema.optional() }),
        ]),
        fc.oneof(
          fc.record({ kind: fc.constantFrom('l', 1), value: left.fitting }),
          fc.record({ kind: fc.constant('r'), value: right.fitting }, { requiredKeys: ['kind'] }),
        ),
      ),
    )

const intersected = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc
    .tuple(inner, inner, fc.constantFrom(z.strictObject, z.looseObject), fc.constantFrom(z.strictObject, z.looseObject))
    .map(([left, right, one, other]) =>
      sample(
        z.intersection(one({ a: left.schema, c: z.string().optional() }), other({ b: right.schema, c: z.string() })),
        fc.record({ a: left.fitting, b: right.fitting, c: anyText }),
      ),
    )

const wrapped = (inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> =>
  fc
    .tuple(inner, fc.constantFrom('nullable', 'readonly', 'lazy', 'nonoptional', 'words'))
    .map(([{ schema, fitting }, wrapper]) => {
      if (wrapper === 'nullable') return sample(schema.nullable(), fc.option(fitting))
      if (wrapper === 'readonly') return sample(schema.readonly(), fitting)
      if (wrapper === 'lazy')
        return sample(
          z.lazy(() => schema),
          fitting,
        )
      if (wrapper === 'nonoptional') return sample(schema.optional().nonoptional(), fitting)
      return sample(schema.describe('words'), fitting)
    })

const schemas: fc.Arbitrary<Sample> = fc.letrec<{ node: Sample }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    leaves,
    ...[keyed, listed, tupled, recorded, united, discriminated, intersected, wrapped].map((make) => make(tie('node'))),
  ),
})).node

const shown = (schema: z.ZodType): string => JSON.stringify(defineContract({ name: 'any', schema }).lock.schema)

describe('of any schema, zod and the engine say the same', () => {
  it('about values that fit, that nearly fit, and that do not', () => {
    const seen = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(
        schemas.chain(({ schema, fitting }) =>
          fc.tuple(fc.constant(schema), fc.array(near(fitting), { minLength: 8, maxLength: 8 })),
        ),
        ([schema, values]) => {
          const accepts = accepting(schema)
          for (const value of values) {
            const expected = zodAccepts(schema, value)
            seen[expected ? 'taken' : 'refused']++
            expect(accepts(value), `${JSON.stringify(value)} under ${shown(schema)}`).toBe(expected)
          }
        },
      ),
      { numRuns: 200 },
    )
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(200)
  })

  it('that holds itself', () => {
    const tree = z.strictObject({
      value: z.int(),
      get children() {
        return z.array(tree).max(2).optional()
      },
    })
    const fitting: fc.Arbitrary<unknown> = fc.letrec<{ tree: object }>((tie) => ({
      tree: fc.record(
        { value: fc.integer(), children: fc.array(tie('tree'), { maxLength: 2 }) },
        { requiredKeys: ['value'] },
      ),
    })).tree
    const seen = compare(tree, fitting, 500)
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(50)
  })
})

describe('on purpose, the engine differs from zod', () => {
  it('for members that every object inherits: a contract reads only what is in the payload', () => {
    const schema = z.strictObject({ toString: z.any() })
    expect(schema.safeParse({}).success).toBe(true)
    expect(accepting(schema)({})).toBe(false)
  })

  it('for astral text under a pattern without flag u: a contract reads code points', () => {
    const schema = z.string().regex(/^.$/)
    expect(zodAccepts(schema, '\u{1f600}')).toBe(false)
    expect(accepting(schema)('\u{1f600}')).toBe(true)
  })

  it('for multiples of very large ratios: zod takes any number there', () => {
    const schema = z.number().multipleOf(0.01)
    expect(zodAccepts(schema, 1e16 + 2)).toBe(true)
    expect(accepting(z.number().multipleOf(3))(9007199254740990)).toBe(true)
    expect(zodAccepts(z.number().multipleOf(3), 9007199254740991)).toBe(true)
    expect(accepting(z.number().multipleOf(3))(9007199254740991)).toBe(false)
  })
})
