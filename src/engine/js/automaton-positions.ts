// From a pattern's tree to its positions (Glushkov's automaton): every single-character matcher, quantifiers written
// out, with what may come behind it. How a text is run through them is not here (automaton.ts).

import type { PatternNode, Ranges } from '../../pattern/index.ts'

/** A set of positions, 32 to a word. */
export type Bits = Int32Array

/** Marker in the place of a position: the pattern has matched, whatever the text goes on with. */
export const matched = 0
/** Marker in the place of a position: the pattern has matched if the text ends here. */
export const matchedAtEnd = 1
const markers = 2

export interface Positions {
  /** Words in each set. */
  readonly words: number
  /** What each position matches; the two markers match nothing. */
  readonly ranges: readonly Ranges[]
  /** What may come behind each position. */
  readonly follow: readonly Bits[]
  /** What may come at the text's start. */
  readonly first: Bits
  /** What may come at every later place, because the pattern is a search. */
  readonly again: Bits
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
  const again = none()
  for (const branch of node.kind === 'alternation' ? node.branches : [node]) {
    const parts = branch.kind === 'concat' ? branch.parts : [branch]
    const fragment = linker.sequence(parts.filter((part) => part.kind !== 'start' && part.kind !== 'end'))
    const entry = fragment.first
    const marker = parts.at(-1)?.kind === 'end' ? matchedAtEnd : matched
    if (fragment.nullable) addBit(entry, marker)
    for (const last of fragment.last) addBit(linker.follow[last] as Bits, marker)
    addAll(first, entry)
    if (parts[0]?.kind !== 'start') addAll(again, entry)
  }
  return { words, ranges, follow: linker.follow, first, again }
}

/** How often a repeated node is written out: the last copy of an unbounded one loops. */
const copies = (min: number, max: number): number => (max === Infinity ? min + 1 : max)

/** Notes what each position matches, in the order in which the linker meets them. */
function expand(node: PatternNode, ranges: Ranges[]): void {
  if (node.kind === 'class') ranges.push(node.ranges)
  else if (node.kind === 'concat') for (const part of node.parts) expand(part, ranges)
  else if (node.kind === 'alternation') for (const branch of node.branches) expand(branch, ranges)
  else if (node.kind === 'repeat') for (let i = copies(node.min, node.max); i > 0; i--) expand(node.node, ranges)
}

/** A part of the pattern: where it may start, where it may end, and whether it may be skipped. */
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
