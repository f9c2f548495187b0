// importContract: what it refuses, where, and with which advice.
import { describe, expect, test } from 'vitest'
import { refusalOf, verdicts } from './import-kit.ts'

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
