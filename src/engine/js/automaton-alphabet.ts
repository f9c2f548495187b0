// Sorts the code points into kinds: two of one kind are in the same classes of the pattern, so the automaton need not
// tell them apart. States and steps are not here (automaton.ts).

import type { Ranges } from '../../pattern/index.ts'
import { addBit, type Bits, type Positions } from './automaton-positions.ts'

export interface Alphabet {
  /** How many kinds there are. */
  readonly kinds: number
  /** Kind by ASCII code. */
  readonly ascii: Uint16Array
  /** Kind by code point. */
  readonly kindOf: (codePoint: number) => number
  /** The positions that match each kind, `words` to a kind. */
  readonly masks: Bits
}

export function alphabetOf({ ranges, words }: Positions): Alphabet {
  const sets = distinct(ranges)
  const { starts, kindAt, members } = kindsOf(sets.map((set) => set.ranges))
  const kindOf = (codePoint: number): number => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as number) <= codePoint) low = middle
      else high = middle
    }
    return kindAt[low] as number
  }
  const masks = new Int32Array(members.length * words)
  members.forEach((indexes, kind) => {
    const mask = masks.subarray(kind * words, (kind + 1) * words)
    for (const index of indexes) for (const position of sets[index]?.positions ?? []) addBit(mask, position)
  })
  return { kinds: members.length, ascii: Uint16Array.from({ length: 128 }, (_, code) => kindOf(code)), kindOf, masks }
}

interface ClassSet {
  readonly ranges: Ranges
  readonly positions: number[]
}

/** Positions that match the same code points, together. */
function distinct(ranges: readonly Ranges[]): readonly ClassSet[] {
  const sets = new Map<string, ClassSet>()
  ranges.forEach((one, position) => {
    const key = one.join()
    const set = sets.get(key)
    if (set) set.positions.push(position)
    else sets.set(key, { ranges: one, positions: [position] })
  })
  return [...sets.values()]
}

interface Kinds {
  /** Where each run of code points starts, ascending from 0. */
  readonly starts: Int32Array
  readonly kindAt: Uint16Array
  /** The sets that hold each kind. */
  readonly members: readonly (readonly number[])[]
}

/** Walks the edges of all ranges in order: between two edges nothing changes. */
function kindsOf(sets: readonly Ranges[]): Kinds {
  const edges = new Map<number, number[]>([[0, []]])
  sets.forEach((ranges, set) => {
    for (let i = 0; i < ranges.length; i++) {
      const edge = (ranges[i] as number) + (i & 1)
      const toggled = edges.get(edge)
      if (toggled) toggled.push(set)
      else edges.set(edge, [set])
    }
  })
  const starts = Int32Array.from(edges.keys()).sort()
  const kindAt = new Uint16Array(starts.length)
  const members: number[][] = []
  const known = new Map<string, number>()
  const inside = new Set<number>()
  starts.forEach((start, run) => {
    for (const set of edges.get(start) as number[]) if (!inside.delete(set)) inside.add(set)
    const indexes = [...inside].sort((a, b) => a - b)
    const key = indexes.join()
    const kind = known.get(key) ?? members.push(indexes) - 1
    known.set(key, kind)
    kindAt[run] = kind
  })
  return { starts, kindAt, members }
}
