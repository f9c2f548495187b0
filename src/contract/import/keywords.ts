// The keywords of JSON Schema, and of a lock: what each one takes, which have a rule, and which cannot become a contract.

import { normOps, typeNames } from '../../model/index.ts'
import { annotationKeywords } from '../../tables/lock-keywords.ts'
import { child, type Importer } from './importer.ts'
import { isRecord, type JsonSchema, type Location } from './references.ts'

/** What a keyword takes. `expected` completes "expected …". */
interface Shape {
  readonly expected: string
  accepts(value: unknown): boolean
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isSchema = (value: unknown): boolean => typeof value === 'boolean' || isRecord(value)
const isNumber = (value: unknown): value is number | bigint => Number.isFinite(value) || typeof value === 'bigint'
const isScalar = (value: unknown): boolean =>
  value === null || isText(value) || isNumber(value) || typeof value === 'boolean'
const isTextList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isFilledList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0

const isType = (value: unknown): boolean => typeNames.some((type) => type === value)

const shapes = {
  text: { expected: 'a string', accepts: isText },
  count: {
    expected: 'an integer from 0 to 2^53 - 1',
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  },
  bound: { expected: 'a number', accepts: isNumber },
  strictBound: {
    expected: 'a number; a boolean here is of draft-04: write the bound as its value',
    accepts: isNumber,
  },
  divisor: { expected: 'a number above 0', accepts: (value) => isNumber(value) && value > 0 },
  flag: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  schema: { expected: 'a schema: an object or a boolean', accepts: isSchema },
  schemaOrList: {
    expected: 'a schema, or a list of schemas',
    accepts: (value) => Array.isArray(value) || isSchema(value),
  },
  schemas: { expected: 'a list of schemas', accepts: Array.isArray },
  options: { expected: 'a list of schemas with at least one entry', accepts: isFilledList },
  schemasByName: { expected: 'an object of schemas', accepts: isRecord },
  names: { expected: 'a list of strings', accepts: isTextList },
  types: {
    expected: `one of ${typeNames.join(', ')}, or a list of them with at least one entry`,
    accepts: (value) => isType(value) || (isFilledList(value) && value.every(isType)),
  },
  scalar: {
    expected: 'a constant: a string, a number, a boolean or null',
    accepts: isScalar,
  },
  scalars: {
    expected: 'a list of constants with at least one entry: strings, numbers, booleans or null',
    accepts: (value) => isFilledList(value) && value.every(isScalar),
  },
  norm: {
    expected: `a list out of ${normOps.join(', ')}`,
    accepts: (value) => isTextList(value) && value.every((op) => normOps.some((known) => known === op)),
  },
  url: {
    expected: 'an object of the patterns hostname and protocol',
    accepts: (value) =>
      isRecord(value) &&
      Object.entries(value).every(([key, pattern]) => (key === 'hostname' || key === 'protocol') && isText(pattern)),
  },
  onlyTrue: { expected: 'true', accepts: (value) => value === true },
  strip: { expected: '"strip"', accepts: (value) => value === 'strip' },
  utf16: { expected: '"utf16"', accepts: (value) => value === 'utf16' },
  bigint: { expected: '"bigint"', accepts: (value) => value === 'bigint' },
} as const satisfies Record<string, Shape>

/** The keywords with a rule, by the type that they speak of. */
const ruleShapes = {
  string: {
    minLength: shapes.count,
    maxLength: shapes.count,
    pattern: shapes.text,
    'x-pattern-units': shapes.utf16,
    'x-norm': shapes.norm,
    'x-url': shapes.url,
    'x-coerce': shapes.onlyTrue,
  },
  number: {
    minimum: shapes.bound,
    maximum: shapes.bound,
    exclusiveMinimum: shapes.strictBound,
    exclusiveMaximum: shapes.strictBound,
    multipleOf: shapes.divisor,
    'x-coerce': shapes.onlyTrue,
    'x-value': shapes.bigint,
  },
  boolean: { 'x-coerce': shapes.onlyTrue },
  array: {
    items: shapes.schemaOrList,
    prefixItems: shapes.schemas,
    additionalItems: shapes.schema,
    minItems: shapes.count,
    maxItems: shapes.count,
    uniqueItems: shapes.flag,
    unevaluatedItems: shapes.schema,
  },
  object: {
    properties: shapes.schemasByName,
    required: shapes.names,
    additionalProperties: shapes.schema,
    propertyNames: shapes.schema,
    patternProperties: shapes.schemasByName,
    unevaluatedProperties: shapes.schema,
    'x-unknown': shapes.strip,
  },
} as const satisfies Record<string, Record<string, Shape>>

export const keywordsOfType: Readonly<Record<'string' | 'number' | 'boolean', readonly string[]>> = {
  string: Object.keys(ruleShapes.string),
  number: Object.keys(ruleShapes.number),
  boolean: Object.keys(ruleShapes.boolean),
}

/** The keywords with a rule that speak of one type of values. */
export const typedKeywords: readonly string[] = [...new Set(Object.values(ruleShapes).flatMap(Object.keys))]

/** What each keyword takes; `any` for those that have no effect. */
const known: ReadonlyMap<string, Shape | 'any'> = new Map<string, Shape | 'any'>([
  ...Object.values(ruleShapes).flatMap((keywords): [string, Shape][] => Object.entries(keywords)),
  ['type', shapes.types],
  ['const', shapes.scalar],
  ['enum', shapes.scalars],
  ['allOf', shapes.options],
  ['anyOf', shapes.options],
  ['oneOf', shapes.options],
  ['$ref', shapes.text],
  ['x-discriminator', shapes.text],
  ['nullable', shapes.flag],
  ['$id', shapes.text],
  ['$anchor', shapes.text],
  ['$schema', shapes.text],
  ['$defs', shapes.schemasByName],
  ['definitions', shapes.schemasByName],
  ...[...annotationKeywords, 'id', '$vocabulary', 'default', 'example', 'xml', 'externalDocs', 'discriminator'].map(
    (key) => [key, 'any'] as const,
  ),
  ...['contentEncoding', 'contentMediaType', 'contentSchema'].map((key) => [key, 'any'] as const),
])

const unsupported: ReadonlyMap<string, string> = new Map([
  ['not', 'write what is allowed'],
  ['if', 'write anyOf, or oneOf with a discriminator'],
  ['then', 'write anyOf, or oneOf with a discriminator'],
  ['else', 'write anyOf, or oneOf with a discriminator'],
  ['contains', 'check it in the app'],
  ['minContains', 'check it in the app'],
  ['maxContains', 'check it in the app'],
  ['minProperties', 'list the required members'],
  ['maxProperties', 'limits.maxKeys bounds every object'],
  ['dependentRequired', 'write anyOf'],
  ['dependentSchemas', 'write anyOf'],
  ['dependencies', 'write anyOf'],
  ['$dynamicRef', 'write $ref'],
  ['$recursiveRef', 'write $ref'],
])

/** Two keywords that say different things of the same values: the second one would have no effect. */
const exclusive: readonly (readonly [key: string, others: readonly string[], instead: string])[] = [
  ['unevaluatedProperties', ['$ref', 'allOf', 'anyOf', 'oneOf'], 'write one schema'],
  ['unevaluatedItems', ['$ref', 'allOf', 'anyOf', 'oneOf'], 'write one schema'],
  [
    'x-unknown',
    ['additionalProperties', 'unevaluatedProperties', 'propertyNames', 'patternProperties'],
    'drop one of them',
  ],
]

/** Records what is unknown, malformed or without a form in a contract. Whether there is nothing of that kind. */
export function checkKeywords(importer: Importer, schema: JsonSchema, location: Location): boolean {
  let isSound = true
  const reject = (at: Location, problem: string): void => {
    isSound = false
    importer.reject(at, problem)
  }
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined) continue
    const instead = unsupported.get(key)
    const shape = known.get(key)
    if (instead !== undefined) reject(location, `\`${key}\` has no form in a contract; ${instead}`)
    else if (shape === undefined) {
      if (key.startsWith('x-')) continue
      reject(location, `the keyword "${key}" is unknown; correct it, or write it as "x-${key}"`)
    } else if (shape !== 'any' && !shape.accepts(value)) {
      reject(child(location, key), `expected \`${key}\` to be ${shape.expected}; got ${show(value)}`)
    }
  }
  const has = (key: string): boolean => schema[key] !== undefined
  for (const [key, others, instead] of exclusive) {
    const other = others.find(has)
    if (has(key) && other !== undefined) {
      reject(location, `\`${key}\` beside \`${other}\` has no form in a contract; ${instead}`)
    }
  }
  if (Array.isArray(schema['items']) && has('prefixItems')) {
    reject(location, '`prefixItems` beside a list in `items`, which has the same meaning; drop one of them')
  }
  if (has('x-discriminator') && !has('oneOf')) {
    reject(child(location, 'x-discriminator'), '`x-discriminator` has a meaning beside `oneOf` only; drop it')
  }
  if (has('x-coerce') && !has('type')) {
    reject(child(location, 'x-coerce'), '`x-coerce` without `type`: write the type that values are converted to')
  }
  return isSound
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length} ${value.length === 1 ? 'entry' : 'entries'}`
  if (isText(value)) return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value)
  return value === null || isNumber(value) || typeof value === 'boolean'
    ? String(value)
    : `a value of type ${typeof value}`
}
