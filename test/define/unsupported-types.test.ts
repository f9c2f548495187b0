// Schemas that cannot become a contract: each error names the zod path and what to write instead.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { SidelaneError } from '../../src/model/errors.ts'
import { walkSchema } from '../../src/contract/define/walk.ts'

function errorOf(schema: z.ZodType, appOnly = false): SidelaneError {
  try {
    walkSchema(schema, { refinementsInAppOnly: appOnly })
  } catch (error) {
    if (error instanceof SidelaneError) return error
    throw error
  }
  throw new Error('Expected an error')
}

const infinite: z.ZodType = z.lazy(() => z.array(z.lazy(() => fresh())))
const fresh = (): z.ZodType => z.array(z.lazy(fresh))

const cases: Readonly<Record<string, readonly [z.ZodType, string]>> = {
  'z.object()': [
    z.object({}),
    "write z.strictObject() or z.looseObject(), or say how to read all bare objects: defineContract({ …, objects: 'strict' | 'loose' })",
  ],
  '.trim()': [z.string().trim(), "write norm(z.string(), ['trim'])"],
  '.trim().toLowerCase()': [
    z.email().max(9).trim().toLowerCase(),
    ".trim().toLowerCase() would be lost in the lock: write norm(z.email().max(9), ['trim', 'lower'])",
  ],
  '.normalize()': [z.string().normalize(), "write norm(z.string(), ['nfc'])"],
  ".normalize('NFKC')": [z.string().normalize('NFKC'), 'only NFC is in the profile'],
  '.toUpperCase()': [z.string().toUpperCase(), 'the profile has `lower` only'],
  '.overwrite()': [z.string().overwrite((text) => `${text}!`), '.overwrite() is code'],
  'a collapsing overwrite': [
    z.string().overwrite((text) => text.replace(/\s+/g, ' ')),
    "write norm(z.string(), ['collapse'])",
  ],
  '.slugify()': [z.string().slugify(), '.overwrite() is code'],
  '.refine()': [z.string().refine(() => true), "appOnly: ['refine']"],
  '.superRefine()': [z.array(z.null()).superRefine(() => {}), "appOnly: ['refine']"],
  'z.url()': [z.url(), 'write httpUrl() from sidelane'],
  'z.httpUrl()': [z.httpUrl(), 'write httpUrl() from sidelane'],
  '.url() as a check': [z.string().url(), 'write httpUrl() from sidelane'],
  '.default()': [z.string().default('a'), 'write .optional()'],
  '.prefault()': [z.string().prefault('a'), 'write .optional()'],
  '.catch()': [z.string().catch('a'), '.catch() silently replaces invalid data'],
  'z.coerce.number()': [z.coerce.number(), 'write z.number()'],
  'z.coerce.boolean()': [z.coerce.boolean(), 'write z.boolean()'],
  '.pipe()': [z.string().pipe(z.email()), 'write one, with all checks in a chain'],
  '.transform()': [z.string().transform(Number), 'write the schema without it'],
  'z.preprocess()': [z.preprocess(String, z.string()), 'write the inner schema'],
  'z.codec()': [z.codec(z.string(), z.number(), { decode: Number, encode: String }), 'write the schema of the input'],
  'z.stringbool()': [z.stringbool(), 'z.codec() and z.stringbool() are code'],
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
  'z.never()': [z.never(), 'leave the key out'],
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
  'an unmergeable intersection': [z.intersection(z.string(), z.string()), 'write one schema'],
  'a catchall on both sides': [
    z.intersection(z.object({}).catchall(z.string()), z.object({}).catchall(z.int())),
    'both sides have a catchall',
  ],
  'undefined as a literal': [z.literal(undefined), 'write .optional()'],
  'a bigint as a literal': [z.literal(1n), 'JSON has no bigint'],
  'a record over numbers': [z.record(z.int(), z.null()), 'write z.string().regex'],
  'a record over any key': [z.record(z.any(), z.null()), 'must be strings'],
  'a partial record over numbers': [z.partialRecord(z.literal([1]), z.null()), 'write it as a string'],
  'a loose record over a pattern': [z.looseRecord(z.string().regex(/^x/), z.null()), 'lets keys pass'],
  'the key __proto__': [z.strictObject({ ['__proto__']: z.string() }), 'is forbidden in payloads'],
  'a check under a condition': [z.string().check(z.minLength(3, { when: () => false } as object)), 'drop `when`'],
  'a check of a property': [z.string().check(z.property('length', z.number().max(3))), '"property"'],
  'an optional discriminator': [
    z.discriminatedUnion('k', [z.strictObject({ k: z.literal('a').optional() })]),
    'may not be optional',
  ],
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
    ['|1.at', z.union([z.string(), z.strictObject({ at: z.date() })])],
    ['&right.at', z.looseObject({}).and(z.looseObject({ at: z.date() }))],
  ]

  it.each(deep)('with the path %s', (path, schema) => {
    const error = errorOf(schema)
    expect(error.params).toMatchObject({ path })
    expect(error.message).toContain(`\n  ${path}: `)
  })

  it('all places at once, and counts those beyond the 20 it lists', () => {
    const shape = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`k${i}`, z.date()]))
    const error = errorOf(z.strictObject(shape))
    expect(error.message.split('\n')).toHaveLength(1 + 20 + 1)
    expect(error.message).toContain('… and 5 more')
    expect(error.params?.['refusals']).toHaveLength(25)
  })

  it('no refinement that stays in the app, and lists their paths', () => {
    const schema = z
      .strictObject({ a: z.string().refine(() => true), b: z.array(z.int().superRefine(() => {})) })
      .refine(() => true)
    const { appOnly, schema: document } = walkSchema(schema, { refinementsInAppOnly: true })
    expect(appOnly).toStrictEqual(['(root)', 'a', 'b[]'])
    expect(document.properties?.['a']).toStrictEqual({ type: 'string' })
  })

  it('an overwrite even where refinements stay in the app', () => {
    expect(errorOf(z.string().trim(), true).message).toContain("['trim']")
  })
})
