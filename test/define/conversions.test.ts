// What zod changes in an accepted value, as the lock says it: unknown members, defaults, the conversions of strings,
// coercion, URLs; and the code that stays in the app.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { SchemaDocument } from '../../src/contract/schema-document.ts'
import { appOnlyKinds, type AppOnlyKind } from '../../src/contract/define/app-only-kinds.ts'
import { walkSchema } from '../../src/contract/define/walk.ts'

const walk = (schema: z.ZodType, appOnly: readonly AppOnlyKind[] = []): ReturnType<typeof walkSchema> =>
  walkSchema(schema, { objects: 'strip', appOnly: new Set(appOnly) })

const lower = (schema: z.ZodType, appOnly: readonly AppOnlyKind[] = []): SchemaDocument => {
  const { $schema: _, ...node } = walk(schema, appOnly).schema
  return node
}

/** What the lock of `{ a: member }` says of the member, and whether it may be missing. */
const member = (schema: z.ZodType): SchemaDocument & { required: boolean } => {
  const node = lower(z.object({ a: schema }))
  return { ...node.properties?.['a'], required: node.required?.includes('a') ?? false } as never
}

const problems = (schema: z.ZodType, appOnly: readonly AppOnlyKind[] = []): string => {
  try {
    walk(schema, appOnly)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const text = { type: 'string' }
const safe = { minimum: -9007199254740991, maximum: 9007199254740991 }

describe('unknown members', () => {
  it('are dropped by a bare object, wherever it stands', () => {
    const bare = { type: 'object', properties: {}, 'x-unknown': 'strip' }
    expect(lower(z.object({}))).toStrictEqual(bare)
    expect(lower(z.array(z.object({}))).items).toStrictEqual(bare)
    expect(lower(z.object({ a: z.object({}).nullable() })).properties?.['a']?.anyOf).toStrictEqual([
      bare,
      { type: 'null' },
    ])
    expect(lower(z.record(z.string(), z.object({}))).additionalProperties).toStrictEqual(bare)
    expect(lower(z.tuple([z.object({})])).prefixItems).toStrictEqual([bare])
    expect(lower(z.union([z.object({}), z.string()])).anyOf).toStrictEqual([bare, text])
  })

  it('are kept or checked where the schema says so', () => {
    expect(lower(z.object({}).loose())).toStrictEqual({ type: 'object', properties: {} })
    expect(lower(z.object({}).strict())['additionalProperties']).toBe(false)
    expect(lower(z.object({}).catchall(z.string()))['additionalProperties']).toStrictEqual(text)
    expect(lower(z.object({}).strip())['x-unknown']).toBe('strip')
  })
})

describe('a missing member', () => {
  const cases: Readonly<Record<string, readonly [z.ZodType, object]>> = {
    '.default()': [z.string().default('x'), { ...text, default: 'x', required: false }],
    '.default(), unchecked and as it stands': [
      z.string().trim().min(5).default(' x'),
      { ...text, minLength: 5, 'x-norm': ['trim'], default: ' x', required: false },
    ],
    '.default().optional()': [z.string().default('x').optional(), { ...text, default: 'x', required: false }],
    '.optional().default()': [z.string().optional().default('x'), { ...text, default: 'x', required: false }],
    '.default().nullable()': [
      z.string().default('x').nullable(),
      { type: ['string', 'null'], default: 'x', required: false },
    ],
    '.default().readonly()': [z.string().default('x').readonly(), { ...text, default: 'x', required: false }],
    '.default(null)': [
      z.string().nullable().default(null),
      { type: ['string', 'null'], default: null, required: false },
    ],
    '.default(undefined)': [
      z
        .string()
        .optional()
        .default(undefined as never),
      { ...text, required: false },
    ],
    '.default().nonoptional(), which asks for the member': [
      z.string().default('x').nonoptional(),
      { ...text, required: true },
    ],
    'a default that is a function': [
      z.array(z.string()).default(() => []),
      { type: 'array', items: text, default: [], required: false },
    ],
    'a default in an option of a union': [
      z.union([z.number(), z.string().default('x')]),
      { type: ['number', 'string'], default: 'x', required: false },
    ],
    'a default in a lazy schema': [z.lazy(() => z.string().default('x')), { ...text, default: 'x', required: false }],
    'a default ahead of a pipe goes through it': [
      z.string().default(' x ').pipe(z.string().trim()),
      { ...text, 'x-norm': ['trim'], default: 'x', required: false },
    ],
    '.prefault(), processed': [
      z.string().trim().min(1).prefault(' x '),
      { ...text, minLength: 1, 'x-norm': ['trim'], default: 'x', required: false },
    ],
    '.prefault({})': [
      z.object({ b: z.int().default(1) }).prefault({}),
      {
        type: 'object',
        properties: { b: { type: 'integer', ...safe, default: 1 } },
        'x-unknown': 'strip',
        default: { b: 1 },
        required: false,
      },
    ],
    'z.coerce.boolean(), which needs the member': [
      z.coerce.boolean(),
      { type: 'boolean', 'x-coerce': true, required: true },
    ],
  }

  it.each(Object.entries(cases))('%s', (_, [schema, document]) => {
    expect(member(schema)).toStrictEqual(document)
  })

  it('of a whole object with a default stays as the default says', () => {
    const schema = z.object({ a: z.object({ b: z.string().default('x') }).default({} as never) })
    expect(schema.parse({})).toStrictEqual({ a: {} })
    expect(lower(schema).properties?.['a']?.default).toStrictEqual({})
  })

  it('has no value in an array, a record, a catchall and at the root', () => {
    const schema = z.string().default('x')
    expect(lower(schema)).toStrictEqual(text)
    expect(lower(z.array(schema)).items).toStrictEqual(text)
    expect(lower(z.record(z.string(), schema)).additionalProperties).toStrictEqual(text)
    expect(lower(z.object({}).catchall(schema)).additionalProperties).toStrictEqual(text)
  })

  it('that is a listed key of a record takes what zod makes of undefined', () => {
    const listed = (value: z.ZodType): SchemaDocument => lower(z.record(z.enum(['a']), value))
    expect(listed(z.string().default('x'))).toMatchObject({ properties: { a: { default: 'x' } } })
    expect(listed(z.string().default('x')).required).toBeUndefined()
    expect(listed(z.coerce.boolean()).properties?.['a']?.default).toBe(false)
    expect(listed(z.coerce.number()).required).toStrictEqual(['a'])
    const partial = lower(z.partialRecord(z.enum(['a']), z.string().default('x')))
    expect(partial.properties).toStrictEqual({ a: text })
  })

  const endless: Record<string, unknown> = {}
  endless['self'] = endless
  let doubled: object = {}
  for (let i = 0; i < 24; i++) doubled = { a: doubled, b: doubled }

  it.each<readonly [string, z.ZodType, string]>([
    ['now', z.string().default(() => new Date().toISOString()), 'differs each time it is read'],
    ['the date of today', z.string().default(() => new Date().toISOString().slice(0, 10)), 'differs'],
    ['Date() as a function', z.string().default(() => Date()), 'differs'],
    ['this year', z.number().default(() => new Date().getFullYear()), 'differs'],
    ['Date.now()', z.number().default(Date.now), 'differs'],
    ['a random value', z.string().default(() => crypto.randomUUID()), 'differs'],
    ['a Date', z.any().default(new Date(0)), 'is not a value of JSON'],
    ['a value that holds itself', z.any().default(endless), 'is not a value of JSON'],
    ['an object written 2^24 times', z.any().default(doubled), 'is not a value of JSON'],
    ['a list with a hole', z.any().default(Array(1)), 'is not a value of JSON'],
    ['NaN', z.any().default(Number.NaN), 'is not a value of JSON'],
    ['a Map', z.any().default(() => new Map()), 'is not a value of JSON'],
    [
      'a function that throws',
      z.string().default(() => {
        throw new Error('no')
      }),
      'throws (no)',
    ],
    ['a rejected prefault', z.string().min(3).prefault('x'), '.prefault() has a value that its own schema rejects'],
    ['a default that the pipe rejects', z.string().default('x').pipe(z.string().min(3)), 'rejected by the .pipe()'],
  ])('with %s as its default is refused', (_, schema, words) => {
    expect(problems(z.object({ a: schema }))).toContain(`\n  a: `)
    expect(problems(z.object({ a: schema }))).toContain(words)
  })

  it('leaves the clock as it was', () => {
    const { Date: before } = globalThis
    const { now } = Date
    problems(z.object({ a: z.string().default(() => String(Date.now())) }))
    expect(globalThis.Date).toBe(before)
    expect(Date.now).toBe(now)
  })
})

describe('a missing item at the end of a tuple', () => {
  const tuple = (...items: [z.ZodType, ...z.ZodType[]]): SchemaDocument => lower(z.tuple(items))

  it('takes its default', () => {
    expect(tuple(z.string(), z.string().default('x'), z.null().optional())).toStrictEqual({
      type: 'array',
      prefixItems: [text, { ...text, default: 'x' }, { type: 'null' }],
      items: false,
      minItems: 1,
      maxItems: 3,
    })
  })

  it('has none where the item must be present', () => {
    expect(tuple(z.string().default('x'), z.string())).toStrictEqual({
      type: 'array',
      prefixItems: [text, text],
      items: false,
      minItems: 2,
      maxItems: 2,
    })
  })

  it('ahead of one with a default is refused, where zod makes it undefined', () => {
    const schema = z.tuple([z.string(), z.string().optional(), z.string().default('x')])
    expect(schema.parse(['a'])).toStrictEqual(['a', undefined, 'x'])
    expect(problems(schema)).toContain('[1]: a missing item ahead of one with a default')
    expect(problems(z.tuple([z.string(), z.string().default('y'), z.string().default('x')]))).toBe('')
  })
})

describe('conversions of strings', () => {
  const cases: Readonly<Record<string, readonly [z.ZodType, SchemaDocument]>> = {
    '.trim()': [z.string().trim(), { ...text, 'x-norm': ['trim'] }],
    '.trim().toLowerCase()': [z.string().trim().toLowerCase(), { ...text, 'x-norm': ['lower', 'trim'] }],
    '.toUpperCase()': [z.string().toUpperCase(), { ...text, 'x-norm': ['upper'] }],
    '.normalize()': [z.string().normalize(), { ...text, 'x-norm': ['nfc'] }],
    ".normalize('NFC').trim()": [z.string().normalize('NFC').trim(), { ...text, 'x-norm': ['nfc', 'trim'] }],
    '.toLowerCase().normalize()': [z.string().toLowerCase().normalize(), { ...text, 'x-norm': ['lower', 'nfc'] }],
    'ahead of checks': [z.string().trim().min(1).max(5), { ...text, minLength: 1, maxLength: 5, 'x-norm': ['trim'] }],
    'ahead of a format as a check': [z.string().trim().date(), { ...lower(z.iso.date()), 'x-norm': ['trim'] }],
    'ahead of a pipe': [
      z.string().trim().toLowerCase().pipe(z.email()),
      { ...lower(z.email()), 'x-norm': ['lower', 'trim'] },
    ],
    'in a chain of pipes': [
      z.string().trim().pipe(z.string().min(1)).pipe(z.string().max(5)),
      { ...text, minLength: 1, maxLength: 5, 'x-norm': ['trim'] },
    ],
    'ahead of an enum': [
      z
        .string()
        .toLowerCase()
        .pipe(z.enum(['a', 'b'])),
      { ...text, enum: ['a', 'b'], 'x-norm': ['lower'] },
    ],
    'ahead of a literal': [z.string().trim().pipe(z.literal('a')), { ...text, const: 'a', 'x-norm': ['trim'] }],
    'in an option of a union': [
      z.union([z.string().trim(), z.number()]),
      { anyOf: [{ ...text, 'x-norm': ['trim'] }, { type: 'number' }] },
    ],
    'under null': [z.string().trim().nullable(), { type: ['string', 'null'], 'x-norm': ['trim'] }],
    'behind z.coerce.string()': [
      z.coerce.string().trim().min(1),
      { ...text, 'x-coerce': true, minLength: 1, 'x-norm': ['trim'] },
    ],
    'behind a URL, where it has nothing to do': [z.url().max(9).trim(), { ...text, maxLength: 9, 'x-url': {} }],
  }

  it.each(Object.entries(cases))('%s', (_, [schema, document]) => {
    expect(lower(schema)).toStrictEqual(document)
  })
})

describe('coercion', () => {
  const cases: Readonly<Record<string, readonly [z.ZodType, SchemaDocument]>> = {
    'z.coerce.number()': [z.coerce.number().min(1), { type: 'number', 'x-coerce': true, minimum: 1 }],
    'z.coerce.number().int()': [z.coerce.number().int(), { type: 'integer', 'x-coerce': true, ...safe }],
    'z.coerce.boolean()': [z.coerce.boolean(), { type: 'boolean', 'x-coerce': true }],
    'z.coerce.string()': [z.coerce.string().max(3), { ...text, 'x-coerce': true, maxLength: 3 }],
    'null, which stays null': [
      z.coerce.number().nullable(),
      { anyOf: [{ type: 'null' }, { type: 'number', 'x-coerce': true }] },
    ],
    'null, which is converted': [
      z.union([z.coerce.number(), z.null()]),
      { anyOf: [{ type: 'number', 'x-coerce': true }, { const: null }] },
    ],
    'a union with null around it': [
      z.union([z.coerce.number(), z.array(z.null())]).nullable(),
      {
        anyOf: [{ type: 'null' }, { type: 'number', 'x-coerce': true }, { type: 'array', items: { type: 'null' } }],
      },
    ],
    'a pipe behind it': [
      z.coerce.number().pipe(z.int().min(1)),
      { type: 'integer', 'x-coerce': true, minimum: 1, maximum: 9007199254740991 },
    ],
    'a boolean behind it': [z.coerce.boolean().pipe(z.boolean()), { type: 'boolean', 'x-coerce': true }],
  }

  it.each(Object.entries(cases))('%s', (_, [schema, document]) => {
    expect(lower(schema)).toStrictEqual(document)
  })
})

describe('URLs', () => {
  const cases: Readonly<Record<string, readonly [z.ZodType, SchemaDocument]>> = {
    'z.url()': [z.url(), { ...text, 'x-url': {} }],
    '.url() as a check': [z.string().min(1).url().max(99), { ...text, minLength: 1, maxLength: 99, 'x-url': {} }],
    'with patterns': [
      z.url({ hostname: /\.example$/, protocol: /^https$/ }),
      { ...text, 'x-url': { hostname: '\\.example$', protocol: '^https$' } },
    ],
    'two checks': [z.url({ protocol: /^https$/ }).pipe(z.url()), { ...text, 'x-url': { protocol: '^https$' } }],
    'trimmed first': [z.string().trim().pipe(z.url()), { ...text, 'x-url': {}, 'x-norm': ['trim'] }],
  }

  it.each(Object.entries(cases))('%s', (_, [schema, document]) => {
    expect(lower(schema)).toStrictEqual(document)
  })

  it('of http only', () => {
    expect(lower(z.httpUrl())['x-url']).toStrictEqual({
      hostname: '^([a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z]{2,63}$',
      protocol: '^https?$',
    })
  })
})

describe('code that stays in the app', () => {
  const at = z.string().transform((day) => new Date(day))
  const cases: Readonly<Record<string, readonly [z.ZodType, SchemaDocument, readonly string[]]>> = {
    '.refine()': [z.string().refine(() => true), text, ['refine: (root)']],
    '.superRefine()': [
      z.array(z.null()).superRefine(() => {}),
      { type: 'array', items: { type: 'null' } },
      ['refine: (root)'],
    ],
    '.check()': [z.string().check(() => {}), text, ['refine: (root)']],
    '.transform()': [z.string().max(3).transform(Number), { ...text, maxLength: 3 }, ['transform: (root)']],
    '.transform().pipe()': [
      z
        .string()
        .transform((json): unknown => JSON.parse(json))
        .pipe(z.object({ at: z.date() })),
      text,
      ['transform: (root)'],
    ],
    '.transform().refine()': [
      z
        .string()
        .transform(Number)
        .refine(() => true),
      text,
      ['refine: (root)', 'transform: (root)'],
    ],
    'z.preprocess(), whose input is anything': [z.preprocess(String, z.string().max(3)), {}, ['transform: (root)']],
    'z.transform()': [z.transform(String), {}, ['transform: (root)']],
    '.pipe() of two types': [
      z.string().min(1).pipe(z.coerce.number()),
      { ...text, minLength: 1 },
      ['transform: (root)'],
    ],
    'z.codec()': [z.codec(z.string(), z.number(), { decode: Number, encode: String }), text, ['transform: (root)']],
    'z.stringbool()': [z.stringbool(), text, ['transform: (root)']],
    '.overwrite()': [z.number().overwrite(Math.round).max(3), { type: 'number' }, ['transform: (root)']],
    'a conversion behind a check, and all behind it': [
      z.string().min(1).trim().max(3),
      { ...text, minLength: 1 },
      ['transform: (root)'],
    ],
    'z.custom()': [z.custom<string>(), {}, ['custom: (root)']],
    'z.instanceof()': [z.instanceof(Date), {}, ['custom: (root)']],
  }

  it.each(Object.entries(cases))('%s', (_, [schema, document, places]) => {
    const {
      appOnly,
      schema: { $schema, ...node },
    } = walk(schema, appOnlyKinds)
    expect($schema).toBeDefined()
    expect(node).toStrictEqual(document)
    expect(appOnly.toSorted()).toStrictEqual(places)
  })

  it('is listed with its place, and members are required as zod has it', () => {
    const schema = z
      .object({
        day: at,
        days: z.array(at),
        guess: z.preprocess((value) => value ?? 'x', z.string()),
        any: z.custom<string>(),
        first: at.default(() => new Date(0) as never),
      })
      .omit({ first: true })
      .refine(() => true)
    const { appOnly, schema: document } = walk(schema, appOnlyKinds)
    expect(appOnly).toStrictEqual([
      'refine: (root)',
      'transform: day',
      'transform: days[]',
      'transform: guess',
      'custom: any',
    ])
    expect(document.required).toStrictEqual(['day', 'days', 'any'])
  })

  it('needs its own kind in the option', () => {
    expect(
      problems(
        z.string().refine(() => true),
        ['transform', 'custom'],
      ),
    ).toContain("appOnly: ['refine']")
    expect(problems(z.string().transform(Number), ['refine', 'custom'])).toContain("appOnly: ['transform']")
    expect(problems(z.custom(), ['refine', 'transform'])).toContain("appOnly: ['custom']")
  })

  it('keeps the default that stands ahead of it, and inserts the one behind it', () => {
    const schema = z.object({
      before: z.string().default('1').transform(Number),
      behind: z.string().transform(Number).default(1),
      processed: z.string().transform(Number).prefault('1'),
    })
    expect(lower(schema, ['transform']).properties).toStrictEqual({
      before: { ...text, default: '1' },
      behind: { ...text, default: 1 },
      processed: { ...text, default: '1' },
    })
  })

  it('may not decide between options that change the document', () => {
    const fine = (name: string): z.ZodType => z.string().refine((value) => value === name)
    const ambiguous = z.union([z.object({ a: fine('x') }), z.object({ b: z.string() })])
    expect(problems(ambiguous, ['refine'])).toContain('which option applies is decided by code')
    const loose = z.union([z.looseObject({ a: fine('x') }), z.looseObject({ b: z.string() })])
    expect(problems(loose, ['refine'])).toBe('')
    const byType = z.union([fine('x'), z.object({ b: z.string() })])
    expect(problems(byType, ['refine'])).toBe('')
    const byLiteral = z.union([
      z.object({ kind: z.literal('a'), a: fine('x') }),
      z.object({ kind: z.literal('b'), b: z.string() }),
    ])
    expect(problems(byLiteral, ['refine'])).toBe('')
    const discriminated = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a'), a: fine('x') }),
      z.object({ kind: z.literal('b'), b: z.string() }),
    ])
    expect(problems(discriminated, ['refine'])).toBe('')
    const strict = z.strictObject({ a: fine('x').optional() })
    const byRequired = z.union([strict, z.string(), z.object({ d: z.string() }).refine(() => true)])
    expect(problems(byRequired, ['refine'])).toBe('')
    const byBranch = z.union([fine('x'), z.union([z.number(), z.object({ d: z.string() })])])
    expect(problems(byBranch, ['refine'])).toBe('')
    const both = z.union([strict, z.object({ a: z.string() })])
    expect(problems(both, ['refine'])).toContain('which option applies is decided by code')
    const lazy: z.ZodType = z.object({ a: fine('x'), of: z.union([z.lazy(() => lazy), z.lazy(() => lazy).array()]) })
    expect(problems(lazy, ['refine'])).toBe('')
  })
})

describe('all places are told at once', () => {
  const day = z.object({ day: z.date() })

  it('inside .default(), .prefault(), .catch(), .transform(), z.preprocess() and .pipe()', () => {
    const message = problems(
      z.object({
        a: day.default({} as never),
        b: day.catch({} as never),
        c: day.transform(String),
        d: z.preprocess(String, day),
        e: day.pipe(z.object({ other: z.date() }) as never),
        f: z.tuple([day.optional()]),
      }),
    )
    const paths = message.split('\n').flatMap((line) => /^  (.*?): /.exec(line)?.[1]?.split(', ') ?? [])
    expect(paths.toSorted()).toEqual(
      ['a.day', 'b', 'b.day', 'c', 'c.day', 'd', 'd.day', 'e', 'e.day', 'e.other', 'f[0].day'].toSorted(),
    )
  })
})
