// The alphabet of the automaton: characters that are in the same classes of the pattern are one symbol.

import { addBit, wordCharacters, type Bits, type Positions, type Ranges } from '../../pattern/index.ts'

export interface Alphabet {
  /** Number of symbols. */
  readonly size: number
  /** Symbol by ASCII code. */
  readonly ascii: Uint16Array
  /** Symbol by character. */
  readonly symbolOf: (character: number) => number
  /** Whether each symbol is of word characters; only where the pattern has boundaries. */
  readonly isWord: readonly boolean[]
  /** The positions that match each symbol, `words` to a symbol. */
  readonly masks: Bits
}

export function alphabetOf({ ranges, words, hasBoundaries }: Positions): Alphabet {
  const sets = distinct(ranges)
  const wordSet = hasBoundaries ? sets.push({ ranges: wordCharacters, positions: [] }) - 1 : -1
  const { starts, symbolAt, members } = symbolsOf(sets.map((set) => set.ranges))
  const symbolOf = (character: number): number => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as number) <= character) low = middle
      else high = middle
    }
    return symbolAt[low] as number
  }
  const masks = new Int32Array(members.length * words)
  members.forEach((indexes, symbol) => {
    const mask = masks.subarray(symbol * words, (symbol + 1) * words)
    for (const index of indexes) for (const position of sets[index]?.positions ?? []) addBit(mask, position)
  })
  return {
    size: members.length,
    ascii: Uint16Array.from({ length: 128 }, (_, code) => symbolOf(code)),
    symbolOf,
    isWord: members.map((indexes) => indexes.includes(wordSet)),
    masks,
  }
}

interface ClassSet {
  readonly ranges: Ranges
  readonly positions: number[]
}

/** Groups positions that match the same characters. */
function distinct(ranges: readonly Ranges[]): ClassSet[] {
  const sets = new Map<string, ClassSet>()
  const keys = new Map<Ranges, string>()
  ranges.forEach((one, position) => {
    // The copies of a repeated class share its ranges.
    const key = keys.get(one) ?? one.join()
    keys.set(one, key)
    const set = sets.get(key) ?? { ranges: one, positions: [] }
    sets.set(key, set)
    set.positions.push(position)
  })
  return [...sets.values()]
}

interface Symbols {
  /** Where each run of characters starts, ascending from 0. */
  readonly starts: Int32Array
  readonly symbolAt: Uint16Array
  /** The sets that contain each symbol. */
  readonly members: readonly (readonly number[])[]
}

/** Walks the edges of all ranges in order: between two edges the set membership is constant. */
function symbolsOf(sets: readonly Ranges[]): Symbols {
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
  const symbolAt = new Uint16Array(starts.length)
  const members: number[][] = []
  const known = new Map<string, number>()
  const inside = new Set<number>()
  starts.forEach((start, run) => {
    for (const set of edges.get(start) as number[]) if (!inside.delete(set)) inside.add(set)
    const indexes = [...inside].sort((a, b) => a - b)
    const key = indexes.join()
    const symbol = known.get(key) ?? members.push(indexes) - 1
    known.set(key, symbol)
    symbolAt[run] = symbol
  })
  return { starts, symbolAt, members }
}
