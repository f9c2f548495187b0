// The interpreting validator against its vectors (test/vectors/validate), which the native engine is tested with too.
// None of them normalizes.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { rejected, rejectedBy, type Rejected } from '../../src/model/index.ts'
import { parseLock } from '../../src/contract/index.ts'
import { compileValidator } from '../../src/engine/js/validate.ts'
import { canonicalText, readText } from '../../src/json/index.ts'

interface Vector {
  description: string
  schema?: unknown
  /** The schema's text, where JSON.parse would round its numbers. */
  schemaText?: string
  numbers?: 'safe' | 'double' | 'int64'
  tests: { description: string; text: string; outcome: { ok: true; canonical?: string } | Rejected }[]
}

const folder = new URL('../vectors/validate/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

function run(
  { schema, schemaText = JSON.stringify(schema), numbers = 'safe' }: Vector,
  text: string,
): { ok: true; canonical: string } | Rejected {
  const { profile } = parseLock(
    `{"profile":"p1","unicode":"15.0","name":"vector","numbers":"${numbers}","schema":${schemaText}}`,
  )
  const read = readText(text, { ...profile.limits, numbers })
  if (!read.ok) return rejectedBy(read)
  const { issues, truncated } = compileValidator(profile)(read.value)
  if (issues.length > 0) return rejected('validate.failed', issues, truncated)
  return { ok: true, canonical: canonicalText(read.value) }
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
  })
})
