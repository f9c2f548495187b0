// The advice of each refusal works: the schema that it names becomes a contract.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { appOnlyKinds, type AppOnlyKind } from '../../src/contract/define/app-only-kinds.ts'
import { norm } from '../../src/contract/define/norm.ts'
import { walkSchema } from '../../src/contract/define/walk.ts'

const walk = (schema: z.ZodType, appOnly: readonly AppOnlyKind[] = []): ReturnType<typeof walkSchema> =>
  walkSchema(schema, { objects: 'strip', appOnly: new Set(appOnly) })

function refusal(schema: z.ZodType, appOnly: readonly AppOnlyKind[] = []): string {
  try {
    walk(schema, appOnly)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('Expected a refusal')
}

/** The schema that the text names: `z.string().trim().min(1)`. */
// oxlint-disable-next-line typescript/no-implied-eval -- the source that a refusal prints is what is tested
const evaluate = (source: string): z.ZodType => new Function('z', 'norm', `return ${source}`)(z, norm) as z.ZodType

describe('the order that a refusal prints becomes a contract', () => {
  const cases: readonly (readonly [z.ZodType, string, readonly string[]])[] = [
    [z.string().min(1).trim(), 'z.string().trim().min(1)', ['trim']],
    [z.string().min(1).max(9).trim().toLowerCase(), 'z.string().toLowerCase().trim().min(1).max(9)', ['lower', 'trim']],
    [z.string().length(4).toUpperCase(), 'z.string().toUpperCase().length(4)', ['upper']],
    [z.email().trim().toLowerCase(), 'z.string().toLowerCase().trim().pipe(z.email())', ['lower', 'trim']],
    [z.email().max(64).trim(), 'z.string().trim().pipe(z.email().max(64))', ['trim']],
    [z.string().email().trim(), 'z.string().trim().email()', ['trim']],
    [
      z
        .string()
        .regex(/^[a-z]+$/)
        .trim(),
      'z.string().trim().regex(/^[a-z]+$/)',
      ['trim'],
    ],
    [
      z.string().startsWith('a').endsWith('"').includes('b').trim(),
      'z.string().trim().startsWith("a").endsWith("\\"").includes("b")',
      ['trim'],
    ],
    [
      z.iso.datetime({ offset: true, precision: 3 }).trim(),
      'z.string().trim().pipe(z.iso.datetime({ offset: true, precision: 3 }))',
      ['trim'],
    ],
    [z.string().date().trim(), 'z.string().trim().date()', ['trim']],
    [z.uuidv7().toLowerCase(), 'z.string().toLowerCase().pipe(z.uuid({ version: "v7" }))', ['lower']],
    [z.mac({ delimiter: '-' }).trim(), 'z.string().trim().pipe(z.mac({ delimiter: "-" }))', ['trim']],
    [z.hash('md5').trim(), 'z.string().trim().pipe(z.stringFormat("md5_hex", /^[0-9a-fA-F]{32}$/))', ['trim']],
    [z.url().toLowerCase(), 'z.string().toLowerCase().pipe(z.url())', ['lower']],
    [z.httpUrl().toLowerCase(), 'z.string().toLowerCase().pipe(z.httpUrl())', ['lower']],
    [z.coerce.string().min(1).trim(), 'z.coerce.string().trim().min(1)', ['trim']],
    [z.string().normalize().toLowerCase(), 'z.string().toLowerCase().normalize()', ['lower', 'nfc']],
    [z.string().toUpperCase().toLowerCase(), 'z.string().toLowerCase()', ['lower']],
    [z.string().min(2).pipe(z.string().trim()), 'z.string().trim().min(2)', ['trim']],
  ]

  it.each(cases)('%#: %s', (schema, source, ops) => {
    expect(refusal(schema)).toContain(`write ${source}, or keep it in the app`)
    const { schema: document } = walk(evaluate(source))
    expect(document['x-norm']).toStrictEqual(ops)
  })
})

/** A refused schema, words of the refusal, and what those words say to write. */
const advised: Readonly<Record<string, readonly [z.ZodType, string, readonly z.ZodType[]]>> = {
  '.refine()': [z.string().refine(() => true), 'drop it', [z.string()]],
  '.transform()': [z.string().transform(Number), 'drop it, and convert outcome.value()', [z.string()]],
  'z.preprocess()': [z.preprocess(Number, z.int()), 'write the schema inside', [z.int()]],
  'z.transform()': [z.transform(Number), 'write the schema of its input', [z.string()]],
  'z.codec()': [
    z.codec(z.string(), z.number(), { decode: Number, encode: String }),
    'write the schema of the input',
    [z.string()],
  ],
  'z.stringbool()': [z.stringbool(), "z.enum(['true', 'false'])", [z.enum(['true', 'false'])]],
  '.pipe()': [z.string().min(1).pipe(z.coerce.number()), 'write one schema', [z.coerce.number()]],
  'z.custom()': [z.custom(), 'write a schema of JSON', [z.json()]],
  '.overwrite()': [
    z.string().overwrite((text) => `${text}!`),
    'write .trim(), .toLowerCase(), .toUpperCase() or .normalize() instead',
    [z.string().trim(), z.string().toLowerCase(), z.string().toUpperCase(), z.string().normalize()],
  ],
  '.slugify()': [z.string().slugify(), 'write .trim(), .toLowerCase()', [z.string().trim().toLowerCase()]],
  'a function that trims and more': [
    z.string().overwrite((text) => text.trim().slice(0, 40)),
    'is code that a lock cannot hold',
    [z.string().trim()],
  ],
  'an overwrite that collapses': [
    z.string().overwrite((text) => text.replace(/\s+/g, ' ')),
    "write norm(…, ['collapse'])",
    [norm(z.string(), ['collapse'])],
  ],
  ".normalize('NFKC')": [z.string().normalize('NFKC'), 'write .normalize()', [z.string().normalize()]],
  ".normalize('NFD')": [z.string().normalize('NFD'), 'write .normalize()', [z.string().normalize()]],
  '.catch()': [z.string().catch('a'), 'drop it', [z.string()]],
  'z.coerce.date()': [
    z.coerce.date(),
    'write z.iso.datetime({ offset: true }) or z.iso.date()',
    [z.iso.datetime({ offset: true }), z.iso.date()],
  ],
  'z.date()': [z.date(), 'write z.iso.datetime() or z.iso.date()', [z.iso.datetime(), z.iso.date()]],
  'z.coerce.bigint()': [
    z.coerce.bigint(),
    'write z.int(), or z.string().regex(/^-?[0-9]+$/)',
    [z.int(), z.string().regex(/^-?[0-9]+$/)],
  ],
  'z.url({ normalize: true })': [z.url({ normalize: true }), 'write z.url()', [z.url()]],
  'a pattern ahead of .url()': [
    z.string().startsWith('https:').url(),
    'write it behind .url()',
    [z.string().url().startsWith('https:'), z.url().startsWith('https:')],
  ],
  'two patterns of a host': [
    z.url({ hostname: /a/ }).pipe(z.url({ hostname: /b/ })),
    'write one pattern in one z.url()',
    [z.url({ hostname: /a.*b|b.*a/ })],
  ],
  'a default that changes': [
    z.object({ at: z.string().default(() => new Date().toISOString()) }),
    'write a fixed value of JSON, or .optional()',
    [z.object({ at: z.string().default('2024-01-01') }), z.object({ at: z.string().optional() })],
  ],
  'a rejected prefault': [
    z.object({ a: z.string().min(3).prefault('x') }),
    'correct the value',
    [z.object({ a: z.string().min(3).prefault('xyz') })],
  ],
  'a prefault over norm()': [
    z.object({ a: norm(z.string(), ['trim']).prefault(' x ') }),
    'write .default() with the normalized value',
    [z.object({ a: norm(z.string(), ['trim']).default('x') })],
  ],
  'a default that a pipe rejects': [
    z.object({ a: z.string().default('x').pipe(z.string().min(2)) }),
    'correct the value',
    [z.object({ a: z.string().default('xy').pipe(z.string().min(2)) })],
  ],
  'an item that becomes undefined': [
    z.tuple([z.string().optional(), z.string().default('x')]),
    'give it a default too',
    [z.tuple([z.string().default(''), z.string().default('x')])],
  ],
  'a conversion of keys': [
    z.record(z.string().trim().min(1), z.int()),
    'write z.string() or a .regex()',
    [z.record(z.string().min(1), z.int()), z.record(z.string().regex(/^\S+$/), z.int())],
  ],
}

describe('the advice works', () => {
  it.each(Object.entries(advised))('of %s', (_, [schema, words, instead]) => {
    expect(refusal(schema)).toContain(words)
    for (const advice of instead) expect(() => walk(advice)).not.toThrow()
  })

  it('to keep the code in the app, wherever a refusal gives it', () => {
    const kept = Object.values(advised)
      .map(([schema]) => schema)
      .filter((schema) => refusal(schema).includes('or keep it in the app'))
    expect(kept.length).toBeGreaterThan(10)
    for (const schema of kept) {
      const [, kind] = /appOnly: \['(\w+)'\]/.exec(refusal(schema)) ?? []
      expect(walk(schema, [kind as AppOnlyKind]).appOnly).toStrictEqual([`${kind}: (root)`])
    }
  })

  it('where code decides between options', () => {
    const fine = z.string().refine((text) => text !== '')
    const [a, b] = [{ kind: z.literal('a'), x: fine }, { kind: z.literal('b') }]
    const union = z.union([z.object({ x: fine }), z.object({ kind: z.literal('b') })])
    expect(refusal(union, appOnlyKinds)).toContain('write z.discriminatedUnion(), or put the code behind the union')
    expect(() => walk(z.discriminatedUnion('kind', [z.object(a), z.object(b)]), appOnlyKinds)).not.toThrow()
    const behind = z.union([z.object({ x: z.string() }), z.object({ kind: z.literal('b') })]).refine(() => true)
    expect(() => walk(behind, appOnlyKinds)).not.toThrow()
  })

  it('where a prefault stands over a conversion of the app', () => {
    const inner = z.object({ n: z.string().transform(Number) })
    expect(refusal(z.object({ a: inner.prefault({ n: '1' }) }), appOnlyKinds)).toContain(
      'write .default() with the value',
    )
    expect(() => walk(z.object({ a: inner.default({ n: 1 }) }), appOnlyKinds)).not.toThrow()
  })
})
