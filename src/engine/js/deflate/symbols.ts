// The alphabets of RFC 1951, 3.2.5. native/deflate/src/symbols.rs is the twin.

/** Literals 0-255, end of block 256, lengths 257-285. */
export const literalsAndLengths = 286
export const distances = 30
export const endOfBlock = 256

export const minMatch = 3
export const maxMatch = 258

const lengthSymbols = 29

/** By length symbol - 257: the first length - 3 of the symbol, and its extra bits. */
export const firstLengths: Uint8Array = new Uint8Array(lengthSymbols)
export const lengthExtraBits: Uint8Array = new Uint8Array(lengthSymbols)
/** The length symbol - 257 of each length - 3. */
export const symbolOfLength: Uint8Array = new Uint8Array(maxMatch - minMatch + 1)

// Eight symbols have no extra bits, then four each have one more; 258 has a symbol of its own.
for (let symbol = 0, first = 0; symbol < lengthSymbols - 1; symbol++) {
  const bits = symbol < 8 ? 0 : (symbol >> 2) - 1
  firstLengths[symbol] = first
  lengthExtraBits[symbol] = bits
  symbolOfLength.fill(symbol, first, first + (1 << bits))
  first += 1 << bits
}
firstLengths[lengthSymbols - 1] = maxMatch - minMatch
symbolOfLength[maxMatch - minMatch] = lengthSymbols - 1

/** The symbol of a distance from 1 to 32,768: two for each bit length, which the second bit tells apart. */
export function symbolOfDistance(distance: number): number {
  const below = distance - 1
  if (below < 2) return below
  const bits = 31 - Math.clz32(below)
  return 2 * bits + ((below >>> (bits - 1)) & 1)
}
