// Writes bits, the least significant bit first (RFC 1951, 3.1.1), and the canonical codes of both alphabets (3.2.2).

import { maxScan } from './matcher.ts'

/** A code as its bits, the first one lowest, << 4 | its length. */
export type Codes = Int32Array

export class BitWriter {
  /** No block is longer: a literal takes 14 bits, a match less for each of its bytes. */
  readonly bytes: Uint8Array = new Uint8Array(2 * maxScan + 64)
  readonly view: DataView = new DataView(this.bytes.buffer)
  position = 0
  /** Bits in front of the next byte, at most seven. */
  bits = 0
  count = 0

  start(position: number): void {
    this.position = position
    this.bits = 0
    this.count = 0
  }

  /** Adds at most 24 bits. */
  put(bits: number, count: number): void {
    const all = this.bits | (bits << this.count)
    const number = this.count + count
    this.view.setInt32(this.position, all, true)
    this.position += number >> 3
    this.bits = all >>> (number & 24)
    this.count = number & 7
  }

  putCode(code: number): void {
    this.put(code >>> 4, code & 15)
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.count > 0) this.put(0, 8 - this.count)
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.position)
    this.position += bytes.length
  }
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
