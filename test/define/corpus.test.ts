// Schemas as apps have them become contracts, and the engine then gives zod's verdict and zod's output document.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import type { DefineOptions } from '../../src/contract/define/index.ts'
import { near } from './near-values.ts'
import { asTheyAre, refused, withAppOnly } from './corpus.ts'
import { engineDocument } from './engine-document.ts'
import { coercesContainer, fitting } from './payloads.ts'
import { zodOutcome } from './zod-outcome.ts'

/** The document's canonical text. */
type Outcome = string
const rejected = '(rejected)'

function processing(schema: z.ZodType, options?: Partial<DefineOptions<z.ZodType>>): (text: string) => Outcome {
  const document = engineDocument(schema, options)
  return (text) => document(text) ?? rejected
}

function zodDocument(schema: z.ZodType, text: string): Outcome {
  const outcome = zodOutcome(schema, JSON.parse(text))
  return outcome.ok ? outcome.document : rejected
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
        const expected = zodDocument(schema, text)
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
