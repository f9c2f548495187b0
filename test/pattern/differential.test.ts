// The automaton against V8's RegExp, on patterns and texts small enough for a backtracking matcher.

import { Script } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePattern } from '../../src/pattern/index.ts'
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
        const expected = verdictsOfV8(source, some)
        if (expected === undefined) return
        const matcher = compileMatcher(parsePattern(source, 'u'))
        texts += expected.length
        matches += expected.filter(Boolean).length
        expect(some.map((text) => matcher(text))).toEqual(expected)
      },
    )
    // To repeat a failure, set the seed and the path that it prints.
    fc.assert(property, { numRuns: 3000 })
    // Both verdicts must occur.
    expect(matches / texts).toBeGreaterThan(0.2)
    expect(matches / texts).toBeLessThan(0.8)
  })
})

/** The verdict of RegExp; undefined where its backtracking takes too long. */
function verdictsOfV8(source: string, texts: readonly string[]): boolean[] | undefined {
  // With a prefix, because the V8 of Node 26 does not match astral text before `$`: /[^a]$/u.test('😀') is false there.
  const anchored = JSON.stringify(`^[^]*?(?:${source})`)
  const script = new Script(
    `{ const native = new RegExp(${anchored}, 'u'); ${JSON.stringify(texts)}.map((text) => native.test(text)) }`,
  )
  try {
    return script.runInThisContext({ timeout: 200 }) as boolean[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  }
}
