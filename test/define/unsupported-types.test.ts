// Schemas that cannot become a contract: each error names the zod path and what to write instead.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { SidelaneError } from '../../src/model/errors.ts'
import type { AppOnlyKind } from '../../src/contract/define/app-only-kinds.ts'
import { walkSchema } from '../../src/contract/define/walk.ts'
import { faultOf } from '../support/fault-of.ts'

const errorOf = (schema: z.ZodType, appOnly: readonly AppOnlyKind[] = []): SidelaneError =>
  faultOf(() => walkSchema(schema, { objects: 'strip', appOnly: new Set(appOnly) }))

const infinite: z.ZodType = z.lazy(() => z.array(z.lazy(() => fresh())))
const fresh = (): z.ZodType => z.array(z.lazy(fresh))

const cases: Readonly<Record<string, readonly [z.ZodType, string]>> = {
  '.refine()': [z.string().refine(() => true), "appOnly: ['refine']"],
  '.superRefine()': [z.array(z.null()).superRefine(() => {}), "appOnly: ['refine']"],
  '.catch()': [z.string().catch('a'), '.catch() silently replaces invalid data'],
  'z.bigint()': [z.bigint(), "numbers: 'int64'"],
  'z.int64()': [z.int64(), "numbers: 'int64'"],
  'z.date()': [z.date(), 'write z.iso.datetime()'],
  'z.map()': [z.map(z.string(), z.null()), 'write z.record()'],
  'z.set()': [z.set(z.string()), 'write z.array()'],
  'z.symbol()': [z.symbol(), 'JSON has no symbols'],
  'z.file()': [z.file(), 'JSON has no files'],
  'z.promise()': [z.promise(z.string()), 'write the schema inside'],
  'z.function()': [z.function(), 'JSON has no functions'],
  'z.custom()': [z.custom(() => true), 'z.custom() and z.instanceof() are code'],
  'z.nan()': [z.nan(), 'JSON has no NaN'],
  'z.undefined()': [z.undefined(), 'write .optional()'],
  'z.void()': [z.void(), 'write .optional()'],
  'z.never()': [z.never(), 'write z.never().optional()'],
  'z.success()': [z.success(z.string()), 'drop it'],
  'z.jwt()': [z.jwt(), 'z.jwt() decodes the token in code'],
  'z.iban()': [z.iban(), 'checksum'],
  'z.creditCard()': [z.creditCard(), 'checksum'],
  'z.emoji()': [z.emoji(), 'follows the Unicode version'],
  'a format that is code': [z.stringFormat('sku', () => true), "write z.stringFormat('sku', /…/)"],
  'a format that is code beside a pattern': [
    z.stringFormat('sku', (text) => /a/.test(text) && text.length > 3, { pattern: /a/ } as object),
    'is code',
  ],
  '.includes() at a position': [z.string().includes('a', { position: 2 }), 'write a .regex()'],
  'flag v': [z.string().regex(new RegExp('[a--b]', 'v')), 'flag v is refused: use flag u'],
  'flag m inside a match': [z.string().regex(/a$\n^b/m), '$ of flag m may only end a match; write the line break'],
  'a look-ahead': [z.string().regex(/^(?=.*\d).{8,}$/), '.regex(/\\d/).regex(/^.{8,}$/) for /^(?=.*\\d).{8,}$/'],
  'a back-reference': [z.string().regex(/^(["'])a\1$/), `(?:"a"|'a') for (["'])a\\1`],
  'a script': [z.string().regex(/\p{Script=Latin}/u), 'Write the code points of other properties as a class'],
  '\\p{…} without flag u': [z.string().regex(new RegExp('\\p{L}')), 'add flag u'],
  'look-ahead': [z.string().regex(/(?=a)/), '/(?=a)/'],
  '\\u{…} without flag u': [z.string().regex(new RegExp('\\u{61}')), 'add flag u'],
  'a length bound below zero': [z.string().max(-1), 'correct the bound'],
  'a bound that no number passes': [z.number().gt(Infinity), 'no number passes'],
  'a step of zero': [z.number().multipleOf(0), 'write a number above 0'],
  'two steps': [z.number().multipleOf(0.1).multipleOf(0.25), 'a contract takes one'],
  'z.xor()': [z.xor([z.string(), z.int()]), 'write z.union()'],
  'an empty union': [z.union([]), 'accepts no value'],
  'an intersection of two types': [z.intersection(z.string(), z.number()), 'write one schema'],
  'an intersection of many unions': [
    Array.from({ length: 8 }, (_, k) =>
      z.union(Array.from({ length: 8 }, (_each, i) => z.object({ [`${k}${i}`]: z.string() }))),
    ).reduce<z.ZodType>((all, union) => all.and(union), z.looseObject({})),
    'more than 5000 pairs of options',
  ],
  'an intersection of two strings with limits': [
    z.intersection(z.string().min(1), z.string().max(2)),
    'write one schema',
  ],
  'a catchall on both sides': [
    z.intersection(z.object({}).catchall(z.string()), z.object({}).catchall(z.int())),
    'both sides have a catchall',
  ],
  'undefined as a literal': [z.literal(undefined), 'write .optional()'],
  'a bigint as a literal': [z.literal(1n), 'JSON has no bigint'],
  'a record over numbers': [z.record(z.int(), z.null()), 'write z.string().regex'],
  'a partial record over numbers': [z.partialRecord(z.literal([1]), z.null()), 'write it as a string'],
  'a loose record over a pattern': [z.looseRecord(z.string().regex(/^x/), z.null()), 'lets keys pass'],
  'the key __proto__': [z.strictObject({ ['__proto__']: z.string() }), 'is forbidden in payloads'],
  'a check under a condition': [z.string().check(z.minLength(3, { when: () => false } as object)), 'drop `when`'],
  'a check of a property': [z.string().check(z.property('length', z.number().max(3))), '"property"'],
  'x-norm in the metadata': [z.string().meta({ 'x-norm': ['trim'] }), 'write norm(schema, [...])'],
  'an infinite schema': [infinite, 'the schema is infinite'],
}

describe('defineContract rejects', () => {
  it.each(Object.entries(cases))('%s', (_, [schema, words]) => {
    const error = errorOf(schema)
    expect(error.code).toBe('contract.unsupported')
    expect(error.message).toContain(words)
  })

  const deep: readonly (readonly [string, z.ZodType])[] = [
    ['(root)', z.date()],
    ['customer.email', z.strictObject({ customer: z.strictObject({ email: z.email().trim() }) })],
    ['customer["e-mail"]', z.strictObject({ customer: z.strictObject({ 'e-mail': z.email().trim() }) })],
    ['lines[].sku', z.strictObject({ lines: z.array(z.strictObject({ sku: z.date() })).nullable() })],
    ['[][1]', z.array(z.tuple([z.string(), z.date()]))],
    ['[...]', z.tuple([z.string()], z.date())],
    ['attrs.*', z.strictObject({ attrs: z.record(z.string(), z.date()).optional() })],
    ['attrs.*(key)', z.strictObject({ attrs: z.record(z.string().trim(), z.null()) })],
    ['at', z.strictObject({ at: z.date().default(new Date(0)) })],
    ['|1.at', z.union([z.string(), z.strictObject({ at: z.date() })])],
    ['&right.at', z.looseObject({}).and(z.looseObject({ at: z.date() }))],
  ]

  it.each(deep)('with the path %s', (path, schema) => {
    const error = errorOf(schema)
    expect(error.params).toMatchObject({ path })
    expect(error.message).toContain(`\n  ${path}: `)
  })

  it('all places at once, in one line for a cause, and counts those beyond the 20 it lists', () => {
    const shape = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`k${i}`, z.date()]))
    const error = errorOf(z.strictObject({ ...shape, set: z.set(z.string()) }))
    expect(error.message.split('\n')).toHaveLength(1 + 2)
    expect(error.message).toContain('k18, k19 and 5 more: JSON has no dates')
    expect(error.message).toContain('\n  set: JSON has no sets')
    expect(error.params?.['refusals']).toHaveLength(26)
  })

  it('up to 20 causes, and counts the others', () => {
    const shape = Object.fromEntries(
      Array.from({ length: 25 }, (_, i) => [`k${i}`, z.string().regex(new RegExp(`a{${i}}(?=b)`))]),
    )
    const error = errorOf(z.strictObject(shape))
    expect(error.message.split('\n')).toHaveLength(1 + 20 + 1)
    expect(error.message).toContain('… and 5 more')
  })
})
