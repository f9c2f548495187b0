// importContract: JSON Schema as TypeBox, Pydantic, Go and zod write it.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { refusalOf, verdicts } from './import-kit.ts'

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

  test('zod: records of listed keys, and a recursive union', () => {
    const all = z.record(z.enum(['a', 'b']), z.number())
    const some = z.partialRecord(z.enum(['a', 'b']), z.number())
    const payloads = [{ a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }, { a: 1, b: 'x' }, {}]
    for (const schema of [all, some]) {
      const expected = payloads.map((payload) => schema.safeParse(payload).success)
      for (const objects of ['loose', 'strict', 'strip'] as const) {
        expect(verdicts(z.toJSONSchema(schema), payloads, { objects })).toEqual(expected)
      }
    }
    const tree = z.strictObject({
      kind: z.literal('tree'),
      get nodes() {
        return z.array(
          z.discriminatedUnion('kind', [tree, z.strictObject({ kind: z.literal('leaf'), n: z.literal(1) })]),
        )
      },
    })
    const trees = [
      {
        kind: 'tree',
        nodes: [
          { kind: 'leaf', n: 1 },
          { kind: 'tree', nodes: [] },
        ],
      },
      { kind: 'tree', nodes: [{ kind: 'leaf' }] },
      { kind: 'tree', nodes: [{ kind: 'tree' }] },
    ]
    expect(verdicts(z.toJSONSchema(tree), trees)).toEqual([true, false, false])
  })

  test('members by name beside a list of all keys', () => {
    const names = { enum: ['a', 'b', 'c'] }
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' }, x: {} },
      required: ['b'],
      propertyNames: names,
    }
    const payloads = [{ b: 1 }, { a: 'a', b: 1, c: null }, { a: 1, b: 1 }, { b: 1, x: 1 }, { a: 'a' }]
    expect(verdicts(schema, payloads)).toEqual([true, true, false, false, false])
    expect(
      verdicts({ ...schema, additionalProperties: { type: 'integer' } }, [
        { b: 1, c: 2 },
        { b: 1, c: 'c' },
      ]),
    ).toEqual([true, false])
    const shut = { ...schema, required: ['a'], additionalProperties: false }
    expect(verdicts(shut, [{ a: 'a' }, { a: 'a', b: 1 }])).toEqual([true, false])
    expect(refusalOf({ ...schema, required: ['d'] })).toMatchObject({ pointer: '/required' })
    const pattern = refusalOf({ ...schema, propertyNames: { pattern: '^a' } })
    expect(pattern.message).toContain('members by name beside a rule for all keys')
  })

  test('a listed key that is not declared follows the option `objects`', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, propertyNames: { enum: ['a', 'b'] } }
    const payloads = [{ a: 'x' }, { a: 'x', b: 1 }, { c: 1 }]
    expect(verdicts(schema, payloads)).toEqual([true, true, false])
    expect(verdicts(schema, payloads, { objects: 'strict' })).toEqual([true, false, false])
    expect(refusalOf(schema, { objects: 'strip' })).toMatchObject({ pointer: '/propertyNames' })
    // What `required` or `additionalProperties` speaks of is not undeclared.
    for (const objects of ['strict', 'strip'] as const) {
      expect(verdicts({ ...schema, required: ['b'] }, payloads, { objects })).toEqual([false, true, false])
      expect(verdicts({ ...schema, additionalProperties: true }, payloads, { objects })).toEqual([true, true, false])
    }
  })

  test('oneOf of distinct constants or types is anyOf', () => {
    const status = {
      oneOf: [{ const: 'a', description: 'first' }, { const: 'b' }, { enum: [1, null] }, { type: 'array' }],
    }
    expect(verdicts(status, ['a', 'b', 'c', 1, 2, null, [], {}])).toEqual([
      ...[true, true, false, true, false, true, true, false],
    ])
    const $ref = '#/$defs/a'
    for (const oneOf of [
      [{ const: 'a' }, { enum: ['a', 'b'] }],
      [{ const: 'a' }, { type: 'string' }],
      [{ type: ['null', 'string'] }, { const: null }],
      [{ const: 'a', 'x-norm': ['lower'] }, { const: 'A' }],
      [{ $ref }, { $ref }],
    ]) {
      expect(refusalOf({ $defs: { a: { const: 'a' } }, oneOf }).message).toContain('nothing tells these apart')
    }
  })

  describe('oneOf of a definition around it, or behind it', () => {
    const N = { $ref: '#/$defs/N' }
    const node = (next: object) => ({ type: 'object', properties: { next }, additionalProperties: false })
    const linked = [{}, { next: null }, { next: { next: null } }, { next: { next: 1 } }, { next: 'x' }]
    const isList = [true, true, true, false, false]

    test.each<[string, object]>([
      ['null and the definition', { $defs: { N: node({ oneOf: [{ type: 'null' }, N] }) }, ...N }],
      ['in the other order', { ...N, $defs: { N: node({ oneOf: [N, { type: 'null' }] }) } }],
      ['the document itself', node({ oneOf: [{ type: 'null' }, { $ref: '#' }] })],
      [
        'an option with a union',
        { $defs: { N: node({ oneOf: [{ anyOf: [N, { type: 'array' }] }, { type: 'null' }] }) }, ...N },
      ],
      [
        'behind a definition with a union',
        {
          $defs: {
            M: { anyOf: [N, { type: 'array' }] },
            N: node({ oneOf: [{ $ref: '#/$defs/M' }, { type: 'null' }] }),
          },
          ...N,
        },
      ],
      ['inside anyOf', { $defs: { N: node({ anyOf: [{ oneOf: [{ type: 'null' }, N] }, { type: 'array' }] }) }, ...N }],
      ['inside oneOf', { $defs: { N: node({ oneOf: [{ oneOf: [{ type: 'null' }, N] }, { type: 'array' }] }) }, ...N }],
      ['beside nullable', { $defs: { N: node({ oneOf: [{ type: 'array' }, N], nullable: true }) }, ...N }],
      ['beside an annotation', { $defs: { N: node({ oneOf: [{ type: 'null' }, N], title: 'next' }) }, ...N }],
      [
        'in a part of allOf',
        { $defs: { N: { allOf: [node({ oneOf: [{ type: 'null' }, N] }), { type: 'object' }] } }, ...N },
      ],
    ])('%s', (_, schema) => {
      for (const objects of ['loose', 'strict', 'strip'] as const) {
        expect(verdicts(schema, linked, { objects })).toEqual(isList)
      }
    })

    test('a list of texts and lists', () => {
      const T = { type: 'array', items: { oneOf: [{ type: 'string' }, { $ref: '#/$defs/T' }] } }
      expect(verdicts({ $defs: { T }, $ref: '#/$defs/T' }, [[], ['a', ['b', []]], [['a', 1]]])).toEqual([
        true,
        true,
        false,
      ])
    })

    test('objects told apart by a constant', () => {
      const leaf = { type: 'object', required: ['t'], properties: { t: { const: 'leaf' } } }
      const kids = { type: 'array', items: { oneOf: [{ $ref: '#/$defs/leaf' }, { $ref: '#/$defs/tree' }] } }
      const tree = { type: 'object', required: ['t', 'kids'], properties: { t: { const: 'tree' }, kids } }
      const payloads = [
        { t: 'tree', kids: [{ t: 'leaf' }, { t: 'tree', kids: [] }] },
        { t: 'tree', kids: [{ t: 'tree' }] },
        { t: 'tree', kids: [{ t: 'cow' }] },
      ]
      expect(verdicts({ $defs: { leaf, tree }, $ref: '#/$defs/tree' }, payloads)).toEqual([true, false, false])
    })

    test('options that overlap are refused at their place, once', () => {
      const next = { oneOf: [{ type: 'object' }, N] }
      const error = refusalOf({ $defs: { N: node(next) }, ...N })
      expect(error.params?.['refusals']).toEqual([
        { pointer: '/$defs/N/properties/next/oneOf', problem: expect.stringContaining('nothing tells these apart') },
      ])
      const part = refusalOf({ allOf: [{ oneOf: [{}, {}] }, { type: 'string' }] })
      expect(part.params?.['refusals']).toHaveLength(1)
      const loop = { $defs: { N: { $ref: '#/$defs/M' }, M: N }, oneOf: [N, { type: 'null' }] }
      expect(refusalOf(loop).message).toContain('leads back to itself')
      expect(refusalOf({ $defs: { N: { oneOf: [{ type: 'string' }, N] } }, ...N }).pointer).toBe('/$defs/N/oneOf')
    })
  })

  test('null of one part of an allOf is not null of all of them', () => {
    const options = { oneOf: [{ type: 'string' }, { type: 'array' }] }
    const parts = [{ ...options, nullable: true }, options]
    for (const allOf of [parts, parts.toReversed()]) {
      expect(verdicts({ allOf }, ['a', [], null])).toEqual([true, true, false])
      const members = allOf.map((pet) => ({ type: 'object', properties: { pet } }))
      expect(verdicts({ allOf: members }, [{ pet: 'a' }, { pet: null }])).toEqual([true, false])
    }
    expect(verdicts({ allOf: [parts[0], parts[0]] }, ['a', null])).toEqual([true, true])
  })

  test('a part of allOf may refer to a definition without rules', () => {
    const schema = { $defs: { any: { title: 'any' } }, allOf: [{ $ref: '#/$defs/any' }, { type: 'string' }] }
    expect(verdicts(schema, ['a', 1])).toEqual([true, false])
  })

  test('readOnly and writeOnly are annotations', () => {
    const schema = { $defs: { Name: { type: 'string' } }, allOf: [{ $ref: '#/$defs/Name' }, { readOnly: true }] }
    expect(verdicts(schema, ['a', 1])).toEqual([true, false])
    expect(verdicts({ anyOf: [{ type: 'string', writeOnly: true }, { type: 'null' }] }, ['a', null, 1])).toEqual([
      true,
      true,
      false,
    ])
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
