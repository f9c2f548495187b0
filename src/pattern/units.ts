// Whether it can make a difference that a pattern counts UTF-16 code units instead of code points.

import type { PatternNode } from './node.ts'
import { parsePattern } from './parse.ts'
import { intersect, lastCodePoint, type Ranges } from './ranges.ts'

/**
 * False only if the pattern matches the same well-formed texts in both units. It does where each class either has no
 * part of an astral character, or has all of them and repeats without bound (`[^a]*`, `.+`): then one place of the
 * pattern takes both halves of each character. Two such places must not follow one another, or each could take a half.
 */
export function countsUnits(source: string): boolean {
  const units = parsePattern(source, 'utf16').node
  try {
    return edgesOf(units, parsePattern(source, 'codepoint').node) === undefined
  } catch {
    return true
  }
}

/** Whether a part may begin and end with a place that takes astral characters, and whether it may be empty. */
interface Edges {
  readonly first: boolean
  readonly last: boolean
  readonly nullable: boolean
}

const halves: Ranges = [0xd800, 0xdfff]
const astral: Ranges = [0xd800, 0xdfff, 0x10000, lastCodePoint]

const same = (a: Ranges, b: Ranges): boolean => a.join() === b.join()

/** The edges of the part, read in units and in code points; undefined where the readings may differ. */
function edgesOf(units: PatternNode, points: PatternNode): Edges | undefined {
  if (units.kind === 'assertion' && points.kind === 'assertion') {
    // `\B` holds between the two halves of a character.
    return units.assertion === 'no-boundary' ? undefined : { first: false, last: false, nullable: true }
  }
  if (units.kind === 'class' && points.kind === 'class') {
    const isPlain = same(units.ranges, points.ranges) && intersect(points.ranges, astral).length === 0
    return isPlain ? { first: false, last: false, nullable: false } : undefined
  }
  if (units.kind === 'repeat' && points.kind === 'repeat') {
    const { min, max } = units
    if (min !== points.min || max !== points.max) return undefined
    if (units.node.kind === 'class' && points.node.kind === 'class' && max === Infinity && min <= 1) {
      if (takesAll(units.node.ranges, points.node.ranges)) return { first: true, last: true, nullable: min === 0 }
    }
    const inner = edgesOf(units.node, points.node)
    if (inner === undefined || (max > 1 && inner.first && inner.last)) return undefined
    return { ...inner, nullable: inner.nullable || min === 0 }
  }
  if (units.kind === 'concat' && points.kind === 'concat') return inSequence(units.parts, points.parts)
  if (units.kind === 'alternation' && points.kind === 'alternation') return either(units.branches, points.branches)
  return undefined
}

function takesAll(units: Ranges, points: Ranges): boolean {
  if (!same(intersect(units, halves), halves) || !same(intersect(points, astral), astral)) return false
  const plain: Ranges = [0, 0xd7ff, 0xe000, 0xffff]
  return same(intersect(units, plain), intersect(points, plain))
}

function inSequence(units: readonly PatternNode[], points: readonly PatternNode[]): Edges | undefined {
  let whole: Edges = { first: false, last: false, nullable: true }
  for (const [i, unit] of units.entries()) {
    const point = points[i]
    const next = point && edgesOf(unit, point)
    if (next === undefined || (whole.last && next.first)) return undefined
    whole = {
      first: whole.first || (whole.nullable && next.first),
      last: next.last || (next.nullable && whole.last),
      nullable: whole.nullable && next.nullable,
    }
  }
  return units.length === points.length ? whole : undefined
}

function either(units: readonly PatternNode[], points: readonly PatternNode[]): Edges | undefined {
  let whole: Edges = { first: false, last: false, nullable: false }
  for (const [i, unit] of units.entries()) {
    const point = points[i]
    const next = point && edgesOf(unit, point)
    if (next === undefined) return undefined
    whole = {
      first: whole.first || next.first,
      last: whole.last || next.last,
      nullable: whole.nullable || next.nullable,
    }
  }
  return units.length === points.length ? whole : undefined
}
