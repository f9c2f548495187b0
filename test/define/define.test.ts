// defineContract as a whole: its options, the lock, the types, and errors that only the lock's parser finds.

import { describe, expect, expectTypeOf, it } from 'vitest'
import { createRequire } from 'node:module'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { orders } from '../../bench/contracts/orders.ts'
import { type Contract } from '../../src/model/index.ts'
import { parseLock } from '../../src/contract/index.ts'
import { defineContract, norm } from '../../src/contract/define/index.ts'
import { pathOfPointer } from '../../src/contract/define/paths.ts'

const schema = z.strictObject({ id: z.uuid(), email: norm(z.email(), ['trim', 'lower']).optional() })

const id = (of: z.core.$ZodType): string => defineContract({ name: 'd', schema: of }).id

const errorOf = (options: object): unknown => {
  try {
    return defineContract({ name: 'g', schema, ...options })
  } catch (error) {
    return error
  }
}

describe('defineContract', () => {
  it('writes a lock with all defaults', () => {
    expect(defineContract({ name: 'a', schema: z.string() }).lock).toStrictEqual({
      profile: 'p1',
      unicode: '15.0',
      name: 'a',
      numbers: 'safe',
      limits: { maxBytes: 1_048_576, maxDepth: 64, maxKeys: 10_000 },
      schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'string' },
      compress: { codec: 'gzip', level: 1 },
      digest: 'sha-256',
    })
  })

  it('writes its options to the lock', () => {
    const { lock } = defineContract({
      name: 'b',
      schema: z.object({ a: z.string().refine(() => true) }),
      numbers: 'double',
      limits: { maxDepth: 3 },
      compress: { codec: 'deflate-raw', level: 6 },
      digest: 'none',
      objects: 'strict',
      appOnly: ['refine'],
    })
    expect(lock).toMatchObject({
      numbers: 'double',
      limits: { maxBytes: 1_048_576, maxDepth: 3 },
      compress: { codec: 'deflate-raw', level: 6 },
      digest: 'none',
      schema: { additionalProperties: false },
      appOnly: ['refine: a'],
    })
  })

  it('defines the same contract as its lock file', () => {
    const contract = defineContract({ name: 'c', schema })
    expect(parseLock(JSON.stringify(contract.lock)).id).toBe(contract.id)
  })

  it('keeps the id when only annotations change, and changes it with the verdict', () => {
    expect(id(z.strictObject({ b: z.string().describe('words'), a: z.int() }))).toBe(
      id(z.strictObject({ a: z.int(), b: z.string() })),
    )
    expect(id(z.string().max(3))).not.toBe(id(z.string().max(4)))
    expect(id(norm(z.string(), ['trim', 'lower']))).toBe(id(norm(z.string(), ['lower', 'trim'])))
    expect(id(norm(z.string(), ['trim']))).not.toBe(id(z.string()))
  })

  it('infers the type of the payload from the schema', () => {
    const contract = defineContract({ name: 'e', schema })
    expectTypeOf(contract).toEqualTypeOf<
      Contract<{ id: string; email?: string | undefined }, { id: string; email?: string | undefined }>
    >()
  })

  it('accepts the order event of the bench, with norm on e-mail, names and tenant', () => {
    const { lock } = defineContract({
      name: orders.name,
      schema: orders.schema({
        text: (ops, limits) => norm(limits(z.string()), ops),
        email: (ops) => norm(z.email(), ops),
      }),
    })
    const address = { properties: { name: { 'x-norm': ['nfc', 'collapse', 'trim'] } }, additionalProperties: false }
    expect(lock.schema).toMatchObject({
      $defs: { shipping: address },
      properties: {
        tenant: { 'x-norm': ['lower', 'trim'], maxLength: 64 },
        customer: { properties: { email: { 'x-norm': ['lower', 'trim'] }, name: { type: ['string', 'null'] } } },
        shipping: { $ref: '#/$defs/shipping' },
        billing: { anyOf: [{ $ref: '#/$defs/shipping' }, { type: 'null' }] },
        payment: { 'x-discriminator': 'method' },
      },
    })
  })

  it('reads zod/mini and a second copy of zod the same way', () => {
    const copy = createRequire(import.meta.url)('zod') as typeof z
    const small = mini.strictObject({ a: mini.optional(norm(mini.string().check(mini.maxLength(3)), ['trim'])) })
    const full = z.strictObject({ a: norm(z.string(), ['trim']).max(3).optional() })
    const other = copy.strictObject({ a: norm(copy.string(), ['trim']).max(3).exactOptional() })
    expect(copy.string).not.toBe(z.string)
    expect([id(small), id(other)]).toStrictEqual([id(full), id(full)])
  })

  it.each<readonly [string, object, string]>([
    ['an unknown option', { sample: [] }, 'got `sample`'],
    ['a bigint as a value of `objects`', { objects: 1n }, 'Expected `objects` to be one of "strip", "strict", "loose"'],
    ['the bytes of one payload as `samples`', { samples: Buffer.from('{}') }, 'another iterable of payloads'],
    ['a text as `dictionary`', { dictionary: 'x' }, 'with bytes as a Uint8Array'],
    [
      'an unknown value of `objects`',
      { objects: 'bare' },
      'Expected `objects` to be one of "strip", "strict", "loose"',
    ],
    [
      'an unknown value in `appOnly`',
      { appOnly: ['check'] },
      "to be 'all' or a list of 'refine', 'transform', 'custom'",
    ],
    [
      'a schema that is not of zod 4',
      { schema: { _def: {} } },
      'Expected `schema` to be a schema of zod 4, got one of zod 3',
    ],
    ['a zod before 4.6', { schema: { _zod: { version: { major: 4, minor: 5, patch: 0 } } } }, 'zod >=4.6 <5'],
  ])('rejects %s', (_, options, message) => {
    expect(() => defineContract({ name: 'f', schema, ...options })).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining(message) }),
    )
  })

  it('throws the errors of the lock parser: a name, a limit', () => {
    expect(errorOf({ name: 'No Name' })).toMatchObject({ code: 'contract.invalid', pointer: '/name' })
    expect(errorOf({ limits: { maxDepth: 500 } })).toMatchObject({
      code: 'contract.invalid',
      pointer: '/limits/maxDepth',
    })
  })

  it('adds the zod path to an error of the lock parser', () => {
    const endless: z.ZodType = z.lazy(() => endless.nullable())
    const deep = z.object({ a: z.array(endless) })
    expect(() => defineContract({ name: 'h', schema: deep })).toThrow(
      expect.objectContaining({ code: 'contract.unsupported', params: { path: 'a|0' } }),
    )
  })
})

it.each([
  ['/schema', '(root)'],
  ['/schema/properties/a~1b/items/prefixItems/1/type', '["a/b"][][1]'],
  ['/schema/additionalProperties/anyOf/2/oneOf/0/propertyNames', '*|2|0.*(key)'],
  ['/schema/$defs/Tree/properties/items/pattern', 'Tree.items'],
])('reads the pointer %s as the zod path %s', (pointer, path) => {
  expect(pathOfPointer(pointer)).toBe(path)
})
