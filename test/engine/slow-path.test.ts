// What the JS engine takes as JSON and how it writes it: the vectors, through the whole engine and through its two paths.
import { describe, expect, test } from 'vitest'
import { rejected } from '../../src/model/index.ts'
import { compileSlowPath } from '../../src/engine/js/slow-path.ts'
import { compileFastPath } from '../../src/engine/js/fast-path.ts'
import { createEngine } from '../../src/engine/index.ts'
import { mayEscapeKey } from '../../src/json/index.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { fieldsOf, payloadOf, readFiles, readVectors, type ReadVector } from './vectors.ts'

describe.each(readFiles)('%s', (file) => {
  const vectors = readVectors<ReadVector>(file)

  test.for(vectors)('$description', (vector) => {
    const outcome = createEngine('js')
      .compile(contractOf({}, fieldsOf(vector)))
      .process(payloadOf(vector), false)
    const { expect: answer } = vector
    if (answer.ok) expect(canonicalText(outcome)).toBe(answer.canonical)
    else expect(outcome).toEqual(rejectionOf(answer))
  })

  test.each([true, false])('the fast path takes what is accepted and nothing else (generated: %s)', (generate) => {
    for (const vector of vectors) {
      const fast = compileFastPath(contractOf({}, fieldsOf(vector)).profile, { generate })
      const text = fast(payloadOf(vector))
      if (!vector.expect.ok) expect(text, vector.description).toBeUndefined()
      // The two doubts that it leaves to the cold path: what looks like a lone surrogate's escape, and escapes in keys.
      else if (!vector.expect.canonical.includes('\\ud') && !mayEscapeKey(vector.expect.canonical))
        expect(text, vector.description).toBe(vector.expect.canonical)
    }
  })

  test('the cold path decides every vector by itself', () => {
    for (const vector of vectors) {
      const outcome = compileSlowPath(contractOf({}, fieldsOf(vector)).profile)(payloadOf(vector))
      const { expect: answer } = vector
      expect(outcome, vector.description).toEqual(
        answer.ok ? { ok: true, text: answer.canonical } : rejectionOf(answer),
      )
    }
  })
})

function rejectionOf({ code, pointer }: Exclude<ReadVector['expect'], { ok: true }>): unknown {
  return rejected(code, pointer === undefined ? [] : [{ code, pointer }])
}
