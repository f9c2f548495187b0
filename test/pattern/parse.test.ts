// The parser beyond the vectors: flags, lone surrogates in a source, the tree itself.

import { describe, expect, it } from 'vitest'
import { parsePattern, patternLimits, type PatternNode } from '../../src/pattern/index.ts'

const tree = (source: string): PatternNode => parsePattern(source).node
const one = (character: string): PatternNode => {
  const code = character.codePointAt(0) as number
  return { kind: 'class', ranges: [code, code] }
}
const empty: PatternNode = { kind: 'concat', parts: [] }

describe('parsePattern', () => {
  it('keeps the author’s text beside the tree', () => {
    expect(parsePattern('[a-c]')).toEqual({
      source: '[a-c]',
      units: 'codepoint',
      node: { kind: 'class', ranges: [97, 99] },
    })
  })

  it('reads an astral character as one code point or as two units', () => {
    expect(parsePattern('\\u{1f600}').node).toEqual({ kind: 'class', ranges: [0x1f600, 0x1f600] })
    expect(parsePattern('😀', 'utf16').node).toEqual({
      kind: 'concat',
      parts: [
        { kind: 'class', ranges: [0xd83d, 0xd83d] },
        { kind: 'class', ranges: [0xde00, 0xde00] },
      ],
    })
    expect(parsePattern('[^a]', 'utf16').node).toEqual({ kind: 'class', ranges: [0, 96, 98, 0xffff] })
  })

  it('rejects a lone surrogate in the source, with its position', () => {
    expect(() => parsePattern('a\ud800')).toThrow(expect.objectContaining({ position: 1 }))
    expect(() => parsePattern('[\ud83d\\ude00]')).toThrow(expect.objectContaining({ position: 1 }))
  })

  it('merges the ranges of a class', () => {
    expect(tree('[c-fa-dxg]')).toEqual({ kind: 'class', ranges: [97, 103, 120, 120] })
  })

  it('drops parts that match only the empty text', () => {
    expect(tree('(?:(){5}|a{0}|){9}')).toEqual(empty)
    expect(tree('a(?:)b')).toEqual({ kind: 'concat', parts: [one('a'), one('b')] })
    expect(tree('(||a|)')).toEqual({ kind: 'alternation', branches: [one('a'), empty] })
  })

  it('reads lazy and greedy quantifiers alike', () => {
    expect(tree('a{2,}?')).toEqual(tree('a{2,}'))
    expect(tree('a{2,}')).toEqual({ kind: 'repeat', node: one('a'), min: 2, max: Infinity })
  })

  it('explains what to write instead', () => {
    expect(() => parsePattern('[\\b]')).toThrow('Write `\\x08`')
    expect(() => parsePattern('(?=a)')).toThrow('Look-around is refused')
    expect(() => parsePattern('{')).toThrow('Write `\\{`')
  })

  it('reads a long pattern in time linear in its text', () => {
    const source = `[${'a-zA-Z0-9'.repeat(20_000)}]`
    expect(tree(source)).toEqual({ kind: 'class', ranges: [48, 57, 65, 90, 97, 122] })
    expect(() => parsePattern('('.repeat(100_000))).toThrow(`deeper than ${patternLimits.nesting}`)
  })
})
