// Writes bits, the least significant bit first (RFC 1951, 3.1.1), and the canonical codes of both alphabets (3.2.2).

import { maxScan } from './matcher.ts'

/** A code as its bits, the first one lowest, << 4 | its length. */
export type Codes = Int32Array

/** No block is longer: a literal takes 14 bits, a match less for each of its bytes. */
export const output: Uint8Array = new Uint8Array(2 * maxScan + 64)
export const outputView: DataView = new DataView(output.buffer)

/** Where the next byte goes, and the bits in front of it, at most seven. */
export const cursor: { position: number; bits: number; count: number } = { position: 0, bits: 0, count: 0 }

export function start(position: number): void {
  cursor.position = position
  cursor.bits = 0
  cursor.count = 0
}

/** Adds at most 24 bits. */
export function put(bits: number, count: number): void {
  const all = cursor.bits | (bits << cursor.count)
  const number = cursor.count + count
  outputView.setInt32(cursor.position, all, true)
  cursor.position += number >> 3
  cursor.bits = all >>> (number & 24)
  cursor.count = number & 7
}

export const putCode = (code: number): void => put(code >>> 4, code & 15)

/** Fills the last byte with zeros. */
export function align(): void {
  if (cursor.count > 0) put(0, 8 - cursor.count)
}

export function copy(bytes: Uint8Array): void {
  output.set(bytes, cursor.position)
  cursor.position += bytes.length
}

const next = new Uint16Array(16)
const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let i = 0; i < 8; i++) bits |= ((byte >> i) & 1) << (7 - i)
  return bits
})

/** Codes of one length are consecutive, in the order of the symbols. */
export function setCodes(lengths: Uint8Array, codes: Codes): void {
  next.fill(0)
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number
    next[length] = (next[length] as number) + 1
  }
  next[0] = 0
  for (let length = 1, code = 0, shorter = 0; length < 16; length++) {
    code = (code + shorter) << 1
    shorter = next[length] as number
    next[length] = code
  }
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number
    if (length === 0) continue
    const code = next[length] as number
    next[length] = code + 1
    const bits = ((reversed[code & 255] as number) << 8) | (reversed[code >> 8] as number)
    codes[i] = ((bits >>> (16 - length)) << 4) | length
  }
}
