// The code lengths of a table that suit samples: those that make the samples smallest, header included.

import { distances as distanceCodes, endOfBlock, headerBits, literalsAndLengths } from '../engine/index.ts'
import {
  asciiLiterals,
  distanceCodesOf,
  distanceLimit,
  firstLiteral,
  literalLimit,
  utf8Literals,
} from '../model/index.ts'
import { bitsOf, codeLengths, type Lengths } from './block-bits.ts'
import type { Symbols } from './scan.ts'

/** Counts of symbols over samples, and the number of blocks that they are in. */
interface Sums {
  readonly literals: Float64Array
  readonly distances: Float64Array
  blocks: number
}

/** A symbol that no sample has counts as 1 in `scale`, or as more: codes of one length are cheap in the header. */
const scale = 32_767
const floors = [1, 8, 32, 128, 512]
const limits = [14, 13, 12, 11, 10, 9]

/** What a payload of the class can need: a code for each symbol of it. */
export interface TableClass {
  readonly ascii: boolean
  readonly maxBytes: number
}

export function trainLengths(samples: readonly Symbols[], { ascii, maxBytes }: TableClass): Lengths {
  const sums = sumOf(samples)
  const literalEnd = firstLiteral + (ascii ? asciiLiterals : utf8Literals)
  const needsLiteral = (symbol: number): boolean =>
    symbol >= endOfBlock || (symbol >= firstLiteral && symbol < literalEnd)
  const distanceEnd = distanceCodesOf(maxBytes)
  let best: Lengths = {
    literals: codeLengths(scaled(sums.literals, needsLiteral, 1), literalLimit),
    distances: codeLengths(
      scaled(sums.distances, (symbol) => symbol < distanceEnd, 1),
      distanceLimit,
    ),
  }
  let least = totalBits(best, sums)
  const consider = (lengths: Lengths): void => {
    const bits = totalBits(lengths, sums)
    if (bits < least) [best, least] = [lengths, bits]
  }
  for (const floor of floors) {
    const counts = scaled(sums.literals, needsLiteral, floor)
    for (const limit of limits) consider({ ...best, literals: codeLengths(counts, limit) })
  }
  for (const floor of floors) {
    const counts = scaled(sums.distances, (symbol) => symbol < distanceEnd, floor)
    for (const limit of limits) consider({ ...best, distances: codeLengths(counts, limit) })
  }
  return smoothed(best, sums)
}

function sumOf(samples: readonly Symbols[]): Sums {
  const literals = new Float64Array(literalsAndLengths)
  const distances = new Float64Array(distanceCodes)
  for (const sample of samples) {
    sample.literals.forEach((count, symbol) => (literals[symbol] = (literals[symbol] as number) + count))
    sample.distances.forEach((count, symbol) => (distances[symbol] = (distances[symbol] as number) + count))
  }
  return { literals, distances, blocks: samples.length }
}

/** Counts in proportion, the largest is `scale`; a needed symbol has at least `floor`. */
function scaled(counts: Float64Array, isNeeded: (symbol: number) => boolean, floor: number): Uint16Array {
  const most = counts.reduce((a, b) => Math.max(a, b), 1)
  return Uint16Array.from(counts, (count, symbol) =>
    isNeeded(symbol) ? Math.max(Math.floor((count * scale) / most), floor) : 0,
  )
}

const totalBits = ({ literals, distances }: Lengths, sums: Sums): number =>
  bitsOf(sums.literals, literals) + bitsOf(sums.distances, distances) + sums.blocks * headerBits(literals, distances)

/**
 * Swaps lengths between symbols as long as that makes runs, which the header sends cheaply, at less than they cost. A swap
 * keeps the code complete.
 */
function smoothed(start: Lengths, sums: Sums): Lengths {
  const lengths = { literals: start.literals.slice(), distances: start.distances.slice() }
  let least = totalBits(lengths, sums)
  for (let improved = true; improved;) {
    improved = false
    for (const key of ['literals', 'distances'] as const) {
      const all = lengths[key]
      for (let symbol = 0; symbol < all.length; symbol++) {
        for (const neighbour of [symbol - 1, symbol + 1]) {
          const wanted = all[neighbour] ?? 0
          const own = all[symbol] as number
          if (own === 0 || wanted === 0 || own === wanted) continue
          for (const partner of partnersOf(all, sums[key], symbol, wanted)) {
            all[symbol] = wanted
            all[partner] = own
            const bits = totalBits(lengths, sums)
            if (bits < least) {
              least = bits
              improved = true
              break
            }
            all[symbol] = own
            all[partner] = wanted
          }
        }
      }
    }
  }
  return lengths
}

/** Symbols of the wanted length that lose least by a swap with `symbol`, at most four. */
function partnersOf(lengths: Uint8Array, counts: Float64Array, symbol: number, wanted: number): number[] {
  const sign = (lengths[symbol] as number) - wanted
  const cost = (other: number): number => sign * (counts[other] as number)
  const others = [...lengths.keys()].filter((other) => lengths[other] === wanted)
  return others.sort((a, b) => cost(a) - cost(b) || a - b).slice(0, 4)
}
