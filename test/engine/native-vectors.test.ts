// The vectors of reading, normalizing and writing, through the native engine.
import { describe, expect, test } from 'vitest'
import { rejected } from '../../src/model/index.ts'
import { canonicalText, contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { fieldsOf, payloadOf, readFiles, readVectors, type NormalizeVector, type ReadVector } from './vectors.ts'

describe.each(readFiles)('%s', (file) => {
  test.for(readVectors<ReadVector>(file))('$description', (vector, context) => {
    const native = needEngine('native', context)
    const outcome = native.compile(contractOf({}, fieldsOf(vector))).process(payloadOf(vector), false)
    const { expect: answer } = vector
    if (answer.ok) return expect(canonicalText(outcome)).toBe(answer.canonical)
    return expect(JSON.stringify(outcome)).toBe(JSON.stringify(rejected(answer.code, [answer])))
  })
})

describe('normalize', () => {
  test.for(readVectors<NormalizeVector>('normalize/strings'))('$description', ({ ops, text, expected }, context) => {
    const native = needEngine('native', context)
    const compiled = native.compile(contractOf({ type: 'string', 'x-norm': ops }))
    expect(canonicalText(compiled.process(Buffer.from(JSON.stringify(text)), false))).toBe(JSON.stringify(expected))
  })
})
