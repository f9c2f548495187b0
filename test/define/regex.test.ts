// Regular expressions of a schema: the pattern of the lock that each becomes.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { otherCases } from '../../src/contract/define/case-classes.ts'
import { patternOfRegex } from '../../src/contract/define/regex.ts'
import { compileMatcher } from '../../src/engine/js/automaton.ts'
import { parsePattern, patternCost } from '../../src/pattern/index.ts'

const matcherOf = (regex: RegExp): ((text: string) => boolean) => {
  const { pattern, 'x-pattern-units': units = 'codepoint' } = patternOfRegex(regex)
  return compileMatcher(parsePattern(pattern, units))
}

describe('the pattern of a regular expression', () => {
  it.each([
    [/^[a-z0-9]+(?:-[a-z0-9]+)*$/, '^[a-z0-9]+(?:-[a-z0-9]+)*$'],
    [/^true$/i, '^[Tt][Rr][Uu][Ee]$'],
    [/^[a-z-]+$/i, '^[A-Za-z-]+$'],
    [/[^k]/iu, '[^K\\u212ak]'],
    [/^[-k]$/i, '^[K\\-k]$'],
    [/\W/iu, '[^\\w\\u017f\\u212a]'],
    [/a.b/su, 'a[\\s\\S]b'],
    [/^a$/mu, '(?:^|[\\n\\r\\u2028\\u2029])a(?:$|[\\n\\r\\u2028\\u2029])'],
    [/a|b/y, '^(?:a|b)'],
    [/a/dg, 'a'],
    [/\p{Lu}/u, '\\p{Lu}'],
    [/(?<year>\d{4})/, '(?<year>\\d{4})'],
    [/[\w-.]]}/, '[\\w-.]]}'],
    [/[\b]\cJ\0/, '[\\x08]\\x0a\\x00'],
    [new RegExp('a{b}\\-'), 'a\\{b}\\-'],
  ])('%s', (regex, pattern) => {
    expect(patternOfRegex(regex)).toEqual({ pattern })
  })

  it.each([/^.{1,10}$/, /^[^\s]{2}$/, /^.$/, /[\ud83c-\ud83e]/, /😀+/, /\B/, /^.+.+$/, /^[\0-\uffff]*$/])(
    'counts UTF-16 units where that can make a difference: %s',
    (regex) => {
      expect(patternOfRegex(regex)).toHaveProperty('x-pattern-units', 'utf16')
    },
  )

  it.each([/^[a-z]+$/, /^.*$/, /^[^@]+@[^@]+$/, /^.+$/, /\bfoo\b/, /^[\s\S]{0,}$/, /é/i])(
    'does not where none can be seen: %s',
    (regex) => {
      expect(patternOfRegex(regex)).not.toHaveProperty('x-pattern-units')
    },
  )

  it('is written beside the pattern, and in allOf', () => {
    const { lock } = defineContract({
      name: 'p',
      schema: z
        .string()
        .regex(/^[a-z]/)
        .regex(/^.{2}$/),
    })
    expect(lock.schema).toMatchObject({
      type: 'string',
      pattern: '^[a-z]',
      allOf: [{ pattern: '^.{2}$', 'x-pattern-units': 'utf16' }],
    })
  })

  it('has the verdicts of V8 on emoji', () => {
    expect(matcherOf(/^.{1,10}$/)('😀'.repeat(6))).toBe(false)
    expect(matcherOf(/^[^\s]{2}$/)('😀')).toBe(true)
  })
})

describe('flag i', () => {
  // Newer runtimes know case mappings of characters that Unicode 15.0 leaves unassigned.
  const unassigned = compileMatcher(parsePattern('\\p{Cn}'))

  it.each(['i', 'iu'])('takes for the same character what RegExp does: %s', (flags) => {
    const wrong: string[] = []
    const last = flags === 'i' ? 0xffff : 0x1ffff
    for (let code = 0; code <= last; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const character = String.fromCodePoint(code)
      // Only characters with a case are in a class.
      if (character.toLowerCase() === character && character.toUpperCase() === character) continue
      const others = otherCases([code, code], flags === 'iu')
      const expected = [
        character.toLowerCase(),
        character.toUpperCase(),
        ...others.map((one) => String.fromCodePoint(one)),
      ]
      const native = new RegExp(
        `^\\u${flags === 'iu' ? `{${code.toString(16)}}` : code.toString(16).padStart(4, '0')}$`,
        flags,
      )
      for (const other of expected) {
        const isOther = other === character || others.includes(other.codePointAt(0) as number)
        if ([...other].length === 1 && native.test(other) !== isOther && !unassigned(character + other))
          wrong.push(`${character} ${other}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('the advice of a refusal makes a contract', () => {
  it.each([
    [
      /^(?=.*\d).{8,}$/,
      z
        .string()
        .regex(/\d/)
        .regex(/^.{8,}$/),
    ],
    [/^(["'])a\1$/, z.string().regex(/^(?:"a"|'a')$/)],
    [/a$\n^b/m, z.string().regex(/a\nb/)],
    [new RegExp('[[a-z]--b]', 'v'), z.string().regex(/[ac-z]/u)],
    [new RegExp('\\p{L}'), z.string().regex(/\p{L}/u)],
    [/(?:^|x)\bk\b/iu, z.string().regex(/(?:^|x)\bk\b/i)],
  ])('%s', (refused, schema) => {
    expect(() => patternOfRegex(refused)).toThrow()
    expect(defineContract({ name: 'p', schema }).lock.schema).toHaveProperty('pattern')
  })
})

describe('the static cost', () => {
  it.each([
    [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 1],
    [/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i, 3],
    [/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 1],
    [/[ab]*a[ab]{900}c/, 907],
  ])('of %s is at most %s', (regex, most) => {
    const cost = patternCost(parsePattern(patternOfRegex(regex).pattern))
    expect(cost).toBeLessThanOrEqual(most)
    if (most > 100) expect(cost).toBeGreaterThan(900)
  })
})
