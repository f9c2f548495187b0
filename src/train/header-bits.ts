// The size of a dynamic block's header (RFC 1951, 3.2.7): the twin of native/deflate/src/header.rs.

import { assignLengths } from './code-lengths.ts'

const runSymbols = 19
/** Repeats the length before, 3 to 6 times. */
const repeat = 16
/** 3 to 10 zeros. */
const zeros = 17
/** 11 to 138 zeros. */
const manyZeros = 18
const extraBits: Readonly<Record<number, number>> = { [repeat]: 2, [zeros]: 3, [manyZeros]: 7 }
const runLimit = 7

/** The order in which the lengths of the run symbols are sent, up to the last that is not 0. */
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** Bits of the header, with the three in front of it. */
export function headerBits(literals: Uint8Array, distances: Uint8Array): number {
  const counts = new Uint16Array(runSymbols)
  countRuns(literals, counts)
  countRuns(distances, counts)
  const lengths = assignLengths(counts, runLimit)
  const sent = Math.max(4, order.findLastIndex((symbol) => lengths[symbol] !== 0) + 1)
  let bits = 3 + 5 + 5 + 4 + 3 * sent
  for (let symbol = 0; symbol < runSymbols; symbol++) {
    bits += (counts[symbol] as number) * ((lengths[symbol] as number) + (extraBits[symbol] ?? 0))
  }
  return bits
}

/** Adds the runs of an alphabet, up to its last code. */
function countRuns(lengths: Uint8Array, counts: Uint16Array): void {
  const add = (symbol: number, times = 1): void => {
    counts[symbol] = (counts[symbol] as number) + times
  }
  const end = lengths.findLastIndex((length) => length !== 0) + 1
  for (let at = 0; at < end;) {
    const length = lengths[at] as number
    let same = 1
    while (at + same < end && lengths[at + same] === length) same++
    at += same
    if (length === 0) {
      for (; same >= 11; same -= Math.min(same, 138)) add(manyZeros)
      if (same >= 3) add(zeros)
      else add(0, same)
    } else {
      add(length)
      for (same--; same >= 3; same -= Math.min(same, 6)) add(repeat)
      add(length, same)
    }
  }
}
