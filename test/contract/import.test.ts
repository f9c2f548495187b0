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

  test("objects: 'strict' closes what the parts of an allOf declare together, once", () => {
    const strict = { objects: 'strict' } as const
    const base = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
    const derived = {
      $defs: { Base: base },
      allOf: [{ $ref: '#/$defs/Base' }, { required: ['name'] }],
      type: 'object',
      properties: { name: { type: 'string' }, base: { $ref: '#/$defs/Base' } },
    }
    const good = { id: 1, name: 'a', base: { id: 2 } }
    const payloads = [good, { ...good, more: 1 }, { ...good, base: { id: 2, name: 'a' } }, { id: 1 }, { name: 'a' }, {}]
    expect(verdicts(derived, payloads, strict)).toEqual([true, false, false, false, false, false])
    const three = { allOf: [base, { properties: { a: {} } }, { properties: { b: {} } }] }
    expect(
      verdicts(
        three,
        [
          { id: 1, a: 1, b: 1 },
          { id: 1, c: 1 },
        ],
        strict,
      ),
    ).toEqual([true, false])
    expect(contractOf(three, strict).lock.schema).toMatchObject({ additionalProperties: false })
    const nullable = { anyOf: [{ type: 'object', properties: { b: {} } }, { type: 'null' }], properties: { a: {} } }
    expect(verdicts(nullable, [{ a: 1, b: 1 }, null, { c: 1 }], strict)).toEqual([true, true, false])
    // Closed in its own words, and kept open on purpose.
    const closed = {
      allOf: [
        { type: 'object', properties: { a: {} } },
        { ...base, additionalProperties: false },
      ],
    }
    expect(verdicts(closed, [{ id: 1 }, { id: 1, a: 1 }], strict)).toEqual([true, false])
    const open = { allOf: [base, { type: 'object', additionalProperties: true }] }
    expect(verdicts(open, [{ id: 1, a: 1 }], strict)).toEqual([true])
    // What `required` names is declared. Rules for keys declare all keys that follow them.
    expect(verdicts({ type: 'object', required: ['a'] }, [{ a: 1 }, { a: 1, b: 1 }, {}], strict)).toEqual([
      true,
      false,
      false,
    ])
    const names = { type: 'object', propertyNames: { pattern: '^a' } }
    expect(verdicts(names, [{ a: 1 }, { b: 1 }], strict)).toEqual([true, false])
    const pattern = { type: 'object', patternProperties: { '^a': { type: 'number' } } }
    expect(verdicts(pattern, [{ a: 1 }, { a: '' }, { b: 1 }], strict)).toEqual([true, false, false])
    const written = { type: 'object', 'x-unknown': 'strip', properties: { a: {} } }
    expect(documents(written, [{ a: 1, b: 2 }], strict)).toEqual([{ a: 1 }])
  })

  test('allOf does not lose a member named __proto__, which no contract may have', () => {
    const part = (name: string) => ({ type: 'object', properties: Object.fromEntries([[name, { type: 'string' }]]) })
    const both = { allOf: [part('__proto__'), part('a')] }
    expect(refusalOf(both)).toMatchObject({ code: 'contract.invalid', pointer: '/schema/properties/__proto__' })
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

  test('allOf of several types: each type keeps its own rules', () => {
    const patterns = { type: ['string', 'null'], allOf: [{ pattern: 'a' }, { pattern: 'b' }] }
    expect(verdicts(patterns, ['ab', 'a', 'b', null, 1])).toEqual([true, false, false, true, false])
    const lengths = { allOf: [{ type: ['string', 'null'], minLength: 1 }, { maxLength: 3 }] }
    expect(verdicts(lengths, ['', 'abc', 'abcd', null, []])).toEqual([false, true, false, true, false])
    const constants = { allOf: [{ type: 'object' }, { enum: [null, 'a'] }] }
    expect(refusalOf(constants).message).toContain('cannot be merged')
    expect(refusalOf({ type: 'object', enum: [null] }).message).toContain('no value is of the type')
    const bounds = { allOf: [{ type: ['null', 'integer'], minimum: 1 }, { type: ['number', 'null', 'string'] }] }
    expect(verdicts(bounds, [1, 0, 1.5, null, 'a'])).toEqual([true, false, false, true, false])
  })

  test('x-keywords mean what they mean in a lock', () => {
    const lock = {
      type: 'object',
      'x-unknown': 'strip',
      properties: { n: { type: 'number', 'x-coerce': true }, t: { type: 'string', 'x-norm': ['trim'] } },
    }
    expect(documents(lock, [{ n: '2', t: ' a ', u: 1 }])).toEqual([{ n: 2, t: 'a' }])
  })

  test.each([
    { objects: 'passthrough' },
    { defaults: true },
    { root: 5 },
    { uri: new URL('file:///a') },
    { resolve: {} },
    { dictionary: { path: 'a.dict' } },
    { dictionary: 'a.dict' },
    { object: 'strict' },
  ])('%o is no option', (options) => {
    expect(refusalOf({}, options as never)).toMatchObject({ code: 'options.invalid' })
  })

  test('without options', () => {
    expect(() => importContract({}, undefined as never)).toThrow(
      'Expected the options of `importContract` to be an object',
    )
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

  test('an $id names a schema, and is the base of the references in it', () => {
    const base = 'https://example.org/schemas/order'
    const schema = {
      $id: base,
      $defs: {
        id: { type: 'integer' },
        address: {
          $id: '/schemas/address',
          $defs: { city: { $anchor: 'city', type: 'string' } },
          properties: { city: { $ref: '#/$defs/city' }, id: { $ref: 'order#/$defs/id' }, town: { $ref: '#city' } },
        },
      },
      type: 'object',
      properties: {
        id: { $ref: `${base}#/$defs/id` },
        address: { $ref: 'address' },
        other: { $ref: '#/$defs/address/properties/town' },
        next: { $ref: base },
      },
    }
    const address = { city: 'a', id: 1, town: 'b' }
    const payloads = [{ id: 1, address, other: 'c', next: { address } }]
    expect(verdicts(schema, payloads, { uri: 'api/order.json' })).toEqual([true])
    const wrong = [
      { id: 'a' },
      { address: { city: 1 } },
      { address: { id: 'a' } },
      { address: { town: 1 } },
      { other: 1 },
      { next: { id: 'a' } },
    ]
    expect(verdicts(schema, wrong)).toEqual(wrong.map(() => false))
    const foreign = { $defs: { a: { $id: 'https://example.org/a', $ref: 'b.json' } }, $ref: '#/$defs/a' }
    expect(refusalOf(foreign, { resolve: () => ({}) }).message).toContain('has the $id "https://example.org/b.json"')
  })

  test('a name of two schemas is refused where it is used; what stands in data is no name', () => {
    const named = (...more: object[]) => ({
      $defs: { a: { $anchor: 'x', type: 'string' }, ...more },
      properties: { a: { $ref: '#x' } },
    })
    expect(verdicts(named(), [{ a: 'b' }, { a: 1 }])).toEqual([true, false])
    expect(verdicts({ ...named(), examples: [{ $anchor: 'x' }] }, [{ a: 'b' }, { a: 1 }])).toEqual([true, false])
    expect(verdicts(named({ $anchor: 'x', type: 'string' }), [{ a: 1 }])).toEqual([false])
    expect(refusalOf(named({ $anchor: 'x', type: 'number' }))).toMatchObject({ pointer: '/properties/a' })
    const unused = { $defs: { a: { $anchor: 'x' }, b: { $anchor: 'x', type: 'null' } }, type: 'string' }
    expect(verdicts(unused, ['a'])).toEqual([true])
    // The names of members are no keywords.
    const member = { properties: { examples: { $anchor: 'x', type: 'string' }, b: { $ref: '#x' } } }
    expect(verdicts(member, [{ b: 'a' }, { b: 1 }])).toEqual([true, false])
  })

  test('are refused without `resolve`, and to the network always', () => {
    expect(refusalOf({ $ref: 'other.json' }).message).toContain('pass `resolve`')
    expect(refusalOf({ $ref: 'https://example.org/x.json' }, { resolve: () => ({}) }).message).toContain('the network')
  })

  test.each<[string, () => unknown]>([
    ['a promise', () => Promise.resolve({ type: 'string' })],
    ['a promise', () => Promise.reject(new Error('not found'))],
    ['a value of type string', () => '{"type":"string"}'],
    ['a value of type Map', () => new Map([['type', 'string']])],
    ['a value of type Uint8Array', () => new TextEncoder().encode('{}')],
    ['a value of type function', () => () => ({})],
    ['null', () => null],
  ])('`resolve` must return the document itself, not %s', (got, resolve) => {
    const refused = refusalOf({ properties: { a: { $ref: 'address.json' } } }, { uri: 'o.json', resolve })
    expect(refused.code).toBe('options.invalid')
    expect(refused.message).toContain(`at "address.json" itself, parsed, got ${got}`)
  })

  test('`resolve` without a document, and a schema that is none', () => {
    const missing = refusalOf({ properties: { a: { $ref: 'x.json' } } }, { resolve: () => undefined })
    expect(missing).toMatchObject({ code: 'contract.unsupported', pointer: '/properties/a' })
    for (const schema of [Promise.resolve({}), new Map(), '{}', [{}]]) {
      expect(refusalOf(schema).message).toContain('expected a schema: an object or a boolean')
      expect(refusalOf({ properties: { a: schema } })).toMatchObject({ pointer: '/properties/a' })
    }
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

test.each<[object, string]>([
  [{ items: { not: {} } }, '/items'],
  [{ unevaluatedItems: { not: {} } }, '/unevaluatedItems'],
  [{ items: [{}], additionalItems: { not: {} } }, '/additionalItems'],
  [{ items: [{}], unevaluatedItems: { not: {} } }, '/unevaluatedItems'],
  [{ prefixItems: [{}], unevaluatedItems: { not: {} } }, '/unevaluatedItems'],
])('a problem in the items of %j is reported where it stands', (keywords, pointer) => {
  expect(refusalOf({ type: 'array', ...keywords }).pointer).toBe(pointer)
})

describe('a schema that grows, or holds itself, is refused early', () => {
  /** Definitions that lead on to the next one by each of `members`. */
  const chain = (prefix: string, length: number, members: readonly string[], last: object): [string, object][] =>
    Array.from({ length: length + 1 }, (_, i) => {
      const next = { $ref: `#/$defs/${prefix}${i + 1}` }
      const node = { type: 'object', properties: Object.fromEntries(members.map((name) => [name, next])) }
      return [`${prefix}${i}`, i < length ? node : last]
    })
  const both = (length: number, members: readonly string[]) => ({
    $defs: Object.fromEntries([
      ...chain('A', length, members, { type: 'string', minLength: 1 }),
      ...chain('B', length, members, { type: 'string', maxLength: 2 }),
    ]),
    allOf: [{ $ref: '#/$defs/A0' }, { $ref: '#/$defs/B0' }],
  })
  const A = { $ref: '#/$defs/A' }
  const B = { $ref: '#/$defs/B' }

  test.each<[string, object, string]>([
    ['a reference to itself', { $defs: { A }, allOf: [A, { type: 'string' }] }, 'recursive'],
    ['references to each other', { $defs: { A: B, B: A }, allOf: [A, { type: 'string' }] }, 'recursive'],
    [
      'two recursive schemas',
      {
        $defs: {
          A: { type: 'object', properties: { next: A } },
          B: { type: 'object', properties: { next: B, b: {} } },
        },
        allOf: [A, B],
      },
      'recursive',
    ],
    ['two chains that branch', both(40, ['l', 'r']), 'more than 50000 nodes'],
    ['two long chains', both(5000, ['next']), 'nested too deeply'],
  ])('%s', (_, schema, text) => {
    const refused = refusalOf(schema)
    expect(refused.code).toBe('contract.unsupported')
    expect(refused.message).toContain(text)
  })

  test('one object in many places, or in itself', () => {
    let shared: object = { type: 'string' }
    for (let i = 0; i < 40; i++) shared = { type: 'object', properties: { l: shared, r: shared } }
    expect(refusalOf(shared).message).toContain('more than 1000000 objects and lists')
    const circular: Record<string, unknown> = { type: 'object' }
    circular['properties'] = { next: circular }
    expect(refusalOf(circular).message).toContain('nested too deeply')
  })

  test('what a contract can have is not', () => {
    expect(verdicts(both(20, ['next']), [{}, { next: { next: 1 } }])).toEqual([true, false])
    const long = { $defs: Object.fromEntries(chain('A', 1000, ['next'], { type: 'null' })), $ref: '#/$defs/A0' }
    expect(verdicts(long, [{ next: { next: {} } }, { next: { next: 1 } }])).toEqual([true, false])
    const links = Array.from({ length: 1000 }, (_, i): [string, object] => {
      const next = i < 999 ? [{ $ref: `#/$defs/L${i + 1}` }, { type: 'null' }] : [{ type: 'null' }]
      return [`L${i}`, { type: 'object', properties: { next: { oneOf: next } } }]
    })
    const optional = { $defs: Object.fromEntries(links), $ref: '#/$defs/L0' }
    expect(verdicts(optional, [{ next: { next: null } }, { next: { next: 1 } }])).toEqual([true, false])
  })
})

describe('a malformed keyword is refused at its place', () => {
  test.each<[string, unknown]>([
    ['type', []],
    ['type', 'strin'],
    ['type', ['string', 5]],
    ['type', {}],
    ['allOf', { type: 'string' }],
    ['allOf', []],
    ['anyOf', 'string'],
    ['oneOf', []],
    ['$ref', 5],
    ['$id', 5],
    ['$defs', []],
    ['const', { a: 1 }],
    ['const', NaN],
    ['enum', 'a'],
    ['enum', []],
    ['enum', [['a']]],
    ['nullable', 'true'],
    ['minLength', -1],
    ['maxLength', 1.5],
    ['maxLength', null],
    ['pattern', /a/],
    ['minimum', '1'],
    ['maximum', Infinity],
    ['exclusiveMinimum', true],
    ['multipleOf', 0],
    ['items', 'string'],
    ['prefixItems', { type: 'string' }],
    ['minItems', '1'],
    ['uniqueItems', 'yes'],
    ['properties', [{ type: 'string' }]],
    ['properties', null],
    ['required', 'a'],
    ['required', true],
    ['required', [1]],
    ['additionalProperties', 'no'],
    ['propertyNames', []],
    ['patternProperties', []],
    ['x-unknown', 'keep'],
    ['x-norm', 'trim'],
    ['x-norm', ['trimmed']],
    ['x-url', { host: '^a$' }],
    ['x-coerce', false],
    ['x-value', 'int'],
    ['x-pattern-units', 'utf8'],
    ['x-discriminator', 1],
  ])('%s: %j', (keyword, value) => {
    const refused = refusalOf({ properties: { a: { [keyword]: value } } }, { objects: 'strip' })
    expect(refused).toMatchObject({ code: 'contract.unsupported', pointer: `/properties/a/${keyword}` })
    expect(refused.message).toContain(`expected \`${keyword}\` to be `)
  })

  test.each<[string, object]>([
    ['x-unknown beside additionalProperties', { 'x-unknown': 'strip', additionalProperties: true }],
    ['x-coerce without type', { 'x-coerce': true }],
    ['x-discriminator without oneOf', { 'x-discriminator': 'kind' }],
    ['prefixItems beside a list of items', { items: [{}], prefixItems: [{}] }],
    ['const outside enum', { const: 'a', enum: ['b'] }],
    ['two patterns of one part of a URL', twice({ 'x-url': { hostname: 'a' } }, { 'x-url': { hostname: 'b' } })],
    ['two norms', twice({ 'x-norm': ['trim'] }, { 'x-norm': ['lower'] })],
    ['two norms of constants', twice({ enum: ['a'], 'x-norm': ['trim'] }, { enum: ['a'], 'x-norm': ['lower'] })],
  ])('nor is one dropped: %s', (_, schema) => {
    expect(refusalOf(schema).code).toBe('contract.unsupported')
  })

  test('of two that hold together, both do', () => {
    expect(verdicts({ const: 'a', enum: ['a', 'b'] }, ['a', 'b'])).toEqual([true, false])
    const url = twice({ 'x-url': { hostname: '^a$' } }, { 'x-url': { protocol: '^http$' } })
    expect(verdicts(url, ['http://a/', 'https://a/', 'http://b/'])).toEqual([true, false, false])
    const norm = twice({ enum: ['a', 'b'], 'x-norm': ['trim'] }, {})
    expect(verdicts(norm, [' a ', 'a', ' c '])).toEqual([true, true, false])
    const norms = twice({ 'x-norm': ['lower', 'trim'] }, { 'x-norm': ['trim', 'lower'], maxLength: 1 })
    expect(verdicts(norms, [' A ', ' AB '])).toEqual([true, false])
  })
})

/** Two strings that must both hold. */
function twice(a: object, b: object): object {
  return {
    allOf: [
      { type: 'string', ...a },
      { type: 'string', ...b },
    ],
  }
}
