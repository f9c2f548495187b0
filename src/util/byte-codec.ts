// Reads and writes integers and hex digits in bytes. Integers are little-endian.

export const readU16 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8)

export const readU32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0

export function writeU16(target: Uint8Array, at: number, value: number): void {
  target[at] = value
  target[at + 1] = value >>> 8
}

export function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value
  target[at + 1] = value >>> 8
  target[at + 2] = value >>> 16
  target[at + 3] = value >>> 24
}

// One call of `String.fromCharCode` builds a flat string; concatenation would build a rope for each outcome.
const digitCodes = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const highDigit = Uint8Array.from({ length: 256 }, (_, byte) => digitCodes[byte >>> 4] as number)
const lowDigit = Uint8Array.from({ length: 256 }, (_, byte) => digitCodes[byte & 15] as number)
const hexCodes: number[] = []

/** Lower-case hex of `bytes[from, to)`. For short ranges, such as a digest: each digit is an argument of one call. */
export function readHex(bytes: Uint8Array, from: number, to: number): string {
  const length = to - from
  for (let i = 0; i < length; i++) {
    const byte = bytes[from + i] as number
    hexCodes[2 * i] = highDigit[byte] as number
    hexCodes[2 * i + 1] = lowDigit[byte] as number
  }
  hexCodes.length = 2 * length
  return String.fromCharCode(...hexCodes)
}

/** Decodes lower-case hex digits into bytes at `at`. */
export function writeHex(target: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i += 2) {
    target[at + i / 2] = (digitOf(text.charCodeAt(i)) << 4) | digitOf(text.charCodeAt(i + 1))
  }
}

/** The digits 0–9 are char codes 48–57, a–f are 97–102. */
const digitOf = (code: number): number => (code & 15) + (code >>> 6) * 9

export const isZero = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}
