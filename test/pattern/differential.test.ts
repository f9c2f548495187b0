// The automaton against V8's RegExp, on patterns and texts small enough for a matcher that backtracks.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePattern } from '../../src/contract/pattern/index.ts'
import { compileMatcher } from '../../src/engine/js/automaton.ts'
import { randomPattern, randomText } from './random-pattern.ts'

describe('a random pattern of the grammar', () => {
  it('matches the texts that RegExp with flag u matches', () => {
    let matches = 0
    let texts = 0
    const property = fc.property(
      randomPattern,
      fc.array(randomText, { minLength: 8, maxLength: 8 }),
      (source, some) => {
        const matcher = compileMatcher(parsePattern(source, 'u'))
        const native = new RegExp(source, 'u')
        for (const text of some) {
          const expected = native.test(text)
          texts++
          if (expected) matches++
          expect(matcher(text), JSON.stringify(text)).toBe(expected)
        }
      },
    )
    // A failure prints the seed and the path; give them here to run it again.
    fc.assert(property, { numRuns: 3000 })
    // Both answers must really have been asked for.
    expect(matches / texts).toBeGreaterThan(0.2)
    expect(matches / texts).toBeLessThan(0.8)
  })
})
