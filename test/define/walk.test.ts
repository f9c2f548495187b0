// The document of each supported zod type, as walkSchema returns it, before parseLock checks it.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { SchemaDocument } from '../../src/contract/schema-document.ts'
import { norm } from '../../src/contract/define/norm.ts'
import { walkSchema } from '../../src/contract/define/walk.ts'

const lower = (schema: z.ZodType, objects: 'strip' | 'strict' | 'loose' = 'strip'): SchemaDocument => {
  const { $schema, ...node } = walkSchema(schema, { objects, appOnly: new Set() }).schema
  expect($schema).toBe('https://json-schema.org/draft/2020-12/schema')
  return node
}

const int = { minimum: -9007199254740991, maximum: 9007199254740991, type: 'integer' }
const tree = z.strictObject({
  value: z.string(),
  get children() {
    return z.array(tree).optional()
  },
})
type Nested = string | Nested[]
const nested: z.ZodType<Nested> = z.lazy(() => z.union([z.string(), z.array(nested)]))
const lazyAddress = z.lazy(() => z.strictObject({ city: z.string() }))

const cases: Readonly<Record<string, readonly [z.ZodType, SchemaDocument]>> = {
  'a string': [z.string(), { type: 'string' }],
  'string lengths, the tightest of all': [
    z.string().min(2).max(9).min(3).max(5),
    { type: 'string', minLength: 3, maxLength: 5 },
  ],
  'an exact length': [z.string().length(2), { type: 'string', minLength: 2, maxLength: 2 }],
  'a fraction as a length': [z.string().min(1.5).max(4.5), { type: 'string', minLength: 2, maxLength: 4 }],
  'one regex': [z.string().regex(/^a+$/), { type: 'string', pattern: '^a+$' }],
  'a regex with flag u': [z.string().regex(/^\u{1f600}$/u), { type: 'string', pattern: '^\\u{1f600}$' }],
  'several regexes': [
    z.string().regex(/a/).regex(/b/).regex(/a/),
    { type: 'string', pattern: 'a', allOf: [{ pattern: 'b' }] },
  ],
  'startsWith, endsWith and includes': [
    z.string().startsWith('a.b').endsWith('$').includes('(x'),
    { type: 'string', pattern: '^a\\.b', allOf: [{ pattern: '\\$$' }, { pattern: '\\(x' }] },
  ],
  'lowercase()': [z.string().lowercase(), { type: 'string', pattern: '^[^A-Z]*$' }],
  'a string format as a check': [z.string().e164(), lower(z.e164())],
  'a custom format with a regex': [z.stringFormat('sku', /^[A-Z]{3}$/), { type: 'string', pattern: '^[A-Z]{3}$' }],
  'a hash': [z.hash('sha256'), { type: 'string', pattern: '^[0-9a-fA-F]{64}$' }],
  'a template literal': [
    z.templateLiteral(['v', z.int(), z.enum(['a', 'b'])]),
    { type: 'string', pattern: '^v-?\\d+(a|b)$' },
  ],
  'a number': [z.number(), { type: 'number' }],
  'an integer': [z.int(), int],
  'number().int()': [z.number().int(), int],
  int32: [z.int32(), { type: 'integer', minimum: -2147483648, maximum: 2147483647 }],
  uint32: [z.uint32(), { type: 'integer', minimum: 0, maximum: 4294967295 }],
  float64: [z.float64(), { type: 'number', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE }],
  'the tighter of two bounds': [
    z.int().positive().lt(10).lte(20),
    { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
  ],
  'bounds without end': [z.number().gte(-Infinity).lt(Infinity), { type: 'number' }],
  'a step': [z.number().multipleOf(0.01), { type: 'number', multipleOf: 0.01 }],
  'two whole steps': [z.number().multipleOf(4).multipleOf(6), { type: 'number', multipleOf: 12 }],
  'a boolean': [z.boolean(), { type: 'boolean' }],
  null: [z.null(), { type: 'null' }],
  any: [z.any(), {}],
  unknown: [z.unknown(), {}],
  'z.json()': [z.json(), {}],
  'z.json() with a description': [z.json().describe('anything'), { description: 'anything' }],
  'a literal': [z.literal('a'), { type: 'string', const: 'a' }],
  'a literal of null': [z.literal(null), { type: 'null', const: null }],
  'minus zero': [z.literal(-0), { type: 'number', const: 0 }],
  'several literals': [z.literal(['a', 1]), { enum: ['a', 1] }],
  'an enum': [z.enum(['b', 'a']), { type: 'string', enum: ['b', 'a'] }],
  'a TypeScript enum': [z.enum({ A: 0, B: 1, 0: 'A', 1: 'B' }), { type: 'number', enum: [0, 1] }],
  'an array': [
    z.array(z.string()).min(1).max(3),
    { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
  ],
  'a tuple': [
    z.tuple([z.string(), z.null()]),
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'null' }], items: false, minItems: 2, maxItems: 2 },
  ],
  'a tuple with an optional tail': [
    z.tuple([z.string(), z.null().optional(), z.boolean().exactOptional()]),
    {
      type: 'array',
      prefixItems: [{ type: 'string' }, { type: 'null' }, { type: 'boolean' }],
      items: false,
      minItems: 1,
      maxItems: 3,
    },
  ],
  'a tuple with a rest': [
    z.tuple([z.string()], z.boolean()),
    { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'boolean' }, minItems: 1 },
  ],
  'an empty tuple': [z.tuple([]), { type: 'array', items: false, maxItems: 0 }],
  'a strict object': [
    z.strictObject({
      a: z.string(),
      b: z.string().optional(),
      c: z.string().exactOptional(),
      d: z.string().optional().nonoptional(),
    }),
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' }, c: { type: 'string' }, d: { type: 'string' } },
      required: ['a', 'd'],
      additionalProperties: false,
    },
  ],
  'a loose object': [z.looseObject({}), { type: 'object', properties: {} }],
  'a catchall': [
    z.object({}).catchall(z.boolean()),
    { type: 'object', properties: {}, additionalProperties: { type: 'boolean' } },
  ],
  'a record': [
    z.record(z.string().max(4), z.boolean()),
    { type: 'object', propertyNames: { type: 'string', maxLength: 4 }, additionalProperties: { type: 'boolean' } },
  ],
  'a record over listed keys': [
    z.record(z.enum(['a', 'b']), z.boolean()),
    {
      type: 'object',
      properties: { a: { type: 'boolean' }, b: { type: 'boolean' } },
      required: ['a', 'b'],
      additionalProperties: false,
    },
  ],
  'a record over numbers that are listed': [
    z.record(z.literal([1, 2]), z.boolean().optional()),
    { type: 'object', properties: { 1: { type: 'boolean' }, 2: { type: 'boolean' } }, additionalProperties: false },
  ],
  'a partial record': [
    z.partialRecord(z.enum(['a']), z.boolean()),
    { type: 'object', properties: { a: { type: 'boolean' } }, additionalProperties: false },
  ],
  'a union of scalars': [z.union([z.string(), z.number(), z.boolean()]), { type: ['string', 'number', 'boolean'] }],
  'a union': [
    z.union([z.string().max(2), z.array(z.null())]),
    {
      anyOf: [
        { type: 'string', maxLength: 2 },
        { type: 'array', items: { type: 'null' } },
      ],
    },
  ],
  'a union with one option': [z.union([z.string()]), { type: 'string' }],
  'a nullable scalar': [z.string().min(1).nullable(), { type: ['string', 'null'], minLength: 1 }],
  'a nullable object': [
    z.looseObject({}).nullable(),
    { anyOf: [{ type: 'object', properties: {} }, { type: 'null' }] },
  ],
  'a union with null': [z.union([z.null(), z.int()]), { ...int, type: ['integer', 'null'] }],
  'a nullable enum': [z.enum(['a']).nullable(), { anyOf: [{ type: 'string', const: 'a' }, { type: 'null' }] }],
  'nullish in an object': [
    z.strictObject({ a: z.string().nullish() }),
    { type: 'object', properties: { a: { type: ['string', 'null'] } }, additionalProperties: false },
  ],
  'a discriminated union': [
    z.discriminatedUnion('kind', [
      z.looseObject({ kind: z.literal('a') }),
      z.looseObject({ kind: z.enum(['b', 'c']) }),
    ]),
    {
      oneOf: [
        { type: 'object', properties: { kind: { type: 'string', const: 'a' } }, required: ['kind'] },
        { type: 'object', properties: { kind: { type: 'string', enum: ['b', 'c'] } }, required: ['kind'] },
      ],
      'x-discriminator': 'kind',
    },
  ],
  'an intersection of objects': [
    z.intersection(z.strictObject({ a: z.string() }), z.strictObject({ a: z.string().optional(), b: z.null() })),
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'null' } },
      required: ['a', 'b'],
      additionalProperties: false,
    },
  ],
  'a strict and a loose side': [
    z.intersection(z.strictObject({ a: z.string() }), z.looseObject({})),
    { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
  ],
  'wrappers that say nothing in JSON': [z.string().readonly().brand<'id'>(), { type: 'string' }],
  'words about a schema': [
    z.string().meta({ title: 'T', description: 'D', examples: ['x', 1n], deprecated: true, mine: 1 }),
    { type: 'string', title: 'T', description: 'D', examples: ['x'], deprecated: true },
  ],
  'a schema that is lazy but not recursive': [
    lazyAddress,
    { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  ],
  'recursion through a getter': [
    tree,
    {
      $ref: '#/$defs/root',
      $defs: {
        root: {
          type: 'object',
          properties: { value: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/root' } } },
          required: ['value'],
          additionalProperties: false,
        },
      },
    },
  ],
  'recursion through z.lazy': [
    z.array(nested.describe('nested')),
    {
      type: 'array',
      items: { $ref: '#/$defs/schema', description: 'nested' },
      $defs: { schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/$defs/schema' } }] } },
    },
  ],
}

describe('defineContract writes', () => {
  it.each(Object.entries(cases))('%s', (_, [schema, document]) => {
    expect(lower(schema)).toStrictEqual(document)
  })

  it('a bare object by the option `objects`', () => {
    expect(lower(z.object({}))).toStrictEqual({ type: 'object', properties: {}, 'x-unknown': 'strip' })
    expect(lower(z.object({}), 'strict')).toStrictEqual({ type: 'object', properties: {}, additionalProperties: false })
    expect(lower(z.object({}), 'loose')).toStrictEqual({ type: 'object', properties: {} })
  })

  it('a recursive schema once, under its own id', () => {
    const named = tree.meta({ id: 'Tree' })
    const document = lower(z.strictObject({ left: named, right: tree.nullable() }))
    expect(Object.keys(document.$defs ?? {})).toStrictEqual(['Tree'])
    expect(document.properties).toStrictEqual({
      left: { $ref: '#/$defs/Tree' },
      right: { anyOf: [{ $ref: '#/$defs/Tree' }, { type: 'null' }] },
    })
  })

  it('norm on every kind of string schema', () => {
    const ops = ['trim', 'lower'] as const
    expect(lower(norm(z.string(), ops))).toStrictEqual({ type: 'string', 'x-norm': ['lower', 'trim'] })
    expect(lower(norm(z.literal('a'), ops))).toStrictEqual({ type: 'string', const: 'a', 'x-norm': ['lower', 'trim'] })
    expect(lower(norm(z.enum(['a', 'b']), ops))['x-norm']).toStrictEqual(['lower', 'trim'])
    expect(lower(norm(z.templateLiteral(['a', z.string()]), ops))['x-norm']).toStrictEqual(['lower', 'trim'])
    expect(lower(norm(z.string().nullable(), ops))).toStrictEqual({
      type: ['string', 'null'],
      'x-norm': ['lower', 'trim'],
    })
  })
})
