// Payloads for a zod schema: values that fit its input, by type, for fast-check to break.

import * as fc from 'fast-check'
import type { $ZodCheck, $ZodTemplateLiteral, $ZodType, $ZodTypes } from 'zod/v4/core'

const blank = fc.constantFrom('', ' ', '\t', '\u00a0', '\n')
const words = fc.constantFrom(
  '',
  'a',
  'Ada',
  'GRÜSSE',
  'e\u0301',
  '\u{1f600}',
  'Str\u00e4\u00dfe',
  '12',
  '1.5',
  'true',
  'İ',
  'constructor',
)

const seeds: Readonly<Record<string, readonly string[]>> = {
  base64: ['', 'AAA='],
  cuid: ['cjld2cjxh0000qzrmn831i7rn'],
  date: ['2024-02-29', '1999-12-31'],
  datetime: ['2024-02-29T10:00:00Z', '1999-12-31T23:59:59.5Z', '2024-02-29T10:00:00+02:00'],
  duration: ['P1Y2M', 'PT5M'],
  email: ['ada@example.com', 'Ada.L@EXAMPLE.org'],
  ipv4: ['1.2.3.4', '255.255.255.255'],
  ipv6: ['::1', '2001:db8::1'],
  mac: ['00:1A:2B:3C:4D:5E'],
  sha256_hex: ['0'.repeat(64)],
  url: [
    'https://example.com/a?b#c',
    'http://a.example:8080',
    'mailto:a@b.c',
    ' https://x.org/\t',
    'ftp://f',
    'https:x.org',
  ],
  uuid: ['123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000'],
}

interface Def {
  readonly check?: string
  readonly format?: string
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly maximum?: number
  readonly length?: number
  readonly value?: number
  readonly prefix?: string
}

const defsOf = (schema: $ZodType): readonly Def[] => [
  ...(schema._zod.traits.has('$ZodCheck') ? [schema._zod.def as unknown as Def] : []),
  ...(schema._zod.def.checks ?? []).map((check: $ZodCheck) => check._zod.def as unknown as Def),
]

function texts(defs: readonly Def[]): fc.Arbitrary<string> {
  const found = defs.flatMap(({ format, pattern, prefix }) => {
    const known = seeds[format ?? '']
    if (known !== undefined) return [fc.constantFrom(...known)]
    if (prefix !== undefined) return [words.map((text) => prefix + text)]
    return pattern === undefined ? [] : [matching(pattern)]
  })
  const [min = 0] = defs.flatMap(({ minimum, length }) => minimum ?? length ?? []).toSorted((a, b) => b - a)
  const [max = min + 8] = defs.flatMap(({ maximum, length }) => maximum ?? length ?? []).toSorted((a, b) => a - b)
  const free = fc.oneof(
    words,
    fc.string({ minLength: min, maxLength: Math.min(max, min + 8) }),
    fc.string({ minLength: max, maxLength: max + 1, unit: fc.constantFrom('a', 'Z', '0') }),
  )
  const one = found.length === 0 ? free : fc.oneof(...found, { arbitrary: free, weight: 1 })
  const padded = fc.tuple(blank, one, blank).map((parts) => parts.join(''))
  return fc.oneof(
    { arbitrary: one, weight: 5 },
    { arbitrary: padded, weight: 1 },
    { arbitrary: one.map((text) => text.toUpperCase()), weight: 1 },
  )
}

/** Texts of a pattern, nearly where fast-check does not know its flags or syntax. */
function matching({ source, flags }: RegExp): fc.Arbitrary<string> {
  // fast-check lists all characters of a negated class, which takes a second.
  if (/\[\^|\\[pPDSW]/.test(source)) return words
  try {
    return fc.stringMatching(new RegExp(source, flags.replace(/[dgiy]/g, '')), { maxLength: 12 })
  } catch {
    return words
  }
}

function numbers(defs: readonly Def[]): fc.Arbitrary<number> {
  const bounds = defs.flatMap(({ check, value }) =>
    (check === 'greater_than' || check === 'less_than') && value !== undefined ? [value] : [],
  )
  const near = bounds.flatMap((bound) => [bound - 1, bound, bound + 1])
  return fc.oneof(fc.constantFrom(0, 1, 2, 3, 7, 19, 0.5, 12.34, -1, 100, ...near), fc.nat(3000))
}

function bigints(defs: readonly Def[]): fc.Arbitrary<number | bigint> {
  const bounds = defs.flatMap(({ value }) => (typeof value === 'bigint' ? [value as bigint] : []))
  const near = [0n, 1n, 5n, 12n, -7n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, ...bounds].flatMap((n) => [
    n - 1n,
    n,
    n + 1n,
  ])
  return fc.oneof(fc.constantFrom(...near), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.nat(50))
}

/** What Number(), String() and Boolean() are given. */
const scalars = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    ' ',
    '0',
    '1',
    ' 12 ',
    '0x10',
    '1e3',
    'abc',
    'NaN',
    'Infinity',
    '-0',
    '1_0',
    'false',
  ),
  fc.nat(200),
  fc.double({ min: -5, max: 5, noNaN: true }),
)

/** Values of the schema's input that it accepts, or nearly. */
export function fitting(schema: $ZodType, depth = 0): fc.Arbitrary<unknown> {
  const type = schema as $ZodTypes
  const { def } = type._zod
  // Recursive schemas are walked as deep as a payload goes.
  const inner = (next: $ZodType): fc.Arbitrary<unknown> =>
    depth < 3 ? fitting(next, depth + 1) : fc.constant(null).chain(() => fitting(next, depth + 1))
  if (depth > 7) return fc.constantFrom<unknown>(null, [], {}, 'a')
  const maxLength = depth < 3 ? 3 : 1
  const coerced = (def as { coerce?: boolean }).coerce === true
  const nothing: fc.Arbitrary<unknown> = fc.constant(undefined)
  switch (def.type) {
    case 'string':
      return coerced ? fc.oneof(scalars, texts(defsOf(schema))) : texts(defsOf(schema))
    case 'number':
      return coerced
        ? fc.oneof(scalars, numbers(defsOf(schema)), numbers(defsOf(schema)).map(String))
        : numbers(defsOf(schema))
    case 'bigint':
      return bigints(defsOf(schema))
    case 'template_literal':
      return matching((type as $ZodTemplateLiteral)._zod.pattern)
    case 'undefined':
    case 'never':
      return nothing
    case 'boolean':
      return coerced ? scalars : fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'enum':
    case 'literal':
      return fc.constantFrom(...(type._zod.values ?? []))
    case 'optional':
    case 'default':
    case 'prefault':
      return fc.oneof({ arbitrary: inner(def.innerType), weight: 3 }, { arbitrary: nothing, weight: 1 })
    case 'nullable':
      return fc.oneof({ arbitrary: inner(def.innerType), weight: 3 }, { arbitrary: fc.constant(null), weight: 1 })
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return inner(def.innerType)
    case 'lazy':
      return inner((type as { _zod: { innerType: $ZodType } })._zod.innerType)
    case 'array':
      return fc.array(inner(def.element), { maxLength })
    case 'tuple':
      return fc
        .tuple(
          fc.tuple(...def.items.map(inner)),
          fc.array(def.rest === null ? nothing : inner(def.rest), { maxLength: 1 }),
          fc.nat(2),
        )
        .map(([items, rest, cut]) =>
          cut === 2 ? items.slice(0, -1) : [...items, ...rest.filter((item) => item !== undefined)],
        )
    case 'object': {
      const known = fc.record(
        Object.fromEntries(Object.entries(def.shape).map(([key, member]) => [key, inner(member)])),
      )
      const more = fc.dictionary(fc.constantFrom('extra', 'id', 'kind', 'toJSONx'), scalars, { maxKeys: 1 })
      return fc.oneof(
        { arbitrary: known, weight: 3 },
        { arbitrary: fc.tuple(more, known).map(([a, b]) => ({ ...a, ...b })), weight: 1 },
      )
    }
    case 'record': {
      const values = def.keyType._zod.values
      const keys = values === undefined ? fc.oneof(inner(def.keyType), words) : fc.constantFrom(...values)
      return fc.dictionary(keys.map(String), inner(def.valueType), { maxKeys: maxLength })
    }
    case 'union':
      return fc.oneof(...def.options.map(inner))
    case 'intersection':
      return fc.tuple(inner(def.left), inner(def.right), fc.nat(9)).map(([a, b, only]): unknown => {
        if (only === 0 || typeof b !== 'object' || b === null) return a
        if (only === 1 || typeof a !== 'object' || a === null) return b
        return { ...a, ...b }
      })
    case 'pipe':
      return def.in._zod.def.type === 'transform' ? fc.oneof(inner(def.out), scalars) : inner(def.in)
    default:
      return fc.oneof(scalars, fc.constant({}), fc.constant([1, { a: null }]))
  }
}

/** True when a list or an object stands where the schema coerces a scalar. */
export function coercesContainer(schema: $ZodType, value: unknown): boolean {
  const type = schema as $ZodTypes
  const { def } = type._zod
  if (typeof value !== 'object' || value === null) return false
  if ((def as { coerce?: boolean }).coerce === true) return true
  const some = (schemaOf: (key: string) => $ZodType | null | undefined): boolean =>
    Object.entries(value).some(([key, member]) => {
      const inner = schemaOf(key)
      return inner !== null && inner !== undefined && coercesContainer(inner, member)
    })
  switch (def.type) {
    case 'object':
      return some((key) => (Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall))
    case 'array':
      return some(() => def.element)
    case 'tuple':
      return some((index) => def.items[Number(index)] ?? def.rest)
    case 'record':
      return some(() => def.valueType)
    case 'union':
      return def.options.some((option) => coercesContainer(option, value))
    case 'intersection':
      return coercesContainer(def.left, value) || coercesContainer(def.right, value)
    case 'lazy':
      return coercesContainer((type as { _zod: { innerType: $ZodType } })._zod.innerType, value)
    case 'pipe':
      return coercesContainer(def.in, value)
    default:
      return 'innerType' in def && coercesContainer(def.innerType, value)
  }
}
