// fast-check arbitraries for comparing zod with the engine: schemas with values that match them, and mutations of values.

import * as fc from 'fast-check'
import * as z from 'zod'

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

/** `__proto__` never reaches a schema: the reader rejects it. */
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

export const near = (fitting: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: fitting },
    { weight: 4, arbitrary: fitting.chain(broken) },
    { weight: 1, arbitrary: anyValue },
  )

/** A schema, and values that it accepts (or nearly: text and numbers near its bounds). */
export interface Sample {
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
      // Multiples of very large ratios differ by design (verdicts.test.ts).
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

export const schemas: fc.Arbitrary<Sample> = fc.letrec<{ node: Sample }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    leaves,
    ...[keyed, listed, tupled, recorded, united, discriminated, intersected, wrapped].map((make) => make(tie('node'))),
  ),
})).node
