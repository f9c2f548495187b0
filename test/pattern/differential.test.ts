// The automaton against V8's RegExp, on expressions and texts small enough for a backtracking matcher.

import { createContext, Script } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternOfRegex } from '../../src/contract/define/regex.ts'
import { compileMatcher } from '../../src/engine/js/automaton.ts'
import { parsePattern } from '../../src/pattern/index.ts'
import { randomRegex, randomText, verdictsOfRegex } from './random-pattern.ts'

describe('a random regular expression with random flags', () => {
  it('matches in a contract the texts that RegExp matches', { timeout: 3_600_000 }, () => {
    const found = { texts: 0, matches: 0, units: 0, refused: 0, runs: 0 }
    const property = fc.property(randomRegex, fc.array(randomText, { minLength: 8, maxLength: 8 }), (regex, texts) => {
      found.runs++
      const expected = withinTime(() => verdictsOfRegex(regex, texts))
      const written = patternOrNothing(regex)
      if (expected === undefined) return
      if (written === undefined) {
        found.refused++
        return
      }
      const { pattern, 'x-pattern-units': units = 'codepoint' } = written
      const matcher = compileMatcher(parsePattern(pattern, units))
      found.texts += texts.length
      found.matches += expected.filter(Boolean).length
      if (units === 'utf16') found.units++
      expect(texts.map((text) => matcher(text))).toEqual(expected)
    })
    // To repeat a failure, set the seed and the path that it prints.
    fc.assert(property, { numRuns: Number(process.env['PATTERN_RUNS'] ?? 4000) })
    // Both verdicts must occur, both units, and few refusals: about 9.5 % of 4,000, with a deviation of 0.5 %.
    expect(found.matches / found.texts).toBeGreaterThan(0.2)
    expect(found.matches / found.texts).toBeLessThan(0.8)
    expect(found.units / found.runs).toBeGreaterThan(0.1)
    expect(found.refused / found.runs).toBeLessThan(0.12)
  })
})

function patternOrNothing(regex: RegExp): ReturnType<typeof patternOfRegex> | undefined {
  try {
    return patternOfRegex(regex)
  } catch (error) {
    // The refusals that the grammar leaves.
    expect(String(error)).toMatch(/flag m may only|with the flags i and u|means "|no start to belong|lone surrogate/)
    return undefined
  }
}

const bounded = createContext({ run: (): unknown => undefined })
const script = new Script('run()')

/** Undefined where backtracking takes too long. */
function withinTime<T>(run: () => T): T | undefined {
  bounded['run'] = run
  try {
    return script.runInContext(bounded, { timeout: 200 }) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  }
}
