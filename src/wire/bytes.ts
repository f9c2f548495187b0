// Numbers, hex and text in bytes, little-endian. What they mean is in the files beside.

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

/** Lower-case hex of `bytes[from, to)`. */
export function readHex(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += (bytes[at] as number).toString(16).padStart(2, '0')
  return text
}

/** Writes the bytes that a hex text stands for. */
export function writeHex(target: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i += 2) target[at + i / 2] = Number.parseInt(text.slice(i, i + 2), 16)
}

export const isZero = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}
