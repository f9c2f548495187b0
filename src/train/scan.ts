// Counts the symbols that the encoder of native/deflate finds in a text: the twin of its src/matcher.rs.

import {
  distances as distanceCodes,
  endOfBlock,
  lengthExtraBits,
  literalsAndLengths,
  maxMatch,
  minMatch,
  symbolOfDistance,
  symbolOfLength,
} from '../engine/index.ts'

/** How often a block needs each literal or length, and each distance; and the bits that no code changes. */
export interface Symbols {
  readonly literals: Uint16Array
  readonly distances: Uint16Array
  /** Behind the codes of lengths and distances. */
  readonly extraBits: number
}

/** A match of four bytes takes about as many bits as its literals. */
const leastMatch = 5
/** Bytes that are compared at once. */
const step = 16
/** The golden ratio times 2^40. */
const multiplier = 0x9e_3779_b97f
const half = 2 ** 20 - 1

const distanceExtraBits = (symbol: number): number => Math.max(0, (symbol >> 1) - 1)

const hashBits = (length: number): number => (length <= 6144 ? 12 : length <= 12_288 ? 13 : 14)

const positions = new Uint16Array(1 << 14)

/** Scans a text of at most 32,768 bytes. */
export function scan(text: Uint8Array): Symbols {
  const { length } = text
  // A read that passes the end reads zeros.
  const input = new Uint8Array(length + maxMatch + step)
  input.set(text)
  const literals = new Uint16Array(literalsAndLengths)
  const distances = new Uint16Array(distanceCodes)
  let extraBits = 0
  literals[endOfBlock] = 1
  if (length === 0) return { literals, distances, extraBits }
  const bits = hashBits(length)
  positions.fill(0, 0, 1 << bits)
  // An empty slot holds position 0, which is a position like any other behind it.
  increase(literals, input[0] as number)
  const end = length - leastMatch - 1
  let at = 1
  while (at < end) {
    const first = exchange(input, at, bits)
    const second = exchange(input, at + 1, bits)
    if (five(input, first) !== five(input, at) && five(input, second) !== five(input, at + 1)) {
      increase(literals, input[at++] as number)
      increase(literals, input[at++] as number)
      continue
    }
    const here = common(input, first, at)
    const next = common(input, second, at + 1)
    const isLater = next > here
    if (isLater) increase(literals, input[at++] as number)
    const distance = at - (isLater ? second : first)
    let found = isLater ? next : here
    if (found === step) found = extend(input, at - distance, at, length)
    found = Math.min(found, length - at)
    const lengthSymbol = symbolOfLength[found - minMatch] as number
    const symbol = symbolOfDistance(distance)
    increase(literals, endOfBlock + 1 + lengthSymbol)
    increase(distances, symbol)
    extraBits += (lengthExtraBits[lengthSymbol] as number) + distanceExtraBits(symbol)
    at += found
    exchange(input, at - 1, bits)
  }
  while (at < length) increase(literals, input[at++] as number)
  return { literals, distances, extraBits }
}

function increase(counts: Uint16Array, symbol: number): void {
  counts[symbol] = (counts[symbol] as number) + 1
}

/** The last position of the same hash; `at` takes its place. */
function exchange(input: Uint8Array, at: number, bits: number): number {
  const hash = Math.floor(product(five(input, at)) / 2 ** (40 - bits)) & ((1 << bits) - 1)
  const earlier = positions[hash] as number
  positions[hash] = at
  return earlier
}

/** Times `multiplier`; right modulo 2^40. In halves, as a number has 53 bits. */
function product(word: number): number {
  const end = word & half
  const carried = Math.floor(word / 2 ** 20) * (multiplier & half) + end * Math.floor(multiplier / 2 ** 20)
  return (carried & half) * 2 ** 20 + end * (multiplier & half)
}

/** Five bytes as a number, the first one lowest. */
const five = (input: Uint8Array, at: number): number =>
  (input[at] as number) +
  (input[at + 1] as number) * 2 ** 8 +
  (input[at + 2] as number) * 2 ** 16 +
  (input[at + 3] as number) * 2 ** 24 +
  (input[at + 4] as number) * 2 ** 32

/** Bytes in common, at most `step`; may pass the end of the input. */
function common(input: Uint8Array, earlier: number, at: number): number {
  let length = 0
  while (length < step && input[earlier + length] === input[at + length]) length++
  return length
}

/** The length of a match whose first `step` bytes are equal; may pass the end of the input. */
function extend(input: Uint8Array, earlier: number, at: number, end: number): number {
  let length = step
  while (length < maxMatch && at + length < end) {
    const more = common(input, earlier + length, at + length)
    length += more
    if (more < step) break
  }
  return Math.min(length, maxMatch)
}
