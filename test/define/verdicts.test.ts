// zod as an oracle: the engine has the verdict of safeParse for every string format. Valid values are generated and then
// mutated. The intended differences are at the end; random schemas are in random-schemas.test.ts.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { near } from './near-values.ts'
import { engineDocument } from './engine-document.ts'

type Accepts = (value: unknown) => boolean

/** The engine's verdict. */
function accepting(schema: z.ZodType): Accepts {
  const document = engineDocument(schema)
  return (value) => document(JSON.stringify(value)) !== undefined
}

/** zod's verdict. The value has no prototype, from which zod would read a missing `toString` (see below). */
const zodAccepts = (schema: z.ZodType, value: unknown): boolean =>
  schema.safeParse(JSON.parse(JSON.stringify(value), bare)).success

const bare = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.assign(Object.create(null) as object, value)
    : value

function compare(
  schema: z.ZodType,
  fitting: fc.Arbitrary<unknown>,
  numRuns: number,
): { taken: number; refused: number } {
  const accepts = accepting(schema)
  const seen = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(near(fitting), (value) => {
      const expected = zodAccepts(schema, value)
      seen[expected ? 'taken' : 'refused']++
      expect(accepts(value), JSON.stringify(value)).toBe(expected)
    }),
    { numRuns },
  )
  return seen
}

const leap = ['2024-02-29', '2023-12-31', '2000-02-29']
const formats: Readonly<Record<string, readonly [z.ZodType, readonly string[]]>> = {
  uuid: [z.uuid(), ['123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000']],
  uuidv7: [z.uuidv7(), ['018f4d9e-1c2a-7b3c-8d4e-5f6a7b8c9d0e']],
  guid: [z.guid(), ['123e4567-e89b-02d3-0456-426614174000']],
  email: [z.email(), ['ada@example.com', "o'neil+x@a-b.co.uk"]],
  'email, as HTML5': [z.email({ pattern: z.regexes.html5Email }), ['ada@example.com', 'a@b']],
  'iso.date': [z.iso.date(), leap],
  'iso.time': [z.iso.time(), ['23:59:59', '10:00', '00:00:00.123']],
  'iso.time to the minute': [z.iso.time({ precision: -1 }), ['23:59', '10:00']],
  'iso.datetime': [z.iso.datetime(), leap.map((day) => `${day}T10:00:00Z`)],
  'iso.datetime with offset': [
    z.iso.datetime({ offset: true, precision: 3 }),
    leap.map((day) => `${day}T10:00:00.123+02:00`),
  ],
  'iso.datetime, local': [z.iso.datetime({ local: true }), leap.map((day) => `${day}T10:00`)],
  'iso.duration': [z.iso.duration(), ['P1Y2M3DT4H5M6S', 'P3W', 'PT0.5S']],
  ipv4: [z.ipv4(), ['1.2.3.4', '255.255.255.255']],
  ipv6: [z.ipv6(), ['::1', '2001:db8::1', '::ffff:1.2.3.4']],
  cidrv4: [z.cidrv4(), ['10.0.0.0/8', '1.2.3.4/32']],
  cidrv6: [z.cidrv6(), ['2001:db8::/32', '::/0']],
  mac: [z.mac(), ['00:1A:2B:3C:4D:5E', '00:1a:2b:3c:4d:5e']],
  'mac with dashes': [z.mac({ delimiter: '-' }), ['00-1A-2B-3C-4D-5E']],
  base64: [z.base64(), ['', 'AA==', 'AAA=', 'abcd']],
  base64url: [z.base64url(), ['', 'AA', 'AAA', 'ab-_']],
  hostname: [z.hostname(), ['example.com', 'a', 'a.b.']],
  e164: [z.e164(), ['+14155552671', '+1234567']],
  nanoid: [z.nanoid(), ['V1StGXR8_Z5jdHi6B-myT']],
  cuid: [z.cuid(), ['cjld2cjxh0000qzrmn831i7rn']],
  cuid2: [z.cuid2(), ['tz4a98xxat96iws9zmbrgj3a']],
  ulid: [z.ulid(), ['01ARZ3NDEKTSV4RRFFQ69G5FAV']],
  xid: [z.xid(), ['9m4e2mr0ui3e8a215n4g']],
  ksuid: [z.ksuid(), ['0ujtsYcgvSTl8PAuAdqWYSMnLOv']],
  hex: [z.hex(), ['', 'ff00']],
  'a hash': [z.hash('md5'), ['d41d8cd98f00b204e9800998ecf8427e']],
  currencyCode: [z.currencyCode(), ['EUR', 'USD']],
  lowercase: [z.string().lowercase(), ['abc', '']],
  uppercase: [z.string().uppercase(), ['ABC', '']],
  'startsWith and endsWith': [z.string().startsWith('a.').endsWith('$'), ['a.$', 'a. \n$']],
  includes: [z.string().includes('(a+'), ['(a+', 'x(a+\n']],
  'lengths in code points': [z.string().min(2).max(3), ['\u{1f600}\u{1f600}', 'abc', 'e\u0301']],
  'two patterns': [
    z
      .string()
      .regex(/^[^x]+$/)
      .regex(/\d$/),
    ['a1', '\n1'],
  ],
  'classes and dots': [z.string().regex(/^\w.\s\D?$/), ['a- x', 'a-\u00a0', '_\u00e9\ufeff']],
  'a template': [z.templateLiteral(['v', z.int(), '-', z.enum(['a', 'b']), z.string().max(2)]), ['v1-a', 'v-2-bxy']],
  'a template of a number': [z.templateLiteral([z.number(), 'px']), ['1.5px', '-3px']],
}

describe('zod and the engine have the same verdict on the string format', () => {
  it.each(Object.entries(formats))('%s', (_, [schema, seeds]) => {
    const seen = compare(schema, fc.constantFrom(...seeds), 600)
    expect(seen.taken).toBeGreaterThan(50)
    expect(seen.refused).toBeGreaterThan(50)
  })
})

describe('zod and the engine have the same verdict', () => {
  it('on values of a recursive schema', () => {
    const tree = z.strictObject({
      value: z.int(),
      get children() {
        return z.array(tree).max(2).optional()
      },
    })
    const fitting: fc.Arbitrary<unknown> = fc.letrec<{ tree: object }>((tie) => ({
      tree: fc.record(
        { value: fc.integer(), children: fc.array(tie('tree'), { maxLength: 2 }) },
        { requiredKeys: ['value'] },
      ),
    })).tree
    const seen = compare(tree, fitting, 500)
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(50)
  })
})

describe('the engine differs from zod by design', () => {
  it('on members that every object inherits: a contract reads own members only', () => {
    const schema = z.strictObject({ toString: z.any() })
    expect(schema.safeParse({}).success).toBe(true)
    expect(accepting(schema)({})).toBe(false)
  })

  it('on multiples of very large ratios: zod accepts any number there', () => {
    const schema = z.number().multipleOf(0.01)
    expect(zodAccepts(schema, 1e16 + 2)).toBe(true)
    expect(accepting(z.number().multipleOf(3))(9007199254740990)).toBe(true)
    expect(zodAccepts(z.number().multipleOf(3), 9007199254740991)).toBe(true)
    expect(accepting(z.number().multipleOf(3))(9007199254740991)).toBe(false)
  })
})
