// The size of what the encoder of native/deflate writes for a text, without writing it.

import { assignLengths, headerBits } from '../engine/index.ts'
import { distanceLimit, literalLimit, type Codec } from '../model/index.ts'
import type { Symbols } from './scan.ts'

/** Lengths by symbol, 0 for no code. */
export interface Lengths {
  readonly literals: Uint8Array
  readonly distances: Uint8Array
}

/** Bytes around the blocks: gzip's head, CRC and length; zlib's head and checksum. */
const containerBytes: Partial<Record<Codec, number>> = { gzip: 18, deflate: 6 }
const storedBytes = 5

/** Bytes of the body, by a table or, without one, by a header for this text alone. */
export function bodyBytes(symbols: Symbols, textBytes: number, codec: Codec, table?: Lengths): number {
  const lengths = table ?? ownLengths(symbols)
  const bits =
    headerBits(lengths.literals, lengths.distances) +
    symbols.extraBits +
    bitsOf(symbols.literals, lengths.literals) +
    bitsOf(symbols.distances, lengths.distances)
  return Math.min(Math.ceil(bits / 8), textBytes + storedBytes) + (containerBytes[codec] ?? 0)
}

/** Those of a dynamic block: native/deflate/src/dynamic.rs is the twin. */
const ownLengths = ({ literals, distances }: Symbols): Lengths => ({
  literals: codeLengths(literals, literalLimit),
  // A block without distances sends a code that is not used.
  distances: distances.some((count) => count > 0) ? codeLengths(distances, distanceLimit) : Uint8Array.of(1),
})

/** The lengths of a complete code for the symbols that occur. */
export function codeLengths(counts: Uint16Array, limit: number): Uint8Array {
  const lengths = new Uint8Array(counts.length)
  assignLengths(counts, limit, lengths)
  return lengths
}

export function bitsOf(counts: ArrayLike<number>, lengths: Uint8Array): number {
  let bits = 0
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    bits += (counts[symbol] as number) * (lengths[symbol] as number)
  }
  return bits
}
