// Finds repetitions in one pass: one earlier position for each hash of four bytes, with one step of lookahead.
// native/deflate/src/matcher.rs explains the choices.
//
// V8 compiles an access of DataView to one load of four bytes, at any position.

import {
  distances,
  endOfBlock,
  literalsAndLengths,
  maxMatch,
  minMatch,
  symbolOfDistance,
  symbolOfLength,
} from './symbols.ts'

/** Bytes of one scan: every distance is within the window of 32 KiB. */
export const maxScan = 32_768

/** A shorter match costs as much as its literals. */
const least = 4
/** From this length on the next position is not tried. */
const longMatch = 16
/** Behind the last byte: a comparison may pass the end, and must not see bytes of an earlier payload. */
const padding = maxMatch + 2 * least
const maxHashBits = 14

// The memory is the module's, so that V8 compiles the arrays into the loops as constants: a fifth of the time.

/** The bytes of the last scan. */
export const input: Uint8Array = new Uint8Array(maxScan + padding)
/** Pairs: the literals ahead of a match, and its length << 16 | distance. */
export const sequences: Int32Array = new Int32Array((2 * maxScan) / least)
export const literalCounts: Uint16Array = new Uint16Array(literalsAndLengths)
export const distanceCounts: Uint16Array = new Uint16Array(distances)
const view = new DataView(input.buffer)
/** The last position of each hash. An empty slot holds position 0, which is a position like any other behind it. */
const positions = new Uint16Array(1 << maxHashBits)

/**
 * Scans 1 to `maxScan` bytes. Returns how many numbers `sequences` holds. Knows nothing of earlier scans: equal input
 * gives equal output.
 */
export function scan(bytes: Uint8Array): number {
  const { length } = bytes
  const bits = hashBits(length)
  const shift = 32 - bits
  input.set(bytes)
  input.fill(0, length, length + padding)
  positions.fill(0, 0, 1 << bits)
  literalCounts.fill(0)
  distanceCounts.fill(0)
  literalCounts[endOfBlock] = 1
  let number = 0
  let at = 1
  let written = 0
  const end = length - least
  count(literalCounts, input[0] as number)
  while (at < end) {
    const word = view.getInt32(at, true)
    let hash = Math.imul(word, golden) >>> shift
    let earlier = positions[hash] as number
    positions[hash] = at
    if (view.getInt32(earlier, true) !== word) {
      count(literalCounts, word & 255)
      at++
      continue
    }
    let found = commonBytes(view, earlier, at)
    let distance = at - earlier
    if (found < longMatch) {
      const nextWord = view.getInt32(at + 1, true)
      hash = Math.imul(nextWord, golden) >>> shift
      earlier = positions[hash] as number
      positions[hash] = at + 1
      if (view.getInt32(earlier, true) === nextWord) {
        const next = commonBytes(view, earlier, at + 1)
        if (next > found) {
          count(literalCounts, word & 255)
          at++
          found = next
          distance = at - earlier
        }
      }
    }
    if (found > length - at) found = length - at
    sequences[number++] = at - written
    sequences[number++] = (found << 16) | distance
    count(literalCounts, endOfBlock + 1 + (symbolOfLength[found - minMatch] as number))
    count(distanceCounts, symbolOfDistance(distance))
    at += found
    written = at
    // The last position of a match is remembered; more of them gain less than they cost.
    positions[Math.imul(view.getInt32(at - 1, true), golden) >>> shift] = at - 1
  }
  while (at < length) count(literalCounts, input[at++] as number)
  return number
}

/** The golden ratio times 2^32: Knuth, The Art of Computer Programming 3, 6.4. */
const golden = 0x9e3779b1

/** As many as the input has positions, within bounds that keep short inputs cheap to begin with. */
const hashBits = (length: number): number => (length <= 6144 ? 12 : length <= 12_288 ? 13 : maxHashBits)

function count(counts: Uint16Array, symbol: number): void {
  counts[symbol] = (counts[symbol] as number) + 1
}

/** Bytes in common at two positions whose first four are equal, at most `maxMatch`; may pass the end of the input. */
function commonBytes(view: DataView, earlier: number, at: number): number {
  let found = least
  while (found < maxMatch) {
    const difference = view.getInt32(earlier + found, true) ^ view.getInt32(at + found, true)
    if (difference !== 0) {
      found += (31 - Math.clz32(difference & -difference)) >> 3
      break
    }
    found += 4
  }
  return found < maxMatch ? found : maxMatch
}
