// What the JS engine makes of a payload under the contract of a zod schema, for comparisons with zod itself.
import { expect } from 'vitest'
import type { ZodType } from 'zod'
import { defineContract, type DefineOptions } from '../../src/contract/define/index.ts'
import { createEngine } from '../../src/engine/index.ts'

const js = createEngine('js')

/**
 * The canonical text of the document for a JSON text; undefined: the contract rejects it, which it must do for the schema's
 * sake alone. Numbers are doubles, as they are for zod.
 */
export function engineDocument(
  schema: ZodType,
  options: Partial<DefineOptions<ZodType>> = {},
): (text: string) => string | undefined {
  const shared = { name: 'any', numbers: 'double', compress: { codec: 'none' }, digest: 'none' } as const
  const compiled = js.compile(defineContract({ ...shared, schema, ...options }))
  return (text) => {
    const outcome = compiled.process(Buffer.from(text), false)
    if (outcome.ok) return Buffer.from(outcome.body).toString()
    expect(outcome.code).toBe('validate.failed')
    return undefined
  }
}
