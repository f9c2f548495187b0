// importContract: its options, the keywords of a lock, and references between files.
import { describe, expect, test } from 'vitest'
import { importContract, type ImportOptions } from '../../src/contract/import/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { contractOf, refusalOf, verdicts } from './import-kit.ts'

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
