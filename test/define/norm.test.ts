// norm() marks a zod schema. A lost mark would be a silent change, so every method that clones a marked schema is
// tested.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { norm, normsOf } from '../../src/contract/define/norm.ts'
import type { NormOp } from '../../src/model/profile.ts'
import { walkSchema } from '../../src/contract/define/walk.ts'

const marked = norm(z.string(), ['trim', 'lower'])
const written = (schema: z.ZodType): unknown =>
  walkSchema(schema, { objects: 'strip', appOnly: new Set(['refine']) }).schema['x-norm']

const chains: Readonly<Record<string, z.ZodType>> = {
  '.min()': marked.min(1),
  '.regex()': marked.regex(/a/),
  '.email()': marked.email(),
  '.describe()': marked.describe('words'),
  '.meta()': marked.meta({ title: 'words' }),
  '.refine()': marked.refine(() => true),
  '.brand()': marked.brand('id'),
  '.readonly()': marked.readonly(),
  '.optional()': marked.optional(),
  '.nullable()': marked.nullable(),
  '.nullish()': marked.nullish(),
  '.nonoptional()': marked.optional().nonoptional(),
  '.clone()': marked.clone(),
  '.unwrap()': marked.optional().unwrap(),
  'z.lazy()': z.lazy(() => marked),
  '.extract() of an enum': norm(z.enum(['a', 'b', 'c']), ['lower', 'trim']).extract(['a', 'b']),
  '.exclude() of an enum': norm(z.enum(['a', 'b', 'c']), ['lower', 'trim']).exclude(['a']),
  'norm() around wrappers': norm(z.string().max(5).optional(), ['trim', 'lower']),
  'norm() twice': norm(norm(z.string(), ['trim']), ['lower']),
  'norm() inside and outside': norm(norm(z.string(), ['trim']).nullable(), ['lower']),
}

describe('norm', () => {
  it.each(Object.entries(chains))('stays through %s', (_, schema) => {
    expect(written(schema)).toStrictEqual(['lower', 'trim'])
  })

  it('is kept by .extend(), .pick() and .partial() of the object around it', () => {
    const object = z.strictObject({ mail: marked }).extend({ other: z.null() }).pick({ mail: true }).partial()
    expect(walkSchema(object, { objects: 'strip', appOnly: new Set() }).schema.properties).toStrictEqual({
      mail: { type: 'string', 'x-norm': ['lower', 'trim'] },
    })
  })

  it('is written in the fixed order', () => {
    expect(written(norm(z.string(), ['trim', 'collapse', 'nfc', 'lower']))).toStrictEqual([
      'lower',
      'nfc',
      'collapse',
      'trim',
    ])
  })

  it('keeps the type, the checks and the annotations, and does not change its argument', () => {
    const plain = z.email().max(9).describe('a mail')
    const result = norm(plain, ['trim'])
    expect(result.description).toBe('a mail')
    expect(result.safeParse('x@example.com').success).toBe(false)
    expect(result.safeParse('a@b.co').data).toBe('a@b.co')
    expect(normsOf(plain)).toStrictEqual([])
    expect(normsOf(result)).toStrictEqual(['trim'])
  })

  it('rejects an unknown operation', () => {
    expect(() => norm(z.string(), ['title' as NormOp])).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining('"title"') }),
    )
  })

  it.each([undefined, 'trim', {}, [1n]])('rejects what is no list of operations: %s', (ops) => {
    expect(() => norm(z.string(), ops as NormOp[])).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining("'trim'") }),
    )
  })

  it('rejects lower beside upper', () => {
    expect(() => norm(norm(z.string(), ['lower']), ['upper'])).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining('got both') }),
    )
  })

  it('rejects a schema that is not of strings', () => {
    // @ts-expect-error
    expect(() => norm(z.number(), ['trim'])).toThrow(expect.objectContaining({ code: 'contract.unsupported' }))
    // @ts-expect-error
    expect(() => written(norm(z.number().nullable(), ['trim']))).toThrow(/norm\(\) is on a schema that is not a string/)
    // @ts-expect-error
    expect(() => written(norm(z.literal(['a', 1]), ['trim']))).toThrow(/norm\(\) takes strings only/)
  })

  it.each([
    ['a record key', z.record(marked, z.null()), 'could make two keys one'],
    ['a part of a template literal', z.templateLiteral(['a', marked]), 'would be lost'],
  ])('is refused on %s', (_, schema, words) => {
    expect(() => written(schema)).toThrow(words)
  })
})
