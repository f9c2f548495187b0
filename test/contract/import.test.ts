// importContract: JSON Schema as TypeBox, Pydantic, Go and zod write it, and what it refuses.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { importContract, type ImportOptions } from '../../src/contract/import/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { SidelaneError } from '../../src/model/index.ts'

const contractOf = (schema: unknown, options: Partial<ImportOptions> = {}) =>
  importContract(schema, { name: 'imported', compress: { codec: 'none' }, digest: 'none', ...options })

function verdicts(schema: unknown, payloads: readonly unknown[], options?: Partial<ImportOptions>): boolean[] {
  const compiled = createEngine('js').compile(contractOf(schema, options))
  return payloads.map((payload) => compiled.process(Buffer.from(JSON.stringify(payload)), false).ok)
}

function refusalOf(schema: unknown, options?: Partial<ImportOptions>): SidelaneError {
  try {
    contractOf(schema, options)
  } catch (error) {
    if (error instanceof SidelaneError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

describe('schemas as libraries write them', () => {
  test('zod: its own JSON Schema gives the verdicts of the schema', () => {
    const schema = z.strictObject({
      id: z.uuid(),
      kind: z.discriminatedUnion('t', [
        z.strictObject({ t: z.literal('a') }),
        z.strictObject({ t: z.literal('b'), n: z.int().min(1) }),
      ]),
      tags: z.tuple([z.string()], z.number()),
      note: z.string().nullable().optional(),
      map: z.record(z.string(), z.boolean()),
    })
    const id = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'
    const good = { id, kind: { t: 'b', n: 1 }, tags: ['x', 1, 2], note: null, map: { a: true } }
    const payloads = [
      good,
      { ...good, kind: { t: 'a', n: 1 } },
      { ...good, kind: { t: 'b', n: 0 } },
      { ...good, tags: [1] },
      { ...good, map: { a: 1 } },
      { ...good, more: 1 },
      { ...good, id: 'no' },
    ]
    const expected = payloads.map((payload) => schema.safeParse(payload).success)
    expect(verdicts(z.toJSONSchema(schema), payloads)).toEqual(expected)
  })

  test('Pydantic: model_json_schema with $defs, anyOf null and annotations', () => {
    const schema = {
      $defs: {
        Line: {
          properties: {
            sku: { maxLength: 12, title: 'Sku', type: 'string' },
            count: { exclusiveMinimum: 0, type: 'integer' },
          },
          required: ['sku', 'count'],
          title: 'Line',
          type: 'object',
        },
      },
      properties: {
        lines: { items: { $ref: '#/$defs/Line' }, minItems: 1, title: 'Lines', type: 'array' },
        note: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, title: 'Note' },
        kind: { allOf: [{ $ref: '#/$defs/Line' }], default: {} },
      },
      required: ['lines'],
      title: 'Order',
      type: 'object',
    }
    const lines = [{ sku: 'a', count: 1 }]
    const payloads = [{ lines }, { lines, note: null, extra: 1 }, { lines: [] }, { lines: [{ sku: 'a', count: 0 }] }]
    expect(verdicts(schema, payloads)).toEqual([true, true, false, false])
    expect(verdicts(schema, payloads, { objects: 'strict' })).toEqual([true, false, false, false])
  })

  test('TypeBox: recursion by $id, and unions of literals', () => {
    const schema = {
      $id: 'Node',
      type: 'object',
      required: ['value', 'children'],
      properties: {
        value: {
          anyOf: [
            { const: 'a', type: 'string' },
            { const: 'b', type: 'string' },
          ],
        },
        children: { type: 'array', items: { $ref: 'Node' } },
      },
    }
    const leaf = { value: 'a', children: [] }
    const payloads = [
      leaf,
      { value: 'b', children: [leaf, leaf] },
      { value: 'c', children: [] },
      { value: 'a', children: [1] },
    ]
    expect(verdicts(schema, payloads)).toEqual([true, true, false, false])
  })

  test('Go invopop/jsonschema: a root $ref with additionalProperties false', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://example.org/order',
      $ref: '#/$defs/Order',
      $defs: {
        Order: {
          properties: {
            id: { type: 'integer' },
            tags: { patternProperties: { '.*': { type: 'string' } }, additionalProperties: false, type: 'object' },
          },
          additionalProperties: false,
          type: 'object',
          required: ['id'],
        },
      },
    }
    expect(verdicts(schema, [{ id: 1, tags: { a: 'b' } }, { id: 1, tags: { a: 1 } }, { id: 1, x: 1 }, {}])).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  test('draft-07: definitions, a list of items, and $ref that hides its siblings', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { name: { type: 'string', minLength: 2 } },
      type: 'array',
      items: [{ $ref: '#/definitions/name', maxLength: 1 }, { type: 'number' }],
      additionalItems: false,
    }
    expect(verdicts(schema, [['ab', 1], ['a'], ['abc', 'x'], ['ab', 1, 2]])).toEqual([true, false, false, false])
  })

  test('OpenAPI 3.1: a component, its allOf and its discriminator', () => {
    const document = {
      openapi: '3.1.0',
      components: {
        schemas: {
          Base: { type: 'object', required: ['kind'], properties: { kind: { type: 'string' } } },
          Cat: {
            allOf: [
              { $ref: '#/components/schemas/Base' },
              { type: 'object', properties: { kind: { const: 'cat' }, lives: { type: 'integer' } } },
            ],
          },
          Dog: { type: 'object', required: ['kind'], properties: { kind: { const: 'dog' } } },
          Pet: {
            oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
            discriminator: { propertyName: 'kind' },
          },
        },
      },
    }
    const payloads = [{ kind: 'cat', lives: 9 }, { kind: 'dog' }, { kind: 'cat', lives: 'x' }, { kind: 'cow' }]
    expect(verdicts(document, payloads, { root: '#/components/schemas/Pet' })).toEqual([true, true, false, false])
    expect(refusalOf(document).message).toContain('#/components/schemas/Cat')
  })
})

describe('options and keywords of a lock', () => {
  const documents = (schema: unknown, payloads: readonly unknown[], options?: Partial<ImportOptions>): unknown[] => {
    const compiled = createEngine('js').compile(contractOf(schema, options))
    return payloads.map((payload) => {
      const outcome = compiled.process(Buffer.from(JSON.stringify(payload)), false)
      return outcome.ok ? JSON.parse(Buffer.from(outcome.body).toString()) : outcome.code
    })
  }
  const address = { type: 'object', properties: { city: { type: 'string', default: 'Bonn' } } }
  const schema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'integer', default: 7 },
      note: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
      home: { ...address, default: {} },
      open: { type: 'object', additionalProperties: true },
      pair: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'string', default: 'x' }], minItems: 1 },
    },
  }

  test("objects: 'strip' drops undeclared members, except where the schema keeps them", () => {
    expect(documents(schema, [{ id: 1, x: 1, home: { y: 2 }, open: { z: 3 } }], { objects: 'strip' })).toEqual([
      { id: 1, home: {}, open: { z: 3 } },
    ])
    const both = { allOf: [address, { type: 'object', properties: { zip: { type: 'string' } } }] }
    expect(documents(both, [{ city: 'a', zip: 'b', x: 1 }], { objects: 'strip' })).toEqual([{ city: 'a', zip: 'b' }])
    const kept = { allOf: [address, { type: 'object', additionalProperties: true }] }
    expect(documents(kept, [{ city: 'a', x: 1 }], { objects: 'strip' })).toEqual([{ city: 'a', x: 1 }])
  })

  test("defaults: 'insert' fills what may be missing, never what is required", () => {
    const payloads = [{ id: 1, home: {}, pair: [1] }, {}, { id: 1, note: 'n', home: { city: 'a' }, pair: [1, 'y'] }]
    expect(documents(schema, payloads, { defaults: 'insert' })).toEqual([
      { id: 1, note: null, home: { city: 'Bonn' }, pair: [1, 'x'] },
      'validate.failed',
      { id: 1, note: 'n', home: { city: 'a' }, pair: [1, 'y'] },
    ])
    expect(documents(schema, [{ id: 1 }])).toEqual([{ id: 1 }])
  })

  test('allOf: one default for a member, none where a side requires it', () => {
    const side = (city: object, required: string[] = []) => ({ type: 'object', properties: { city }, required })
    const text = { type: 'string' }
    const insert = { defaults: 'insert' } as const
    const one = { allOf: [side({ ...text, default: 'a' }), side(text)] }
    expect(documents(one, [{}], insert)).toEqual([{ city: 'a' }])
    const needed = { allOf: [side({ ...text, default: 'a' }), side(text, ['city'])] }
    expect(documents(needed, [{}], insert)).toEqual(['validate.failed'])
    const two = { allOf: [side({ ...text, default: 'a' }), side({ ...text, default: 'b' })] }
    expect(refusalOf(two, insert)).toMatchObject({ code: 'contract.unsupported', message: /\/city: two defaults/ })
  })

  test('x-keywords mean what they mean in a lock', () => {
    const lock = {
      type: 'object',
      'x-unknown': 'strip',
      properties: { n: { type: 'number', 'x-coerce': true }, t: { type: 'string', 'x-norm': ['trim'] } },
    }
    expect(documents(lock, [{ n: '2', t: ' a ', u: 1 }])).toEqual([{ n: 2, t: 'a' }])
  })

  test.each([{ objects: 'passthrough' }, { defaults: true }])('%o is no option', (options) => {
    expect(refusalOf({}, options as never)).toMatchObject({ code: 'options.invalid' })
  })

  test('TypeBox: a record of any key, a tuple, an intersection', () => {
    const typebox = {
      additionalProperties: false,
      type: 'object',
      required: ['r', 'tu', 'inter'],
      properties: {
        r: { type: 'object', patternProperties: { '^(.*)$': { type: 'number' } } },
        tu: {
          type: 'array',
          items: [{ type: 'string' }, { type: 'number' }],
          additionalItems: false,
          minItems: 2,
          maxItems: 2,
        },
        inter: {
          type: 'object',
          allOf: [
            { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
            { type: 'object', required: ['b'], properties: { b: { type: 'number' } } },
          ],
        },
      },
    }
    const good = { r: { x: 1 }, tu: ['a', 1], inter: { a: '', b: 1 } }
    const payloads = [good, { ...good, r: { x: '' } }, { ...good, tu: ['a'] }, { ...good, inter: { a: '' } }]
    expect(verdicts(typebox, payloads)).toEqual([true, false, false, false])
  })
})

describe('references to other files', () => {
  test('are resolved relative to the file that holds them', () => {
    const files: Record<string, unknown> = {
      'api/shared/money.json': { $defs: { amount: { $ref: '../units.json#/cents' } } },
      'api/units.json': { cents: { type: 'integer', minimum: 0 } },
    }
    const read: string[] = []
    const resolve = (uri: string): unknown => {
      read.push(uri)
      return files[uri]
    }
    const schema = { type: 'object', properties: { price: { $ref: 'shared/money.json#/$defs/amount' } } }
    expect(verdicts(schema, [{ price: 1 }, { price: -1 }], { uri: 'api/order.json', resolve })).toEqual([true, false])
    expect(read).toEqual(['api/shared/money.json', 'api/units.json'])
  })

  test('are refused without `resolve`, and to the network always', () => {
    expect(refusalOf({ $ref: 'other.json' }).message).toContain('pass `resolve`')
    expect(refusalOf({ $ref: 'https://example.org/x.json' }, { resolve: () => ({}) }).message).toContain('the network')
  })
})

describe('what a lock cannot have', () => {
  test('is refused with all its places, one line a cause', () => {
    const error = refusalOf({
      type: 'object',
      properties: { a: { type: 'array', uniqueItems: true }, b: { type: 'array', uniqueItems: true }, c: { not: {} } },
    })
    expect(error.code).toBe('contract.unsupported')
    expect(error.pointer).toBe('/properties/a/uniqueItems')
    expect(error.message.split('\n').slice(1)).toEqual([
      '  /properties/a/uniqueItems (and 1 more place): `uniqueItems` has no form in a contract; check it in the app',
      '  /properties/c: `not` has no form in a contract; write what is allowed',
    ])
  })

  test.each([
    ['an unknown keyword', { type: 'string', minLenght: 1 }, 'minLenght'],
    ['a oneOf whose options overlap', { oneOf: [{ type: 'number' }, { type: 'integer' }] }, 'oneOf rejects'],
    ['a bound of draft-04', { type: 'number', minimum: 1, exclusiveMinimum: true }, 'draft-04'],
    ['a reference that leads nowhere', { $ref: '#/$defs/Missing' }, 'leads nowhere'],
    ['unevaluatedProperties beside allOf', { type: 'object', allOf: [{}], unevaluatedProperties: false }, 'allOf'],
  ])('%s', (_, schema, text) => {
    expect(refusalOf(schema).message).toContain(text)
  })
})
