// Schemas as apps have them become contracts, and the engine then gives zod's verdict and zod's output document.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import type { DefineOptions } from '../../src/contract/define/index.ts'
import { near } from './near-values.ts'
import { asTheyAre, refused, withAppOnly } from './corpus.ts'
import { engineDocument } from './engine-document.ts'
import { coercesContainer, fitting } from './payloads.ts'

/** The document's canonical text. */
type Outcome = string
const rejected = '(rejected)'

function processing(schema: z.ZodType, options?: Partial<DefineOptions<z.ZodType>>): (text: string) => Outcome {
  const document = engineDocument(schema, options)
  return (text) => document(text) ?? rejected
}

function zodOutcome(schema: z.ZodType, text: string): Outcome {
  const { success, data } = schema.safeParse(JSON.parse(text))
  return success ? canonical(JSON.parse(JSON.stringify(data))) : rejected
}

/** The canonical form of JSON data: members in the order of their UTF-16 code units. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}

/** By design, lists and objects are not coerced, and hosts that are not ASCII are read by a rule of our own. */
const isReadAlike = (schema: z.ZodType, text: string): boolean =>
  !coercesContainer(schema, JSON.parse(text)) && !/(?:https?|ftp|wss?):[^"]*[^ -~]/i.test(text)

const payloads = (schema: z.ZodType): fc.Arbitrary<string> =>
  near(fitting(schema)).map((value) => JSON.stringify(value) ?? 'null')

describe('a schema as an app has it has the verdict and the document of zod', () => {
  const taken: string[] = []

  it.each(Object.entries(asTheyAre))('%s', (name, schema) => {
    const engine = processing(schema)
    fc.assert(
      fc.property(payloads(schema), (text) => {
        fc.pre(isReadAlike(schema, text))
        const expected = zodOutcome(schema, text)
        if (expected !== rejected) taken.push(name)
        expect(engine(text), text).toBe(expected)
      }),
      { numRuns: 150 },
    )
  })

  it('on accepted payloads of nearly all of them', () => {
    expect(new Set(taken).size).toBeGreaterThan(0.9 * Object.keys(asTheyAre).length)
  })
})

describe('a schema with code of the app', () => {
  it.each(Object.entries(withAppOnly))('%s: the contract accepts what zod accepts', (_, schema) => {
    expect(() => processing(schema)).toThrow(expect.objectContaining({ code: 'contract.unsupported' }))
    const engine = processing(schema, { appOnly: 'all' })
    fc.assert(
      fc.property(payloads(schema), (text) => {
        fc.pre(isReadAlike(schema, text))
        if (schema.safeParse(JSON.parse(text)).success) expect(engine(text), text).not.toBe(rejected)
        else engine(text)
      }),
      { numRuns: 150 },
    )
  })
})

it.each(Object.entries(refused))('%s is refused', (_, schema) => {
  expect(() => processing(schema, { appOnly: 'all' })).toThrow(
    expect.objectContaining({ code: 'contract.unsupported' }),
  )
})

it('most schemas become contracts as they are', () => {
  const all = Object.keys(asTheyAre).length + Object.keys(withAppOnly).length + Object.keys(refused).length
  expect(Object.keys(asTheyAre).length).toBeGreaterThan(80)
  expect(Object.keys(asTheyAre).length / all).toBeGreaterThan(0.8)
})
