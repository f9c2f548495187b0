// Random sources of zod schemas of any depth, also shared and recursive ones. zod accepts the expression; a contract may
// refuse it.

import * as fc from 'fast-check'
import * as z from 'zod'
import { bigints, scalars, strings, type Source } from './random-scalars.ts'

const keys = fc.constantFrom('a', 'b', 'c', 'kind', 'toString', '1', 'é')

/** Values of `.default()` and `.prefault()`, which fit or not. */
const values = fc.constantFrom(
  ...[
    'null',
    "'x'",
    "' Ab '",
    '5',
    '0.5',
    'true',
    '{}',
    '[]',
    "{ a: 'x' }",
    '[1, 2]',
    "() => 'f'",
    '() => ({})',
    "'a'",
  ],
)

const wrapper: Source = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom(
    ...['.optional()', '.optional()', '.nullable()', '.nullish()', '.readonly()', '.exactOptional()'],
    ...['.optional().nonoptional()', ".describe('words')", '.nonoptional()', '.nullable().optional()'],
  ),
  fc
    .tuple(
      fc.constantFrom('', '', '.optional()', '.nullable()'),
      fc.constantFrom('.default', '.prefault'),
      values,
      fc.constantFrom('', '', '', '.optional()', '.nullable()', '.readonly()', '.nullish()'),
    )
    .map(([ahead, call, value, behind]) => `${ahead}${call}(${value})${behind}`),
)

const wrapped = (inner: Source): Source =>
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(inner, wrapper).map(([source, suffix]) => source + suffix) },
    { weight: 1, arbitrary: inner.map((source) => `z.lazy(() => ${source})`) },
    { weight: 1, arbitrary: fc.tuple(inner, wrapper).map(([source, suffix]) => `z.lazy(() => ${source})${suffix}`) },
  )

type Members = Readonly<Record<string, string>>

const written = (members: Members): string =>
  `{ ${Object.entries(members)
    .map(([key, source]) => (source.startsWith('get ') ? source : `${JSON.stringify(key)}: ${source}`))
    .join(', ')} }`

const members = (inner: Source, maxKeys: number): fc.Arbitrary<Members> =>
  fc.dictionary(
    keys,
    fc.oneof(
      { weight: 15, arbitrary: wrapped(inner) },
      { weight: 1, arbitrary: fc.constantFrom('z.undefined().optional()', 'z.never().optional()') },
    ),
    { maxKeys, noNullPrototype: true },
  )

/** An object of these members, with the source of its other members. */
const objectOf = (inner: Source, known: fc.Arbitrary<Members>): Source =>
  fc
    .tuple(
      known,
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom('z.object') },
        { weight: 2, arbitrary: fc.constantFrom('z.strictObject', 'z.looseObject') },
      ),
      fc.oneof(
        { weight: 6, arbitrary: fc.constant('') },
        fc.constantFrom('.partial()', '.required()', '.strict()', '.loose()', '.strip()'),
        inner.map((rest) => `.catchall(${rest})`),
      ),
    )
    .map(([shape, call, suffix]) => `${call}(${written(shape)})${suffix}`)

const object = (inner: Source): Source => objectOf(inner, members(inner, 4))

const list = (inner: Source): Source =>
  fc.oneof(
    fc
      .tuple(wrapped(inner), fc.constantFrom('', '', '.min(1)', '.max(2)', '.length(2)', '.nonempty()'))
      .map(([item, check]) => `z.array(${item})${check}`),
    fc
      .tuple(fc.array(wrapped(inner), { maxLength: 3 }), fc.constantFrom('', '', 'rest'), inner)
      .map(([items, rest, more]) => `z.tuple([${items.join(', ')}]${rest === '' ? '' : `, ${more}`})`),
  )

const record = (inner: Source): Source =>
  fc
    .tuple(
      fc.constantFrom(
        ...['z.record(z.string(), ', "z.record(z.enum(['a', 'b']), ", "z.partialRecord(z.enum(['a', 'b']), "],
        ...[
          'z.record(z.string().max(1).regex(/[a-z]/), ',
          'z.record(z.literal([1, 2]), ',
          'z.looseRecord(z.string(), ',
        ],
        ...["z.looseRecord(z.enum(['a', 'b']), ", "z.record(z.templateLiteral(['a', z.int()]), "],
      ),
      wrapped(inner),
    )
    .map(([head, value]) => `${head}${value})`)

const union = (inner: Source): Source =>
  fc.oneof(
    fc.array(wrapped(inner), { minLength: 1, maxLength: 4 }).map((options) => `z.union([${options.join(', ')}])`),
    fc.tuple(inner, inner).map(([left, right]) => `${left}.or(${right})`),
  )

/** A discriminator with values of its own for each option. */
const discriminator = (i: number): Source =>
  fc
    .tuple(
      fc.constantFrom(
        ...[`z.literal('k${i}')`, `z.literal('k${i}')`, `z.literal(['k${i}', ${i}])`, `z.enum(['k${i}', 'l${i}'])`],
        ...[`z.literal(${i})`, `z.literal('k${i}').readonly()`],
      ),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant('') },
        fc.constantFrom('.optional()', '.nullable()', '.nullish()', `.default('k${i}')`, `.prefault('k${i}')`),
      ),
    )
    .map(([value, suffix]) => value + suffix)

const discriminated = (inner: Source, known: fc.Arbitrary<Members> = members(inner, 2)): Source =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 3 }).chain((count) =>
        fc.tuple(
          ...Array.from({ length: count }, (_, i) =>
            objectOf(
              inner,
              fc.tuple(known, discriminator(i)).map(([others, kind]) => ({ ...others, kind })),
            ),
          ),
        ),
      ),
      fc.constantFrom('', '', '', ', { unionFallback: true }'),
      fc.boolean(),
    )
    .map(([options, fallback, nested]) => {
      const source = (list: readonly string[]): string =>
        `z.discriminatedUnion('kind', [${list.join(', ')}]${fallback})`
      const [first = '', ...others] = options
      return nested && others.length > 0 ? source([first, source(others)]) : source(options)
    })

const intersection = (inner: Source): Source => {
  const objectSide = fc.oneof(
    { weight: 4, arbitrary: object(inner) },
    { weight: 1, arbitrary: record(inner) },
    { weight: 1, arbitrary: discriminated(inner) },
  )
  const other = fc.oneof(
    fc.constantFrom('z.null()', 'z.any()', 'z.unknown()', 'z.string()', "z.literal(['a', null])", 'z.array(z.int())'),
    inner,
  )
  const side = fc.oneof(
    { weight: 5, arbitrary: objectSide },
    { weight: 2, arbitrary: objectSide.map((source) => `${source}.nullable()`) },
    {
      weight: 3,
      arbitrary: fc
        .array(fc.oneof({ weight: 3, arbitrary: objectSide }, other), { minLength: 1, maxLength: 3 })
        .map((all) => `z.union([${all.join()}])`),
    },
    { weight: 1, arbitrary: other },
  )
  return fc
    .tuple(side, side, fc.boolean())
    .map(([left, right, isMethod]) => (isMethod ? `${left}.and(${right})` : `z.intersection(${left}, ${right})`))
}

/** Ways back to the schema `T`. */
const back = fc.constantFrom(
  ...['T', 'T.optional()', 'T.nullable()', 'T.nullish()', 'z.array(T)', 'z.array(T).max(2)', 'z.array(T).default([])'],
  ...['z.record(z.string(), T)', 'z.tuple([T]).optional()', 'z.union([z.string(), T])', 'z.lazy(() => T).optional()'],
)

const withBack = (inner: Source): fc.Arbitrary<Members> =>
  fc
    .tuple(members(inner, 2), fc.dictionary(fc.constantFrom('left', 'of', 'a'), back, { minKeys: 1, maxKeys: 2 }))
    .map(([own, recursive]) => ({
      ...own,
      ...Object.fromEntries(Object.entries(recursive).map(([key, type]) => [key, `get ${key}() { return ${type} }`])),
    }))

const scoped = (statements: string, result: string): string => `(() => { ${statements}; return ${result} })()`

const recursive = (inner: Source): Source => {
  const node = objectOf(inner, withBack(inner))
  return fc
    .oneof(
      node,
      fc
        .tuple(inner, fc.array(node, { minLength: 1, maxLength: 3 }))
        .map((options) => `z.union([${options.flat().join(', ')}])`),
      fc.tuple(inner, node).map(([leaf, one]) => `z.lazy(() => z.union([${leaf}, z.array(T), ${one}]))`),
      discriminated(inner, withBack(inner)),
    )
    .map((source) => scoped(`const T = ${source}`, 'T'))
}

const shared = (inner: Source): Source =>
  fc
    .tuple(inner, wrapper, wrapper, fc.constantFrom('z.object', 'z.strictObject'))
    .map(([source, one, other, call]) =>
      scoped(`const S = ${source}`, `${call}({ a: S${one}, b: z.array(S${other}), c: S.optional() })`),
    )

function sourcesOf(leaves: Source): Source {
  const { node } = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: leaves },
      { weight: 4, arbitrary: object(tie('node')) },
      ...[list, record, union, discriminated, intersection, shared].map((make) => make(tie('node'))),
    ),
  }))
  return fc.oneof(
    { weight: 4, arbitrary: wrapped(node) },
    { weight: 1, arbitrary: recursive(leaves) },
    { weight: 1, arbitrary: recursive(fc.oneof(leaves, object(leaves))) },
  )
}

export const schemaSources: Source = sourcesOf(
  fc.oneof({ weight: 1, arbitrary: strings }, { weight: 3, arbitrary: scalars }),
)
/** For `numbers: 'int64'`. */
export const schemaSourcesWithBigints: Source = sourcesOf(fc.oneof(bigints, scalars))

/** The schema that a source names. */
// oxlint-disable-next-line typescript/no-implied-eval -- a source can be printed, shrunk and pasted
export const evaluate = (source: string): z.ZodType => new Function('z', `return ${source}`)(z) as z.ZodType
