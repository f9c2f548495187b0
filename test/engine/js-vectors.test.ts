// The vectors of reading and writing, through the JS engine and through each of its two paths.
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
    // As text: the order of keys counts.
    else expect(JSON.stringify(outcome)).toBe(JSON.stringify(rejected(answer.code, [answer])))
  })

  test.each([true, false])(
    'the fast path returns the canonical text of accepted payloads, and undefined for rejected ones (generated: %s)',
    (generate) => {
      for (const vector of vectors) {
        const fast = compileFastPath(contractOf({}, fieldsOf(vector)).profile, { generate })
        const text = fast(payloadOf(vector))
        if (!vector.expect.ok) expect(text, vector.description).toBeUndefined()
        // It leaves uncertain cases to the slow path: possible lone surrogates, escapes in keys, integers of 16 digits.
        else if (vector.numbers === 'int64' && /\d{16}/.test(vector.text ?? ''))
          expect(text, vector.description).toBeUndefined()
        else if (!vector.expect.canonical.includes('\\ud') && !mayEscapeKey(vector.expect.canonical))
          expect(text, vector.description).toBe(vector.expect.canonical)
      }
    },
  )

  test('the slow path has the outcome of every vector', () => {
    for (const vector of vectors) {
      const outcome = compileSlowPath(contractOf({}, fieldsOf(vector)).profile)(payloadOf(vector))
      const { expect: answer } = vector
      expect(outcome, vector.description).toEqual(
        answer.ok ? { ok: true, text: answer.canonical } : rejected(answer.code, [answer]),
      )
    }
  })
})
