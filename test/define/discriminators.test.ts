// Discriminated unions are accepted whenever zod accepts them, with its verdict and its output document.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { engineDocument } from './engine-document.ts'

const a = z.object({ k: z.literal('a'), x: z.int().optional() })
const b = z.object({ k: z.literal('b'), y: z.int().optional() })
const c = z.object({ k: z.literal('c'), j: z.literal(1) })
const d = z.object({ k: z.literal('d'), j: z.literal(2), y: z.int() })

const unions: Readonly<Record<string, z.ZodType>> = {
  'a required key': z.discriminatedUnion('k', [a, b]),
  'an optional key': z.discriminatedUnion('k', [a.partial({ k: true }), b]),
  'two optional keys': z.discriminatedUnion('k', [a.partial(), b.partial()]),
  'a nullable key': z.discriminatedUnion('k', [a.extend({ k: z.literal('a').nullable() }), b]),
  'a defaulted key': z.discriminatedUnion('k', [a, b.extend({ k: z.literal('b').default('b') })]),
  'two defaulted keys': z.discriminatedUnion('k', [
    a.extend({ k: z.literal('a').default('a') }),
    b.extend({ k: z.literal('b').default('b') }),
  ]),
  'a nullish key': z.discriminatedUnion('k', [a.extend({ k: z.literal('a').nullish() }), b]),
  'a union over another key inside': z.discriminatedUnion('k', [a, z.discriminatedUnion('j', [c, d])]),
  'a union over the same key inside': z.discriminatedUnion('k', [a, z.discriminatedUnion('k', [b, c])]),
  'an optional key in a union inside': z.discriminatedUnion('k', [
    a.partial({ k: true }),
    z.discriminatedUnion('k', [b.partial({ k: true }), c]),
  ]),
  'a plain union around': z.union([z.discriminatedUnion('k', [a, b]), z.object({ x: z.int() }), z.string()]),
  'a fallback': z.discriminatedUnion('k', [a.partial({ k: true }), b.partial({ k: true })], { unionFallback: true }),
}

const members: Readonly<Record<string, readonly unknown[]>> = {
  k: [undefined, null, 'a', 'b', 'c', 'd', 1],
  j: [undefined, 1, 2],
  x: [undefined, 1, 'x'],
  y: [undefined, 1, 'y'],
}
const payloads = Object.entries(members).reduce<object[]>(
  (known, [key, values]) =>
    known.flatMap((payload) => values.map((value) => (value === undefined ? payload : { ...payload, [key]: value }))),
  [{}],
)

describe('a discriminated union has the verdict and the document of zod', () => {
  it.each(Object.entries(unions))('with %s', (_, schema) => {
    const document = engineDocument(schema)
    for (const payload of [...payloads, 'text', null, []]) {
      const text = document(JSON.stringify(payload))
      const parsed = schema.safeParse(payload)
      expect(text !== undefined, JSON.stringify(payload)).toBe(parsed.success)
      if (text !== undefined) expect(JSON.parse(text)).toEqual(parsed.data)
    }
  })
})

describe('a recursive option that may lack the key, beside another that may', () => {
  const lacking: z.ZodType = z.discriminatedUnion('k', [
    z.object({
      k: z.literal('a').optional(),
      get children() {
        return z.array(lacking)
      },
    }),
    b.partial({ k: true }),
  ])

  it('is refused, with advice that works', () => {
    expect(() => defineContract({ name: 'u', schema: lacking })).toThrow(
      '"k" may be absent in several options, one of them recursive; make it required',
    )
    const required: z.ZodType = z.discriminatedUnion('k', [
      z.object({
        k: z.literal('a'),
        get children() {
          return z.array(required)
        },
      }),
      b,
      c,
    ])
    expect(defineContract({ name: 'u', schema: required }).lock.schema).toHaveProperty('$defs')
  })
})
