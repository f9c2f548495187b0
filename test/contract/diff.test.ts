// Semantic changes between contracts: their texts and effects. Every change of the id is reported.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type Contract } from '../../src/model/index.ts'
import { compareContracts, parseLock } from '../../src/contract/index.ts'
import { defineContract, norm, type DefineOptions } from '../../src/contract/define/index.ts'

const define = (schema: z.ZodType, options: Partial<DefineOptions<z.ZodType>> = {}): Contract =>
  defineContract({ name: 'order', schema, ...options })
const changes = (a: z.ZodType, b: z.ZodType): string[] =>
  compareContracts(define(a), define(b)).map(({ text, affects }) => `${text} [${affects.join(' ')}]`)
const object = (member: z.ZodType): z.ZodType => z.strictObject({ a: member })
const lines = (line: Record<string, z.ZodType>): z.ZodType => z.strictObject({ lines: z.array(z.strictObject(line)) })

describe('fields', () => {
  test('a removed and an added field with the same schema are a rename', () => {
    expect(
      changes(
        lines({ sku: z.string().max(20), qty: z.int(), kind: z.string() }),
        lines({ code: z.string().max(20), qty: z.int(), kind: z.string() }),
      ),
    ).toEqual(['field `lines[].sku` renamed to `code`: old payloads are rejected [old-rejected new-accepted]'])
  })

  test('renames pair the most similar names', () => {
    expect(
      changes(
        z.strictObject({ firstName: z.string(), city: z.string() }),
        z.strictObject({ first_name: z.string(), town: z.string() }),
      ),
    ).toEqual([
      'field `firstName` renamed to `first_name`: old payloads are rejected [old-rejected new-accepted]',
      'field `city` renamed to `town`: old payloads are rejected [old-rejected new-accepted]',
    ])
  })

  test.for<readonly [string, z.ZodType, z.ZodType, string]>([
    [
      'a required field',
      z.strictObject({}),
      object(z.int()),
      'required field `a` added: old payloads are rejected [old-rejected new-accepted]',
    ],
    [
      'an optional field',
      z.strictObject({}),
      object(z.int().optional()),
      'optional field `a` added: more payloads are accepted [new-accepted]',
    ],
    [
      'a field fewer',
      object(z.int()),
      z.strictObject({}),
      'required field `a` removed: old payloads are rejected [old-rejected new-accepted]',
    ],
    [
      'a field made optional',
      object(z.int()),
      object(z.int().optional()),
      'field `a` is optional: more payloads are accepted [new-accepted]',
    ],
    [
      'a field made required',
      object(z.int().optional()),
      object(z.int()),
      'field `a` is required: old payloads without it are rejected [old-rejected]',
    ],
    [
      'an object closed',
      z.looseObject({ a: z.int() }),
      object(z.int()),
      'further members at `*` are rejected: old payloads may be rejected [old-rejected]',
    ],
    [
      'a lower maximum',
      object(z.string().max(9)),
      object(z.string().max(5)),
      'field `a` tightened (characters, at most 5, was 9): old payloads may be rejected [old-rejected]',
    ],
    [
      'a higher maximum',
      object(z.number().max(9)),
      object(z.number().max(10)),
      'field `a` loosened (≤ 10, was ≤ 9): more payloads are accepted [new-accepted]',
    ],
    [
      'an exclusive bound',
      object(z.number().min(0)),
      object(z.number().gt(0)),
      'field `a` tightened (> 0, was ≥ 0): old payloads may be rejected [old-rejected]',
    ],
    [
      'a finer step',
      object(z.number().multipleOf(10)),
      object(z.number().multipleOf(5)),
      'field `a` must be a multiple of 5, was a multiple of 10: more payloads are accepted [new-accepted]',
    ],
    [
      'a pattern',
      object(z.string()),
      object(z.string().regex(/^x/)),
      'field `a` must match /^x/: old payloads may be rejected [old-rejected]',
    ],
    [
      'an enum value more',
      object(z.enum(['x', 'y'])),
      object(z.enum(['y', 'x', 'z'])),
      'field `a` may also be "z": more payloads are accepted [new-accepted]',
    ],
    [
      'an enum value fewer',
      object(z.enum(['x', 'y'])),
      object(z.enum(['x', 'z'])),
      'field `a` may no longer be "y": old payloads with it are rejected [old-rejected]',
    ],
    [
      'a wider type',
      object(z.int32()),
      object(z.int()),
      'field `a` loosened (≥ -9007199254740991, was ≥ -2147483648): more payloads are accepted [new-accepted]',
    ],
    [
      'another type',
      object(z.string()),
      object(z.boolean()),
      'field `a` was string, is boolean: old payloads may be rejected, more payloads are accepted [old-rejected new-accepted]',
    ],
    [
      'another form',
      object(z.array(z.int())),
      object(z.int()),
      'field `a` was an array, is integer: old payloads may be rejected, more payloads are accepted [old-rejected new-accepted]',
    ],
    [
      'null allowed',
      object(z.array(z.int())),
      object(z.array(z.int()).nullable()),
      'field `a` may be null: more payloads are accepted [new-accepted]',
    ],
    [
      'null gone',
      object(z.string().nullable()),
      object(z.string()),
      'field `a` may no longer be null: old payloads with null are rejected [old-rejected]',
    ],
    [
      'an alternative more',
      object(z.union([z.string(), z.array(z.int())])),
      object(z.union([z.string(), z.array(z.int()), z.boolean()])),
      'field `a` also accepts boolean: more payloads are accepted [new-accepted]',
    ],
    [
      'a norm',
      object(z.string()),
      object(norm(z.string(), ['trim'])),
      'field `a` is normalized by trim, was by none: digests change [digests]',
    ],
  ])('%s', ([, a, b, words]) => {
    const found = changes(a, b)
    expect(found).toContain(words)
  })

  test('branches of a discriminated union are added, removed, and compared by value', () => {
    const card = (last4: z.ZodType): z.core.$ZodTypeDiscriminable => z.strictObject({ by: z.literal('card'), last4 })
    const sepa = z.strictObject({ by: z.literal('sepa') })
    const cash = z.strictObject({ by: z.literal('cash') })
    const pay = (a: z.core.$ZodTypeDiscriminable, b: z.core.$ZodTypeDiscriminable): z.ZodType =>
      z.strictObject({ pay: z.discriminatedUnion('by', [a, b]) })
    expect(changes(pay(card(z.string()), sepa), pay(cash, card(z.int())))).toEqual([
      'field `pay(card).last4` was string, is integer: old payloads may be rejected, more payloads are accepted [old-rejected new-accepted]',
      'branch "sepa" of `pay.by` removed: old payloads with it are rejected [old-rejected]',
      'branch "cash" of `pay.by` added: more payloads are accepted [new-accepted]',
    ])
  })

  test('a recursive schema is compared once', () => {
    const tree = (value: z.ZodType): z.ZodType => {
      const node: z.ZodType = z.strictObject({
        value,
        get children() {
          return z.array(node)
        },
      })
      return node
    }
    expect(changes(tree(z.string()), tree(z.boolean()))).toHaveLength(1)
    expect(changes(tree(z.string()), tree(z.string()))).toEqual([])
  })
})

describe('settings', () => {
  test.for<readonly [Partial<DefineOptions<z.ZodType>>, Partial<DefineOptions<z.ZodType>>, string]>([
    [
      {},
      { compress: { codec: 'deflate' } },
      'compression was gzip, level 1, is deflate, level 1: only the bytes of bodies change [bodies]',
    ],
    [{}, { digest: 'none' }, 'the digest was sha-256, is none: digests change [digests]'],
    [
      {},
      { numbers: 'double' },
      'integers beyond 2^53 - 1 are rounded, no longer rejected: more payloads are accepted [new-accepted]',
    ],
    [
      {},
      { limits: { maxDepth: 8 } },
      'limit `maxDepth` lowered from 64 to 8 levels of nesting: old payloads may be rejected [old-rejected]',
    ],
    [{}, { name: 'other' }, 'the name "order" became "other": only the id changes []'],
  ])('%j to %j', ([a, b, words]) => {
    const found = compareContracts(define(z.int(), a), define(z.int(), b))
    expect(found.map(({ text, affects }) => `${text} [${affects.join(' ')}]`)).toEqual([words])
  })

  test('order and descriptions are no change', () => {
    const a = z.strictObject({ x: z.enum(['p', 'q']), y: z.int().describe('count') })
    const b = z.strictObject({ y: z.int(), x: z.enum(['q', 'p']) })
    expect(changes(a, b)).toEqual([])
  })
})

test('what is no contract is refused', () => {
  const contract = define(z.int())
  const compare = compareContracts as (old: unknown, next: unknown) => unknown
  const refused = (name: string): unknown =>
    expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining(`\`${name}\``) as string })
  expect(() => compare(undefined, contract)).toThrow(refused('old'))
  expect(() => compare(contract, contract.lock)).toThrow(refused('next'))
})

test('contracts with different ids always have changes, those with the same id never', () => {
  const leaf = fc.constantFrom<object>(
    {}, { type: 'string' }, { type: 'string', maxLength: 3 }, { type: ['string', 'null'] }, { type: 'string', 'x-norm': ['trim'] },
    { type: 'integer' }, { type: 'number' }, { type: ['boolean', 'string'] }, { type: 'null' }, { const: 1 }, { enum: [1] },
    { enum: ['a', null] }, { anyOf: [{ type: 'null' }, { type: 'array' }] }, { anyOf: [{ type: 'array' }, { type: 'null' }] },
    { anyOf: [{ type: 'string' }, { type: 'integer' }] }, { anyOf: [{ type: 'integer' }, { type: 'string' }] },
  ) // prettier-ignore
  const { node } = fc.letrec<{ node: object }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ type: fc.constant('array'), items: tie('node') }),
      fc.record({
        type: fc.constant('array'),
        prefixItems: fc.array(tie('node'), { minLength: 1, maxLength: 2 }),
        items: fc.constantFrom(false, { type: 'string' }),
      }),
      fc.record({
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node')),
        additionalProperties: fc.oneof(fc.boolean(), leaf),
      }),
      fc.record({
        type: fc.constant('object'),
        propertyNames: fc.constantFrom({ type: 'string' }, { type: 'string', maxLength: 2 }),
        additionalProperties: tie('node'),
      }),
    ),
  }))
  const lock = (schema: object): Contract =>
    parseLock(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'any', schema }))
  fc.assert(
    fc.property(node, node, (a, b) => {
      const [left, right] = [lock(a), lock(b)]
      expect(compareContracts(left, right).length === 0).toBe(left.id === right.id)
    }),
    { numRuns: 600 },
  )
})

describe('what a contract changes in the document', () => {
  const ofLock = (schema: unknown): Contract =>
    parseLock(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'order', schema }))
  const between = (a: unknown, b: unknown): string[] =>
    compareContracts(ofLock(a), ofLock(b)).map(({ text, affects }) => `${text} [${affects.join(' ')}]`)
  const member = (node: object): object => ({ type: 'object', properties: { a: node } })
  const text = { type: 'string' }
  const strip = { type: 'object', 'x-unknown': 'strip' }

  test.for<readonly [string, object, object, readonly string[]]>([
    [
      'loose to strip',
      { type: 'object' },
      strip,
      ['further members at `*` are dropped, no longer kept: same verdict, other document [digests]'],
    ],
    [
      'strip to loose',
      strip,
      { type: 'object' },
      ['further members at `*` are kept, no longer dropped: same verdict, other document [digests]'],
    ],
    [
      'strict to strip',
      { type: 'object', additionalProperties: false },
      strip,
      ['further members at `*` are dropped, no longer rejected: more payloads are accepted [new-accepted]'],
    ],
    [
      'strip to strict',
      strip,
      { type: 'object', additionalProperties: false },
      ['further members at `*` are rejected, no longer dropped: old payloads may be rejected [old-rejected]'],
    ],
    [
      'strip to a schema',
      strip,
      { type: 'object', additionalProperties: text },
      [
        'further members at `*` are kept, no longer dropped: old payloads may be rejected, digests change [old-rejected digests]',
      ],
    ],
    [
      'a new default',
      member(text),
      member({ ...text, default: 'x' }),
      ['field `a` has the default "x", had no default: same verdict, other document [digests]'],
    ],
    [
      'another default',
      member({ ...text, default: 'x' }),
      member({ ...text, default: [1] }),
      ['field `a` has the default [1], had the default "x": same verdict, other document [digests]'],
    ],
    [
      'no default any more',
      member({ ...text, default: 'x' }),
      member(text),
      ['field `a` has no default, had the default "x": same verdict, other document [digests]'],
    ],
    [
      'a field that a strip object dropped',
      { ...strip, properties: {} },
      { ...strip, properties: { a: text } },
      ['optional field `a` added: old payloads may be rejected, digests change [old-rejected digests]'],
    ],
    [
      'a new field with a default',
      member(text),
      { type: 'object', properties: { a: text, b: { default: 1 } } },
      ['optional field `b` added: digests change [digests]'],
    ],
    [
      'a default of an item',
      { type: 'array', prefixItems: [text] },
      { type: 'array', prefixItems: [{ ...text, default: '' }] },
      ['field `[0]` has the default "", had no default: same verdict, other document [digests]'],
    ],
    [
      'a conversion',
      member({ type: 'number' }),
      member({ type: 'number', 'x-coerce': true }),
      ['field `a` is converted from other scalars: more payloads are accepted [new-accepted]'],
    ],
    [
      'no conversion any more',
      member({ type: 'number', 'x-coerce': true }),
      member({ type: 'number' }),
      ['field `a` is no longer converted from other scalars: old payloads may be rejected [old-rejected]'],
    ],
    [
      'a URL',
      member(text),
      member({ ...text, 'x-url': {} }),
      ['field `a` must be a URL: old payloads may be rejected, digests change [old-rejected digests]'],
    ],
    [
      'a host',
      member({ ...text, 'x-url': {} }),
      member({ ...text, 'x-url': { hostname: 'x' } }),
      ['field `a` has a URL whose hostname is /x/, was free: old payloads may be rejected [old-rejected]'],
    ],
    [
      'null, where it was converted to text',
      member({ type: 'string', 'x-coerce': true }),
      member({ anyOf: [{ type: 'null' }, { type: 'string', 'x-coerce': true }] }),
      [
        'field `a` may be null, which is no longer converted: more payloads are accepted, digests change [new-accepted digests]',
      ],
    ],
    [
      'a conversion to another type',
      member(text),
      member({ type: 'number', 'x-coerce': true }),
      [
        'field `a` was string, is number: old payloads may be rejected, more payloads are accepted [old-rejected new-accepted]',
        'field `a` is converted from other scalars: more payloads are accepted, digests change [new-accepted digests]',
      ],
    ],
    [
      'defaults that differ far behind',
      member({ ...text, default: `${'x'.repeat(80)}y` }),
      member({ ...text, default: `${'x'.repeat(80)}z` }),
      [
        `field \`a\` has the default "${'x'.repeat(58)}…, had the default "${'x'.repeat(58)}…: same verdict, other document [digests]`,
      ],
    ],
    [
      'a required field that edits, added to an open object',
      { type: 'object' },
      { ...member({ ...text, 'x-norm': ['trim'] }), required: ['a'] },
      ['required field `a` added: old payloads without it are rejected [old-rejected digests]'],
    ],
    [
      'a required field, added beside a schema of undeclared members',
      { type: 'object', additionalProperties: { type: 'number' } },
      { ...member(text), required: ['a'], additionalProperties: { type: 'number' } },
      ['required field `a` added: old payloads without it are rejected [old-rejected new-accepted]'],
    ],
    [
      'a removed field, which the schema of undeclared members edits',
      { ...member(text), additionalProperties: { ...text, 'x-norm': ['trim'] } },
      { type: 'object', additionalProperties: { ...text, 'x-norm': ['trim'] } },
      [
        'optional field `a` removed: old payloads may be rejected, more payloads are accepted, digests change [old-rejected new-accepted digests]',
      ],
    ],
    [
      'an optional field renamed, undeclared members are dropped',
      { ...strip, properties: { colour: text } },
      { ...strip, properties: { color: text } },
      [
        'field `colour` renamed to `color`: old payloads may be rejected, more payloads are accepted, digests change [old-rejected new-accepted digests]',
      ],
    ],
    [
      'an optional field renamed, undeclared members are kept',
      { type: 'object', properties: { colour: text } },
      { type: 'object', properties: { color: text } },
      [
        'field `colour` renamed to `color`: old payloads may be rejected, more payloads are accepted [old-rejected new-accepted]',
      ],
    ],
    [
      'a required field renamed, undeclared members are dropped',
      { ...strip, properties: { colour: text }, required: ['colour'] },
      { ...strip, properties: { color: text }, required: ['color'] },
      ['field `colour` renamed to `color`: old payloads are rejected [old-rejected new-accepted digests]'],
    ],
    [
      'alternatives that drop members, in another order',
      {
        anyOf: [
          { ...strip, properties: { a: text }, required: ['a'] },
          { ...strip, properties: { b: text }, required: ['b'] },
        ],
      },
      {
        anyOf: [
          { ...strip, properties: { b: text }, required: ['b'] },
          { ...strip, properties: { a: text }, required: ['a'] },
        ],
      },
      ['the payload has changed alternatives, or another order of them: digests change [digests]'],
    ],
    [
      'alternatives that edit nothing, in another order',
      { anyOf: [{ ...text, maxLength: 1 }, { type: 'array' }, { ...text, pattern: 'a' }] },
      { anyOf: [{ ...text, pattern: 'a' }, { type: 'array' }, { ...text, maxLength: 1 }] },
      ['the payload is written differently: only issue lists change [issues]'],
    ],
    [
      'an alternative ahead of one that edits',
      { anyOf: [{ ...text, 'x-norm': ['trim'] }, { type: 'array' }] },
      { anyOf: [{ ...text, maxLength: 3 }, { ...text, 'x-norm': ['trim'] }, { type: 'array' }] },
      ['the payload also accepts string: more payloads are accepted, digests may change [new-accepted digests]'],
    ],
    [
      'an alternative fewer ahead of one that edits',
      { anyOf: [{ ...text, maxLength: 3 }, { ...text, 'x-norm': ['trim'] }, { type: 'array' }] },
      { anyOf: [{ ...text, 'x-norm': ['trim'] }, { type: 'array' }] },
      ['the payload no longer accepts string: old payloads may be rejected, digests may change [old-rejected digests]'],
    ],
    [
      'a branch of a union that is normalized',
      { anyOf: [{ type: 'string', maxLength: 3, 'x-norm': ['trim'] }, { type: 'array' }, text] },
      { anyOf: [{ type: 'string', maxLength: 4, 'x-norm': ['trim'] }, { type: 'array' }, text] },
      [
        'the payload loosened (characters, at most 4, was 3): more payloads are accepted, digests may change [new-accepted digests]',
      ],
    ],
  ])('%s', ([, a, b, expected]) => {
    expect(between(a, b)).toEqual(expected)
  })
})
