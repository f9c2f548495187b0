// The slow path against the vectors of validation (test/vectors/validate), which the native engine is tested with too, and
// the fast path beside it.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Contract, Limits, Rejected } from '../../src/model/index.ts'
import { parseLock } from '../../src/contract/index.ts'
import { compileFastPath } from '../../src/engine/js/fast-path.ts'
import { compileSlowPath } from '../../src/engine/js/slow-path.ts'

interface Vector {
  description: string
  schema?: unknown
  /** The schema's text, where JSON.parse would round its numbers. */
  schemaText?: string
  numbers?: 'safe' | 'double' | 'int64'
  limits?: Partial<Limits>
  tests: { description: string; text: string; outcome: { ok: true; canonical?: string } | Rejected }[]
}

const folder = new URL('../vectors/validate/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

const lockOf = ({ schema, schemaText = JSON.stringify(schema), numbers = 'safe', limits = {} }: Vector): Contract =>
  parseLock(
    `{"profile":"p1","unicode":"15.0","name":"vector","numbers":"${numbers}","limits":${JSON.stringify(limits)},"schema":${schemaText}}`,
  )

function run(vector: Vector, text: string): { ok: true; canonical: string } | Rejected {
  const outcome = compileSlowPath(lockOf(vector).profile)(Buffer.from(text))
  return outcome.ok ? { ok: true, canonical: outcome.text } : outcome
}

describe.each(files)('validate vectors: %s', (file) => {
  const vectors = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Vector[]
  describe.each(vectors)('$description', (vector) => {
    test.each(vector.tests)('$description', ({ text, outcome }) => {
      const { status: _, ...got } = { status: 0, ...run(vector, text) }
      if (outcome.ok) expect(got).toMatchObject(outcome)
      // Compared as text, because the order of keys matters.
      else expect(JSON.stringify(got)).toBe(JSON.stringify(outcome))
    })

    test.each([true, false])(
      'the fast path agrees, or leaves the payload to the slow path (generated: %s)',
      (generate) => {
        const { profile } = lockOf(vector)
        const fast = compileFastPath(profile, { generate })
        for (const { text, outcome } of vector.tests) {
          const got = fast(Buffer.from(text))
          if (!outcome.ok) expect(got, text).toBeUndefined()
          else if (got !== undefined) expect(got, text).toBe((run(vector, text) as { canonical: string }).canonical)
        }
      },
    )
  })
})
