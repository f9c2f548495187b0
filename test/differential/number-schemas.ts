// Random schemas of numbers for `numbers: 'int64'`, the texts of numbers near their limits, and the oracle's verdict.
import fc from 'fast-check'
import { compareExact, isMultiple, isWhole, readExact, type ExactNumber } from './exact-numbers.ts'

/** The values of these keywords are texts of numbers, so that they keep all digits. */
export interface NumberSchema {
  readonly type?: 'number' | 'integer'
  readonly 'x-value'?: 'bigint'
  readonly minimum?: string
  readonly exclusiveMinimum?: string
  readonly maximum?: string
  readonly exclusiveMaximum?: string
  readonly multipleOf?: string
  readonly const?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly NumberSchema[]
}

const around = [2n ** 53n, 2n ** 63n, 2n ** 64n, 10n ** 15n, 10n ** 18n, 0n, 300n]

const integerText: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...around), fc.integer({ min: -3, max: 3 }), fc.boolean())
    .map(([base, offset, isNegative]) => String((isNegative ? -1n : 1n) * (base + BigInt(offset)))),
  fc
    .tuple(fc.integer({ min: 15, max: 21 }), fc.bigInt({ min: 0n, max: 10n ** 21n - 1n }), fc.boolean())
    .map(([length, digits, isNegative]) => `${isNegative ? '-' : ''}${digits % 10n ** BigInt(length)}`),
  fc.integer({ min: -50, max: 50 }).map(String),
)

const fractionText = fc.oneof(
  fc.constantFrom(
    '0.5',
    '-0.5',
    '0.1',
    '0.30000000000000004',
    '1e-7',
    '19.99',
    '4503599627370497.5',
    '1e3',
    '-0',
    '0.0',
  ),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String),
)

/** Spellings that are no plain integer. */
const spelled = fc
  .tuple(integerText, fc.constantFrom('.0', '.5', 'e0', 'E+1', 'e-1', 'e-3', '.000', 'e2'))
  .map((parts) => parts.join(''))

const isReadable = (text: string): boolean => readExact(text) !== undefined
const limitText = fc
  .oneof({ weight: 3, arbitrary: integerText }, { weight: 1, arbitrary: fractionText })
  .filter(isReadable)
const stepText = fc
  .oneof(
    limitText,
    fc.constantFrom('1', '2', '3', '7', '10', '0.5', '0.01', '2.5', '1e-8', '9007199254740993', '18446744073709551615'),
  )
  .filter((text) => compareExact(readExact(text) as ExactNumber, 0) > 0)

const limited: fc.Arbitrary<NumberSchema> = fc
  .tuple(
    fc.constantFrom<NumberSchema>({ type: 'number' }, { type: 'integer' }, { type: 'integer', 'x-value': 'bigint' }),
    fc.record({ minimum: limitText, exclusiveMaximum: limitText, multipleOf: stepText }, { requiredKeys: [] }),
    fc.record({ exclusiveMinimum: limitText, maximum: limitText }, { requiredKeys: [] }),
    fc.boolean(),
  )
  .map(([type, one, other, isFirst]) => ({ ...type, ...(isFirst ? one : other) }))

const fixed: fc.Arbitrary<NumberSchema> = fc.oneof(
  limitText.map((value) => ({ const: value })),
  fc
    .uniqueArray(limitText, { minLength: 1, maxLength: 4, selector: (text) => readExact(text) })
    .map((values) => ({ enum: values })),
)

const plain = fc.oneof(
  { weight: 4, arbitrary: limited },
  { weight: 2, arbitrary: fixed },
  fc.constant<NumberSchema>({}),
)

export const numberSchemas: fc.Arbitrary<NumberSchema> = fc.oneof(
  { weight: 4, arbitrary: plain },
  { weight: 1, arbitrary: fc.array(plain, { minLength: 2, maxLength: 4 }).map((anyOf) => ({ anyOf })) },
)

/** The lock's text of the schema: its numbers as they are written. */
export const schemaText = (schema: object): string =>
  JSON.stringify(schema).replace(/"(-?\d[\d.eE+-]*)"/g, (_, number: string) => number)

const textsOf = (schema: NumberSchema): string[] => [
  ...(JSON.stringify(schema).match(/-?\d[\d.eE+-]*/g) ?? []).filter((text) => /^-?\d+$/.test(text)),
]

/** Texts of numbers, many of them near the limits of the schema. */
export function numberTexts(schema: NumberSchema): fc.Arbitrary<string> {
  const limits = textsOf(schema)
  const near = limits.flatMap((text) => [-1n, 0n, 1n].map((offset) => String(BigInt(text) + offset)))
  const multiples = limits.flatMap((text) => [2n, 3n, -5n].map((factor) => String(BigInt(text) * factor)))
  return fc.oneof(
    ...(near.length === 0 ? [] : [{ weight: 4, arbitrary: fc.constantFrom(...near, ...multiples) }]),
    { weight: 3, arbitrary: integerText },
    fractionText,
    spelled,
  )
}

/** Numbers of a schema as the oracle reads them. */
const limit = (text: string): ExactNumber => readExact(text) as ExactNumber

/** The branch that takes the value: the schema itself without branches. */
export function branchFor(schema: NumberSchema, value: ExactNumber): NumberSchema | undefined {
  if (schema.anyOf) return schema.anyOf.find((branch) => branchFor(branch, value))
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf, enum: values } = schema
  const fixedValues = values ?? (schema.const === undefined ? undefined : [schema.const])
  const passes =
    (schema.type !== 'integer' || isWhole(value)) &&
    (minimum === undefined || compareExact(value, limit(minimum)) >= 0) &&
    (exclusiveMinimum === undefined || compareExact(value, limit(exclusiveMinimum)) > 0) &&
    (maximum === undefined || compareExact(value, limit(maximum)) <= 0) &&
    (exclusiveMaximum === undefined || compareExact(value, limit(exclusiveMaximum)) < 0) &&
    (multipleOf === undefined || isMultiple(value, limit(multipleOf))) &&
    (fixedValues === undefined || fixedValues.some((text) => compareExact(value, limit(text)) === 0))
  return passes ? schema : undefined
}

/** What `outcome.value()` has for it. */
export function valueAt(branch: NumberSchema, value: ExactNumber): ExactNumber {
  if (branch['x-value'] === 'bigint') return BigInt(value)
  if (branch.type !== undefined) return Number(value)
  const isFixed = branch.const !== undefined || branch.enum !== undefined
  return isFixed && typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : value
}
