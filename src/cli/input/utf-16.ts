// UTF-16 as UTF-8, chunk by chunk.

export type ByteOrder = 'little-endian' | 'big-endian'

/**
 * Encodes the text again as UTF-8. Half of a surrogate pair, or half of a code unit at the end, becomes bytes that are not
 * valid UTF-8: the payload with it is rejected, and the others are read.
 */
export class Utf16Transcoder {
  readonly #low: 0 | 1
  /** The first byte of a code unit that goes on in the next chunk. */
  #half: number | undefined
  /** A leading surrogate that waits for the other half of its pair. */
  #lead: number | undefined

  constructor(order: ByteOrder) {
    this.#low = order === 'little-endian' ? 0 : 1
  }

  add(chunk: Uint8Array): Uint8Array {
    // A code unit takes at most three bytes, and so does a leading surrogate of the chunk before.
    const out = new Uint8Array(3 * (((chunk.length + 1) >> 1) + 1))
    let at = 0
    let size = 0
    if (this.#half !== undefined && chunk.length > 0) {
      size = this.#put(out, size, this.#unit(this.#half, chunk[at++] as number))
      this.#half = undefined
    }
    for (; at + 1 < chunk.length; at += 2) {
      size = this.#put(out, size, this.#unit(chunk[at] as number, chunk[at + 1] as number))
    }
    if (at < chunk.length) this.#half = chunk[at]
    return out.subarray(0, size)
  }

  /** What the end of the input leaves incomplete. */
  end(): Uint8Array {
    const out = new Uint8Array(4)
    let size = this.#putLead(out, 0)
    if (this.#half !== undefined) out[size++] = 0xff
    return out.subarray(0, size)
  }

  #unit(first: number, second: number): number {
    return this.#low === 0 ? first | (second << 8) : (first << 8) | second
  }

  #put(out: Uint8Array, from: number, unit: number): number {
    let at = from
    if (this.#lead !== undefined) {
      if ((unit & 0xfc00) === 0xdc00) {
        const point = 0x1_0000 + ((this.#lead & 0x3ff) << 10) + (unit & 0x3ff)
        this.#lead = undefined
        out[at++] = 0xf0 | (point >> 18)
        out[at++] = 0x80 | ((point >> 12) & 0x3f)
        out[at++] = 0x80 | ((point >> 6) & 0x3f)
        out[at++] = 0x80 | (point & 0x3f)
        return at
      }
      at = this.#putLead(out, at)
    }
    if ((unit & 0xfc00) === 0xd800) {
      this.#lead = unit
      return at
    }
    return putUnit(out, at, unit)
  }

  #putLead(out: Uint8Array, at: number): number {
    const lead = this.#lead
    this.#lead = undefined
    return lead === undefined ? at : putUnit(out, at, lead)
  }
}

/** UTF-8 of a code unit; that of a surrogate is not valid. */
function putUnit(out: Uint8Array, from: number, unit: number): number {
  let at = from
  if (unit < 0x80) {
    out[at++] = unit
    return at
  }
  if (unit < 0x800) {
    out[at++] = 0xc0 | (unit >> 6)
  } else {
    out[at++] = 0xe0 | (unit >> 12)
    out[at++] = 0x80 | ((unit >> 6) & 0x3f)
  }
  out[at++] = 0x80 | (unit & 0x3f)
  return at
}
