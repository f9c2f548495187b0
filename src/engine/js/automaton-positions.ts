// The positions of a pattern (Glushkov's construction): every single-character matcher, with quantifiers written out,
// and the positions that may follow it.

import type { PatternNode, Ranges } from '../../pattern/index.ts'

/** A set of positions, 32 to a word. */
export type Bits = Int32Array

/** Marker in place of a position: the pattern has matched, whatever follows in the text. */
export const matched = 0
/** Marker in place of a position: the pattern has matched if the text ends here. */
export const matchedAtEnd = 1
const markers = 2

export interface Positions {
  /** Words of each set. */
  readonly words: number
  /** The code points that each position matches; the two markers match none. */
  readonly ranges: readonly Ranges[]
  /** The positions that may follow each position. */
  readonly follow: readonly Bits[]
  /** The positions at the start of the text. */
  readonly first: Bits
  /** The positions at every later place, because the pattern is a search. */
  readonly restart: Bits
}

export const hasBit = (bits: Bits, at: number): boolean => (((bits[at >>> 5] as number) >>> (at & 31)) & 1) === 1

export function addBit(bits: Bits, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31))
}

export function addAll(bits: Bits, more: Bits): void {
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] as number) | (more[i] as number)
}

export function positionsOf(node: PatternNode): Positions {
  const ranges: Ranges[] = Array.from({ length: markers }, () => [])
  expand(node, ranges)
  const words = Math.ceil(ranges.length / 32)
  const none = (): Bits => new Int32Array(words)
  const linker = new Linker(Array.from(ranges, none), none)
  const first = none()
  const restart = none()
  for (const branch of node.kind === 'alternation' ? node.branches : [node]) {
    const parts = branch.kind === 'concat' ? branch.parts : [branch]
    const fragment = linker.sequence(parts.filter((part) => part.kind !== 'start' && part.kind !== 'end'))
    const entry = fragment.first
    const marker = parts.at(-1)?.kind === 'end' ? matchedAtEnd : matched
    if (fragment.nullable) addBit(entry, marker)
    for (const last of fragment.last) addBit(linker.follow[last] as Bits, marker)
    addAll(first, entry)
    if (parts[0]?.kind !== 'start') addAll(restart, entry)
  }
  return { words, ranges, follow: linker.follow, first, restart }
}

/** How often a repeated node is written out; the last copy of an unbounded one loops. */
const copies = (min: number, max: number): number => (max === Infinity ? min + 1 : max)

/** Collects the ranges of each position, in the order in which the linker visits them. */
function expand(node: PatternNode, ranges: Ranges[]): void {
  if (node.kind === 'class') ranges.push(node.ranges)
  else if (node.kind === 'concat') for (const part of node.parts) expand(part, ranges)
  else if (node.kind === 'alternation') for (const branch of node.branches) expand(branch, ranges)
  else if (node.kind === 'repeat') for (let i = copies(node.min, node.max); i > 0; i--) expand(node.node, ranges)
}

/** A part of the pattern: its first and last positions, and whether it matches the empty text. */
interface Fragment {
  readonly nullable: boolean
  readonly first: Bits
  readonly last: readonly number[]
}

class Linker {
  readonly follow: readonly Bits[]
  readonly #none: () => Bits
  #next: number = markers

  constructor(follow: readonly Bits[], none: () => Bits) {
    this.follow = follow
    this.#none = none
  }

  sequence(nodes: readonly PatternNode[]): Fragment {
    let whole: Fragment = { nullable: true, first: this.#none(), last: [] }
    for (const node of nodes) whole = this.#joined(whole, this.#fragment(node))
    return whole
  }

  #fragment(node: PatternNode): Fragment {
    switch (node.kind) {
      case 'class': {
        const first = this.#none()
        addBit(first, this.#next)
        return { nullable: false, first, last: [this.#next++] }
      }
      case 'alternation':
        return this.#either(node.branches)
      case 'repeat':
        return this.#repeated(node.node, node.min, node.max)
      default:
        return this.sequence(node.kind === 'concat' ? node.parts : [])
    }
  }

  #joined(left: Fragment, right: Fragment): Fragment {
    this.#link(left, right)
    const first = left.first
    if (left.nullable) addAll(first, right.first)
    return {
      nullable: left.nullable && right.nullable,
      first,
      last: right.nullable ? [...left.last, ...right.last] : right.last,
    }
  }

  #either(nodes: readonly PatternNode[]): Fragment {
    const first = this.#none()
    const last: number[] = []
    let nullable = false
    for (const node of nodes) {
      const fragment = this.#fragment(node)
      addAll(first, fragment.first)
      last.push(...fragment.last)
      nullable ||= fragment.nullable
    }
    return { nullable, first, last }
  }

  #repeated(node: PatternNode, min: number, max: number): Fragment {
    let whole: Fragment = { nullable: true, first: this.#none(), last: [] }
    const times = copies(min, max)
    for (let i = 0; i < times; i++) {
      const copy = this.#fragment(node)
      if (max === Infinity && i === min) this.#link(copy, copy)
      whole = this.#joined(whole, i < min ? copy : { ...copy, nullable: true })
    }
    return whole
  }

  #link(from: Fragment, to: Fragment): void {
    for (const last of from.last) addAll(this.follow[last] as Bits, to.first)
  }
}
