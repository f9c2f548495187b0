// The language-neutral vectors of the pattern grammar, read by the TypeScript parser and automaton.
// native/core/tests/pattern.rs reads the same files.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parsePattern, patternCost, PatternError, type PatternUnits } from '../../src/pattern/index.ts'
import { compileMatcher } from '../../src/engine/js/automaton.ts'

interface Matching {
  readonly pattern: string
  readonly 'x-pattern-units'?: PatternUnits
  readonly matches: readonly string[]
  readonly differs: readonly string[]
}

interface Refused {
  readonly about: string
  readonly pattern: string
  readonly 'x-pattern-units'?: PatternUnits
  readonly position: number
}

interface Cost {
  readonly pattern: string
  readonly 'x-pattern-units'?: PatternUnits
  readonly cost: number
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/pattern/${name}.json`, import.meta.url), 'utf8'))

const shown = (pattern: string): string => (pattern.length > 60 ? `${pattern.slice(0, 60)}…` : pattern)

function verdicts({ pattern, 'x-pattern-units': units = 'codepoint', matches, differs }: Matching): unknown {
  const matcher = compileMatcher(parsePattern(pattern, units))
  return { matches: matches.filter((text) => matcher(text)), differs: differs.filter((text) => !matcher(text)) }
}

describe('an accepted pattern', () => {
  it.each((read('matching') as readonly Matching[]).map((vector) => [shown(vector.pattern), vector] as const))(
    'matches what it says: %s',
    (_, vector) => {
      expect(verdicts(vector)).toEqual({ matches: vector.matches, differs: vector.differs })
    },
  )

  it('has the verdicts of RegExp on the generated vectors', () => {
    const vectors = read('generated') as readonly Matching[]
    expect(vectors.length).toBeGreaterThanOrEqual(300)
    for (const vector of vectors) {
      expect(verdicts(vector), vector.pattern).toEqual({ matches: vector.matches, differs: vector.differs })
    }
  })
})

describe('the static cost of a pattern', () => {
  it.each((read('cost') as readonly Cost[]).map((vector) => [vector.cost, shown(vector.pattern), vector] as const))(
    'is %s for %s',
    (cost, _, { pattern, 'x-pattern-units': units = 'codepoint' }) => {
      expect(patternCost(parsePattern(pattern, units))).toBe(cost)
    },
  )
})

describe('an unsupported pattern', () => {
  it.each(
    (read('refused') as readonly Refused[]).map((vector) => [vector.about, shown(vector.pattern), vector] as const),
  )('names the place of %s: %s', (_about, _shown, { pattern, 'x-pattern-units': units = 'codepoint', position }) => {
    let refusal: unknown
    try {
      parsePattern(pattern, units)
    } catch (error) {
      refusal = error
    }
    expect(refusal).toBeInstanceOf(PatternError)
    expect(refusal).toMatchObject({ position })
  })
})
