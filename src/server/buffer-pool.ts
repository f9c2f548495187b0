// Memory that is used again and again: pieces of one size, kept when they are empty. What is written to them is the
// business of those who take them.

const slabBytes = 128 * 1024
/** 4 MiB: more is given back to the system. */
const mostSpare = 32

/** Bytes that are filled from front to back. */
export interface Slab {
  readonly bytes: Buffer
  /** First free byte. */
  used: number
  /** Those who still need something in it. */
  live: number
}

const spare: Slab[] = []

/** A slab with room for that many bytes. */
export function takeSlab(bytes: number): Slab {
  if (bytes > slabBytes) return newSlab(bytes)
  return spare.pop() ?? newSlab(slabBytes)
}

/** Nobody needs it any more. */
export function giveSlab(slab: Slab): void {
  slab.used = slab.live = 0
  if (slab.bytes.length === slabBytes && spare.length < mostSpare) spare.push(slab)
}

const newSlab = (bytes: number): Slab => ({ bytes: Buffer.allocUnsafeSlow(bytes), used: 0, live: 0 })

/** Copies of payloads, one behind the other: what waits must survive the buffer that it was read into. */
export class Shelf {
  #open: Slab = takeSlab(0)

  /** A copy of the bytes, which lives until the slab, which the tenant gets, is released for it. */
  place(bytes: Uint8Array, tenant: { slab: Slab | undefined }): Uint8Array {
    let slab = this.#open
    if (slab.used + bytes.length > slab.bytes.length) {
      if (bytes.length > slabBytes) slab = newSlab(bytes.length)
      else {
        if (slab.live === 0) giveSlab(slab)
        slab = this.#open = takeSlab(bytes.length)
      }
    }
    const at = slab.used
    slab.bytes.set(bytes, at)
    slab.used += bytes.length
    slab.live++
    tenant.slab = slab
    return slab.bytes.subarray(at, slab.used)
  }

  release(slab: Slab): void {
    if (--slab.live > 0) return
    if (slab === this.#open) slab.used = 0
    else giveSlab(slab)
  }
}
