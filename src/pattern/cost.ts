// The static cost of a pattern: a bound on the automaton's work for one character, known without any text.
// native/core/src/pattern/cost.rs is the twin: the same number.

import type { Pattern } from './node.ts'
import { addAll, addBit, eachBit, hasBit, matched, positionsOf, type Bits, type Positions } from './positions.ts'
import { lastCodePoint, negate, overlap, wordCharacters, type Ranges } from './ranges.ts'

/** More pairs are not told apart: then every position counts. This bounds the time that the count takes. */
const maxPairs = 65_536

const costs = new WeakMap<Pattern, number>()

/**
 * The most positions of the pattern that can be alive behind one character of any text, at least 1. The worst case of
 * a match is this number times the characters of the text.
 */
export function patternCost(pattern: Pattern): number {
  const known = costs.get(pattern)
  if (known !== undefined) return known
  const positions = positionsOf(pattern.node, 'count')
  // A pattern that matches the empty text has matched before the first character.
  const cost = hasBit(positions.first, matched) ? 1 : costOf(positions)
  costs.set(pattern, cost)
  return cost
}

function costOf(positions: Positions): number {
  const pairs = pairsOf(positions)
  return pairs === undefined ? positions.ranges.length : largestGroup(pairs, positions)
}

/**
 * The pairs of positions that one text can keep alive together, found from the pair of the start with itself: a set
 * for each position. A search that begins at every character is one more position (two where the kind of the character
 * counts), which follows itself. Nothing follows a match. Undefined: there are too many.
 */
function pairsOf(positions: Positions): readonly Bits[] | undefined {
  const { follow, ranges } = withSearch(positions)
  const words = Math.ceil(ranges.length / 32)
  const none = (): Bits => new Int32Array(words)
  const compatible = compatibility(ranges, none)
  const together = ranges.map(none)
  // (behind, before) of half a step: the first position has moved on, the second has not.
  const halfway = ranges.map(none)
  const queue: number[] = []
  const size = ranges.length
  const found = none()
  let count = 0
  const add = (behind: number, partners: Bits): void => {
    const known = together[behind] as Bits
    const fits = compatible[behind] as Bits
    for (let i = 0; i < words; i++) found[i] = (partners[i] as number) & (fits[i] as number) & ~(known[i] as number)
    eachBit(found, (partner) => {
      // Behind a match there is no next character.
      if (hasBit(follow[behind] as Bits, matched) || hasBit(follow[partner] as Bits, matched)) return
      addBit(known, partner)
      count++
      queue.push(behind * size + partner)
    })
  }
  const start = size - 1
  eachBit(follow[start] as Bits, (behind) => add(behind, follow[start] as Bits))
  for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
    if (count > maxPairs) return undefined
    const before = Math.floor(pair / size)
    const partner = pair % size
    eachBit(follow[before] as Bits, (behind) => {
      if (hasBit(halfway[behind] as Bits, partner)) return
      addBit(halfway[behind] as Bits, partner)
      add(behind, follow[partner] as Bits)
    })
  }
  return count > maxPairs ? undefined : together
}

/** The positions, then those of the search, then the start. */
function withSearch({ ranges, follow, first, restart, hasBoundaries }: Positions): {
  readonly ranges: readonly Ranges[]
  readonly follow: readonly Bits[]
} {
  const searches = hasBoundaries
    ? [
        { ranges: wordCharacters, entry: restart.word },
        { ranges: negate(wordCharacters), entry: restart.other },
      ]
    : [{ ranges: [0, lastCodePoint], entry: restart.other }]
  const size = ranges.length + searches.length + 1
  const extended = (bits: Bits, searching: boolean): Bits => {
    const all = new Int32Array(Math.ceil(size / 32))
    addAll(all.subarray(0, bits.length), bits)
    if (searching) searches.forEach((_, i) => addBit(all, ranges.length + i))
    return all
  }
  return {
    ranges: [...ranges, ...searches.map((search) => search.ranges), []],
    follow: [
      ...follow.map((bits) => extended(bits, false)),
      ...searches.map(({ entry }) => extended(entry, true)),
      extended(first, true),
    ],
  }
}

/** The positions that match a character which each position matches too. */
function compatibility(ranges: readonly Ranges[], none: () => Bits): readonly Bits[] {
  const members = new Map<string, { readonly ranges: Ranges; readonly positions: Bits }>()
  const keys = new Map<Ranges, string>()
  const keyOf = ranges.map((set, position) => {
    const key = keys.get(set) ?? set.join()
    keys.set(set, key)
    const known = members.get(key) ?? { ranges: set, positions: none() }
    members.set(key, known)
    addBit(known.positions, position)
    return key
  })
  const fits = new Map<string, Bits>()
  for (const [key, set] of members) {
    const all = none()
    for (const one of members.values()) if (overlap(set.ranges, one.ranges)) addAll(all, one.positions)
    fits.set(key, all)
  }
  return keyOf.map((key) => fits.get(key) as Bits)
}

/**
 * A bound on the largest set of positions that are together pair by pair: taking away a position with the fewest
 * partners until none is left, the most partners that one had, and itself (the graph's degeneracy and 1).
 */
function largestGroup(together: readonly Bits[], { ranges }: Positions): number {
  const size = ranges.length
  const partners = ranges.map((_, position) => {
    const list: number[] = []
    eachBit(together[position] as Bits, (partner) => partner < size && partner !== position && list.push(partner))
    return list
  })
  const degrees = partners.map((list) => list.length)
  const byDegree: number[][] = degrees.map(() => [])
  degrees.forEach((degree, position) => byDegree[degree]?.push(position))
  const gone = new Set<number>()
  let most = 0
  for (let degree = 0; degree < size;) {
    const position = byDegree[degree]?.pop()
    if (position === undefined) degree++
    else if (!gone.has(position) && degrees[position] === degree) {
      gone.add(position)
      most = Math.max(most, degree)
      for (const partner of partners[position] as number[]) {
        if (gone.has(partner)) continue
        const left = (degrees[partner] as number) - 1
        degrees[partner] = left
        byDegree[left]?.push(partner)
      }
      degree = Math.max(0, degree - 1)
    }
  }
  return most + 1
}
