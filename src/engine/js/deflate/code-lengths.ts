// Code lengths from counts: Shannon's lengths, rounded so that the code is complete. native/deflate/src/lengths.rs is the
// twin and explains why no tree is built.

import { literalsAndLengths } from './symbols.ts'

/** Logarithms are in eighths of a bit. */
const steps = 8
/** floor(8 log2(1 + (i + 0.5) / 32)). */
const eighths = Uint8Array.from({ length: 32 }, (_, i) => Math.floor(steps * Math.log2(1 + (i + 0.5) / 32)))

/** Of the symbols that occur: the symbol, and the whole bits and eighths of its logarithm. */
const symbols = new Uint16Array(literalsAndLengths)
const floors = new Uint8Array(literalsAndLengths)
const fractions = new Uint8Array(literalsAndLengths)
/** Sums of 2^-floor for each fraction, in units of 2^-limit. */
const sums = new Int32Array(steps)

/**
 * Sets the lengths of a complete code for the symbols that occur, at most `limit` bits, and 0 for the others. A single
 * symbol gets one bit, which RFC 1951 (3.2.7) allows for distances only.
 */
export function assignLengths(counts: Uint16Array, limit: number, lengths: Uint8Array): void {
  const whole = 1 << limit
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i] as number
  const logTotal = log2(total)
  let used = 0
  sums.fill(0)
  lengths.fill(0)
  for (let symbol = 0; symbol < counts.length; symbol++) {
    const times = counts[symbol] as number
    if (times === 0) continue
    const exact = logTotal - log2(times)
    const floor = Math.min(Math.max(exact >> 3, 1), limit)
    // At the limit nothing can be rounded up.
    const fraction = floor === limit ? 0 : exact & (steps - 1)
    sums[fraction] = (sums[fraction] as number) + (whole >> floor)
    symbols[used] = symbol
    floors[used] = floor
    fractions[used++] = fraction
  }
  // Rounded up are the fractions from `point` on: as few as fit.
  let point = steps
  let sum = 0
  for (let fraction = 0; fraction < steps; fraction++) sum += sums[fraction] as number
  while (sum > whole && point > 1) sum -= (sums[--point] as number) >> 1
  for (let i = 0; i < used; i++) {
    lengths[symbols[i] as number] = (floors[i] as number) + ((fractions[i] as number) >= point ? 1 : 0)
  }
  if (sum > whole) sum = lengthen(lengths, used, limit, sum)
  shorten(lengths, used, limit, sum, point)
}

/** Makes the code fit: the longest codes grow first, they lose the least. Returns the new sum. */
function lengthen(lengths: Uint8Array, used: number, limit: number, from: number): number {
  const whole = 1 << limit
  let sum = from
  let growing = limit - 1
  while (sum > whole) {
    for (let i = 0; i < used && sum > whole; i++) {
      const symbol = symbols[i] as number
      if (lengths[symbol] !== growing) continue
      lengths[symbol] = growing + 1
      sum -= whole >> (growing + 1)
    }
    // From the top again when the shortest have grown: 2^limit codes of `limit` bits always fit.
    growing = growing === 1 ? limit - 1 : growing - 1
  }
  return sum
}

/** Makes the code complete: gives what is left to the symbols that were rounded up, then to any. */
function shorten(lengths: Uint8Array, used: number, limit: number, sum: number, point: number): void {
  const whole = 1 << limit
  let left = whole - sum
  for (let fraction = point; fraction < steps && left > 0; fraction++) {
    for (let i = 0; i < used; i++) if (fractions[i] === fraction) left -= given(lengths, i, whole, left)
  }
  // A single symbol cannot take all. What is left is a multiple of the smallest share, so each pass gives something away.
  if (used < 2) return
  while (left > 0) for (let i = 0; i < used; i++) left -= given(lengths, i, whole, left)
}

/** Takes a bit from a symbol's code where that takes no more than is left. Returns what it takes. */
function given(lengths: Uint8Array, i: number, whole: number, left: number): number {
  const symbol = symbols[i] as number
  const length = lengths[symbol] as number
  const share = whole >> length
  if (share > left || length <= 1) return 0
  lengths[symbol] = length - 1
  return share
}

/** The logarithm in eighths, rounded down, of a number that is not 0. */
function log2(value: number): number {
  const exponent = 31 - Math.clz32(value)
  return (exponent << 3) + (eighths[((value << (31 - exponent)) >>> 26) & 31] as number)
}
