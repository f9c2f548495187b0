// The positions of a pattern (Glushkov's construction): every single-character matcher, with quantifiers written out,
// and the positions that may follow it. native/core/src/pattern/positions.rs is the twin.

import type { Assertion, PatternNode } from './node.ts'
import { intersect, lastCodePoint, negate, wordCharacters, type Ranges } from './ranges.ts'

/** A set of positions, 32 to a word. */
export type Bits = Int32Array

/** Marker in place of a position: the pattern has matched, whatever follows in the text. */
export const matched = 0
/** Marker in place of a position: the pattern has matched if the text ends here. */
export const matchedAtEnd = 1
/** Positions behind a match that a word character must follow, and one that another character must follow. */
const wordAhead = 2
const otherAhead = 3
const reserved = 4

export interface Positions {
  /** Words of each set. */
  readonly words: number
  /** The characters that each position matches; the two markers match none. */
  readonly ranges: readonly Ranges[]
  /** The positions that may follow each position. */
  readonly follow: readonly Bits[]
  /** The positions at the start of the text. */
  readonly first: Bits
  /** The positions at every later place, because the pattern is a search: behind a word character, behind another. */
  readonly restart: { readonly word: Bits; readonly other: Bits }
  /** The pattern has `\b` or `\B`: no position matches both word characters and others. */
  readonly hasBoundaries: boolean
}

export const hasBit = (bits: Bits, at: number): boolean => (((bits[at >>> 5] as number) >>> (at & 31)) & 1) === 1

export function addBit(bits: Bits, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31))
}

export function addAll(bits: Bits, more: Bits): void {
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] as number) | (more[i] as number)
}

// What assertions depend on is the kind of the two neighbours: an edge of the text, a word character, another character.
// A condition is a set of pairs of kinds, a bit each: 3 * kind before + kind behind.
const edge = 0
const word = 1
const other = 2
const kinds = [edge, word, other] as const
type Kind = (typeof kinds)[number]
const always = 0b111_111_111
const conditions: Readonly<Record<Assertion, number>> = {
  start: 0b000_000_111,
  end: 0b001_001_001,
  boundary: 0b010_101_010,
  'no-boundary': 0b101_010_101,
}

const admits = (condition: number, before: Kind, behind: Kind): boolean =>
  ((condition >>> (3 * before + behind)) & 1) === 1

/**
 * Which optional copies of a repeated part may follow one another. `skip`: any later one, as in `a?a?a?`; positions of
 * later copies are then alive too, but a deterministic automaton has few states. `count`: only the next one, as in
 * `(?:a(?:a(?:a)?)?)?`; fewest positions are alive. Both match the same texts.
 */
export type OptionalCopies = 'skip' | 'count'

export function positionsOf(node: PatternNode, optional: OptionalCopies): Positions {
  const hasBoundaries = findsBoundaries(node)
  const ranges: Ranges[] = [[], [], wordCharacters, negate(wordCharacters, lastCodePoint)]
  const kindOf: Kind[] = [edge, edge, word, other]
  expand(node, hasBoundaries, (kind, set) => {
    kindOf.push(kind)
    ranges.push(set)
  })
  const linker = new Linker(ranges, kindOf, hasBoundaries, optional)
  const whole = linker.fragment(node)
  addBit(linker.follow[wordAhead] as Bits, matched)
  addBit(linker.follow[otherAhead] as Bits, matched)
  for (const [condition, positions] of whole.last) {
    eachBit(positions, (last) => linker.finish(linker.follow[last] as Bits, condition, kindOf[last] as Kind))
  }
  const behind = (before: Kind): Bits => {
    const entry = linker.none()
    for (const [condition, positions] of whole.first) linker.addAdmitted(entry, positions, condition, before)
    linker.finish(entry, whole.nullable, before)
    return entry
  }
  const restart = behind(other)
  return {
    words: linker.words,
    ranges,
    follow: linker.follow,
    first: behind(edge),
    restart: { word: hasBoundaries ? behind(word) : restart, other: restart },
    hasBoundaries,
  }
}

function findsBoundaries(node: PatternNode): boolean {
  if (node.kind === 'concat') return node.parts.some(findsBoundaries)
  if (node.kind === 'alternation') return node.branches.some(findsBoundaries)
  if (node.kind === 'repeat') return findsBoundaries(node.node)
  return node.kind === 'assertion' && node.assertion.endsWith('boundary')
}

/** How often a repeated node is written out; the last copy of an unbounded one loops. */
const copies = (min: number, max: number): number => (max === Infinity ? Math.max(min, 1) : max)

const notWord = negate(wordCharacters)

/** The positions of a class: one, or one for its word characters and one for the others. */
function split(ranges: Ranges, hasBoundaries: boolean): readonly (readonly [Kind, Ranges])[] {
  if (!hasBoundaries) return [[other, ranges]]
  const parts = [[word, intersect(ranges, wordCharacters)] as const, [other, intersect(ranges, notWord)] as const]
  return parts.filter(([, set]) => set.length > 0)
}

/** Visits the positions in the order in which the linker does. */
function expand(node: PatternNode, hasBoundaries: boolean, visit: (kind: Kind, ranges: Ranges) => void): void {
  if (node.kind === 'class') for (const [kind, set] of split(node.ranges, hasBoundaries)) visit(kind, set)
  else if (node.kind === 'concat') for (const part of node.parts) expand(part, hasBoundaries, visit)
  else if (node.kind === 'alternation') for (const branch of node.branches) expand(branch, hasBoundaries, visit)
  else if (node.kind === 'repeat')
    for (let i = copies(node.min, node.max); i > 0; i--) expand(node.node, hasBoundaries, visit)
}

/** A part of the pattern: its first and last positions by the condition before or behind them. */
interface Fragment {
  /** The condition under which it matches the empty text; 0: never. */
  readonly nullable: number
  readonly first: Map<number, Bits>
  readonly last: Map<number, Bits>
}

class Linker {
  readonly words: number
  readonly follow: readonly Bits[]
  readonly #kindOf: readonly Kind[]
  readonly #hasBoundaries: boolean
  readonly #optional: OptionalCopies
  /** The positions of each kind. */
  readonly #ofKind: readonly Bits[]
  #next: number = reserved

  constructor(ranges: readonly Ranges[], kindOf: readonly Kind[], hasBoundaries: boolean, optional: OptionalCopies) {
    this.words = Math.ceil(ranges.length / 32)
    this.follow = Array.from(ranges, () => this.none())
    this.#kindOf = kindOf
    this.#hasBoundaries = hasBoundaries
    this.#optional = optional
    this.#ofKind = kinds.map(() => this.none())
    kindOf.forEach((kind, position) => addBit(this.#ofKind[kind] as Bits, position))
  }

  none(): Bits {
    return new Int32Array(this.words)
  }

  /** Adds those of `positions` that `condition` admits behind a character of kind `before`. */
  addAdmitted(bits: Bits, positions: Bits, condition: number, before: Kind): void {
    if (condition === always) {
      addAll(bits, positions)
      return
    }
    for (const kind of [word, other] as const) {
      if (!admits(condition, before, kind)) continue
      const ofKind = this.#ofKind[kind] as Bits
      for (let i = 0; i < bits.length; i++) {
        bits[i] = (bits[i] as number) | ((positions[i] as number) & (ofKind[i] as number))
      }
    }
  }

  /** Adds the markers of a match under `condition` behind a character of kind `before`. */
  finish(bits: Bits, condition: number, before: Kind): void {
    const [end, wordNext, otherNext] = kinds.map((kind) => admits(condition, before, kind))
    if (end && otherNext && (wordNext || !this.#hasBoundaries)) {
      addBit(bits, matched)
      return
    }
    if (end) addBit(bits, matchedAtEnd)
    if (wordNext) addBit(bits, wordAhead)
    if (otherNext) addBit(bits, otherAhead)
  }

  fragment(node: PatternNode): Fragment {
    switch (node.kind) {
      case 'class':
        return this.#class(split(node.ranges, this.#hasBoundaries).length)
      case 'concat':
        return node.parts.reduce((whole, part) => this.#joined(whole, this.fragment(part)), this.#empty(always))
      case 'alternation':
        return this.#either(node.branches)
      case 'repeat':
        return this.#repeated(node.node, node.min, node.max)
      case 'assertion':
        return this.#empty(conditions[node.assertion])
    }
  }

  #empty(nullable: number): Fragment {
    return { nullable, first: new Map(), last: new Map() }
  }

  #class(count: number): Fragment {
    const positions = this.none()
    for (let i = 0; i < count; i++) addBit(positions, this.#next++)
    return { nullable: 0, first: new Map([[always, positions]]), last: new Map([[always, positions.slice()]]) }
  }

  #joined(left: Fragment, right: Fragment): Fragment {
    this.#link(left, right)
    const { first } = left
    for (const [condition, positions] of right.first) this.#addUnder(first, condition & left.nullable, positions)
    const { last } = right
    for (const [condition, positions] of left.last) this.#addUnder(last, condition & right.nullable, positions)
    return { nullable: left.nullable & right.nullable, first, last }
  }

  #either(nodes: readonly PatternNode[]): Fragment {
    let nullable = 0
    const first = new Map<number, Bits>()
    const last = new Map<number, Bits>()
    for (const node of nodes) {
      const fragment = this.fragment(node)
      for (const [condition, positions] of fragment.first) this.#addUnder(first, condition, positions)
      for (const [condition, positions] of fragment.last) this.#addUnder(last, condition, positions)
      nullable |= fragment.nullable
    }
    return { nullable, first, last }
  }

  #repeated(node: PatternNode, min: number, max: number): Fragment {
    let whole = this.#empty(always)
    // The ends behind the required copies, where optional ones are counted.
    let nullable = min === 0 ? always : 0
    const last = new Map<number, Bits>()
    const times = copies(min, max)
    for (let i = 1; i <= times; i++) {
      const copy = this.fragment(node)
      if (max === Infinity && i === times) this.#link(copy, copy)
      const skipped = i > min && this.#optional === 'skip'
      whole = this.#joined(whole, skipped ? { ...copy, nullable: always } : copy)
      if (i < min) continue
      nullable |= whole.nullable
      for (const [condition, positions] of whole.last) this.#addUnder(last, condition, positions)
    }
    return this.#optional === 'skip' ? whole : { nullable, first: whole.first, last }
  }

  #link(from: Fragment, to: Fragment): void {
    for (const [before, lasts] of from.last) {
      for (const [behind, positions] of to.first) {
        const condition = before & behind
        if (condition === 0) continue
        eachBit(lasts, (last) => {
          this.addAdmitted(this.follow[last] as Bits, positions, condition, this.#kindOf[last] as Kind)
        })
      }
    }
  }

  #addUnder(sets: Map<number, Bits>, condition: number, positions: Bits): void {
    if (condition === 0) return
    const known = sets.get(condition)
    if (known === undefined) sets.set(condition, positions.slice())
    else addAll(known, positions)
  }
}

export function eachBit(bits: Bits, visit: (at: number) => void): void {
  for (let i = 0; i < bits.length; i++) {
    for (let rest = bits[i] as number; rest !== 0; rest &= rest - 1) visit(i * 32 + 31 - Math.clz32(rest & -rest))
  }
}
