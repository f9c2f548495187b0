// Hostile patterns and texts: time is linear in the text, and memory is bounded.

import { describe, expect, it } from 'vitest'
import { parsePattern } from '../../src/pattern/index.ts'
import { compileMatcher } from '../../src/engine/js/automaton.ts'
import { cpuTime } from '../support/cpu-time.ts'

const matcherOf = (source: string): ((text: string) => boolean) => compileMatcher(parsePattern(source))

/** Characters in an order that does not repeat soon. */
function scrambled(length: number, characters: readonly string[]): string {
  let state = 12_345
  const parts: string[] = []
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    parts.push(characters[(state >>> 16) % characters.length] as string)
  }
  return parts.join('')
}

describe('a pattern that makes RegExp backtrack', () => {
  it.each([
    ['^(?:a{0,20}){20}b$', 'a'],
    ['^(a|a)*$', 'a'],
    ['^(?:(?:a*)*)*$', 'a'],
    ['.*x$', 'a'],
    ['x*y', 'x'],
    ['(?:a+)+$', 'a'],
    ['^(?:a?){500}a{500}$', 'a'],
    ['(?:[^x]{0,10}a){90}c$', 'ab'],
  ])('matches 1 MiB in linear time: %s', (source, characters) => {
    const matcher = matcherOf(source)
    const text = `${scrambled(1 << 20, [...characters])}!`
    expect(matcher(text)).toBe(false)
    expect(cpuTime(() => matcher(text)).ms).toBeLessThan(2000)
  })
})

describe('a pattern with more states than the cache', () => {
  // The automaton must remember the last 990 characters: 2^990 states.
  const source = 'a.{988}[b-c]'
  const texts = [1 << 12, 1 << 15].map((length) => scrambled(length, ['a', 'd', 'é', '😀']))

  it('takes about eight times as long for eight times the text', () => {
    const fresh = (text: string): number => {
      const matcher = matcherOf(source)
      return cpuTime(() => matcher(text)).ms
    }
    const [short, long] = texts.map((text) => Math.min(fresh(text), fresh(text), fresh(text))) as [number, number]
    // A quadratic one would take 64 times as long.
    expect(long / short).toBeLessThan(24)
  })

  it('still finds the match, and only the match', () => {
    const matcher = matcherOf(source)
    const [short] = texts as [string, string]
    const body = [...short]
    expect(matcher(short)).toBe(false)
    body[2000] = 'a'
    body[2989] = 'b'
    expect(matcher(body.join(''))).toBe(true)
    body[2000] = 'd'
    expect(matcher(body.join(''))).toBe(false)
  })

  it('has the right verdicts after the cache is rebuilt', () => {
    const matcher = matcherOf('^(?:.*a.{12}b)?[^b]*$')
    const pieces = scrambled(400_000, ['a', 'b', 'c']).match(/.{40}/g) as string[]
    const oracle = (text: string): boolean => {
      const at = text.lastIndexOf('b')
      return at < 0 || text[at - 13] === 'a'
    }
    expect(pieces.filter((text) => matcher(text))).toEqual(pieces.filter((text) => oracle(text)))
  })
})

describe('a matcher', () => {
  it('treats a lone surrogate as a character of its own', () => {
    expect(matcherOf('^[^a]$')('\ud800')).toBe(true)
    expect(matcherOf('^..$')('\ud800a')).toBe(true)
    expect(matcherOf('^[😀]$')('\ud83d')).toBe(false)
  })

  it('handles a class of ten thousand ranges', () => {
    const members = Array.from({ length: 10_000 }, (_, i) => `\\u{${(0x1000 + 2 * i).toString(16)}}`)
    const matcher = matcherOf(`^[${members.join('')}]$`)
    expect(matcher('\u1000')).toBe(true)
    expect(matcher('\u1001')).toBe(false)
    expect(matcher('\u1002')).toBe(true)
  })
})
