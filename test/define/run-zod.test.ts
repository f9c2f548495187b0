// Runs schemas as zod's own functions do, without them.

import { afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { messageOf, metadataOf, safeParse, safeParseAsync } from '../../src/contract/define/run-zod.ts'

const { customError, localeError } = z.config()
afterEach(() => void z.config({ customError, localeError }))

const own = z
  .string('a text')
  .min(3, 'longer')
  .regex(/a/, { error: ({ input }) => `not ${String(input)}` })

const schemas: readonly (readonly [string, z.core.$ZodType, readonly unknown[]])[] = [
  [
    'plain types',
    z.object({ a: z.int(), b: z.array(z.email()).max(1) }),
    [{ a: 1, b: [] }, { a: 1.5, b: ['x', 'y'] }, 7],
  ],
  ['messages of the schema', z.object({ a: own }), [{ a: 'abc' }, { a: 'xyz' }, { a: '' }, { a: 1 }]],
  ['a check with the error map of its schema', z.string({ error: ({ code }) => `map: ${code}` }).min(3), ['ab', 1]],
  ['a refinement', z.string({ error: 'of the schema' }).refine((text) => text === 'a'), ['a', 'b']],
  ['a message of superRefine', z.string().superRefine((_, context) => context.addIssue('own')), ['a']],
  ['a union', z.union([z.string(), z.int().min(3)]), ['a', 4, 1, true]],
  ['a custom type as check', z.string().check(z.custom((text) => text === 'a')), ['a', 'b']],
  ['zod/mini', mini.object({ a: mini.string().check(mini.minLength(2)) }), [{ a: 'ab' }, { a: 'a' }, {}]],
  [
    'defaults and transforms',
    z
      .string()
      .default('x')
      .transform((text) => text.length),
    ['abc', undefined, 4],
  ],
]

function expectZodResult(schema: z.core.$ZodType, values: readonly unknown[]): Promise<void[]> {
  return Promise.all(
    values.map(async (value) => {
      const theirs = z.core.safeParse(schema, value)
      const wanted = theirs.success
        ? { data: theirs.data }
        : { issues: theirs.error.issues.map(({ code, path, message }) => ({ code, path, message })) }
      for (const ours of [safeParse(schema, value), await safeParseAsync(schema, value)]) {
        const found = ours.success
          ? { data: ours.data }
          : {
              issues: ours.issues.map((issue) => ({
                code: issue.code,
                path: issue.path ?? [],
                message: messageOf(issue),
              })),
            }
        expect(found).toEqual(wanted)
      }
    }),
  )
}

describe.each(schemas)('%s', (_, schema, values) => {
  it('has the result and the messages of zod', () => expectZodResult(schema, values))

  it('has those of another language', () => {
    z.config(z.locales.de())
    return expectZodResult(schema, values)
  })

  it("has those of the app's error map, which may leave some to the locale", () => {
    z.config({ customError: ({ code, input }) => (code === 'too_small' ? undefined : `app: ${code} ${String(input)}`) })
    return expectZodResult(schema, values)
  })
})

it('throws where a callback returns a promise, as zod does', async () => {
  const schema = z.string().refine((text) => Promise.resolve(text === 'a'))
  expect(() => safeParse(schema, 'a')).toThrow(/Promise/)
  expect(await safeParseAsync(schema, 'a')).toEqual({ success: true, data: 'a' })
})

it('finds the metadata of a schema and of the one that it was made of', () => {
  expect(metadataOf(z.string().meta({ id: 'runZodTest', title: 'a' }).min(1))).toEqual({ title: 'a' })
  expect(metadataOf(z.string())).toEqual({})
})
